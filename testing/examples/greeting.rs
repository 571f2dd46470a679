//! The smallest program for `mpiexec`: every rank greets, or fails with the exit code of wrong
//! usage.
//!
//!     mpiexec -n 3 target/debug/examples/greeting hello
#![forbid(unsafe_code)]

use partita::Error;

fn main() -> std::process::ExitCode {
    partita::run(|world| {
        let word = std::env::args().nth(1);
        let word = word.ok_or_else(|| Error::usage("greeting: expected a word to greet with"))?;
        println!("{word} from rank {} of {}", world.rank(), world.size());
        Ok(())
    })
}
