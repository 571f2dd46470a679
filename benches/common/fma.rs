//! How many operations a core can do at all: fused multiply-adds on registers, in the machine's widest vectors.

use std::hint::black_box;
use std::time::Instant;

use multiversion::multiversion;

const LANES: usize = 16;
const CHAINS: usize = 12;

/// Operations a second of one core, a multiplication and an addition counted as two.
pub fn peak() -> f64 {
    let rounds = 2_000_000;
    let mut sums = [[0.0; LANES]; CHAINS];
    let clock = Instant::now();
    chains(&mut sums, black_box(0.999_999), black_box(1e-9), rounds);
    black_box(&sums);
    2.0 * (rounds * LANES * CHAINS) as f64 / clock.elapsed().as_secs_f64()
}

/// As many independent chains as hide the latency of one.
#[multiversion(targets("x86_64+avx512f+fma", "x86_64+avx2+fma"))]
fn chains(sums: &mut [[f64; LANES]; CHAINS], factor: f64, term: f64, rounds: usize) {
    let mut local = *sums;
    for _ in 0..rounds {
        for chain in &mut local {
            for sum in chain {
                *sum = sum.mul_add(factor, term);
            }
        }
    }
    *sums = local;
}
