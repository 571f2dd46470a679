//! The Monte Carlo kernels against their serial references, against themselves on other ranks, and against theory.

use std::f64::consts::PI;

use partita::{Communicator, Error, Result};
use partita_kernels::monte_carlo::integrate::{one_by_one, serial};
use partita_kernels::monte_carlo::pi::{self, Tally};
use partita_kernels::monte_carlo::{
    Axis, Balance, Domain, Estimate, Integration, Sampling, integrate,
};
use partita_testing::spmd_test;

const EVERY_SAMPLING: [Sampling; 4] = [
    Sampling::Random,
    Sampling::Antithetic,
    Sampling::Stratified,
    Sampling::Sobol,
];

/// Ranges that end within groups of lanes, blocks, and several blocks on.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn the_hits_are_the_serial_reference_s_on_any_number_of_ranks(world: &Communicator) -> Result<()> {
    for darts in [
        0..0,
        0..1,
        5..6,
        3..9,
        15..33,
        0..100_000,
        262_100..262_200,
        1_048_000..1_049_001,
    ] {
        let found = pi::parallel::count(world, 42, darts.clone())?;
        if world.is_root() {
            assert_eq!(found, pi::serial::count(42, darts.clone()), "{darts:?}");
        }
    }
    // Known: so that no change of the definition goes unnoticed.
    let million = pi::parallel::count(world, 42, 0..1_000_000)?;
    assert_eq!(million.hits, KNOWN_HITS);
    Ok(())
}

/// Of the first million darts of seed 42, as another implementation, in Python, counts them too.
const KNOWN_HITS: u64 = 785_531;

#[spmd_test(ranks = [1, 3])]
fn a_run_may_be_cut_and_continued_anywhere(world: &Communicator) -> Result<()> {
    let whole = pi::parallel::count(world, 7, 0..1_000_000)?;
    for cuts in [vec![1], vec![262_144], vec![17, 300_001, 300_002, 999_999]] {
        let ends = cuts.into_iter().chain([1_000_000]);
        let mut tally = Tally::default();
        for end in ends {
            tally += pi::parallel::count(world, 7, tally.samples..end)?;
        }
        assert_eq!(tally, whole);
    }
    Ok(())
}

#[spmd_test(ranks = [2])]
fn pi_is_met_within_four_standard_errors(world: &Communicator) -> Result<()> {
    for seed in [0, 1, 42, u64::MAX] {
        for samples in [10_000, 1_000_000, 20_000_000] {
            let estimate = pi::parallel::count(world, seed, 0..samples)?.estimate();
            let bound = 4.0 * (PI * (4.0 - PI) / samples as f64).sqrt();
            assert!(
                (estimate.mean - PI).abs() <= bound,
                "{estimate:?}, seed {seed}"
            );
        }
    }
    Ok(())
}

/// How many of 200 intervals of 95 % hold the truth, in standard deviations from 190.
fn coverage(truth: f64, estimate: impl Fn(u64) -> Result<Estimate>) -> Result<f64> {
    let mut covered = 0;
    for seed in 0..200 {
        let [low, high] = estimate(seed)?.confidence_interval(0.95);
        covered += i32::from((low..=high).contains(&truth));
    }
    Ok((f64::from(covered) - 190.0) / (200.0_f64 * 0.95 * 0.05).sqrt())
}

/// Oracle: the rate that an interval of 95 % states, over 200 seeds. More would say that the error bars are too wide.
#[spmd_test(ranks = [1])]
fn the_error_bars_hold_the_truth_at_their_rate(world: &Communicator) -> Result<()> {
    let darts = |seed| Ok(pi::parallel::count(world, seed, 0..5000)?.estimate());
    let of_darts = coverage(PI, darts)?;
    assert!(of_darts.abs() < 3.0, "darts: {of_darts}");
    let function = |x: &[f64]| x[0].sin() * x[1].cos() * (1.0 + x[2] * x[2]);
    let exact = (1.0 - 1.0_f64.cos()) * 1.0_f64.sin() * (1.0 + 1.0 / 3.0);
    let domain = Domain::cube(0.0..1.0, 3)?;
    for sampling in EVERY_SAMPLING {
        let integration = Integration::new(domain.clone(), 4096).sampling(sampling);
        let found = coverage(exact, |seed| {
            integration
                .clone()
                .seed(seed)
                .run(world, one_by_one(function))
        })?;
        assert!(found.abs() < 3.5, "{sampling:?}: {found}");
    }
    Ok(())
}

fn peaked(x: &[f64]) -> f64 {
    let squares: f64 = x
        .iter()
        .enumerate()
        .map(|(i, x)| (i + 1) as f64 * x * x)
        .sum();
    (-squares).exp() + x[0]
}

