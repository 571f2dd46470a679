use ndarray::Ix3;
use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn blocks_tile_the_axis_and_differ_by_at_most_one(length in 0usize..200, parts in 1usize..40) {
        let ranges: Vec<_> = (0..parts).map(|part| block_range(length, parts, part)).collect();
        let mut next = 0;
        for range in &ranges {
            prop_assert_eq!(range.start, next);
            next = range.end;
        }
        prop_assert_eq!(next, length);
        let longest = ranges.iter().map(ExactSizeIterator::len).max();
        let shortest = ranges.iter().map(ExactSizeIterator::len).min();
        prop_assert!(longest.unwrap() - shortest.unwrap() <= 1);
    }

    #[test]
    fn owner_and_range_are_inverse(length in 0usize..200, parts in 1usize..40) {
        for index in 0..length {
            let owner = block_owner(length, parts, index).expect("inside the axis");
            prop_assert!(block_range(length, parts, owner).contains(&index));
        }
        prop_assert_eq!(block_owner(length, parts, length), None);
    }

    #[test]
    fn local_and_global_indices_are_inverse(
        shape in [0usize..6, 1usize..6, 1usize..6],
        parts in [1usize..5, 1usize..4, 1usize..4],
    ) {
        let layout: Layout<Ix3> = Layout::block(shape, GridShape::new(&parts))?;
        let sizes = (0..layout.grid().size()).map(|rank| layout.local_region(rank).volume());
        prop_assert_eq!(sizes.sum::<usize>(), shape.iter().product::<usize>());
        for index in ndarray::indices(shape) {
            let index = index.into();
            let (owner, local) = layout.to_local(index).expect("inside the array");
            prop_assert_eq!(layout.to_global(owner, local), Some(index));
        }
    }

    #[test]
    fn grids_use_every_rank(size in 1usize..500, ndim in 1usize..4, length in 0usize..1000) {
        prop_assert_eq!(GridShape::balanced(size, ndim).size(), size);
        let grid = GridShape::for_array(size, &vec![length; ndim]);
        prop_assert_eq!(grid.size(), size);
        for rank in 0..size {
            prop_assert_eq!(grid.rank(&grid.coordinates(rank)), rank);
        }
    }

    /// All plans of all ranks, run on one process over plain arrays of global indices.
    #[test]
    fn halo_plans_show_every_rank_what_a_padded_array_has(
        shape in [1usize..7, 1usize..6],
        parts in [1usize..6, 1usize..4],
        lower in [0usize..4, 0usize..3],
        upper in [0usize..4, 0usize..3],
        periodic in proptest::array::uniform2(any::<bool>()),
        corners in any::<bool>(),
    ) {
        let layout = Layout::block(shape, GridShape::new(&parts))?;
        let widths = HaloWidths {
            lower: lower.to_vec(),
            upper: upper.to_vec(),
            periodic: periodic.to_vec(),
            corners,
        };
        let plans: Vec<_> = (0..layout.grid().size())
            .map(|rank| HaloPlan::new(&layout, &widths, rank))
            .collect();
        for (rank, plan) in plans.iter().enumerate() {
            let mut filled = simulate(&layout, &widths, &plans, rank);
            check_against_padded(&layout, &widths, rank, &mut filled)?;
            prop_assert!(plan.receives.iter().all(|message| message.peer != rank));
        }
    }
}

type Padded = std::collections::HashMap<[usize; 2], [usize; 2]>;

/// The halo cells of `rank` (padded index → the global index that arrived there).
fn simulate(
    layout: &Layout<ndarray::Ix2>,
    widths: &HaloWidths,
    plans: &[HaloPlan],
    rank: usize,
) -> Padded {
    let global = |rank: usize, padded: [usize; 2]| -> [usize; 2] {
        let region = layout.local_region(rank);
        std::array::from_fn(|axis| padded[axis] - widths.lower[axis] + region.axes()[axis].start)
    };
    let mut filled = Padded::new();
    for copy in &plans[rank].self_copies {
        for (from, to) in cells(&copy.from).into_iter().zip(cells(&copy.to)) {
            filled.insert(to, global(rank, from));
        }
    }
    for message in &plans[rank].receives {
        let sent = plans[message.peer]
            .sends
            .iter()
            .find(|sent| sent.peer == rank)
            .expect("what one receives another sends");
        assert_eq!(sent.pieces.len(), message.pieces.len());
        for (from, to) in sent.pieces.iter().zip(&message.pieces) {
            assert_eq!(from.volume(), to.volume());
            for (from, to) in cells(from).into_iter().zip(cells(to)) {
                filled.insert(to, global(message.peer, from));
            }
        }
    }
    filled
}

fn check_against_padded(
    layout: &Layout<ndarray::Ix2>,
    widths: &HaloWidths,
    rank: usize,
    filled: &mut Padded,
) -> Result<(), TestCaseError> {
    let region = layout.local_region(rank);
    if !region.is_empty() {
        let padded: [usize; 2] = std::array::from_fn(|axis| {
            widths.lower[axis] + region.axes()[axis].len() + widths.upper[axis]
        });
        for cell in ndarray::indices(padded) {
            let cell = <[usize; 2]>::from(cell);
            let expected = expected_source(layout, widths, &region, cell);
            prop_assert_eq!(
                filled.remove(&cell),
                expected,
                "cell {:?} of rank {}",
                cell,
                rank
            );
        }
    }
    prop_assert!(
        filled.is_empty(),
        "rank {} got cells it has no place for",
        rank
    );
    Ok(())
}

fn expected_source(
    layout: &Layout<ndarray::Ix2>,
    widths: &HaloWidths,
    region: &Region,
    cell: [usize; 2],
) -> Option<[usize; 2]> {
    let mut beyond = 0;
    let mut source = [0; 2];
    for axis in 0..2 {
        let range = &region.axes()[axis];
        let length = layout.shape()[axis] as isize;
        let index = range.start as isize + cell[axis] as isize - widths.lower[axis] as isize;
        beyond += usize::from(index < range.start as isize || index >= range.end as isize);
        if !widths.periodic[axis] && !(0..length).contains(&index) {
            return None;
        }
        source[axis] = index.rem_euclid(length) as usize;
    }
    (beyond == 1 || (widths.corners && beyond == 2)).then_some(source)
}

fn cells(region: &Region) -> Vec<[usize; 2]> {
    let [rows, columns] = [&region.axes()[0], &region.axes()[1]];
    rows.clone()
        .flat_map(|row| columns.clone().map(move |column| [row, column]))
        .collect()
}
