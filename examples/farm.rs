//! How many primes are there below a limit? A task farm counts them, range by range.
//!
//!     cargo xtask run farm --ranks 3 -- --limit 20000000
//!
//! prints (who did how much differs from run to run, the primes do not):
//!
//!     rank  ranges     numbers      primes  busy
//!        1      92     9200000      603913  ███████████████████████████████████████   97 %
//!        2     108    10800000      666694  ██████████████████████████████████████    95 %
//!     1270607 primes below 20000000, in 1.52 s
//!
//! Higher ranges take longer, because more primes have to be tried as factors: whoever is free takes
//! the next range, so that all ranks end at about the same time, which fixed equal parts would not.
//! Rank 0 hands out the ranges, and counts primes itself only when it is alone.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

use partita::prelude::*;

/// What rank 0 keeps in memory and hands out.
const MOST_TASKS: u64 = 10_000_000;

/// Counts primes on a farm of ranks
#[derive(clap::Parser)]
#[command(name = "farm", version)]
struct Arguments {
    /// Count the primes below this number
    #[arg(long, default_value_t = 5_000_000)]
    limit: u64,
    /// Numbers in one task
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    range: u64,
}

/// The primes in a range, by trial division: slow enough to be worth a farm.
fn count_primes(range: Range<u64>) -> u64 {
    let is_prime = |&number: &u64| match number {
        0 | 1 => false,
        2 => true,
        _ => {
            let factors = (3..).step_by(2).take_while(|f| *f <= number / f);
            number % 2 == 1 && factors.into_iter().all(|factor| number % factor != 0)
        }
    };
    range.filter(is_prime).count() as u64
}

/// What one rank has done.
#[derive(Default)]
struct Share {
    ranges: usize,
    numbers: u64,
    primes: u64,
    seconds: f64,
}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, Arguments { limit, range }: Arguments| {
        let start = Instant::now();
        let number = limit.div_ceil(range);
        if number > MOST_TASKS {
            let text = format!("farm: {number} ranges are too many; --range has to be larger");
            return Err(Error::usage(text));
        }
        let tasks: Vec<Range<u64>> = (0..number)
            .map(|task| task * range..limit.min((task * range).saturating_add(range)))
            .collect();

        // Each task's result tells who did it, and for how long.
        let results = world.farm().progress("ranges").map(Some(&tasks), |range| {
            let start = Instant::now();
            let primes = count_primes(range);
            Ok((world.rank(), primes, start.elapsed().as_secs_f64()))
        })?;

        let Some(results) = results else {
            return Ok(()); // only rank 0 has them
        };
        let elapsed = start.elapsed().as_secs_f64();
        let mut shares: BTreeMap<usize, Share> = BTreeMap::new();
        for ((rank, primes, seconds), task) in results.into_iter().zip(&tasks) {
            let share = shares.entry(rank).or_default();
            share.ranges += 1;
            share.numbers += task.end - task.start;
            share.primes += primes;
            share.seconds += seconds;
        }
        root_println!(world, "rank  ranges     numbers      primes  busy");
        for (rank, share) in &shares {
            let busy = (share.seconds / elapsed).min(1.0);
            let bar = "█".repeat((40.0 * busy).round() as usize);
            let Share {
                ranges,
                numbers,
                primes,
                ..
            } = share;
            let percent = 100.0 * busy;
            root_println!(
                world,
                "{rank:>4}  {ranges:>6}  {numbers:>10}  {primes:>10}  {bar:<40} {percent:>3.0} %"
            );
        }
        let total: u64 = shares.values().map(|share| share.primes).sum();
        root_println!(world, "{total} primes below {limit}, in {elapsed:.2} s");
        Ok(())
    })
}
