//! Panels of arrays one after the other, against the serial permutation.

use ndarray::{Array2, Ix2, s};
use partita::layout::Distribution::{Block, Replicated};
use partita::layout::{GridShape, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_testing::{
    any_layout, any_layout_of, cases, error_of_all, part_of, sampled, shape_of, spmd_test, whole,
};
use proptest::prelude::*;

/// A layout, where its rows are cut, and a layout of each turned piece.
type Case = (Layout<Ix2>, Vec<usize>, Vec<Layout<Ix2>>);

/// Layouts of any kind, and of boxes, which alone are looked at where others laid them.
fn any_panels(ranks: usize) -> impl Strategy<Value = Case> {
    any_layout::<Ix2>(ranks).prop_flat_map(move |source| {
        let (rows, columns) = (source.shape()[0], source.shape()[1]);
        let cuts = prop::collection::vec(0..=rows, 0..4);
        (Just(source), cuts, any::<bool>()).prop_flat_map(move |(source, mut cuts, boxes)| {
            cuts.extend([0, rows]);
            cuts.sort_unstable();
            let targets: Vec<BoxedStrategy<Layout<Ix2>>> = cuts
                .windows(2)
                .map(|cut| {
                    let turned = shape_of::<Ix2>(&[columns, cut[1] - cut[0]]);
                    match boxes {
                        true => Just(boxes_of(turned, ranks)).boxed(),
                        false => any_layout_of(turned, ranks).boxed(),
                    }
                })
                .collect();
            (Just(source), Just(cuts), targets)
        })
    })
}

fn boxes_of(shape: Ix2, ranks: usize) -> Layout<Ix2> {
    Layout::new(shape, GridShape::new(&[ranks]), &[Block, Replicated]).expect("fits")
}

#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn panels_are_slices_in_their_order(world: &Communicator) -> Result<()> {
    let mut lent = 0;
    for (source, cuts, targets) in cases(40, any_panels(world.size())) {
        let array = sampled::<f64, Ix2>(world, &source)?;
        let all = whole::<f64, Ix2>(&source.raw_dim());
        let ranges = cuts.windows(2).map(|cut| cut[0]..cut[1]);
        let wanted: Vec<_> = ranges.zip(targets).collect();
        let mut panels = array.panels(0, [1, 0], wanted.clone())?;
        for (rows, target) in wanted {
            let turned = all.slice(s![rows.clone(), ..]).t().to_owned();
            let own = part_of(&turned, &target, world.rank());
            let seen = panels.with_next(|panel| {
                assert_eq!(panel, own, "{source} {rows:?} → {target}");
                let part = array.local();
                let mut places = part.iter().map(std::ptr::from_ref);
                panel
                    .first()
                    .is_some_and(|first| places.any(|place| place == first))
            })?;
            lent += usize::from(seen.expect("as many as asked for"));
        }
        assert_eq!(panels.with_next(|_| ())?, None);
    }
    assert!(lent > 0 || world.size() == 5, "something stays where it is");
    let array = DistArray::full(&ProcessGrid::balanced(world, 2)?, [3, 2], 1.0)?;
    let wanted = vec![(0..4, boxes_of(shape_of::<Ix2>(&[4, 2]), world.size()))];
    let error = error_of_all(world, array.panels(0, [0, 1], wanted).map(drop))?;
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    Ok(())
}

/// All panels lie in memory that the ranks share, however small they are.
#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_SHARED", "1")])]
fn panels_in_shared_memory_are_the_same(world: &Communicator) -> Result<()> {
    panels_are_slices_in_their_order(world)
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED_ROOM", "100000"), ("PARTITA_SHARED", "1")])]
fn panels_without_room_to_share_are_the_same(world: &Communicator) -> Result<()> {
    panels_are_slices_in_their_order(world)?;
    large_panels_follow_each_other(world)
}

/// Ranks that are ahead of others write no panel that is still looked at, and buffers are used again. Without the
/// checker, whose meetings would hold the ranks together.
#[spmd_test(ranks = [2, 3, 4], environment = [("PARTITA_CHECK", "0")])]
fn large_panels_follow_each_other(world: &Communicator) -> Result<()> {
    let columns = 1024;
    let grid = ProcessGrid::new(world, &[1, world.size()])?;
    for rows in [600, 300, 900] {
        let value = |[i, j]: [usize; 2]| (i * columns + j) as u64;
        let array = DistArray::from_fn(&grid, [rows, columns], value)?;
        let wanted = (0..rows).step_by(100).map(|first| {
            let shape = shape_of::<Ix2>(&[100, columns]);
            let everywhere = Layout::new(
                shape,
                GridShape::new(&[world.size()]),
                &[Replicated, Replicated],
            );
            (first..first + 100, everywhere.expect("fits"))
        });
        let mut panels = array.panels(0, [0, 1], wanted)?;
        let mut first = 0;
        while let Some(is_right) = panels.with_next(|panel| {
            let expected = Array2::from_shape_fn([100, columns], |(i, j)| value([first + i, j]));
            (0..=3 * world.rank()).all(|_| panel == expected)
        })? {
            assert!(is_right, "rows from {first} of {rows}");
            first += 100;
        }
        assert_eq!(first, rows);
    }
    Ok(())
}

/// Panels that were left before the last one: buffers that ranks have used differently are not used again.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED", "1")])]
fn panels_that_one_rank_leaves_do_not_harm_the_next(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[1, world.size()])?;
    let array = DistArray::from_fn(&grid, [8, 6], |[i, j]| (10 * i + j) as i32)?;
    let everywhere = |rows: usize| {
        let shape = shape_of::<Ix2>(&[rows, 6]);
        Layout::new(
            shape,
            GridShape::new(&[world.size()]),
            &[Replicated, Replicated],
        )
    };
    for leaves in [true, false] {
        let wanted = vec![(0..4, everywhere(4)?), (4..8, everywhere(4)?)];
        let mut panels = array.panels(0, [0, 1], wanted)?;
        let first = panels.with_next(|panel| panel[[3, 5]])?;
        assert_eq!(first, Some(35));
        if !leaves {
            assert_eq!(panels.with_next(|panel| panel[[3, 5]])?, Some(75));
        }
    }
    Ok(())
}
