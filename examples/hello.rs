//! Every rank says who and where it is.
//!
//!     cargo xtask run hello --ranks 3
//!
//! prints
//!
//!     rank  process  machine
//!        0    41310  alpha
//!        1    41311  alpha
//!        2    41312  alpha
//!     3 ranks on 1 machine
//!
//! Ranks print in no order when each prints for itself: here they hand their words to rank 0, which
//! prints them in theirs.

use std::collections::BTreeSet;

use partita::prelude::*;
use serde::{Deserialize, Serialize};

/// What a rank says of itself. Anything that serde knows can travel between ranks.
#[derive(Serialize, Deserialize)]
struct Greeting {
    process: u32,
    machine: String,
}

/// Every rank says who and where it is
#[derive(clap::Parser)]
#[command(name = "hello", version)]
struct Arguments {}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, Arguments {}| {
        let own = Greeting {
            process: std::process::id(),
            machine: machine(),
        };
        let greetings = world.gather_objects(0, &own)?;

        // `Some` on rank 0, the root of the gather, and `None` elsewhere.
        if let Some(greetings) = greetings {
            root_println!(world, "rank  process  machine");
            for (rank, Greeting { process, machine }) in greetings.iter().enumerate() {
                root_println!(world, "{rank:>4}  {process:>7}  {machine}");
            }
            let machines: BTreeSet<_> = greetings.iter().map(|it| &it.machine).collect();
            let (ranks, machines) = (world.size(), machines.len());
            let s = |number| if number == 1 { "" } else { "s" };
            root_println!(
                world,
                "{ranks} rank{} on {machines} machine{}",
                s(ranks),
                s(machines)
            );
        }
        Ok(())
    })
}

/// The machine's name, where the system tells it.
fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "?".to_owned(), |name| name.trim().to_owned())
}
