//! Distributed arrays against whole ones: 0 to 4 axes, every grid, shapes with nothing in them.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3, Ix4, ShapeBuilder};
use num_complex::Complex;
use num_traits::Zero;
use partita::layout::{Axes, Layout};
use partita::{Boundary, Communicator, DistArray, Halo, ProcessGrid, Result};
use partita_testing::{Sample, all_grids, cases, part_of, position, shape, spmd_test, whole};

/// Runs `$check`, generic over element type and axes, on several shapes for every grid.
macro_rules! on_many_arrays {
    ($check:ident, $world:expr) => {{
        on_every_grid($world, $check::<f64, Ix0>)?;
        on_every_grid($world, $check::<u8, Ix1>)?;
        on_every_grid($world, $check::<f32, Ix1>)?;
        on_every_grid($world, $check::<f64, Ix2>)?;
        on_every_grid($world, $check::<u16, Ix2>)?;
        on_every_grid($world, $check::<i32, Ix3>)?;
        on_every_grid($world, $check::<Complex<f64>, Ix3>)?;
        on_every_grid($world, $check::<u8, Ix4>)
    }};
}

fn on_every_grid<D: Axes>(
    world: &Communicator,
    check: fn(&ProcessGrid, &D, usize) -> Result<()>,
) -> Result<()> {
    for grid in all_grids(world, D::NDIM.unwrap_or(0))? {
        for (shape, root) in cases(4, (shape::<D>(), 0..world.size())) {
            check(&grid, &shape, root)?;
        }
    }
    Ok(())
}

fn sampled<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D) -> Result<DistArray<A, D>> {
    DistArray::from_fn(grid, shape.clone(), |index| {
        A::sample(position(shape.slice(), index.as_ref()))
    })
}

/// Every rank has its part of `expected`: all parts together are all of it.
#[track_caller]
fn assert_is<A: Sample, D: Axes>(array: &DistArray<A, D>, expected: &Array<A, D>) {
    assert_eq!(array.shape(), expected.shape());
    let part = part_of(expected, array.layout(), array.communicator().rank());
    assert_eq!(array.local(), part, "{array:?}");
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn arrays_are_what_their_function_says_on_every_grid(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, root: usize) -> Result<()> {
        let (array, expected) = (sampled::<A, D>(grid, shape)?, whole(shape));
        assert_is(&array, &expected);
        assert_eq!(array.all_gather()?, expected, "{array:?}");
        let at_root = array.gather(root)?;
        let is_root = grid.communicator().rank() == root;
        assert_eq!(at_root, is_root.then_some(expected), "{array:?}");
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn constant_arrays_are_constant(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let nine = DistArray::full(grid, shape.clone(), A::sample(9))?;
        assert_is(&nine, &Array::from_elem(shape.clone(), A::sample(9)));
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn zeros_are_zeros(world: &Communicator) -> Result<()> {
    fn check<A: Sample + Zero, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let zeros = DistArray::<A, D>::zeros(grid, shape.clone())?;
        assert_is(&zeros, &Array::zeros(shape.clone()));
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn each_rank_sees_its_own_block_and_knows_where_it_is(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let array = sampled::<A, D>(grid, shape)?;
        let rank = grid.communicator().rank();
        assert_eq!((array.len(), array.ndim()), (shape.size(), shape.ndim()));
        assert_eq!(array.is_empty(), shape.size() == 0);
        assert_eq!(array.local().raw_dim(), array.local_shape());
        let mut owned = D::origin();
        // The first cell of the block is the first of its ranges.
        for axis in 0..array.ndim() {
            let range = array.local_range(axis).expect("a block");
            assert_eq!(range.len(), array.local().len_of(ndarray::Axis(axis)));
            owned.as_mut()[axis] = range.start;
        }
        if let Some(first) = array.local().first() {
            let place = position(shape.slice(), owned.as_ref());
            assert_eq!(*first, A::sample(place), "{array:?}");
            assert_eq!(array.layout().owner_of(owned), Some(rank));
        }
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_whole_array_is_scattered_whatever_its_order_in_memory(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, root: usize) -> Result<()> {
        let expected = whole::<A, D>(shape);
        let mut columns_first = Array::from_elem(shape.clone().f(), A::default());
        columns_first.assign(&expected);
        let rank = grid.communicator().rank();
        for array in [&expected, &columns_first] {
            // What another rank offers must not be looked at.
            let offered = (rank == root || rank.is_multiple_of(2)).then_some(array);
            let scattered = DistArray::scatter(grid, root, offered)?;
            assert_is(&scattered, &expected);
        }
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn ranks_bring_their_own_parts(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let layout = Layout::block(shape.clone(), grid.shape().clone())?;
        let expected = whole::<A, D>(shape);
        let local = part_of(&expected, &layout, grid.communicator().rank());
        let mut columns_first = Array::from_elem(local.raw_dim().f(), A::default());
        columns_first.assign(&local);
        for local in [local, columns_first] {
            let array = DistArray::from_local(grid, shape.clone(), local)?;
            assert_is(&array, &expected);
        }
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn elements_are_mapped_where_they_are(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let is_small = |value: A| value == A::sample(0) || value == A::sample(1);
        let mut array = sampled::<A, D>(grid, shape)?;
        let small = whole::<A, D>(shape).mapv(is_small);
        assert_is(&array.map(is_small), &small);
        let expected = small.map(|&small| A::sample(usize::from(small)));
        let marked = move |value| A::sample(usize::from(is_small(value)));
        array.map_inplace(marked);
        assert_is(&array, &expected);
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn elements_at_the_same_index_meet(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, _root: usize) -> Result<()> {
        let array = sampled::<A, D>(grid, shape)?;
        let positions = DistArray::from_fn(grid, shape.clone(), |index| {
            position(shape.slice(), index.as_ref())
        })?;
        let agree = array.zip_with(&positions, |value, place| value == A::sample(place))?;
        let everywhere = Array::from_elem(shape.clone(), true);
        assert_is(&agree, &everywhere);
        // Both ways round, and with a halo around one of them, which is another layout in memory only.
        let halo = Halo::uniform(shape.ndim(), 1, Boundary::Fixed(A::default()));
        let padded = array.clone().with_halo(halo)?;
        let same = padded.zip_with(&array, |left, right| left == right)?;
        assert_is(&same, &everywhere);
        Ok(())
    }
    on_many_arrays!(check, world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_halo_is_no_part_of_the_array(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(grid: &ProcessGrid, shape: &D, root: usize) -> Result<()> {
        let (plain, expected) = (sampled::<A, D>(grid, shape)?, whole(shape));
        for boundary in [Boundary::Periodic, Boundary::Fixed(A::sample(77))] {
            let halo = Halo::uniform(shape.ndim(), 2, boundary).with_corners();
            let mut array = plain.clone().with_halo(halo)?;
            assert_is(&array, &expected);
            array.halo_exchange()?;
            assert_is(&array, &expected);
            assert_is(&array.map(|value| value), &expected);
            // With the margin in memory: what is sent is not next to each other.
            let is_root = grid.communicator().rank() == root;
            assert_eq!(array.gather(root)?.as_ref(), is_root.then_some(&expected));
        }
        Ok(())
    }
    on_many_arrays!(check, world)
}
