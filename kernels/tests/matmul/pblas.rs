//! The shapes, blocks, offsets and grids that ScaLAPACK tests its third level with, and its threshold.
//!
//! Source: `PBLAS/TESTING/PDBLAS3TST.dat` of the reference ScaLAPACK, and the bound of its `PDMMCH`.

use ndarray::{Array2, s};
use partita::layout::Distribution;
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_kernels::matmul::{Gemm, Op, serial};
use partita_testing::spmd_test;

use crate::cases::Cases;

/// M, N, K, the block's extent, and where the submatrices begin, counted from one.
const PROBLEMS: [[usize; 5]; 8] = [
    [22, 23, 24, 4, 5],
    [30, 29, 28, 5, 1],
    [8, 7, 9, 6, 7],
    [20, 21, 22, 3, 7],
    [3, 3, 3, 2, 1],
    [5, 14, 9, 1, 12],
    [11, 11, 11, 4, 1],
    [8, 8, 8, 5, 11],
];

/// TRANSA and TRANSB.
const OPERATIONS: [[Op; 2]; 8] = {
    use Op::{Plain, Transpose};
    [
        [Plain, Plain],
        [Plain, Plain],
        [Plain, Transpose],
        [Plain, Transpose],
        [Transpose, Plain],
        [Transpose, Plain],
        [Transpose, Transpose],
        [Transpose, Transpose],
    ]
};

const GRIDS: [[usize; 2]; 8] = [
    [2, 2],
    [1, 2],
    [2, 1],
    [1, 4],
    [4, 1],
    [2, 3],
    [3, 2],
    [8, 1],
];

/// Sides of the matrices that A, B and C are parts of.
const SIDES: [usize; 3] = [31, 32, 35];

const ALPHA: f64 = 2.0;
const BETA: f64 = 3.0;
const THRESHOLD: f64 = 16.0;

#[spmd_test(ranks = [2, 4, 6, 8])]
fn the_problems_of_scalapacks_own_tests_pass_its_threshold(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(31);
    for grid in GRIDS.into_iter().filter(|[p, q]| p * q == world.size()) {
        let grid = ProcessGrid::new(world, &grid)?;
        for (problem, operations) in PROBLEMS.into_iter().zip(OPERATIONS) {
            check(&grid, &mut cases, problem, operations)?;
        }
    }
    Ok(())
}

fn check(
    grid: &ProcessGrid,
    cases: &mut Cases,
    [m, n, k, block, first]: [usize; 5],
    [op_a, op_b]: [Op; 2],
) -> Result<()> {
    let [a, b, c] = SIDES.map(|side| cases.matrix([side, side], Cases::real));
    let dealt = |whole: &Array2<f64>| {
        let blocks = [
            Distribution::BlockCyclic(block),
            Distribution::BlockCyclic(block),
        ];
        let layout = grid.layout([whole.nrows(), whole.ncols()], &blocks)?;
        DistArray::from_fn(grid, layout, |index| whole[index])
    };
    let of = |[rows, columns]: [usize; 2]| {
        let begin = first - 1;
        s![begin..begin + rows, begin..begin + columns]
    };
    let (of_a, of_b, of_c) = (of(op_a.shape([m, k])), of(op_b.shape([k, n])), of([m, n]));
    let gemm = Gemm {
        alpha: ALPHA,
        beta: BETA,
        op_a,
        op_b,
        ..Gemm::default()
    };
    let mut whole = dealt(&c)?;
    let mut part = whole.slice(of_c)?.to_owned();
    let (left, right) = (dealt(&a)?, dealt(&b)?);
    gemm.apply(
        &mut part,
        &left.slice(of_a)?.to_owned(),
        &right.slice(of_b)?.to_owned(),
    )?;
    whole.slice_mut(of_c)?.assign(&part)?;
    let actual = whole.all_gather()?;

    let mut expected = c.clone();
    let (a, b) = ((a.slice(of_a), op_a), (b.slice(of_b), op_b));
    serial::gemm((ALPHA, BETA), a, b, expected.slice_mut(of_c));
    // The sum of the terms' absolute values.
    let absolute = [&a, &b].map(|(matrix, _)| matrix.mapv(f64::abs));
    let mut gauge = c.mapv(f64::abs);
    let (a, b) = ((absolute[0].view(), op_a), (absolute[1].view(), op_b));
    serial::gemm((ALPHA, BETA), a, b, gauge.slice_mut(of_c));
    for ((actual, expected), gauge) in actual.iter().zip(&expected).zip(&gauge) {
        let ratio = (actual - expected).abs() / (f64::EPSILON * gauge);
        assert!(ratio <= THRESHOLD, "{ratio}: {actual} for {expected}");
    }
    Ok(())
}
