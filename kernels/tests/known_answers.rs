//! Means and standard deviations that NIST certifies: the Statistical Reference Datasets, univariate.
//!
//! `Lottery`, `Lew`, `Mavro` and `Michelso` are files, `NumAcc1` to `NumAcc4` their published formula, and `PiDigits` is calculated:
//! the first 5000 digits of π, of which the dataset has one wrong (a 3 for an 8), and its certified values with it.

use std::path::Path;

use ndarray::Ix1;
use num_bigint::BigInt;
use partita::layout::Distribution;
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_kernels::statistics::{Spread, moments, serial};
use partita_testing::spmd_test;

/// A dataset with its certified values.
struct Known {
    name: &'static str,
    values: Vec<f64>,
    mean: f64,
    deviation: f64,
    /// Certified digits of the standard deviation that doubles can hold: where the inputs are no doubles, fewer.
    digits: f64,
}

fn file(name: &'static str) -> Known {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/known_answers");
    let text =
        std::fs::read_to_string(folder.join(format!("{name}.txt"))).expect("the file is there");
    let certified = |what: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(what))
            .expect("a certified value");
        line.trim().parse().expect("a number")
    };
    let data = text.lines().filter(|line| !line.starts_with('#'));
    let values = data
        .flat_map(str::split_whitespace)
        .map(|value| value.parse().expect("a number"));
    Known {
        name,
        values: values.collect(),
        mean: certified("# mean"),
        deviation: certified("# standard deviation"),
        digits: 13.0,
    }
}

/// 1001 values: `middle`, and then half a thousand times 0.1 below it and 0.1 above it.
fn alternating(name: &'static str, whole: u64, digits: f64) -> Known {
    let value = |tenth: u64| format!("{whole}.{tenth}").parse().expect("a number");
    let pairs = (0..1000).map(|place| value(1 + 2 * (place % 2)));
    Known {
        name,
        values: [value(2)].into_iter().chain(pairs).collect(),
        mean: value(2),
        deviation: 0.1,
        digits,
    }
}

/// So many decimal digits of π, from 3 on: J. Machin's 16 arctan(1/5) − 4 arctan(1/239), in integers.
fn digits_of_pi(count: usize) -> Vec<f64> {
    /// Digits for the errors of all terms.
    const MORE: usize = 10;
    let one = BigInt::from(10).pow((count - 1 + MORE) as u32);
    let arctan_of_one_over = |x: u32| {
        let (mut power, mut sum, mut odd) = (&one / x, BigInt::default(), 1u32);
        while power != BigInt::default() {
            let term = &power / odd;
            sum += if odd % 4 == 1 { term } else { -term };
            power /= x * x;
            odd += 2;
        }
        sum
    };
    let pi: BigInt = arctan_of_one_over(5) * 16 - arctan_of_one_over(239) * 4;
    let digits = pi.to_string().into_bytes().into_iter();
    digits
        .take(count)
        .map(|digit| f64::from(digit - b'0'))
        .collect()
}

fn all() -> Vec<Known> {
    let first = Known {
        name: "NumAcc1",
        values: vec![10_000_001.0, 10_000_003.0, 10_000_002.0],
        mean: 10_000_002.0,
        deviation: 1.0,
        digits: 13.0,
    };
    let mut values = digits_of_pi(5000);
    assert_eq!(std::mem::replace(&mut values[956], 3.0), 8.0);
    let digits = Known {
        name: "PiDigits",
        values,
        mean: 4.5348,
        deviation: 2.86733906028871,
        digits: 13.0,
    };
    let files = ["Lottery", "Lew", "Mavro", "Michelso"].map(file);
    let formulas = [
        digits,
        first,
        alternating("NumAcc2", 1, 13.0),
        alternating("NumAcc3", 1_000_000, 9.0),
        alternating("NumAcc4", 10_000_000, 8.0),
    ];
    files.into_iter().chain(formulas).collect()
}

/// The digits in which two numbers agree, −log₁₀ of their relative difference.
fn agreement(found: f64, certified: f64) -> f64 {
    -((found - certified).abs() / certified.abs()).log10()
}

fn assert_certified(known: &Known, mean: f64, deviation: f64) {
    let (mean, deviation) = (
        agreement(mean, known.mean),
        agreement(deviation, known.deviation),
    );
    let name = known.name;
    assert!(mean >= 14.0, "{name}: {mean} digits of the mean");
    assert!(
        deviation >= known.digits,
        "{name}: {deviation} digits of the standard deviation"
    );
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn certified_means_and_deviations_are_met_in_every_layout(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    for known in all() {
        let at = |[place]: [usize; 1]| known.values[place];
        let length = known.values.len();
        let mut found: Vec<Spread> = Vec::new();
        for distribution in [
            Distribution::Block,
            Distribution::Cyclic,
            Distribution::BlockCyclic(7),
            Distribution::Replicated,
        ] {
            let layout = grid.layout([length], &[distribution])?;
            let array: DistArray<f64, Ix1> = DistArray::from_fn(&grid, layout, at)?;
            found.push(moments(&array)?);
        }
        assert_certified(&known, found[0].mean, found[0].standard_deviation());
        assert!(
            found.iter().all(|spread| *spread == found[0]),
            "{}",
            known.name
        );
        // And on a rank of its own.
        let alone = world
            .split(Some(world.rank() as u32), 0)?
            .expect("every rank has a colour");
        let here = DistArray::from_fn(&ProcessGrid::balanced(&alone, 1)?, [length], at)?;
        assert_eq!(moments(&here)?, found[0], "{}", known.name);
    }
    Ok(())
}

#[test]
fn the_serial_reference_meets_them_too() -> Result<()> {
    for known in all() {
        let deviation = serial::variance(&known.values)?.sqrt();
        assert_certified(&known, serial::mean(&known.values)?, deviation);
    }
    Ok(())
}
