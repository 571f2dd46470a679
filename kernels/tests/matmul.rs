//! Products of distributed matrices against the serial ones: random shapes, layouts, grids and operations.

use ndarray::{Array2, Ix2};
use num_complex::Complex;
use partita::layout::{Distribution, GridShape, Layout};
use partita::random::{Sequence, Uniform};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_kernels::matmul::local::Library;
use partita_kernels::matmul::{Algorithm, Gemm, MatMul, Mode, Op, Scalar, serial};
use partita_testing::spmd_test;

/// Lengths that hurt, and ordinary ones.
const LENGTHS: [usize; 10] = [0, 1, 2, 3, 5, 7, 8, 13, 31, 64];

/// Pseudo-random choices, the same ones on every rank.
struct Cases {
    numbers: Sequence<Uniform<f64>>,
    next: u64,
}

impl Cases {
    fn new(seed: u64) -> Self {
        let numbers = Sequence::new(seed, Uniform::new(0.0..1.0).expect("a range"));
        Cases { numbers, next: 0 }
    }

    /// Between −1 and 1.
    fn real(&mut self) -> f64 {
        self.next += 1;
        2.0 * self.numbers.at(self.next) - 1.0
    }

    fn below(&mut self, end: usize) -> usize {
        ((self.real() + 1.0) / 2.0 * end as f64) as usize
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Any distributions over a grid of one to three axes, with copies where an axis is left.
    fn layout(&mut self, shape: [usize; 2], ranks: usize) -> Layout<Ix2> {
        let mut grid = vec![];
        let mut rest = ranks;
        for _ in 0..self.below(3) {
            let factors: Vec<usize> = (1..=rest).filter(|f| rest.is_multiple_of(*f)).collect();
            grid.push(self.one_of(&factors));
            rest /= grid[grid.len() - 1];
        }
        grid.push(rest);
        let mut places: Vec<usize> = (0..grid.len()).collect();
        let chosen: [(Distribution, Option<usize>); 2] = std::array::from_fn(|_| {
            let block = 1 + self.below(4);
            let cut = self.one_of(&[0, 1, 2, 3]);
            if cut == 3 || places.is_empty() {
                return (Distribution::Replicated, None);
            }
            let place = places.swap_remove(self.below(places.len()));
            let dealt = [
                Distribution::Block,
                Distribution::Cyclic,
                Distribution::BlockCyclic(block),
            ];
            (dealt[cut].clone(), Some(place))
        });
        let (distributions, over): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
        Layout::mapped(shape, GridShape::new(&grid), &distributions, &over).expect("fits")
    }

    fn matrix<A: Scalar>(
        &mut self,
        shape: [usize; 2],
        mut value: impl FnMut(&mut Self) -> A,
    ) -> Array2<A> {
        Array2::from_shape_simple_fn(shape, || value(self))
    }
}

fn distributed<A: Scalar>(
    world: &Communicator,
    whole: &Array2<A>,
    layout: &Layout<Ix2>,
) -> Result<DistArray<A, Ix2>> {
    let grid = ProcessGrid::new(world, layout.grid().parts())?;
    DistArray::from_fn(&grid, layout, |index| whole[index])
}

/// One product of random shape, layouts and operations, computed both ways.
struct Case<A: Scalar> {
    a: Array2<A>,
    b: Array2<A>,
    before: Array2<A>,
    expected: Array2<A>,
    actual: Array2<A>,
    gemm: Gemm<A>,
    plan: String,
}

fn run<A: Scalar>(
    world: &Communicator,
    cases: &mut Cases,
    value: fn(&mut Cases) -> A,
    options: Gemm<A>,
) -> Result<Case<A>> {
    let [m, n, k] = std::array::from_fn(|_| cases.one_of(&LENGTHS));
    let ops = [Op::Plain, Op::Transpose, Op::Adjoint];
    let gemm = Gemm {
        op_a: cases.one_of(&ops),
        op_b: cases.one_of(&ops),
        alpha: value(cases),
        beta: cases.one_of(&[A::zero(), A::one(), A::one() + A::one()]),
        ..options
    };
    let a = cases.matrix(gemm.op_a.shape([m, k]), value);
    let b = cases.matrix(gemm.op_b.shape([k, n]), value);
    let before = cases.matrix([m, n], value);
    let ranks = world.size();
    let layouts = [[a.nrows(), a.ncols()], [b.nrows(), b.ncols()], [m, n]]
        .map(|shape| cases.layout(shape, ranks));
    let [of_a, of_b, of_c] = &layouts;
    let mut c = distributed(world, &before, of_c)?;
    let (left, right) = (distributed(world, &a, of_a)?, distributed(world, &b, of_b)?);
    let plan = gemm.plan(&left, &right, of_c)?.to_string();
    gemm.apply(&mut c, &left, &right)?;
    let mut expected = before.clone();
    serial::gemm(
        (gemm.alpha, gemm.beta),
        (a.view(), gemm.op_a),
        (b.view(), gemm.op_b),
        expected.view_mut(),
    );
    Ok(Case {
        actual: c.all_gather()?,
        a,
        b,
        before,
        expected,
        gemm,
        plan,
    })
}

fn small<A: Scalar>(cases: &mut Cases) -> A {
    (0..cases.below(9)).fold(A::zero() - A::one() - A::one(), |value, _| value + A::one())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], time_limit = 120)]
