//! A table that every rank needs all of, once for the machine instead of once for each rank.
//!
//!     cargo xtask run shared_array --ranks 4 -- --below 1000000
//!
//! How many steps of "halve it if it is even, else triple it and add one" lead from n to 1? Each rank
//! fills its block of the table, for its share of the numbers; then each goes through all of the table
//! for its share of the questions. It prints
//!
//!     numbers  1000000, on 4 ranks of this machine
//!     longest  837799 takes 524 steps
//!     commonest number of steps is 95, which 12 in 1000 numbers take
//!     memory   2.0 MB once, not 4 times: 6.0 MB saved
//!
//! and the same numbers on any number of ranks (but the last line).

use partita::prelude::*;
use partita::{Error, SharedArray};

/// The steps from each number down to 1, in memory that the ranks share
#[derive(clap::Parser)]
#[command(name = "shared_array", version)]
struct Arguments {
    /// The table is of the numbers below this one
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(2..=50_000_000))]
    below: u32,
}

/// Steps from `n` to 1.
fn steps(n: usize) -> u16 {
    let mut value = n as u64;
    let mut steps = 0;
    while value > 1 {
        value = if value.is_multiple_of(2) {
            value / 2
        } else {
            3 * value + 1
        };
        steps += 1;
    }
    steps
}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let below = arguments.below as usize;
        // Each machine fills a table of its own, each of its ranks a block of it.
        let mut table = SharedArray::<u16, _>::zeros(world, below)?;
        let numbers = table.local_rows();
        table.write(|mut block| {
            for (n, place) in numbers.zip(&mut block) {
                *place = steps(n);
            }
            Ok(())
        })?;

        // From here on all of it is everyone's to read.
        let longest = table.read(|table| {
            let most = table.iter().copied().max().unwrap_or(0);
            (table.iter().position(|steps| *steps == most), most)
        })?;
        let (Some(number), most) = longest else {
            return Err(Error::other("the table is empty"));
        };

        // Every rank counts for its share of the questions: which numbers of steps how often?
        let (rank, size) = (world.rank(), world.size());
        let mut counts = vec![0u64; usize::from(most) + 1];
        table.read(|table| {
            for &steps in table.iter().skip(1) {
                if usize::from(steps) % size == rank {
                    counts[usize::from(steps)] += 1;
                }
            }
        })?;
        let counts = world.all_reduce(&counts, Operation::Sum)?;
        let most_often = counts.iter().copied().max().unwrap_or(0);
        let commonest = counts.iter().position(|count| *count == most_often);

        let ranks = table.ranks_on_machine();
        let megabytes = (below * size_of::<u16>()) as f64 / 1e6;
        let saved = megabytes * (ranks - 1) as f64;
        root_println!(world, "numbers  {below}, on {ranks} ranks of this machine");
        root_println!(world, "longest  {number} takes {most} steps");
        root_println!(
            world,
            "commonest number of steps is {}, which {} in 1000 numbers take",
            commonest.unwrap_or(0),
            1000 * most_often / below as u64
        );
        root_println!(
            world,
            "memory   {megabytes:.1} MB once, not {ranks} times: {saved:.1} MB saved"
        );
        table.close()
    })
}
