//! Products of a matrix with itself.

use ndarray::Array2;
use num_complex::Complex;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_kernels::matmul::{Algorithm, Gemm, MatMul, Mode, Op, Scalar, serial};
use partita_testing::spmd_test;

use crate::cases::{Cases, LENGTHS, distributed, small};

const OPERATIONS: [[Op; 2]; 4] = [
    [Op::Plain, Op::Transpose],
    [Op::Transpose, Op::Plain],
    [Op::Plain, Op::Adjoint],
    [Op::Adjoint, Op::Plain],
];

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn updates_of_small_integers_are_exact_and_symmetric(world: &Communicator) -> Result<()> {
    fn check<A: Scalar + std::fmt::Debug>(world: &Communicator) -> Result<()> {
        let mut cases = Cases::new(43);
        for round in 0..16 {
            let [n, k] = [cases.one_of(&LENGTHS), cases.one_of(&LENGTHS)];
            let [op_a, op_b] = cases.one_of(&OPERATIONS);
            let a = cases.matrix(op_a.shape([n, k]), small::<A>);
            let lower = cases.matrix([n, n], small::<A>);
            let gemm = Gemm {
                alpha: small::<A>(&mut cases),
                beta: cases.one_of(&[A::zero(), A::one()]),
                op_a,
                op_b,
                mode: [Mode::Fast, Mode::Reproducible][round % 2],
                ..Gemm::default()
            };
            let (of_a, of_c) = (
                cases.layout([a.nrows(), a.ncols()], world.size()),
                cases.layout([n, n], world.size()),
            );
            let mut c = distributed(world, &lower, &of_c)?;
            gemm.rank_k(&mut c, &distributed(world, &a, &of_a)?)?;
            let mut expected = lower;
            let other = if op_b == Op::Adjoint || op_a == Op::Adjoint {
                Op::Adjoint
            } else {
                Op::Transpose
            };
            let first = match op_a {
                Op::Plain => a,
                Op::Transpose => a.reversed_axes(),
                Op::Adjoint => a.t().mapv(|value| value.conj()),
            };
            let factors = (gemm.alpha, gemm.beta);
            serial::rank_k(factors, first.view(), other, expected.view_mut());
            assert_eq!(c.all_gather()?, expected, "{gemm:?} {of_a} {of_c}");
        }
        Ok(())
    }
    check::<f64>(world)?;
    check::<Complex<f64>>(world)
}

/// Several strips of columns, and blocks of C below, on and above the diagonal.
#[spmd_test(ranks = [1, 2, 4])]
fn a_long_update_is_that_of_the_product_whatever_the_algorithm(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(47);
    let a: Array2<f64> = cases.matrix([700, 30], small);
    let expected = a.dot(&a.t());
    let layout = cases.layout([700, 30], world.size());
    let left = distributed(world, &a, &layout)?;
    for algorithm in [Algorithm::Automatic, Algorithm::Summa, Algorithm::SplitK] {
        let grid = ProcessGrid::balanced(world, 2)?;
        let mut c = DistArray::full(&grid, [700, 700], f64::NAN)?;
        let gemm = Gemm {
            algorithm,
            op_b: Op::Transpose,
            ..Gemm::default()
        };
        gemm.rank_k(&mut c, &left)?;
        assert_eq!(c.all_gather()?, expected, "{algorithm}");
    }
    assert_eq!(left.syrk()?.all_gather()?, expected);
    Ok(())
}

/// Whose products are rounded, so that imaginary parts would be left on the diagonal.
#[spmd_test(ranks = [1, 2, 3, 4])]
fn the_diagonal_of_a_hermitian_update_is_real(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let value = |[i, j]: [usize; 2]| {
        let place = (31 * i + j) as f64;
        Complex::new((0.7 * place).sin(), (1.3 * place).cos())
    };
    let a = DistArray::from_fn(&grid, [40, 31], value)?;
    for mode in [Mode::Fast, Mode::Reproducible] {
        let mut c = DistArray::full(&grid, [40, 40], Complex::new(1.0, 0.0))?;
        let gemm = Gemm {
            beta: Complex::new(0.5, 0.0),
            op_b: Op::Adjoint,
            mode,
            ..Gemm::default()
        };
        gemm.rank_k(&mut c, &a)?;
        let c = c.all_gather()?;
        assert!(c.diag().iter().all(|value| value.im == 0.0), "{mode:?}");
        let mut expected = Array2::from_elem([40, 40], Complex::new(1.0, 0.0));
        let factors = (Complex::new(1.0, 0.0), gemm.beta);
        serial::rank_k(
            factors,
            a.all_gather()?.view(),
            Op::Adjoint,
            expected.view_mut(),
        );
        assert!(expected.diag().iter().all(|value| value.im == 0.0));
        let difference = (&c - &expected).map(|value| value.norm());
        assert!(difference.iter().all(|&difference| difference < 1e-13));
    }
    Ok(())
}

#[spmd_test(ranks = [2])]
fn operations_that_are_no_mirror_images_are_refused(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let a = DistArray::full(&grid, [3, 3], 1.0)?;
    let mut c = DistArray::full(&grid, [3, 3], 1.0)?;
    let error = Gemm::default().rank_k(&mut c, &a).expect_err("A·A");
    assert!(matches!(error, Error::Usage(_)), "{error}");
    Ok(())
}