fn products_of_small_integers_are_exact_whatever_the_layouts(world: &Communicator) -> Result<()> {
    fn check<A: Scalar + std::fmt::Debug + PartialEq>(world: &Communicator) -> Result<()> {
        let mut cases = Cases::new(7);
        for round in 0..40 {
            let library = [Library::Blas, Library::PureRust][round % 2];
            let mode = [Mode::Fast, Mode::Fast, Mode::Reproducible][round % 3];
            let options = Gemm {
                library,
                mode,
                ..Gemm::default()
            };
            let case = run(world, &mut cases, small::<A>, options)?;
            assert_eq!(case.actual, case.expected, "{:?}\n{}", case.gemm, case.plan);
        }
        Ok(())
    }
    check::<f64>(world)?;
    check::<f32>(world)?;
    check::<Complex<f64>>(world)?;
    check::<Complex<f32>>(world)
}

/// ‖C − C_ref‖ / (√(k+2)·|α|·‖A‖·‖B‖ + 2|β|·‖C₀‖) ≤ 3ε, in the Frobenius norm.
///
/// Source: PBLAS tester of ScaLAPACK, threshold of PDBLAS3TST.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], time_limit = 120)]
fn products_of_random_numbers_are_within_three_epsilon(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(11);
    let real = Cases::real;
    for _ in 0..60 {
        let case = run(world, &mut cases, real, Gemm::<f64>::default())?;
        let norm = |matrix: &Array2<f64>| matrix.iter().map(|x| x * x).sum::<f64>().sqrt();
        let k = case.gemm.op_a.shape([case.a.nrows(), case.a.ncols()])[1] as f64;
        let scale = (k + 2.0).sqrt() * case.gemm.alpha.abs() * norm(&case.a) * norm(&case.b)
            + 2.0 * case.gemm.beta.abs() * norm(&case.before);
        let error = norm(&(&case.actual - &case.expected));
        assert!(
            error <= 3.0 * f64::EPSILON * scale,
            "{error:e} of {scale:e}: {}",
            case.plan
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], time_limit = 120)]
fn reproducible_products_have_the_bits_of_the_serial_one(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(13);
    let real = Cases::real;
    for k in [1, 255, 256, 257, 600] {
        for memory_limit in [None, Some(100_000)] {
            let [m, n] = std::array::from_fn(|_| 1 + cases.below(20) * cases.below(3));
            let (a, b) = (cases.matrix([m, k], real), cases.matrix([k, n], real));
            let gemm = Gemm {
                mode: Mode::Reproducible,
                alpha: 0.7,
                memory_limit,
                ..Gemm::default()
            };
            let (of_a, of_b) = (
                cases.layout([m, k], world.size()),
                cases.layout([k, n], world.size()),
            );
            let c = gemm.product(
                &distributed(world, &a, &of_a)?,
                &distributed(world, &b, &of_b)?,
            );
            let mut expected = Array2::zeros([m, n]);
            serial::gemm_in_panels((0.7, 0.0), a.view(), b.view(), expected.view_mut());
            let bits = |matrix: &Array2<f64>| matrix.mapv(f64::to_bits);
            assert_eq!(bits(&c?.all_gather()?), bits(&expected), "{m}×{k}·{k}×{n}");
        }
    }
    Ok(())
}

