//! The example programs, run as a reader would run them.
#![forbid(unsafe_code)]

mod beside_python;
mod collectives;
mod farm;
mod h5;
mod hello;
mod life;
mod mandelbrot;
mod matmul;
mod messages;
mod pi;
mod reduce;
mod ring;
mod rng_dump;
mod shared_array;
mod transpose;

use partita_testing::run_example;

/// The lines of an example that ends well.
#[track_caller]
fn lines(name: &str, ranks: usize, arguments: &[&str]) -> Vec<String> {
    let outcome = run_example(name, ranks, arguments);
    assert!(
        outcome.success(),
        "{name} on {ranks} ranks: {outcome}\n{}",
        outcome.stderr
    );
    outcome.stdout.lines().map(str::to_owned).collect()
}
