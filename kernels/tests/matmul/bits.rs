//! Reproducible products: bits.

use ndarray::Array2;
use num_complex::Complex;
use partita::{Communicator, Result};
use partita_kernels::matmul::{Gemm, Mode, serial};
use partita_testing::spmd_test;

use crate::cases::{Cases, distributed};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], time_limit = 120)]
pub fn reproducible_products_have_the_bits_of_the_serial_one(world: &Communicator) -> Result<()> {
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