/// There is no serial twin of the complex kernels' order: one rank is the reference.
#[spmd_test(ranks = [2, 3, 5, 8], time_limit = 120)]
fn reproducible_complex_products_have_the_bits_of_one_rank(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(19);
    let alone = world
        .split(Some(world.rank() as u32), 0)?
        .expect("a colour");
    for k in [1, 2, 300] {
        let [m, n] = std::array::from_fn(|_| 1 + cases.below(20));
        let complex = |cases: &mut Cases| Complex::new(cases.real(), cases.real());
        let (a, b) = (cases.matrix([m, k], complex), cases.matrix([k, n], complex));
        let gemm = Gemm {
            mode: Mode::Reproducible,
            ..Gemm::default()
        };
        let (of_a, of_b) = (
            cases.layout([m, k], world.size()),
            cases.layout([k, n], world.size()),
        );
        let c = gemm.product(
            &distributed(world, &a, &of_a)?,
            &distributed(world, &b, &of_b)?,
        )?;
        let (of_a, of_b) = (cases.layout([m, k], 1), cases.layout([k, n], 1));
        let expected = gemm.product(
            &distributed(&alone, &a, &of_a)?,
            &distributed(&alone, &b, &of_b)?,
        )?;
        let bits =
            |of: &Array2<Complex<f64>>| of.mapv(|value| (value.re.to_bits(), value.im.to_bits()));
        assert_eq!(
            bits(&c.all_gather()?),
            bits(&expected.all_gather()?),
            "{m}×{k}·{k}×{n}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4, 8])]
fn every_algorithm_gives_the_product(world: &Communicator) -> Result<()> {
    let size = world.size();
    let algorithms = [
        Algorithm::Summa,
        Algorithm::StationaryA,
        Algorithm::StationaryB,
        Algorithm::InnerProduct,
        Algorithm::Grid([1, size, 1]),
        Algorithm::Grid([1, 1, size]),
    ];
    let mut cases = Cases::new(17);
    let (a, b) = (
        cases.matrix([9, 12], small::<f64>),
        cases.matrix([12, 7], small::<f64>),
    );
    let (of_a, of_b) = (cases.layout([9, 12], size), cases.layout([12, 7], size));
    let (left, right) = (
        distributed(world, &a, &of_a)?,
        distributed(world, &b, &of_b)?,
    );
    for algorithm in algorithms {
        let gemm = Gemm {
            algorithm,
            ..Gemm::default()
        };
        let c = gemm.product(&left, &right)?;
        assert_eq!(
            c.all_gather()?,
            serial::matmul(a.view(), b.view()),
            "{algorithm:?}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn not_a_number_and_infinity_go_where_they_go_in_the_serial_product(
    world: &Communicator,
) -> Result<()> {
    let mut a = Array2::from_elem([6, 5], 1.0);
    a[[2, 3]] = f64::NAN;
    a[[4, 0]] = f64::INFINITY;
    let b = Array2::from_shape_fn([5, 4], |(i, j)| if j == 1 && i == 0 { 0.0 } else { 1.0 });
    let expected = serial::matmul(a.view(), b.view());
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let left = DistArray::from_fn(&grid, [6, 5], |index| a[index])?;
    let right = DistArray::from_fn(&grid, [5, 4], |index| b[index])?;
    for library in [Library::Blas, Library::PureRust] {
        let gemm = Gemm {
            library,
            ..Gemm::default()
        };
        let c = gemm.product(&left, &right)?.all_gather()?;
        for (actual, expected) in c.iter().zip(&expected) {
            assert!(
                actual == expected || actual.is_nan() && expected.is_nan(),
                "{c}\n{expected}"
            );
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn matrices_that_do_not_fit_are_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let a = DistArray::full(&grid, [4, 3], 1.0)?;
    let error = a.matmul(&a).expect_err("4×3 times 4×3");
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let gemm = Gemm {
        algorithm: Algorithm::Grid([7, 1, 1]),
        ..Gemm::default()
    };
    assert!(matches!(
        gemm.product(&a, &DistArray::full(&grid, [3, 2], 1.0)?),
        Err(Error::Usage(_))
    ));
    let gemm = Gemm {
        memory_limit: Some(8),
        ..Gemm::default()
    };
    let error = gemm
        .product(&a, &DistArray::full(&grid, [3, 2], 1.0)?)
        .expect_err("one element");
    assert!(matches!(error, Error::Memory { .. }), "{error}");
    Ok(())
}
