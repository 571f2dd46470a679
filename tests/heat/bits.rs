//! The same bits on any number of ranks, and those of the serial reference.

use std::path::{Path, PathBuf};

use partita::Boundary;
use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};
use crate::reference::{Physics, assert_same_bits};
use crate::tools::{dataset, numbers};

const RANKS: [usize; 6] = [1, 2, 3, 4, 5, 8];
const STEPS: usize = 7;

#[test]
fn a_periodic_bar_of_prime_length_has_the_same_bits_on_any_number_of_ranks() {
    check(&[31], Boundary::Periodic);
}

#[test]
fn a_bar_shorter_than_the_number_of_ranks_has_the_same_bits() {
    check(&[3], Boundary::Fixed(7.7));
}

#[test]
fn a_periodic_plate_of_prime_lengths_has_the_same_bits() {
    check(&[17, 13], Boundary::Periodic);
}

#[test]
fn a_plate_with_fewer_rows_than_ranks_has_the_same_bits() {
    check(&[2, 9], Boundary::Fixed(-3.1));
}

#[test]
fn a_periodic_plate_of_one_column_has_the_same_bits() {
    check(&[7, 1], Boundary::Periodic);
}

#[test]
fn a_plate_without_rows_or_without_columns_has_the_same_file() {
    check(&[0, 5], Boundary::Periodic);
    check(&[6, 0], Boundary::Fixed(1.0));
}

#[test]
fn an_uneven_block_has_the_same_bits() {
    check(&[5, 4, 3], Boundary::Fixed(20.3));
}

#[test]
fn a_periodic_block_has_the_same_bits() {
    check(&[3, 7, 5], Boundary::Periodic);
}

#[test]
fn one_periodic_cell_has_the_same_bits() {
    check(&[1, 1, 1], Boundary::Periodic);
}

/// What one run left.
struct Run {
    ranks: usize,
    output: PathBuf,
    picture: PathBuf,
    summary: String,
}

fn check(shape: &[usize], edges: Boundary<f64>) {
    let directory = TemporaryDirectory::new();
    let physics = Physics::new(shape, edges);
    let initial = temperatures_at_the_start(&physics, directory.path());
    let hot = initial.iter().any(|&value| value != 0.0);
    assert!(hot || initial.is_empty(), "nothing happens in {physics:?}");
    let expected = physics.serial(&initial, STEPS);
    let in_between = physics.serial(&initial, 3);

    let runs = RANKS.map(|ranks| run(ranks, &physics, directory.path()));
    for run in &runs {
        let what = format!("{shape:?} on {} ranks", run.ranks);
        assert_same_bits(&numbers(&run.output, "/u"), &expected, &what);
        let one = &runs[0];
        assert_eq!(heats(&run.summary), heats(&one.summary), "heat, {what}");
        assert!(same(&run.output, &one.output), "the file of {what}");
        assert!(same(&run.picture, &one.picture), "the picture of {what}");
    }
    let snapshot = numbers(&runs[5].output, "/steps/00000003");
    assert_same_bits(&snapshot, &in_between, "the temperatures after 3 steps");
}

/// By the program itself, in no steps.
fn temperatures_at_the_start(physics: &Physics, directory: &Path) -> Vec<f64> {
    let output = directory.join("start.h5");
    let mut arguments = physics.arguments();
    arguments.push(physics.shape_argument());
    arguments.push(format!("--output={}", text(&output)));
    arguments.push("--steps=0".into());
    succeed(1, &words(&arguments));
    assert_eq!(
        dataset(&output, "/u").len(),
        8 * physics.shape.iter().product::<usize>()
    );
    numbers(&output, "/u")
}

fn run(ranks: usize, physics: &Physics, directory: &Path) -> Run {
    let output = directory.join(format!("{ranks}.h5"));
    let picture = directory.join(format!("{ranks}.png"));
    let mut arguments = physics.arguments();
    arguments.extend([
        physics.shape_argument(),
        format!("--output={}", text(&output)),
        format!("--png={}", text(&picture)),
        format!("--steps={STEPS}"),
        "--every=3".into(),
        "--json".into(),
    ]);
    let summary = succeed(ranks, &words(&arguments)).stdout;
    Run {
        ranks,
        output,
        picture,
        summary,
    }
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

fn same(one: &Path, other: &Path) -> bool {
    std::fs::read(one).unwrap() == std::fs::read(other).unwrap()
}

/// Both sums, with all their digits.
fn heats(summary: &str) -> [&str; 2] {
    let value = |name: &str| {
        let (_, rest) = summary.split_once(&format!("\"{name}\":")).expect(name);
        rest.split_once(',').expect(name).0
    };
    [value("heat_start"), value("heat_end")]
}
