//! Products against the serial ones: exact where numbers are small integers, within rounding where not.

use ndarray::{Array2, s};
use num_complex::Complex;
use partita::layout::{GridShape, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Reductions, Result};
use partita_kernels::matmul::local::Library;
use partita_kernels::matmul::{Algorithm, Gemm, MatMul, Mode, Scalar, serial};
use partita_testing::spmd_test;
use sha2::{Digest, Sha256};

use crate::bits::reproducible_products_have_the_bits_of_the_serial_one;
use crate::cases::{Cases, distributed, run, small};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], time_limit = 120)]
pub fn products_of_small_integers_are_exact_whatever_the_layouts(
    world: &Communicator,
) -> Result<()> {
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

/// All panels lie in memory that the ranks share, however small they are.
#[spmd_test(ranks = [2, 3, 4, 8], environment = [("PARTITA_SHARED", "1")], time_limit = 120)]
fn products_in_shared_memory_are_the_same(world: &Communicator) -> Result<()> {
    products_of_small_integers_are_exact_whatever_the_layouts(world)?;
    reproducible_products_have_the_bits_of_the_serial_one(world)?;
    panels_that_travel_ahead_change_no_bit(world)
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

#[spmd_test(ranks = [1, 2, 4, 8])]
fn every_algorithm_gives_the_product(world: &Communicator) -> Result<()> {
    let size = world.size();
    let grids = [[1, size, 1], [1, 1, size]].map(Algorithm::Grid);
    let algorithms = Algorithm::NAMED.into_iter().chain(grids);
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
    let product = gemm.product(&a, &DistArray::full(&grid, [3, 2], 1.0)?);
    // One rank needs no memory beyond its matrices.
    assert_eq!(product.is_ok(), world.size() == 1);
    if let Err(error) = product {
        assert!(matches!(error, Error::Memory { .. }), "{error}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn without_terms_the_product_is_what_beta_leaves(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[1, world.size()])?;
    let nothing = (
        DistArray::zeros(&grid, [4, 0])?,
        DistArray::zeros(&grid, [0, 5])?,
    );
    let infinite = (
        DistArray::full(&grid, [4, 3], f64::INFINITY)?,
        DistArray::full(&grid, [3, 5], f64::NAN)?,
    );
    for ((a, b), alpha) in
        [(&nothing, 1.0), (&infinite, 0.0)].map(|((a, b), alpha)| ((a, b), alpha))
    {
        for (beta, before, after) in [(0.0, f64::NAN, 0.0), (1.0, 3.0, 3.0), (-2.0, 3.0, -6.0)] {
            let mut c = DistArray::full(&grid, [4, 5], before)?;
            let gemm = Gemm {
                alpha,
                beta,
                ..Gemm::default()
            };
            gemm.apply(&mut c, a, b)?;
            assert_eq!(
                c.all_gather()?,
                Array2::from_elem([4, 5], after),
                "{alpha} {beta}"
            );
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4])]
fn what_c_was_is_not_looked_at_where_beta_is_zero(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let (a, b) = (
        DistArray::full(&grid, [40, 50], 1.0)?,
        DistArray::full(&grid, [50, 30], 2.0)?,
    );
    for library in [Library::Automatic, Library::Blas, Library::PureRust] {
        for algorithm in [Algorithm::Summa, Algorithm::SplitK] {
            let mut c = DistArray::full(&grid, [40, 30], f64::NAN)?;
            let gemm = Gemm {
                library,
                algorithm,
                ..Gemm::default()
            };
            gemm.apply(&mut c, &a, &b)?;
            assert_eq!(
                c.all_gather()?,
                Array2::from_elem([40, 30], 100.0),
                "{library:?}"
            );
        }
    }
    Ok(())
}

/// Of the product of two matrices of ((7i + 3j) mod 17) − 8, 61×47 and 47×53: by Python's integers and hashlib.
const KNOWN_HASH: &str = "0e444160d3f81fe7ee8ece298e728d202115f2dabe4951545df847c3275d9d6a";

/// SHA-256 of the elements' bytes, row by row, as another program that has C computes it.
fn sha256(matrix: &Array2<f64>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for element in matrix {
        // −0 and 0 are one number.
        hash.update((element + 0.0).to_le_bytes());
    }
    hash.finalize().into()
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn hash_and_digest_of_a_product_of_integers_are_those_of_the_serial_one(
    world: &Communicator,
) -> Result<()> {
    let mut cases = Cases::new(23);
    for _ in 0..12 {
        let case = run(world, &mut cases, small::<f64>, Gemm::default())?;
        let (actual, expected) = (&case.actual, &case.expected);
        assert_eq!(sha256(actual), sha256(expected), "{}", case.plan);
        let grid = ProcessGrid::balanced(world, 2)?;
        let of = |whole: &Array2<f64>| {
            let shape = [whole.nrows(), whole.ncols()];
            DistArray::from_fn(&grid, shape, |index| whole[index] + 0.0)?.digest()
        };
        assert_eq!(of(actual)?, of(expected)?, "{}", case.plan);
    }
    Ok(())
}

/// C of known integers, its hash as Python computes it.
#[spmd_test(ranks = [1, 2, 3, 4])]
fn the_hash_of_a_known_product_is_what_another_program_gives(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let value = |[i, j]: [usize; 2]| ((i * 7 + j * 3) % 17) as f64 - 8.0;
    let a = DistArray::from_fn(&grid, [61, 47], value)?;
    let b = DistArray::from_fn(&grid, [47, 53], value)?;
    let hash = sha256(&a.matmul(&b)?.all_gather()?);
    let text: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, KNOWN_HASH);
    Ok(())
}

/// Panels of several ranges of k, that lie on one rank, on several, and dealt in turn.
#[spmd_test(ranks = [1, 2, 3, 4])]
fn long_sums_in_panels_are_exact(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(29);
    for [m, n, k] in [[70, 3, 5000], [600, 500, 1100], [2, 900, 1500]] {
        let (a, b) = (
            cases.matrix([m, k], small::<f64>),
            cases.matrix([k, n], small::<f64>),
        );
        let (of_a, of_b) = (
            cases.layout([m, k], world.size()),
            cases.layout([k, n], world.size()),
        );
        let gemm = Gemm {
            algorithm: Algorithm::Summa,
            memory_limit: Some((m + n) * 8 * 600 + m * n * 8),
            ..Gemm::default()
        };
        let c = gemm.product(
            &distributed(world, &a, &of_a)?,
            &distributed(world, &b, &of_b)?,
        )?;
        assert_eq!(c.all_gather()?, a.dot(&b), "{of_a} · {of_b}");
    }
    Ok(())
}

/// What one rank computes panel by panel from whole matrices, with the same library, are a rank's bits.
#[spmd_test(ranks = [1, 2, 3, 4])]
pub fn panels_that_travel_ahead_change_no_bit(world: &Communicator) -> Result<()> {
    let mut cases = Cases::new(31);
    let (size, [m, n, k]) = (world.size(), [70, 50, 1300]);
    let real = Cases::real;
    let (a, b) = (cases.matrix([m, k], real), cases.matrix([k, n], real));
    for algorithm in [Algorithm::Automatic, Algorithm::Summa] {
        let gemm = Gemm {
            algorithm,
            library: Library::PureRust,
            memory_limit: Some((m + n) * 8 * 600),
            ..Gemm::default()
        };
        let layouts = [[m, k], [k, n]].map(|shape| cases.layout(shape, size));
        let (left, right) = (
            distributed(world, &a, &layouts[0])?,
            distributed(world, &b, &layouts[1])?,
        );
        let of_c = Layout::block([m, n], GridShape::new(&[size, 1]))?;
        let mut c = distributed(world, &Array2::zeros([m, n]), &of_c)?;
        let plan = gemm.plan(&left, &right, &of_c)?;
        gemm.apply(&mut c, &left, &right)?;
        if !plan.in_place() {
            continue;
        }
        let rows = c.local_range(0).expect("a block");
        let mut expected = Array2::zeros([rows.len(), n]);
        let library = gemm.library.for_mode::<f64>(gemm.mode)?;
        for (panel, k) in plan.ranges().enumerate() {
            let beta = if panel == 0 { 0.0 } else { 1.0 };
            let (a, b) = (a.slice(s![rows.clone(), k.clone()]), b.slice(s![k, ..]));
            library.multiply((1.0, beta), a, b, expected.view_mut());
        }
        assert_eq!(c.local(), expected, "{plan}");
    }
    Ok(())
}
