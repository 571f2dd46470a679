use ndarray::{Dimension, Ix3};
use proptest::prelude::*;

use super::*;

mod transfer;

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
        prop_assert!(layout.is_contiguous());
        is_consistent(&layout)?;
    }

    #[test]
    fn every_index_has_one_owner_in_any_layout(
        layout in any_layout([0usize..9, 1usize..6, 1usize..6]),
    ) {
        is_consistent(&layout)?;
    }

    #[test]
    fn runs_are_the_indices_that_they_say(
        (start, block, stride, end) in (0usize..10, 0usize..5, 1usize..9, 0usize..40),
    ) {
        let runs = Runs::new(start, block, stride, end);
        let expected: Vec<usize> = (start..end)
            .filter(|index| (index - start) % stride < block.max(1))
            .collect();
        prop_assert_eq!(runs.indices().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(runs.iter().flatten().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!((runs.len(), runs.is_empty()), (expected.len(), expected.is_empty()));
        for index in 0..50 {
            prop_assert_eq!(runs.position(index), expected.iter().position(|&own| own == index));
            prop_assert_eq!(runs.get(index), expected.get(index).copied());
        }
        let one_run = expected.windows(2).all(|pair| pair[1] == pair[0] + 1);
        prop_assert_eq!(runs.as_range().is_some(), one_run);
        sliced(&runs, &expected)?;
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
        edges in proptest::array::uniform2([edge(), edge()]),
        corners in any::<bool>(),
    ) {
        let layout = Layout::block(shape, GridShape::new(&parts))?;
        let widths = HaloWidths {
            lower: lower.to_vec(),
            upper: upper.to_vec(),
            edges: edges.to_vec(),
            corners,
        };
        let plans: Vec<_> = (0..layout.grid().size())
            .map(|rank| HaloPlan::new(&layout, &widths, rank).expect("blocks"))
            .collect();
        for (rank, plan) in plans.iter().enumerate() {
            let mut filled = simulate(&layout, &widths, &plans, rank);
            check_against_padded(&layout, &widths, rank, &mut filled)?;
            prop_assert!(plan.receives.iter().all(|message| message.peer != rank));
        }
    }
}

// The interior and the border hold every cell of the block once, and the interior those from which the reach
// stays within.
proptest! {
    #[test]
    fn interior_and_border_make_up_the_block(
        shape in [0usize..6, 0usize..5],
        lower in [0usize..4, 0usize..3],
        upper in [0usize..4, 0usize..3],
    ) {
        let interior = Region::interior(&shape, &lower, &upper);
        let border = Region::border(&shape, &lower, &upper);
        for cell in cells(&shape.iter().map(|&length| 0..length).collect()) {
            let within = (0..2)
                .all(|axis| cell[axis] >= lower[axis] && cell[axis] + upper[axis] < shape[axis]);
            prop_assert_eq!(cells(&interior).contains(&cell), within);
            let times = border.iter().filter(|region| cells(region).contains(&cell)).count();
            prop_assert_eq!(times, usize::from(!within), "cell {:?}", cell);
        }
    }
}

/// A layout of random distributions over a grid of 0 to 3 axes in any order.
fn any_layout(shape: impl Strategy<Value = [usize; 3]>) -> impl Strategy<Value = Layout<Ix3>> {
    let distribution = (0usize..5, 1usize..4);
    (
        shape,
        [distribution.clone(), distribution.clone(), distribution],
        prop::collection::vec(1usize..4, 3..5),
    )
        .prop_flat_map(|(shape, chosen, parts)| {
            let places: Vec<usize> = (0..parts.len()).collect();
            (Just((shape, chosen, parts)), Just(places).prop_shuffle())
        })
        .prop_map(|((shape, chosen, parts), places)| {
            let grid = GridShape::new(&parts);
            let distributions: Vec<Distribution> = (0..3)
                .map(|axis| distribution_of(chosen[axis], shape[axis], parts[places[axis]]))
                .collect();
            let over: Vec<Option<usize>> = (0..3)
                .map(|axis| {
                    (distributions[axis] != Distribution::Replicated).then_some(places[axis])
                })
                .collect();
            Layout::mapped(shape, grid, &distributions, &over).expect("fits")
        })
}

fn distribution_of((kind, block): (usize, usize), length: usize, parts: usize) -> Distribution {
    match kind {
        0 => Distribution::Block,
        1 => Distribution::Cyclic,
        2 => Distribution::BlockCyclic(block),
        3 => Distribution::Replicated,
        // All but one index to the last part.
        _ => {
            let mut sizes = vec![0; parts];
            sizes[0] = length.min(1);
            sizes[parts - 1] += length - length.min(1);
            Distribution::Parts(sizes)
        }
    }
}

/// Sizes sum up, every global index has one owner, local and global indices are inverse.
fn is_consistent(layout: &Layout<Ix3>) -> Result<(), TestCaseError> {
    let ranks = 0..layout.grid().size();
    let size: usize = layout.shape().iter().product();
    let sizes = ranks.clone().map(|rank| layout.local_shape(rank).size());
    prop_assert_eq!(sizes.sum::<usize>(), size * layout.copies());
    let mut seen = 0;
    for rank in ranks {
        for local in ndarray::indices(layout.local_shape(rank)) {
            let local = local.into();
            let global = layout.to_global(rank, local).expect("inside the part");
            let (owner, place) = layout.to_local(global).expect("inside the array");
            prop_assert_eq!(place, local);
            prop_assert_eq!(layout.is_primary(rank), owner == rank);
            prop_assert_eq!(layout.parts(owner), layout.parts(rank));
            seen += usize::from(owner == rank);
        }
        let shape = layout.local_shape(rank);
        let end = std::array::from_fn(|axis| shape[axis]);
        prop_assert_eq!(layout.to_global(rank, end), None);
    }
    prop_assert_eq!(seen, size);
    prop_assert_eq!(layout.to_local([layout.shape()[0], 0, 0]), None);
    Ok(())
}

/// The slices of a part lie where its indices are, and cover it once.
fn sliced(runs: &Runs, expected: &[usize]) -> Result<(), TestCaseError> {
    let axis = ndarray::Array1::from_iter(0..50usize);
    let mut part = ndarray::Array1::from_elem(expected.len(), usize::MAX);
    for (there, here) in runs.slices() {
        let mut here = part.slice_axis_mut(ndarray::Axis(0), here);
        prop_assert!(here.iter().all(|&value| value == usize::MAX));
        here.assign(&axis.slice_axis(ndarray::Axis(0), there));
    }
    prop_assert_eq!(part.as_slice().expect("contiguous"), expected);
    Ok(())
}

#[test]
fn layouts_that_do_not_fit_are_refused_in_words() {
    use Distribution::*;
    let grid = || GridShape::new(&[2, 3]);
    let refused = |distributions: &[Distribution], over: &[Option<usize>], words: &str| {
        let error = Layout::mapped([4, 6], grid(), distributions, over).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    };
    refused(&[Block], &[Some(0)], "1 distributions");
    refused(
        &[Block, Block],
        &[Some(0), Some(0)],
        "axis 0 of the grid is to cut two axes",
    );
    refused(
        &[Block, Block],
        &[Some(0), Some(2)],
        "axis 1 has no axis of the grid",
    );
    refused(
        &[Block, Block],
        &[Some(0), None],
        "axis 1 is block, over None",
    );
    refused(
        &[Replicated, Block],
        &[Some(0), Some(1)],
        "axis 0 is replicated",
    );
    refused(
        &[BlockCyclic(0), Block],
        &[Some(0), Some(1)],
        "blocks of no indices",
    );
    refused(
        &[Parts(vec![4]), Block],
        &[Some(0), Some(1)],
        "1 sizes for 2 parts",
    );
    refused(
        &[Parts(vec![1, 2]), Block],
        &[Some(0), Some(1)],
        "parts 1+2 are not 4 indices",
    );
    let cyclic = Layout::new([4, 6], grid(), &[Cyclic, Block]).expect("fits");
    assert_eq!(cyclic.to_string(), "4×6 [cyclic/2, block/3] on 2×3");
    assert!(HaloPlan::new(&cyclic, &no_halo(), 0).is_err());
}

fn no_halo() -> HaloWidths {
    HaloWidths {
        lower: vec![0; 2],
        upper: vec![0; 2],
        edges: vec![[Edge::Fixed; 2]; 2],
        corners: false,
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
        let region = layout.local_region(rank).expect("a block");
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
    let region = layout.local_region(rank).expect("a block");
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
        source[axis] = grown(length, widths.edges[axis], index)?;
    }
    (beyond == 1 || (widths.corners && beyond == 2)).then_some(source)
}

/// Oracle: the cell that stands at `index` of an axis that is grown at both ends, a cell at a time.
fn grown(length: isize, edges: [Edge; 2], index: isize) -> Option<usize> {
    let mut axis: std::collections::HashMap<isize, Option<usize>> = (0..length)
        .map(|cell| (cell, Some(cell as usize)))
        .collect();
    let mut distance = 0;
    while !axis.contains_key(&index) {
        let source = |edge, opposite: isize, mirrored: isize| match edge {
            Edge::Periodic => axis[&opposite],
            Edge::Reflecting => axis[&mirrored],
            Edge::Fixed | Edge::Open => None,
        };
        let before = source(edges[0], length - 1 - distance, distance);
        let after = source(edges[1], distance, length - 1 - distance);
        axis.insert(-1 - distance, before);
        axis.insert(length + distance, after);
        distance += 1;
    }
    axis[&index]
}

fn edge() -> impl Strategy<Value = Edge> {
    use Edge::*;
    prop::sample::select(vec![Periodic, Fixed, Reflecting, Open])
}

fn cells(region: &Region) -> Vec<[usize; 2]> {
    let [rows, columns] = [&region.axes()[0], &region.axes()[1]];
    rows.clone()
        .flat_map(|row| columns.clone().map(move |column| [row, column]))
        .collect()
}