fn axes(ndim: usize) -> impl Iterator<Item = Axis> {
    let uniform = |axis: usize| Axis::from(-1.0..1.5 + axis as f64);
    let others = [
        Axis::Normal {
            mean: 0.5,
            deviation: 1.0,
        },
        Axis::Exponential {
            from: -0.5,
            rate: 0.7,
        },
    ];
    (0..ndim).map(move |axis| match axis % 4 {
        0 | 2 => uniform(axis),
        1 => others[0].clone(),
        _ => others[1].clone(),
    })
}

#[spmd_test(ranks = [1, 2, 3, 8])]
fn every_estimate_has_the_bits_of_the_serial_reference(world: &Communicator) -> Result<()> {
    for sampling in EVERY_SAMPLING {
        for (ndim, samples, block) in [
            (1, 1000, None),
            (2, 20_011, None),
            (3, 5000, Some(512)),
            (13, 700, Some(32)),
        ] {
            let mut integration = Integration::new(Domain::new(axes(ndim))?, samples)
                .seed(ndim as u64)
                .sampling(sampling);
            if let Some(block) = block {
                integration = integration.block(block);
            }
            // One rank compares for all, which hold the same.
            let root = world.is_root();
            let expected = root
                .then(|| serial::run(&integration, peaked))
                .transpose()?;
            for balance in [Balance::Turns, Balance::Farm] {
                let found = integration
                    .clone()
                    .balance(balance)
                    .run(world, one_by_one(peaked))?;
                if let Some(expected) = expected {
                    assert_eq!(found, expected, "{sampling:?}, {ndim} axes, {balance:?}");
                }
                assert!(found.standard_error.is_finite());
            }
        }
    }
    Ok(())
}

/// Oracle: integrals that are known, over finite and infinite ranges.
#[spmd_test(ranks = [2])]
fn known_integrals_are_met_within_their_errors(world: &Communicator) -> Result<()> {
    type Function = fn(&[f64]) -> f64;
    let normal = Axis::Normal {
        mean: 0.0,
        deviation: 1.0,
    };
    let heavier = Axis::Density {
        quantile: |u| (PI * (u - 0.5)).tan(),
        density: |x| 1.0 / (PI * (1.0 + x * x)),
    };
    let cases: [(Domain, Function, f64); 5] = [
        (
            Domain::cube(-1.0..1.0, 5)?,
            |x| f64::from(x.iter().map(|x| x * x).sum::<f64>() < 1.0),
            8.0 * PI * PI / 15.0,
        ),
        (
            Domain::cube(0.0..1.0, 20)?,
            |x| x.iter().map(|x| 0.5 + x).product(),
            1.0,
        ),
        (
            Domain::new([normal.clone(), normal])?,
            |x| (-(x[0] * x[0] + x[1] * x[1]) / 3.0).exp(),
            3.0 * PI,
        ),
        (
            Domain::new([Axis::Exponential {
                from: 1.0,
                rate: 2.0,
            }])?,
            |x| x[0] * (-x[0]).exp(),
            2.0 / 1.0_f64.exp(),
        ),
        (Domain::new([heavier])?, |x| (-x[0] * x[0]).exp(), PI.sqrt()),
    ];
    for (domain, function, exact) in cases {
        for sampling in EVERY_SAMPLING {
            let integration = Integration::new(domain.clone(), 200_000)
                .sampling(sampling)
                .seed(11);
            let estimate = integration.run(world, one_by_one(function))?;
            let error = (estimate.mean - exact).abs();
            assert!(
                error < 4.5 * estimate.standard_error,
                "{sampling:?}: {estimate:?}, exactly {exact}"
            );
            assert!(
                estimate.standard_error < 0.02 * exact,
                "{sampling:?}: {estimate:?}"
            );
        }
    }
    Ok(())
}

