//! Starting and ending MPI: one program on all ranks, one outcome for all of them.

mod arguments;
mod conclude;
mod coupled;
mod launcher;
mod output;
mod panic;
mod progress;
mod terminal;

use std::process::ExitCode;

use mpi::Threading;

use crate::comm::ffi::{
    Handle, environment, leak_orphans, set_count_limit, set_machine_ranks, set_shared_room,
};
use crate::comm::{Communicator, checker};
use crate::error::{Error, Result};
use coupled::Members;

pub use crate::comm::ffi::environment::before_abort;
pub use arguments::run_with_arguments;
pub use conclude::{abandon, end_job, unfinished};
pub use coupled::run_coupled;
pub use output::print_line;
pub(crate) use panic::contain_panic;
pub use progress::Progress;

/// Runs an SPMD program: starts MPI, calls `program` with the communicator of all ranks, ends MPI.
///
/// However a rank ends, the job ends, with one message:
///
/// * `Ok` on every rank: exit code 0. A rank that is done waits for the others, which may be working.
/// * `Err` on any rank: rank 0 prints the error of the lowest failing rank, once, and every rank
///   exits with [`Error::exit_code`]. A rank that fails alone, while the others wait for it in a
///   collective, gives them a second, then prints its error and aborts the job with that code.
/// * A panic: its message with the rank, and the job is aborted with exit code 101.
/// * Started by another MPI's `mpiexec`, so that each rank believes it is alone: refused with 2.
///
/// With `PARTITA_CHECK=1`, and in debug builds unless it is 0, every collective first compares what the
/// ranks call: the operation, the type and number of elements, the root; with `strict` the line too.
/// Ranks that differ get [`Error::Mismatch`], which tells who called what where, instead of wrong
/// data or a hang. With `PARTITA_TIMEOUT=60` a rank that waits in a collective for longer than that
/// many seconds reports who waits where and who is missing, and aborts the job with exit code 124;
/// unless it is set, ranks wait for ever. Without either, in a release build, a rank that returns `Ok` while
/// the others are in a collective leaves them waiting, and one that calls another collective is MPI's affair.
///
/// The local BLAS is set to one thread a rank, unless `OPENBLAS_NUM_THREADS`, `MKL_NUM_THREADS`,
/// `BLIS_NUM_THREADS` or `OMP_NUM_THREADS` says otherwise.
///
/// The closure is `Send + 'static` so that no communicator leaves it by a capture: one that outlives
/// MPI (through a thread-local variable, say) returns errors.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     partita::run(|world| {
///         println!("rank {} of {}", world.rank(), world.size());
///         Ok(())
///     })
/// }
/// ```
///
/// ```compile_fail
/// let leaked = std::rc::Rc::new(std::cell::RefCell::new(None));
/// let inside = leaked.clone();
/// partita::run(move |world| {
///     *inside.borrow_mut() = Some(world.clone()); // would outlive MPI
///     Ok(())
/// });
/// ```
pub fn run<Program>(program: Program) -> ExitCode
where
    Program: FnOnce(&Communicator) -> Result<()> + Send + 'static,
{
    exit(start(Members::Job, program))
}

fn exit(outcome: Result<u8>) -> ExitCode {
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::print_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn start<Program>(members: Members, program: Program) -> Result<u8>
where
    Program: FnOnce(&Communicator) -> Result<()>,
{
    // Both ends of a message have to know how it moves, and another program's is not known here.
    if members == Members::Job {
        environment::keep_messages_within_buffers();
    }
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else {
        return Err(Error::usage("partita::run: MPI was started before"));
    };
    // A communicator apart, so that the end is never mixed up with what a failing rank left undone.
    // It comes before the checks, and is not checked.
    let control = Communicator::from_handle(members.meet()?)?;
    if let Some(refusal) = launcher::mismatch(Handle::job()?.size()?) {
        drop(universe);
        return launcher::refuse(refusal);
    }
    let checks = checker::start(&control);
    let world = control.duplicate()?;
    if let Some(limit) = launcher::count_limit()? {
        set_count_limit(limit);
    }
    if let Some(bytes) = launcher::shared_room()? {
        set_shared_room(bytes as u64);
    }
    if let Some(ranks) = launcher::machine_ranks()? {
        set_machine_ranks(ranks);
    }
    let (rank, size) = (world.rank(), world.size());
    panic::install_hook(rank, size);
    if !launcher::user_chose_blas_threads() {
        environment::set_blas_threads(1);
    }
    let outcome = panic::end_job_on_unwinding(rank, size, || checks.and_then(|()| program(&world)));
    let code = conclude::conclude(&world, &control, outcome);
    leak_orphans();
    if code != 0 && members == Members::Program {
        // Other programs may wait for what this one will never send.
        environment::abort(code);
    }
    environment::note_end();
    drop(universe);
    Ok(code)
}
