//! Arrays in every kind of layout against whole ones.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};
use partita::layout::{Axes, Distribution};
use partita::{Communicator, DistArray, ProcessGrid, Reductions, Result};
use partita_testing::{Sample, any_layout, cases, position, sampled, spmd_test, whole};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_array_is_the_same_in_every_layout(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(world: &Communicator, count: usize) -> Result<()> {
        for (layout, root) in cases(count, (any_layout::<D>(world.size()), 0..world.size())) {
            let array = sampled::<A, D>(world, &layout)?;
            let expected: Array<A, D> = whole(&layout.raw_dim());
            assert_eq!(array.all_gather()?, expected, "{array:?}");
            let at_root = array.gather(root)?;
            let is_root = world.rank() == root;
            assert_eq!(at_root.as_ref(), is_root.then_some(&expected), "{array:?}");
            for (index, value) in array.indexed_iter() {
                assert_eq!(*value, A::sample(position(layout.shape(), index.as_ref())));
            }
            let part = DistArray::from_local(array.grid(), &layout, array.local().to_owned())?;
            assert_eq!(part.local(), array.local(), "{part:?}");
        }
        Ok(())
    }
    check::<f64, Ix0>(world, 2)?;
    check::<u16, Ix1>(world, 12)?;
    check::<f64, Ix2>(world, 12)?;
    check::<i32, Ix3>(world, 12)?;
    check::<u8, Ix4>(world, 8)?;
    check::<i64, Ix5>(world, 6)?;
    check::<f32, Ix6>(world, 6)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn copies_of_an_element_count_once(world: &Communicator) -> Result<()> {
    for layout in cases(24, any_layout::<Ix2>(world.size())) {
        let array = sampled::<i64, Ix2>(world, &layout)?;
        let expected: i64 = whole::<i64, Ix2>(&layout.raw_dim()).sum();
        assert_eq!(array.sum()?, expected, "{array:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 8])]
fn layouts_with_the_same_parts_meet_whatever_their_names(world: &Communicator) -> Result<()> {
    let size = world.size();
    let grid = ProcessGrid::new(world, &[size])?;
    // Blocks of 2, whether dealt in turn or not.
    let dealt = grid.layout([2 * size], &[Distribution::BlockCyclic(2)])?;
    let blocks = DistArray::full(&grid, [2 * size], 1)?;
    let dealt = DistArray::full(&grid, dealt, 2)?;
    let sum = blocks.zip_with(&dealt, |one, two| one + two)?;
    assert_eq!(sum.sum()?, 6 * size as i64);
    Ok(())
}
