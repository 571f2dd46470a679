//! Products with vectors.

use ndarray::{Array1, Array2, Axis, Ix1};
use num_complex::Complex;
use partita::layout::{Distribution, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_kernels::matmul::{Gemm, MatMul, Mode, Op, Scalar, serial};
use partita_testing::spmd_test;

use crate::cases::{Cases, LENGTHS, distributed, small};

/// A vector in the layout of a column of a random matrix.
fn vector<A: Scalar>(
    world: &Communicator,
    cases: &mut Cases,
    whole: &Array1<A>,
) -> Result<DistArray<A, Ix1>> {
    let dealt = [
        Distribution::Block,
        Distribution::Cyclic,
        Distribution::BlockCyclic(2),
        Distribution::Replicated,
    ];
    let distribution = dealt[cases.below(4)].clone();
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let over = match distribution {
        Distribution::Replicated => None,
        _ => Some(0),
    };
    let layout = Layout::mapped(
        [whole.len()],
        grid.shape().clone(),
        &[distribution],
        &[over],
    )?;
    DistArray::from_fn(&grid, layout, |[i]| whole[i])
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn products_with_vectors_of_small_integers_are_exact(world: &Communicator) -> Result<()> {
    fn check<A: Scalar + std::fmt::Debug>(world: &Communicator) -> Result<()> {
        let mut cases = Cases::new(37);
        for round in 0..24 {
            let [m, k] = std::array::from_fn(|_| cases.one_of(&LENGTHS));
            let op_a = cases.one_of(&[Op::Plain, Op::Transpose, Op::Adjoint]);
            let shape = op_a.shape([m, k]);
            let a = cases.matrix(shape, small::<A>);
            let x = Array1::from_shape_simple_fn(k, || small::<A>(&mut cases));
            let before = Array1::from_shape_simple_fn(m, || small::<A>(&mut cases));
            let gemm = Gemm {
                alpha: small::<A>(&mut cases),
                beta: cases.one_of(&[A::zero(), A::one()]),
                op_a,
                mode: [Mode::Fast, Mode::Reproducible][round % 2],
                ..Gemm::default()
            };
            let layout = cases.layout(shape, world.size());
            let left = distributed(world, &a, &layout)?;
            let right = vector(world, &mut cases, &x)?;
            let mut y = vector(world, &mut cases, &before)?;
            gemm.apply_to_vector(&mut y, &left, &right)?;
            let factors = (gemm.alpha, gemm.beta);
            let expected = serial::gemv(factors, (a.view(), op_a), x.view(), before.view());
            assert_eq!(y.all_gather()?, expected, "{gemm:?} {layout}");
        }
        Ok(())
    }
    check::<f64>(world)?;
    check::<Complex<f32>>(world)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_factor_of_zero_hides_what_is_no_number(world: &Communicator) -> Result<()> {
    let line = ProcessGrid::balanced(world, 1)?;
    let grid = ProcessGrid::balanced(world, 2)?;
    let (a, x) = (
        DistArray::full(&grid, [9, 9], f64::NAN)?,
        DistArray::full(&line, [9], f64::INFINITY)?,
    );
    for (mode, beta) in [Mode::Fast, Mode::Reproducible]
        .into_iter()
        .flat_map(|mode| [0.0, 2.0].map(|beta| (mode, beta)))
    {
        let mut y = DistArray::full(&line, [9], 3.0)?;
        let gemm = Gemm {
            alpha: 0.0,
            beta,
            mode,
            ..Gemm::default()
        };
        gemm.apply_to_vector(&mut y, &a, &x)?;
        assert_eq!(y.all_gather()?, Array1::from_elem(9, 3.0 * beta), "{mode}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn reproducible_products_with_vectors_have_the_bits_of_the_serial_one(
    world: &Communicator,
) -> Result<()> {
    let mut cases = Cases::new(41);
    let a: Array2<f64> = cases.matrix([19, 700], Cases::real);
    let x = Array1::from_shape_simple_fn(700, || cases.real());
    let mut expected = Array2::zeros([19, 1]);
    let column = x.view().insert_axis(Axis(1));
    serial::gemm_in_panels((1.0, 0.0), a.view(), column, expected.view_mut());
    let layout = cases.layout([19, 700], world.size());
    let gemm = Gemm {
        mode: Mode::Reproducible,
        ..Gemm::default()
    };
    let mut y = vector(world, &mut cases, &Array1::zeros(19))?;
    let right = vector(world, &mut cases, &x)?;
    gemm.apply_to_vector(&mut y, &distributed(world, &a, &layout)?, &right)?;
    let bits = |of: Array1<f64>| of.mapv(f64::to_bits);
    assert_eq!(bits(y.all_gather()?), bits(expected.column(0).to_owned()));
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn vectors_that_do_not_fit_are_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let a = DistArray::full(&grid, [4, 3], 1.0)?;
    let error = a
        .matvec(&DistArray::full(&line, [4], 1.0)?)
        .expect_err("three columns");
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let y = a.matvec(&DistArray::full(&line, [3], 2.0)?)?;
    assert_eq!(y.all_gather()?, Array1::from_elem(4, 6.0));
    Ok(())
}
