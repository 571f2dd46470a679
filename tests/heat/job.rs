//! One run of the program, and the exit code of every rank of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use partita_launch::Mpiexec;
use partita_testing::{Launch, Outcome, TemporaryDirectory, example, run, run_example};

/// No failure may take longer, on however busy a machine.
pub const BOUND: Duration = Duration::from_secs(10);

/// Puts the exit code of each rank where it can be read, and then leaves with 0: a launcher ends the
/// other ranks when it sees one fail, and theirs would not be known.
const NOTE_CODE: &str = r#"
codes=$1; shift
"$@"
echo $? > "$codes/${OMPI_COMM_WORLD_RANK-$PMI_RANK}"
"#;

/// Where `cargo test` built the program.
pub fn program() -> PathBuf {
    let launch = example("heat", 1).command();
    launch.get_args().nth(2).expect("-n 1 PROGRAM").into()
}

/// A shell on every rank that runs `script` with `arguments`.
pub fn shell<Argument: AsRef<std::ffi::OsStr>>(
    ranks: usize,
    script: &str,
    arguments: impl IntoIterator<Item = Argument>,
) -> Launch {
    let mpiexec = Mpiexec::find().expect("there is an MPI");
    let launch = Launch::new(&mpiexec, ranks, "sh").arguments(["-c", script, "sh"]);
    launch.arguments(arguments)
}

/// Runs `heat`, which must succeed and have nothing to complain about.
#[track_caller]
pub fn succeed(ranks: usize, arguments: &[&str]) -> Outcome {
    let outcome = run_example("heat", ranks, arguments);
    assert!(
        outcome.success() && outcome.stderr.is_empty(),
        "heat {arguments:?} on {ranks} ranks: {outcome}\n{}",
        outcome.stderr
    );
    outcome
}

/// What a run left behind in the launcher and in every rank.
pub struct Ended {
    pub ranks: usize,
    /// `None` of a rank that was killed.
    pub codes: Vec<Option<u8>>,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Runs `heat` in `directory` and notes how each rank ends.
pub fn end_of(ranks: usize, arguments: &[&str], directory: &Path) -> Ended {
    let codes = TemporaryDirectory::new();
    let heat = program();
    let words = [codes.path().as_os_str(), heat.as_os_str()];
    let launch = shell(ranks, NOTE_CODE, words).arguments(arguments);
    let start = Instant::now();
    let outcome = run(launch.directory(directory).time_limit(2 * BOUND));
    let took = start.elapsed();
    let code = |rank: usize| {
        let noted = std::fs::read_to_string(codes.join(rank.to_string())).ok()?;
        noted.trim().parse().ok()
    };
    Ended {
        ranks,
        codes: (0..ranks).map(code).collect(),
        outcome,
        took,
    }
}

/// The path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}
