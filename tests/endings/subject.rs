//! The program whose ends `main.rs` looks at: its argument says how it ends.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::io::Read;
use std::process::ExitCode;

use partita::{Communicator, Error, Operation, Result, abandon, root_println};

thread_local! {
    /// A communicator where the compiler cannot see that it outlives MPI.
    static KEPT: RefCell<Option<Communicator>> = const { RefCell::new(None) };
}

fn main() -> ExitCode {
    let ending = std::env::args().nth(1).unwrap_or_default();
    let code = run(ending);
    KEPT.with_borrow(|kept| kept.iter().for_each(use_after_the_end));
    code
}

fn run(ending: String) -> ExitCode {
    partita::run(move |world| {
        let last = world.rank() + 1 == world.size();
        match ending.as_str() {
            "kept beyond the end" => KEPT.set(Some(world.duplicate()?)),
            "" | "well" => root_println!(world, "all is well on {} ranks", world.size()),
            "panic" if last => panic!("out of luck"),
            "panic with a silent hook" if last => {
                std::panic::set_hook(Box::new(|_| {}));
                panic!("unheard of");
            }
            "panic of another thread" => return panic_elsewhere(world),
            "alone" if last => return Err(unstable()),
            "several alone" if world.rank() > 0 => {
                return Err(Error::usage(format!("of rank {}", world.rank())));
            }
            "agreed" => world.agree(if last { Err(unstable()) } else { Ok(()) })?,
            "everywhere" => return Err(unstable()),
            "lowest" if world.rank() > 0 => {
                return Err(Error::usage(format!("of rank {}", world.rank())));
            }
            "lowest" => return Ok(()),
            "abandoned" => abandon("out.h5"),
            "abandoned on one rank" if last => abandon("out.h5"),
            "abandoned on one rank" => {}
            "abandoned after an error" => {
                abandon("out.h5");
                return Err(unstable());
            }
            "a send nobody takes" if last => return send_to_nobody(world),
            "exit" if last => std::process::exit(0),
            "print without end" => return print_without_end(),
            "print when told" => return print_when_told(world),
            _ => {}
        }
        // Whoever comes here waits for those who failed.
        match ending.starts_with("abandoned") {
            true => Ok(()),
            false => world.barrier(),
        }
    })
}

/// Every call is an error, and none ends the program otherwise.
fn use_after_the_end(kept: &Communicator) {
    let outcomes = [
        kept.barrier(),
        kept.send(&[1], 0),
        kept.receive(&mut [0], 0).map(drop),
        kept.send_object(&1, 0),
        kept.duplicate().map(drop),
        kept.set_name("late"),
        kept.scope(|scope| scope.start_barrier()?.wait()),
        kept.all_reduce(&[1.0], Operation::Sum).map(drop),
    ];
    for outcome in &outcomes {
        assert!(
            outcome
                .as_ref()
                .is_err_and(|error| error.to_string().contains("MPI has ended"))
        );
    }
    println!(
        "{} errors after the end on rank {}",
        outcomes.len(),
        kept.rank()
    );
}

fn unstable() -> Error {
    Error::numerical("heat", "r = 0.7 > 0.5")
}

/// Fails while a message is under way that no MPI buffers, and that rank 0 will never receive.
fn send_to_nobody(world: &Communicator) -> Result<()> {
    let data = vec![1.0; 1_000_000];
    let outcome = world.scope(|scope| {
        let _ = scope.start_send(&data, 0)?;
        Err(unstable())
    });
    println!("the scope returned, and the buffer with it");
    outcome
}

/// A panic of another thread is no end of the program, unless its owner makes it one.
fn panic_elsewhere(world: &Communicator) -> Result<()> {
    let thread = std::thread::spawn(|| panic!("in a thread of its own"));
    let outcome = thread
        .join()
        .map_err(|_| Error::other("the thread is lost"));
    assert!(outcome.is_err());
    world.barrier()
}

fn print_without_end() -> Result<()> {
    for number in 0..1_000_000 {
        println!("line {number}");
    }
    Err(Error::other("somebody read all of it"))
}

/// Prints once standard input is closed, when nobody reads standard output any more.
fn print_when_told(world: &Communicator) -> Result<()> {
    let mut nothing = String::new();
    std::io::stdin()
        .read_to_string(&mut nothing)
        .map_err(Error::other)?;
    root_println!(world, "to nobody");
    Err(unstable())
}
