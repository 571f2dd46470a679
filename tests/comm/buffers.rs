//! Buffers of every kind, above all views whose elements do not lie in memory in the order of their indices.

use ndarray::{Array3, ArrayD, ArrayViewD, Axis, IxDyn, Slice, arr0, array};
use partita::{Communicator, Operation, Result, SendBuffer};
use partita_testing::{cases, spmd_test};
use proptest::prelude::*;

/// A part of a larger array: its shape, and of each axis the step and the place it is moved to.
#[derive(Clone, Debug)]
struct Cut {
    axes: Vec<(usize, isize)>,
    turn: usize,
}

fn cut() -> impl Strategy<Value = Cut> {
    let step = prop_oneof![Just(1isize), Just(2), Just(-1), Just(-3)];
    (prop::collection::vec((0..5usize, step), 0..5), 0..5usize)
        .prop_map(|(axes, turn)| Cut { axes, turn })
}

impl Cut {
    /// An array of numbers, told apart by `first`, large enough to be cut.
    fn whole(&self, first: usize) -> ArrayD<i32> {
        let shape: Vec<usize> = self.axes.iter().map(|&(length, _)| 2 * length).collect();
        let mut next = first as i32 * 100_000;
        ArrayD::from_shape_simple_fn(IxDyn(&shape), || {
            next += 1;
            next
        })
    }

    fn of<'a>(&self, whole: &'a mut ArrayD<i32>) -> ndarray::ArrayViewMutD<'a, i32> {
        let mut view = whole.view_mut();
        for (axis, &(_, step)) in self.axes.iter().enumerate() {
            view.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
        }
        let ndim = self.axes.len();
        let order: Vec<usize> = (0..ndim).map(|axis| (axis + self.turn) % ndim).collect();
        view.permuted_axes(IxDyn(&order))
    }
}

fn in_order(view: ArrayViewD<'_, i32>) -> Vec<i32> {
    view.iter().copied().collect()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_view_of_any_strides_is_received_in_the_order_of_its_indices(
    world: &Communicator,
) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
    for cut in cases(60, cut()) {
        let mut sent = cut.whole(rank);
        let mut received = cut.whole(99);
        let untouched = received.clone();
        let mut buffer = cut.of(&mut received);
        world.send_receive(&cut.of(&mut sent), next, &mut buffer, previous)?;
        let expected = in_order(cut.of(&mut cut.whole(previous)).view());
        assert_eq!(in_order(buffer.view()), expected, "{cut:?}");
        // What is between the view's elements is as it was.
        cut.of(&mut received).fill(0);
        let mut between = untouched;
        cut.of(&mut between).fill(0);
        assert_eq!(received, between, "{cut:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn collectives_take_views_of_any_strides(world: &Communicator) -> Result<()> {
    let size = world.size();
    for (cut, root) in cases(30, (cut(), 0..size)) {
        let of_rank = |rank: usize| in_order(cut.of(&mut cut.whole(rank)).view());
        let all: Vec<i32> = (0..size).flat_map(of_rank).collect();
        let sum: Vec<i32> = (0..of_rank(0).len())
            .map(|place| (0..size).map(|rank| of_rank(rank)[place]).sum())
            .collect();
        let at_root = |values: &Vec<i32>| (world.rank() == root).then(|| values.clone());
        let mut whole = cut.whole(world.rank());
        let view = cut.of(&mut whole);
        assert_eq!(world.all_gather(&view)?, all);
        assert_eq!(world.all_gatherv(&view)?.into_vec(), all);
        assert_eq!(world.gather(root, &view)?, at_root(&all));
        assert_eq!(
            world.gatherv(root, &view)?.map(|parts| parts.into_vec()),
            at_root(&all)
        );
        assert_eq!(world.all_reduce(&view, Operation::Sum)?, sum);
        assert_eq!(world.reduce(root, &view, Operation::Sum)?, at_root(&sum));
        assert_eq!(world.all_reduce_with(&view, |a, b| a + b)?, sum);
        let own = of_rank(world.rank());
        let packed = view.packed()?;
        assert_eq!(packed, own);
        let mut buffer = cut.of(&mut whole);
        world.broadcast(root, &mut buffer)?;
        assert_eq!(in_order(buffer.view()), of_rank(root), "{cut:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
pub fn a_message_of_the_wrong_length_leaves_the_rest_of_a_view_as_it_was(
    world: &Communicator,
) -> Result<()> {
    let mut matrix = Array3::<f64>::ones((2, 3, 2));
    match world.rank() {
        0 => world.send(&[5.0, 6.0], 1)?,
        1 => {
            let mut column = matrix.index_axis_mut(Axis(2), 0);
            column.invert_axis(Axis(1));
            world.receive(&mut column, 0).expect_err("two of six");
            assert_eq!(column, array![[5.0, 6.0, 1.0], [1.0, 1.0, 1.0]]);
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
pub fn every_kind_of_buffer_is_taken(world: &Communicator) -> Result<()> {
    let size = world.size();
    let values = vec![1.5, 2.5];
    let expected = values.repeat(size);
    assert_eq!(world.all_gather(&[1.5, 2.5])?, expected);
    assert_eq!(world.all_gather(&values)?, expected);
    assert_eq!(world.all_gather(&values[..])?, expected);
    assert_eq!(world.all_gather(&values.as_slice())?, expected);
    assert_eq!(
        world.all_gather(&values.clone().into_boxed_slice())?,
        expected
    );
    assert_eq!(world.all_gather(&array![[1.5], [2.5]])?, expected);
    assert_eq!(world.all_gather(&array![[1.5], [2.5]].view())?, expected);
    assert_eq!(world.all_gather(&arr0(1.5))?, vec![1.5; size]);
    assert_eq!(world.all_gather::<f64>(&[])?, []);

    let (mut list, mut vector, mut array) = ([0; 2], vec![0; 2], ndarray::Array1::<f64>::zeros(2));
    world.broadcast(0, &mut list)?;
    world.broadcast(0, &mut list[..1])?;
    world.broadcast(0, &mut vector)?;
    world.broadcast(0, &mut array)?;
    world.broadcast(
        0,
        &mut array.slice_axis_mut(Axis(0), Slice::new(0, None, -1)),
    )?;
    let borrowed: &mut [i32] = &mut list;
    world.broadcast(0, borrowed)?;
    world.broadcast(0, borrowed)
}