/// Oracle: theory. From n to 16 n samples the errors fall as their rates say.
#[spmd_test(ranks = [1])]
fn better_points_have_smaller_errors(world: &Communicator) -> Result<()> {
    let smooth = |x: &[f64]| (x[0] + 0.5 * x[1]).exp();
    let error = |sampling, samples| {
        let integration = Integration::new(Domain::cube(0.0..1.0, 2)?, samples)
            .sampling(sampling)
            .block(1024);
        Ok::<_, Error>(integration.run(world, one_by_one(smooth))?.standard_error)
    };
    let small: Vec<f64> = EVERY_SAMPLING
        .map(|sampling| error(sampling, 1 << 14))
        .into_iter()
        .collect::<Result<_>>()?;
    let large: Vec<f64> = EVERY_SAMPLING
        .map(|sampling| error(sampling, 1 << 18))
        .into_iter()
        .collect::<Result<_>>()?;
    // Of random points: 4 times smaller. Each of the others is better by far, in the order of the list.
    assert!(
        (small[0] / large[0] - 4.0).abs() < 0.5,
        "{small:?} {large:?}"
    );
    assert!(
        large[1] < large[0] / 3.0 && large[2] < large[0] / 10.0,
        "{large:?}"
    );
    // Scrambled Sobol points: nearly n^(-3/2), 64 times smaller.
    assert!(
        large[3] < small[3] / 25.0 && large[3] < large[0] / 1000.0,
        "{small:?} {large:?}"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_wanted_error_ends_the_run_at_the_same_sample(world: &Communicator) -> Result<()> {
    let integration = Integration::new(Domain::cube(0.0..1.0, 2)?, 1 << 30).until_error(4e-3);
    let circle = |x: &[f64]| 4.0 * f64::from(x[0] * x[0] + x[1] * x[1] < 1.0);
    let mut seen = Vec::new();
    let found = integration.watch(world, one_by_one(circle), |estimate| seen.push(*estimate))?;
    assert_eq!(found, serial::run(&integration, circle)?);
    assert!(
        found.standard_error <= 4e-3 && found.samples < 1 << 18,
        "{found:?}"
    );
    assert_eq!(seen.last(), Some(&found));
    assert!(
        seen[..seen.len() - 1]
            .iter()
            .all(|estimate| estimate.standard_error > 4e-3)
    );
    Ok(())
}

/// Of a needle in a haystack the first samples see nothing at all, and know nothing.
#[spmd_test(ranks = [1, 3])]
fn no_spread_is_no_reached_error(world: &Communicator) -> Result<()> {
    let integration = Integration::new(Domain::cube(0.0..1.0, 1)?, 8192)
        .block(32)
        .until_error(1e-3);
    let needle = |x: &[f64]| f64::from(x[0] < 1e-9);
    let found = integration.run(world, one_by_one(needle))?;
    assert_eq!(found, serial::run(&integration, needle)?);
    assert_eq!((found.samples, found.standard_error), (8192, 0.0));
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn time_ends_a_run_on_all_ranks_together(world: &Communicator) -> Result<()> {
    let integration =
        Integration::new(Domain::cube(0.0..1.0, 1)?, u64::MAX / 2).until_seconds(1e-6);
    let found = integration.run(world, one_by_one(|x| x[0]))?;
    let all = world.all_gather(&[found.mean.to_bits(), found.samples])?;
    assert!(
        all.as_chunks::<2>()
            .0
            .iter()
            .all(|one| *one == [found.mean.to_bits(), found.samples])
    );
    assert_eq!(found.samples, 16 * 4096);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_function_that_fails_on_one_rank_fails_on_all(world: &Communicator) -> Result<()> {
    for balance in [Balance::Turns, Balance::Farm] {
        let integration = Integration::new(Domain::cube(0.0..1.0, 2)?, 50_000).balance(balance);
        let mut calls = 0;
        let outcome = integration.run(world, |points, values| {
            values.copy_from_slice(points.axis(0));
            calls += 1;
            match calls {
                20 => Err(Error::other("the table ends here")),
                _ => Ok(()),
            }
        });
        let error = outcome.expect_err("the twentieth call fails");
        assert!(error.is_agreed() || world.size() == 1, "{error:?}");
        assert!(error.to_string().contains("the table ends here"), "{error}");
        let outcome = integration.run(world, one_by_one(|x| (x[0] - 0.5).sqrt()));
        let error = outcome
            .expect_err("half the points have no root")
            .to_string();
        assert!(error.contains("the function is NaN at [0."), "{error}");
    }
    Ok(())
}

#[spmd_test(ranks = [2])]
fn what_makes_no_sense_is_refused(world: &Communicator) -> Result<()> {
    let refused = [
        Domain::cube(0.0..1.0, 0),
        Domain::cube(0.0..1.0, 65),
        Domain::cube(1.0..1.0, 2),
        Domain::cube(0.0..f64::INFINITY, 1),
        Domain::new([Axis::Normal {
            mean: 0.0,
            deviation: 0.0,
        }]),
        Domain::new([Axis::Exponential {
            from: 0.0,
            rate: -1.0,
        }]),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
    let nothing = integrate(world, Domain::cube(0.0..1.0, 1)?, 0, |x| x[0]);
    assert!(matches!(nothing, Err(Error::Usage(_))), "{nothing:?}");
    Ok(())
}
