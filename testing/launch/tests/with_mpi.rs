//! The launcher under this machine's MPI; without one there is nothing to test.
#![forbid(unsafe_code)]

use partita_launch::{Launch, LaunchError, Mpiexec, Outcome};
use std::time::{Duration, Instant};

/// `script` on each of `ranks` ranks; `None` on a machine without MPI.
fn shell(ranks: usize, script: &str) -> Option<Launch> {
    match Mpiexec::find() {
        Ok(mpiexec) => Some(
            Launch::new(&mpiexec, ranks, "sh")
                .argument("-c")
                .argument(script),
        ),
        Err(LaunchError::NotFound { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn run(launch: Launch) -> Outcome {
    launch
        .time_limit(Duration::from_secs(30))
        .run_captured()
        .expect("the launcher starts")
}

fn lines(outcome: &Outcome) -> usize {
    assert!(
        outcome.success(),
        "{outcome}\n{}{}",
        outcome.stdout,
        outcome.stderr
    );
    outcome.stdout.lines().count()
}

#[test]
fn more_ranks_than_cores_start() {
    let ranks = 2 * std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let Some(launch) = shell(ranks, "echo rank") else {
        return;
    };
    assert_eq!(lines(&run(launch)), ranks);
}

#[test]
fn many_jobs_at_once_do_not_disturb_each_other() {
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| shell(2, "echo rank").map(run)))
            .collect();
        for job in jobs {
            if let Some(outcome) = job.join().expect("no panic") {
                assert_eq!(lines(&outcome), 2);
            }
        }
    });
}

#[test]
fn a_job_within_a_job_is_a_job_of_its_own() {
    let Some(launch) = shell(2, "echo unused") else {
        return;
    };
    let inner = std::env::current_exe().expect("a path");
    let Ok(mpiexec) = Mpiexec::find() else { return };
    drop(launch);
    let outcome = run(Launch::new(&mpiexec, 2, inner)
        .arguments([
            "--exact",
            "as_the_inner_job",
            "--nocapture",
            "--test-threads=1",
        ])
        .environment("PARTITA_INNER_JOB", "yes"));
    assert!(lines(&outcome) > 0);
    assert_eq!(
        outcome.stdout.matches("inner rank of 3").count(),
        6,
        "{}",
        outcome.stdout
    );
}

/// What each rank of the outer job does in [`a_job_within_a_job_is_a_job_of_its_own`].
#[test]
fn as_the_inner_job() {
    if std::env::var_os("PARTITA_INNER_JOB").is_none() {
        return;
    }
    let script = "echo inner rank of ${OMPI_COMM_WORLD_SIZE:-$PMI_SIZE}";
    let outcome = run(shell(3, script).expect("the outer job found it"));
    assert_eq!(lines(&outcome), 3);
    println!("{}", outcome.stdout);
}

#[test]
fn a_hanging_job_leaves_no_rank_behind() {
    let Some(launch) = shell(2, "trap '' TERM; while :; do sleep 1; done") else {
        return;
    };
    let start = Instant::now();
    let outcome = launch
        .environment("PARTITA_HANGING_JOB", "of this test")
        .time_limit(Duration::from_millis(500))
        .run_captured()
        .expect("the launcher starts");
    assert!(outcome.timed_out);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    let left = std::fs::read_dir("/proc")
        .expect("Linux")
        .flatten()
        .filter(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains("PARTITA_HANGING_JOB=of this test")
        });
    assert_eq!(left.count(), 0);
}
