//! What is printed of arrays in every kind of layout.

use ndarray::{Ix1, Ix2, Ix3, s};
use partita::layout::{Axes, Distribution};
use partita::{Boundary, Communicator, DistArray, Halo, Printable, ProcessGrid, Result};
use partita_testing::{Sample, any_layout, cases, sampled, spmd_test};

/// The same text in any layout as on one rank alone, and on the root only.
fn compare<A: Sample + Printable, D: Axes>(world: &Communicator) -> Result<()> {
    let alone = world
        .split(Some(world.rank() as u32), 0)?
        .expect("a group of its own");
    for layout in cases(16, any_layout::<D>(world.size())) {
        let text = sampled::<A, D>(world, &layout)?.display()?.to_string();
        let grid = ProcessGrid::balanced(&alone, layout.shape().len())?;
        let whole = partita::layout::Layout::block(layout.raw_dim(), grid.shape().clone())?;
        let expected = sampled::<A, D>(&alone, &whole)?.display()?.to_string();
        assert_eq!(
            text,
            if world.is_root() {
                expected.as_str()
            } else {
                ""
            },
            "{layout}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn the_text_of_an_array_does_not_depend_on_its_layout(world: &Communicator) -> Result<()> {
    compare::<f64, Ix1>(world)?;
    compare::<bool, Ix2>(world)?;
    compare::<num_complex::Complex<f64>, Ix3>(world)
}

/// As numpy prints `np.arange(1200.).reshape(30, 40)`.
const EDGES: &str = "\
[[0.000e+00 1.000e+00 2.000e+00 … 3.700e+01 3.800e+01 3.900e+01]
 [4.000e+01 4.100e+01 4.200e+01 … 7.700e+01 7.800e+01 7.900e+01]
 [8.000e+01 8.100e+01 8.200e+01 … 1.170e+02 1.180e+02 1.190e+02]
 …
 [1.080e+03 1.081e+03 1.082e+03 … 1.117e+03 1.118e+03 1.119e+03]
 [1.120e+03 1.121e+03 1.122e+03 … 1.157e+03 1.158e+03 1.159e+03]
 [1.160e+03 1.161e+03 1.162e+03 … 1.197e+03 1.198e+03 1.199e+03]]";

#[spmd_test(ranks = [1, 3, 4])]
fn of_a_large_array_the_edges_are_shown(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = DistArray::from_fn(&grid, [30, 40], |[i, j]| (40 * i + j) as f64)?;
    let is = |text: partita::Printed, expected: &str| {
        assert_eq!(
            text.to_string(),
            if world.is_root() { expected } else { "" }
        );
    };
    is(array.display()?, EDGES);
    is(
        array.slice(s![..2, ..;20])?.display()?,
        "[[ 0. 20.]\n [40. 60.]]",
    );
    let grid = ProcessGrid::balanced(world, 1)?;
    let long = DistArray::from_fn(&grid, [3000], |[i]| i as u32)?;
    is(long.display()?, "[   0    1    2 … 2997 2998 2999]");
    let summary = long.summary();
    assert_eq!(
        (summary.parts().len(), summary.largest()),
        (world.size(), 3000usize.div_ceil(world.size()))
    );
    assert!(
        format!("{array:?}").starts_with("DistArray(30×40 [block"),
        "{array:?}"
    );
    Ok(())
}

/// Formatting sends nothing: what can be shown is what the rank has.
#[spmd_test(ranks = [1, 2, 4])]
fn an_array_formats_as_what_its_rank_has_of_it(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let rows = grid.layout([4, 3], &[Distribution::Block, Distribution::Replicated])?;
    let array = DistArray::from_fn(&grid, &rows, |[i, j]| (3 * i + j) as i32)?;
    let all = "[[ 0  1  2]\n [ 3  4  5]\n [ 6  7  8]\n [ 9 10 11]]";
    let block = "4×3 [block/2, replicated] on 2";
    let dealt = grid.layout([4, 3], &[Distribution::Cyclic, Distribution::Replicated])?;
    let in_turn = array.redistribute(&dealt)?;
    match (world.size(), world.rank()) {
        (1, _) => {
            assert_eq!(array.to_string(), all);
            assert!(format!("{array:?}").ends_with(&format!(", rank 0 has [0..4, 0..3]):\n{all}")));
        }
        (2, 1) => {
            let rows = "[[ 6  7  8]\n [ 9 10 11]]";
            assert_eq!(
                array.to_string(),
                format!("rank 1 has [2..4, 0..3] of {block}:\n{rows}")
            );
            let debug = format!("DistArray({block}, rank 1 has [2..4, 0..3]):\n{rows}");
            assert_eq!(format!("{array:?}"), debug);
            assert!(
                in_turn
                    .to_string()
                    .starts_with("rank 1 has [{1, 3}, 0..3] of 4×3 [cyclic/2")
            );
            let column = array.slice(s![.., 1])?;
            assert!(column.to_string().ends_with(":\n[ 7 10]"), "{column}");
        }
        (4, 3) => assert!(array.to_string().ends_with(":\n[[ 9 10 11]]"), "{array}"),
        _ => {}
    }
    let everywhere = grid.layout(
        [4, 3],
        &[Distribution::Replicated, Distribution::Replicated],
    )?;
    assert_eq!(array.redistribute(&everywhere)?.to_string(), all);
    let long = DistArray::from_fn(&grid, [8000], |[i]| i as u32 % 10)?;
    assert!(long.to_string().contains(" … "), "{long}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_summary_counts_the_halo_besides(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let array = DistArray::full(&grid, [6, 10], 0.0)?;
    assert!(!array.summary().to_string().contains("halo"));
    let halo = Halo::uniform(2, 1, Boundary::Periodic).axis(1, 0, 2, Boundary::Open);
    let summary = array.with_halo(halo)?.summary();
    let rows = 6 / world.size();
    assert_eq!(summary.parts(), vec![10 * rows; world.size()]);
    assert_eq!(
        summary.margins(),
        vec![12 * (rows + 2) - 10 * rows; world.size()]
    );
    let line = match world.size() {
        1 => "\nits halo   288 bytes on average, 288 bytes to 288 bytes\n",
        2 => "\nits halo   240 bytes on average, 240 bytes to 240 bytes\n",
        _ => "\nits halo   224 bytes on average, 224 bytes to 224 bytes\n",
    };
    assert!(summary.to_string().contains(line), "{summary}");
    Ok(())
}
