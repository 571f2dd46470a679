//! Arrays that change their layout, against the serial permutation.

use ndarray::{Array, Array2, Axis, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, ShapeBuilder, s};
use num_complex::Complex;
use partita::layout::Distribution::{Block, Replicated};
use partita::layout::{Axes, GridShape, Layout};
use partita::{
    Boundary, Communicator, DistArray, Error, Halo, ProcessGrid, Redistribution, Reductions, Result,
};
use partita_testing::{
    Sample, any_layout, any_layout_of, cases, error_of_all, part_of, position, sampled, shape,
    shape_of, spmd_test, whole,
};
use proptest::prelude::*;

/// An order of the axes, a layout, a second one of the same shape, and one of the permuted shape.
pub type Case<D> = (Vec<usize>, Layout<D>, Layout<D>, Layout<D>);

pub fn any_case<D: Axes>(size: usize) -> impl Strategy<Value = Case<D>> {
    let axes: Vec<usize> = (0..D::NDIM.unwrap_or(0)).collect();
    (shape::<D>(), Just(axes).prop_shuffle()).prop_flat_map(move |(shape, order)| {
        let permuted: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
        (
            Just(order),
            any_layout_of(shape.clone(), size),
            any_layout_of(shape, size),
            any_layout_of(shape_of::<D>(&permuted), size),
        )
    })
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
pub fn there_and_back_is_the_identity_and_what_one_rank_would_do(
    world: &Communicator,
) -> Result<()> {
    there_and_back(world, false)
}

/// With parts that all ranks see, or not.
pub fn there_and_back(world: &Communicator, shared: bool) -> Result<()> {
    fn check<A: Sample, D: Axes>(world: &Communicator, count: usize, shared: bool) -> Result<()> {
        for (order, source, target, turned) in cases(count, any_case::<D>(world.size())) {
            let array = sampled::<A, D>(world, &source)?;
            let array = match shared {
                true => array.into_shared()?,
                false => array,
            };
            let moved = array.redistribute(&target)?;
            let expected = whole::<A, D>(&source.raw_dim());
            assert_eq!(moved.layout(), &target);
            assert_eq!(
                moved.local(),
                part_of(&expected, &target, world.rank()),
                "{source} → {target}"
            );
            assert_eq!(moved.redistribute(&source)?.local(), array.local());

            let plan = Redistribution::permuted(array.grid(), &source, &turned, &order)?;
            let permuted = plan.forward(&array)?;
            let expected = expected.permuted_axes(D::from_slice(&order)?);
            let text = format!("{source} → {turned}, axes {order:?}");
            assert_eq!(
                permuted.local(),
                part_of(&expected, &turned, world.rank()),
                "{text}"
            );
            assert_eq!(plan.backward(&permuted)?.local(), array.local(), "{text}");
        }
        Ok(())
    }
    check::<f64, Ix0>(world, 2, shared)?;
    check::<u16, Ix1>(world, 12, shared)?;
    check::<f64, Ix2>(world, 12, shared)?;
    check::<Complex<f64>, Ix2>(world, 12, shared)?;
    check::<i32, Ix3>(world, 12, shared)?;
    check::<u8, Ix4>(world, 8, shared)?;
    check::<f32, Ix5>(world, 6, shared)?;
    check::<u16, Ix6>(world, 6, shared)
}

/// All arrays go through memory that the ranks share, however small they are.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_SHARED", "1")])]
fn shared_memory_gives_what_messages_give(world: &Communicator) -> Result<()> {
    there_and_back_is_the_identity_and_what_one_rank_would_do(world)?;
    a_roots_array_is_scattered_into_any_layout(world)?;
    for (order, source, _, turned) in cases(24, any_case::<Ix2>(world.size())) {
        let array = sampled::<u64, Ix2>(world, &source)?;
        let plan = Redistribution::permuted(array.grid(), &source, &turned, &order)?;
        let shared = plan.forward(&array)?;
        let sent = plan.with_messages_only().forward(&array)?;
        assert_eq!(shared.local(), sent.local(), "{source} → {turned}");
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED", "0")])]
fn shared_memory_can_be_switched_off(world: &Communicator) -> Result<()> {
    large_arrays_are_moved_and_transposed(world)
}

#[spmd_test(ranks = [1, 3], environment = [("PARTITA_SHARED", "perhaps")])]
fn a_wrong_word_for_shared_memory_is_an_error_on_every_rank(world: &Communicator) -> Result<()> {
    let array = DistArray::full(&ProcessGrid::new(world, &[world.size()])?, [4], 1.0)?;
    let error = error_of_all(world, array.redistribute(array.layout()))?;
    assert!(
        error.to_string().contains("PARTITA_SHARED=perhaps"),
        "{error}"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 8])]
fn rounds_within_a_memory_limit_give_the_same_array(world: &Communicator) -> Result<()> {
    let limits = prop::sample::select(vec![16usize, 24, 48, 200, 1000]);
    for ((_, source, target, _), limit) in cases(24, (any_case::<Ix3>(world.size()), limits)) {
        let array = sampled::<f64, Ix3>(world, &source)?;
        let plan = Redistribution::plan(array.grid(), &source, &target)?.with_memory_limit(limit);
        let cost = plan.cost::<f64>();
        assert!(cost.peak_memory <= limit, "{cost}");
        let most = cost.bytes_sent.max(cost.bytes_received);
        assert!(
            cost.rounds * limit / 2 >= most && (most == 0) == (cost.rounds == 0),
            "{cost}"
        );
        let expected = part_of(&whole(&source.raw_dim()), &target, world.rank());
        assert_eq!(
            plan.forward(&array)?.local(),
            expected,
            "{plan} within {limit}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn arrays_with_halos_and_of_any_order_in_memory_are_moved_and_overwritten(
    world: &Communicator,
) -> Result<()> {
    let blocks = |parts: &[usize], shape| Layout::<Ix2>::block(shape, GridShape::new(parts));
    let size = world.size();
    let (source, target) = (blocks(&[size, 1], [7, 9])?, blocks(&[1, size], [7, 9])?);
    let plan = Redistribution::plan(&ProcessGrid::new(world, &[size, 1])?, &source, &target)?;
    let expected = part_of(&whole::<i32, Ix2>(&source.raw_dim()), &target, world.rank());
    let array = sampled::<i32, Ix2>(world, &source)?;
    let own = array.local().to_owned();
    let halo = || Halo::uniform(2, 2, Boundary::Fixed(-9));
    let mut columns_first = Array::from_elem(own.raw_dim().f(), 0);
    columns_first.assign(&own);
    let mut backwards = own.clone();
    backwards.invert_axis(Axis(0));
    backwards.invert_axis(Axis(1));
    backwards.assign(&own);
    let kinds = [
        array.clone().with_halo(halo())?,
        DistArray::from_local(array.grid(), &source, columns_first)?,
        DistArray::from_local(array.grid(), &source, backwards)?,
    ];
    for kind in &kinds {
        assert_eq!(plan.forward(kind)?.local(), expected);
    }
    for mut into in kinds {
        let other = array.map(|value| value * 3).redistribute(&target)?;
        plan.backward_into(&mut into, &other)?;
        assert_eq!(into.local(), own.map(|value| value * 3));
    }
    let mut into = sampled::<i32, Ix2>(world, &target)?.with_halo(halo())?;
    into.local_mut().fill(0);
    plan.forward_into(&mut into, &array)?;
    assert_eq!(into.local(), expected);
    Ok(())
}

/// Large enough to be written past the caches, of odd lengths.
#[spmd_test(ranks = [1, 2, 3])]
fn large_arrays_are_moved_and_transposed(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, shape: [usize; 2]) -> Result<()> {
        let grid = ProcessGrid::new(world, &[world.size()])?;
        let rows = grid.layout(shape, &[Block, Replicated])?;
        let columns = grid.layout(shape, &[Replicated, Block])?;
        let turned = grid.layout([shape[1], shape[0]], &[Block, Replicated])?;
        let array = sampled::<A, Ix2>(world, &rows)?;
        for array in [array.clone(), array.into_shared()?] {
            let by_columns = array.redistribute(&columns)?;
            let transposed = array.transpose_to(&turned)?;
            for (index, value) in by_columns.indexed_iter() {
                assert_eq!(*value, A::sample(position(&shape, &index)));
            }
            for ([i, j], value) in transposed.indexed_iter() {
                assert_eq!(*value, A::sample(position(&shape, &[j, i])), "at {i}, {j}");
            }
        }
        Ok(())
    }
    check::<f64>(world, [1301, 1303])?;
    check::<f64>(world, [1112, 1296])?;
    check::<u16>(world, [3001, 2103])?;
    check::<Complex<f64>>(world, [1001, 803])
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn axes_change_places_where_they_are(world: &Communicator) -> Result<()> {
    for (order, layout, _, turned) in cases(12, any_case::<Ix3>(world.size())) {
        let order = [order[0], order[1], order[2]];
        let array = sampled::<f64, Ix3>(world, &layout)?;
        let expected = whole::<f64, Ix3>(&layout.raw_dim()).permuted_axes(order);
        let permuted = array.permute_axes(order)?;
        let local = array.local().to_owned().permuted_axes(order);
        assert_eq!(permuted.local(), local, "{layout} in order {order:?}");
        assert_eq!(
            permuted.all_gather()?,
            expected,
            "{layout} in order {order:?}"
        );
        let there = array.permute_axes_to(order, &turned)?;
        assert_eq!(there.local(), part_of(&expected, &turned, world.rank()));
        let transposed = array.t()?;
        assert_eq!(
            transposed.all_gather()?,
            array.all_gather()?.reversed_axes()
        );
        assert_eq!(transposed.t()?.layout(), &layout);
        assert_eq!(array.permuted_axes(order)?.local(), local);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_roots_array_is_scattered_into_any_layout(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(world: &Communicator) -> Result<()> {
        for (layout, root) in cases(12, (any_layout::<D>(world.size()), 0..world.size())) {
            let grid = ProcessGrid::new(world, layout.grid().parts())?;
            let all = whole::<A, D>(&layout.raw_dim());
            let mut columns_first = Array::from_elem(all.raw_dim().f(), A::default());
            columns_first.assign(&all);
            let rank = world.rank();
            // What another rank offers must not be looked at.
            let other = Array::from_elem(all.raw_dim(), A::sample(7));
            let offered = if rank == root {
                Some(&columns_first)
            } else {
                Some(&other)
            };
            let offered = offered.filter(|_| rank == root || rank.is_multiple_of(2));
            let array = DistArray::scatter_to(&grid, &layout, root, offered)?;
            assert_eq!(
                array.local(),
                part_of(&all, &layout, world.rank()),
                "{layout} from {root}"
            );
        }
        Ok(())
    }
    check::<f64, Ix0>(world)?;
    check::<u16, Ix1>(world)?;
    check::<i64, Ix3>(world)
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn what_does_not_fit_is_one_error_on_every_rank(world: &Communicator) -> Result<()> {
    let size = world.size();
    let grid = ProcessGrid::new(world, &[size, 1])?;
    let array = DistArray::full(&grid, [6, 5], 1.0)?;
    let other_shape = Layout::block([6, 4], GridShape::new(&[size, 1]))?;
    let other_ranks = Layout::block([6, 5], GridShape::new(&[size + 1, 1]))?;
    for (target, text) in [
        (&other_shape, ": the shapes differ"),
        (&other_ranks, "ranks"),
    ] {
        let error = error_of_all(world, array.redistribute(target))?;
        assert!(matches!(&error, Error::Shape { .. }), "{error:?}");
        assert!(error.to_string().contains(text), "{error}");
    }
    let error = error_of_all(
        world,
        Redistribution::plan(&grid, &other_ranks, &other_ranks),
    )?;
    assert!(error.to_string().contains("communicator of"), "{error}");
    let error = error_of_all(world, array.permute_axes([0, 2]))?;
    assert!(error.to_string().contains("no order of 2 axes"), "{error}");
    let error = error_of_all(world, array.permute_axes_to([1, 1], array.layout()))?;
    assert!(
        error.to_string().starts_with("redistribute: [1, 1]"),
        "{error}"
    );

    let columns = Layout::block([6, 5], GridShape::new(&[1, size]))?;
    let plan = Redistribution::plan(&grid, array.layout(), &columns)?;
    let error = error_of_all(world, plan.clone().with_memory_limit(15).forward(&array))?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    assert!(error.to_string().contains("limit of 15 bytes"), "{error}");
    if size > 1 {
        let error = error_of_all(world, plan.backward(&array))?;
        assert!(error.to_string().contains("the plan is for 6×5"), "{error}");
        let mut same = array.clone();
        let error = error_of_all(world, plan.forward_into(&mut same, &array))?;
        assert!(error.to_string().contains("the plan is for 6×5"), "{error}");
        // A group of fewer ranks.
        if let Some(few) = world.split((world.rank() < size - 1).then_some(0), 0)? {
            let grid = ProcessGrid::new(&few, &[size - 1, 1])?;
            let array = DistArray::full(&grid, [6, 5], 1.0)?;
            let error = error_of_all(&few, plan.forward(&array))?;
            assert!(error.to_string().contains("the plan is for 6×5"), "{error}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn arrays_on_the_same_ranks_in_another_order_do_not_meet(world: &Communicator) -> Result<()> {
    let size = world.size();
    let backwards = world.split(Some(0), (size - world.rank()) as i32)?;
    let backwards = backwards.expect("every rank has a colour");
    let grid = ProcessGrid::new(world, &[size])?;
    let other = ProcessGrid::new(&backwards, &[size])?;
    let (one, two) = (
        DistArray::full(&grid, [7], 1.0)?,
        DistArray::full(&other, [7], 1.0)?,
    );
    let plan = Redistribution::plan(&grid, one.layout(), one.layout())?;
    if size == 1 {
        assert_eq!(plan.forward(&two)?.sum()?, 7.0);
        return Ok(());
    }
    for error in [
        error_of_all(world, one.zip_with(&two, |one, two| one + two))?,
        error_of_all(world, one.dot(&two))?,
        error_of_all(world, plan.forward(&two))?,
    ] {
        assert!(error.to_string().contains("in another order"), "{error}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_roots_array_of_another_shape_is_everyones_error(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let layout = grid.layout([6, 5], &[Block, Replicated])?;
    let last = world.size() - 1;
    let wrong = Array2::<f64>::zeros([5, 6]);
    let offered = (world.rank() == last).then_some(&wrong);
    let error = error_of_all(world, DistArray::scatter_to(&grid, &layout, last, offered))?;
    assert!(error.to_string().contains("[5, 6]"), "{error}");
    let error = error_of_all(
        world,
        DistArray::<f64, Ix2>::scatter_to(&grid, &layout, last, None),
    )?;
    assert!(error.to_string().contains("no array"), "{error}");
    let nobody = world.size();
    let error = error_of_all(
        world,
        DistArray::scatter_to(&grid, &layout, nobody, Some(&wrong)),
    )?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    Ok(())
}

/// The limit of a message's count is lowered to three, so that such arrays are small.
#[spmd_test(ranks = [3, 4], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn arrays_move_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    there_and_back_is_the_identity_and_what_one_rank_would_do(world)
}

/// A rank is lent what it has, and every element is where the slice's redistribution brings it.
#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn panels_are_redistributed_slices_lent_where_they_lie(world: &Communicator) -> Result<()> {
    let mut scratch = vec![];
    let (size, mut lent) = (world.size(), 0);
    let panel = any_layout::<Ix2>(size).prop_flat_map(move |source| {
        let rows = source.shape()[0];
        let range = (0..=rows, 0..=rows).prop_map(|(one, other)| one.min(other)..one.max(other));
        (Just(source), range).prop_flat_map(move |(source, range)| {
            let turned = shape_of::<Ix2>(&[source.shape()[1], range.len()]);
            (Just(source), Just(range), any_layout_of(turned, size))
        })
    });
    for (source, range, target) in cases(40, panel) {
        let array = sampled::<f64, Ix2>(world, &source)?;
        let all = whole::<f64, Ix2>(&source.raw_dim());
        let turned = all.slice(s![range.clone(), ..]).t().to_owned();
        let own = array.slice(s![range.clone(), ..])?.to_owned();
        let same = own.layout().permuted(&[1, 0])?;
        for target in [target, same] {
            let panel = array.panel((0, range.clone()), [1, 0], &target, &mut scratch)?;
            assert_eq!(
                panel,
                part_of(&turned, &target, world.rank()),
                "{source} {range:?} → {target}"
            );
            lent += usize::from(!panel.is_empty() && panel.as_ptr() != scratch.as_ptr());
        }
    }
    assert!(lent > 0, "something stays where it is");
    let array = sampled::<f64, Ix2>(world, &Layout::block([3, 2], GridShape::new(&[size, 1]))?)?;
    let target = Layout::block([4, 2], GridShape::new(&[size, 1]))?;
    let error = error_of_all(world, array.panel((0, 0..4), [0, 1], &target, &mut scratch))?;
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    Ok(())
}
