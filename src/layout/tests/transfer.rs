//! Transfers of all ranks, run in one process over plain vectors of global indices.

use ndarray::{Dimension, Ix2, Ix3};
use proptest::prelude::*;

use super::super::*;
use super::distribution_of;

/// An array's shape, the order of its axes in the target, and two layouts on as many ranks in any grids.
type Case = (Layout<Ix3>, Layout<Ix3>, [usize; 3]);

fn any_case() -> impl Strategy<Value = Case> {
    let size = prop::sample::select(vec![1, 2, 3, 4, 6, 8, 12]);
    let shape = [0usize..14, 1usize..6, 1usize..8];
    (size, shape).prop_flat_map(|(size, shape)| {
        let orders = vec![
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        let order = prop::sample::select(orders);
        order.prop_flat_map(move |order| {
            let permuted = order.map(|axis| shape[axis]);
            (
                layout_on(size, shape),
                layout_on(size, permuted),
                Just(order),
            )
        })
    })
}

/// Any distribution of each axis over any axis of a grid of three, with copies over what is left.
fn layout_on(size: usize, shape: [usize; 3]) -> impl Strategy<Value = Layout<Ix3>> {
    let divisors = |size: usize| (1..=size).filter(move |part| size.is_multiple_of(*part));
    let grids: Vec<[usize; 3]> = divisors(size)
        .flat_map(|first| {
            let rest = size / first;
            divisors(rest).map(move |second| [first, second, rest / second])
        })
        .collect();
    let kinds = prop::array::uniform3((0usize..6, 1usize..4));
    let places = Just(vec![0, 1, 2]).prop_shuffle();
    (prop::sample::select(grids), kinds, places).prop_map(move |(grid, kinds, places)| {
        let distributions: Vec<Distribution> = (0..3)
            .map(|axis| distribution_of(kinds[axis], shape[axis], grid[places[axis]]))
            .collect();
        let over: Vec<Option<usize>> = (0..3)
            .map(|axis| (distributions[axis] != Distribution::Replicated).then_some(places[axis]))
            .collect();
        Layout::mapped(shape, GridShape::new(&grid), &distributions, &over).expect("fits")
    })
}

/// The places of a shipment's elements in the source's and in the target's part, in the message's order.
fn places(axes: &[Overlap], source: &[usize], target: &[usize]) -> Vec<(usize, usize)> {
    axes.iter()
        .enumerate()
        .fold(vec![(0, 0)], |places, (axis, overlap)| {
            let along: Vec<(usize, usize)> = overlap.spans().iter().flat_map(indices).collect();
            places
                .iter()
                .flat_map(|(from, to)| {
                    along.iter().map(move |&(source_place, target_place)| {
                        (
                            from + source_place * source[axis],
                            to + target_place * target[axis],
                        )
                    })
                })
                .collect()
        })
}

fn indices(span: &Span) -> impl Iterator<Item = (usize, usize)> {
    let span = *span;
    (0..span.count).flat_map(move |run| {
        (0..span.length).map(move |along| {
            let source = span.source + run * span.source_step + along;
            (source, span.target + run * span.target_step + along)
        })
    })
}

fn strides(shape: &Ix3) -> Vec<usize> {
    vec![shape[1] * shape[2], shape[2], 1]
}

/// The global index in C order of every element of the rank, its axes in this order.
fn global_numbers(layout: &Layout<Ix3>, rank: usize, weights: [usize; 3]) -> Vec<usize> {
    let mut numbers = Vec::new();
    for_each_index::<Ix3>(&layout.all_local_runs(rank), |index| {
        numbers.push((0..3).map(|axis| index[axis] * weights[axis]).sum());
    });
    numbers
}

proptest! {
    #[test]
    fn transfers_give_every_rank_what_the_serial_permutation_has((source, target, order) in any_case()) {
        let size = source.grid().size();
        let shape = source.shape();
        let weights = [shape[1] * shape[2], shape[2], 1];
        let transfers: Vec<Transfer> = (0..size)
            .map(|rank| Transfer::new(&source, &target, &order, rank))
            .collect::<Result<_>>()?;
        let before: Vec<_> = (0..size).map(|rank| global_numbers(&source, rank, weights)).collect();
        for (rank, transfer) in transfers.iter().enumerate() {
            let target_strides = strides(&target.local_shape(rank));
            let mut received = vec![None; target.local_shape(rank).size()];
            let kept = transfer.kept.iter().map(|kept| (rank, kept));
            let coming = transfer.receives.iter().map(|coming| (coming.peer, coming));
            for (sender, shipment) in kept.chain(coming) {
                let own = strides(&source.local_shape(sender));
                let source_strides: Vec<_> = order.iter().map(|&axis| own[axis]).collect();
                for (from, to) in places(&shipment.axes, &source_strides, &target_strides) {
                    prop_assert!(received[to].is_none(), "an element comes twice");
                    received[to] = Some(before[sender][from]);
                }
            }
            let received: Option<Vec<usize>> = received.into_iter().collect();
            let expected = global_numbers(&target, rank, order.map(|axis| weights[axis]));
            prop_assert_eq!(received, Some(expected));
        }
    }

    #[test]
    fn both_sides_of_a_message_know_it_alike_and_nothing_needless_travels((source, target, order) in any_case()) {
        let size = source.grid().size();
        let transfers: Vec<Transfer> = (0..size)
            .map(|rank| Transfer::new(&source, &target, &order, rank))
            .collect::<Result<_>>()?;
        let mut sent = 0;
        for transfer in &transfers {
            for message in &transfer.sends {
                prop_assert!(message.volume() > 0);
                prop_assert_ne!(message.peer, transfer.rank);
                let there = &transfers[message.peer].receives;
                let there: Vec<_> = there.iter().filter(|come| come.peer == transfer.rank).collect();
                prop_assert_eq!(there.len(), 1, "one message between two ranks");
                prop_assert_eq!(&there[0].axes, &message.axes);
            }
            sent += transfer.sends.len();
        }
        let received: usize = transfers.iter().map(|transfer| transfer.receives.len()).sum();
        prop_assert_eq!(sent, received);
        // What a rank has already it keeps.
        for (rank, transfer) in transfers.iter().enumerate() {
            let wanted: Vec<Runs> = target.all_local_runs(rank);
            let common: usize = (0..3)
                .map(|axis| {
                    let own = source.local_runs(rank, order[axis]);
                    own.indices().filter(|&index| wanted[axis].position(index).is_some()).count()
                })
                .product();
            prop_assert_eq!(transfer.kept.as_ref().map_or(0, Shipment::volume), common);
        }
    }

    #[test]
    fn a_part_of_an_overlap_is_that_part(
        (one, other) in (any_runs(), any_runs()),
        (start, length) in (0usize..40, 0usize..40),
    ) {
        let overlap = Overlap::between(&one, &other);
        let all: Vec<_> = overlap.spans().iter().flat_map(indices).collect();
        let mut common: Vec<usize> = all.iter().filter_map(|&(source, _)| one.get(source)).collect();
        for &(source, target) in &all {
            prop_assert_eq!(one.get(source), other.get(target));
        }
        common.sort_unstable();
        let expected: Vec<_> = one.indices().filter(|&index| other.position(index).is_some()).collect();
        prop_assert_eq!(common, expected);
        prop_assert_eq!(overlap.len(), all.len());
        let range = start.min(all.len())..(start + length).min(all.len());
        let part: Vec<_> = overlap.part(range.clone()).spans().iter().flat_map(indices).collect();
        prop_assert_eq!(&part[..], &all[range]);
    }

    #[test]
    fn tiles_cover_a_box_once_and_keep_to_their_limit(
        lengths in prop::collection::vec(1usize..20, 0..4),
        limit in 1usize..200,
        second in 0usize..4,
    ) {
        let last = lengths.len().saturating_sub(1);
        let mut inner: Vec<usize> = (0..lengths.len()).filter(|&axis| axis == last).collect();
        inner.extend((second < last).then_some(second));
        let tiling = Tiling::new(&lengths, &inner, limit);
        prop_assert!(tiling.largest() <= limit);
        let mut seen = std::collections::HashSet::new();
        for number in 0..tiling.count() {
            let tile = tiling.ranges(number).into_iter();
            let cells = tile.fold(vec![vec![]], |cells: Vec<Vec<usize>>, range| {
                let along = |cell: &Vec<usize>| {
                    let cell = cell.clone();
                    range.clone().map(move |index| [&cell[..], &[index]].concat())
                };
                cells.iter().flat_map(along).collect()
            });
            prop_assert!(cells.len() <= limit && !cells.is_empty());
            prop_assert!(cells.into_iter().all(|cell| seen.insert(cell)), "covered twice");
        }
        prop_assert_eq!(seen.len(), lengths.iter().product::<usize>());
    }
}

fn any_runs() -> impl Strategy<Value = Runs> {
    let numbers = (0usize..10, 0usize..6, 1usize..12, 0usize..120);
    (numbers, any::<bool>()).prop_map(|((start, block, stride, end), begun)| match begun {
        true => Runs::begun(start, block, stride, end),
        false => Runs::new(start, block, stride, end),
    })
}

#[test]
fn pencils_of_4096_ranks_are_planned_in_one_process() {
    let shape = [1024, 1024, 1024];
    let grid = GridShape::new(&[64, 64]);
    let pencils = |over: [Option<usize>; 3]| -> Layout<Ix3> {
        let distributions =
            over.map(|place| place.map_or(Distribution::Replicated, |_| Distribution::Block));
        Layout::mapped(shape, grid.clone(), &distributions, &over).expect("fits")
    };
    let (along_z, along_y) = (
        pencils([Some(0), Some(1), None]),
        pencils([Some(0), None, Some(1)]),
    );
    for rank in 0..4096 {
        let transfer = Transfer::new(&along_z, &along_y, &[0, 1, 2], rank).expect("one array");
        let cost = transfer.cost(8, None);
        // Only the ranks of its row of the grid.
        assert!(
            transfer
                .sends
                .iter()
                .all(|sent| sent.peer / 64 == rank / 64)
        );
        assert_eq!((cost.messages_sent, cost.messages_received), (63, 63));
        let part = 1024 * 1024 * 1024 / 4096 * 8;
        assert_eq!(
            (cost.bytes_sent, cost.bytes_kept),
            (part / 64 * 63, part / 64)
        );
        assert!(cost.peak_memory <= 2 * part);
    }
}

#[test]
fn what_is_dealt_in_turn_costs_a_span_a_run_of_its_period() {
    let layout = |distribution| -> Layout<Ix2> {
        let distributions = [distribution, Distribution::Replicated];
        Layout::new([1_000_000, 3], GridShape::new(&[4]), &distributions).expect("fits")
    };
    let (cyclic, block) = (layout(Distribution::Cyclic), layout(Distribution::Block));
    let transfer = Transfer::new(&cyclic, &block, &[0, 1], 2).expect("one array");
    assert_eq!(transfer.sends.len(), 3);
    assert!(
        transfer
            .sends
            .iter()
            .all(|sent| sent.axes[0].spans().len() <= 2)
    );
    let dealt = layout(Distribution::BlockCyclic(100));
    let transfer = Transfer::new(&cyclic, &dealt, &[0, 1], 1).expect("one array");
    assert!(
        transfer
            .receives
            .iter()
            .all(|come| come.axes[0].spans().len() < 100)
    );
}

#[test]
fn copies_share_the_work_of_sending() {
    // Two copies of two blocks of rows; every rank wants a block of columns.
    let grid = GridShape::new(&[2, 2]);
    let rows = Layout::<Ix2>::mapped(
        [4, 8],
        grid.clone(),
        &[Distribution::Block, Distribution::Replicated],
        &[Some(0), None],
    );
    let columns = Layout::new(
        [4, 8],
        GridShape::new(&[4]),
        &[Distribution::Replicated, Distribution::Block],
    );
    let (rows, columns) = (rows.expect("fits"), columns.expect("fits"));
    for rank in 0..4 {
        let transfer = Transfer::new(&rows, &columns, &[0, 1], rank).expect("one array");
        assert_eq!(transfer.sends.len(), 1, "{transfer}");
        assert_eq!(transfer.receives.len(), 1, "{transfer}");
        assert_eq!(transfer.kept.as_ref().map(Shipment::volume), Some(4));
    }
}

#[test]
fn layouts_of_other_arrays_or_ranks_are_refused() {
    let layout =
        |shape, parts: &[usize]| Layout::<Ix2>::block(shape, GridShape::new(parts)).expect("fits");
    let one = layout([4, 6], &[2, 2]);
    for (other, order) in [
        (layout([4, 7], &[2, 2]), [0, 1]),
        (layout([4, 6], &[2, 1]), [0, 1]),
        (layout([4, 6], &[2, 2]), [1, 0]),
        (layout([4, 6], &[2, 2]), [0, 0]),
    ] {
        let refused = Transfer::new(&one, &other, &order, 0);
        assert!(
            matches!(refused, Err(Error::Shape { .. })),
            "{other} in order {order:?}"
        );
    }
    assert!(Transfer::new(&one, &layout([6, 4], &[4, 1]), &[1, 0], 3).is_ok());
}

#[test]
fn a_limit_without_room_for_an_element_each_way_has_no_window() {
    assert_eq!(Window::new(8, Some(15)), None);
    assert_eq!(
        Window::new(8, Some(16)),
        Some(Window {
            buffer: 1,
            all: 1,
            scratch: 0
        })
    );
    let window = Window::new(8, Some(1000)).expect("room");
    assert!(window.all * 16 <= 1000 && window.buffer <= window.all);
    assert!(Window::new(0, None).is_some());
}
