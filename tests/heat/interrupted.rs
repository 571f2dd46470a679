//! Runs that are ended from outside.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use partita_testing::TemporaryDirectory;

use crate::job::{BOUND, program, shell, succeed, text};
use crate::tools::printed;

const RANKS: usize = 2;

/// Tells the process that a rank is, and becomes the program.
const NOTE_PROCESS: &str = r#"
note="$1/${OMPI_COMM_WORLD_RANK-$PMI_RANK}"; shift
echo $$ > "$note.part"
mv "$note.part" "$note"
exec "$@"
"#;

/// Whom the signal goes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Launcher,
    Rank(usize),
}

#[test]
fn an_interrupt_of_the_launcher_ends_all_and_leaves_the_old_file() {
    interrupt("INT", Target::Launcher, Leftover::None);
    interrupt("TERM", Target::Launcher, Leftover::None);
}

#[test]
fn an_interrupt_of_one_rank_ends_all_and_leaves_the_old_file() {
    interrupt("INT", Target::Rank(0), Leftover::None);
    interrupt("TERM", Target::Rank(0), Leftover::None);
    interrupt("TERM", Target::Rank(1), Leftover::None);
}

// Whoever is killed cannot clean up; the next run is not disturbed by it.
#[test]
fn a_kill_ends_all_and_leaves_the_old_file() {
    interrupt("KILL", Target::Launcher, Leftover::Temporary);
    interrupt("KILL", Target::Rank(0), Leftover::Temporary);
    interrupt("KILL", Target::Rank(1), Leftover::Temporary);
}

#[test]
fn a_signal_makes_a_checkpoint_and_the_last_one_ends_the_run() {
    let directory = TemporaryDirectory::new();
    // The launcher, asked to end, has a code of its own.
    for (target, code) in [(Target::Launcher, None), (Target::Rank(1), Some(75))] {
        let folder = directory.join(format!("{target:?}"));
        let mut job = Job::start(&["--checkpoint", text(&folder)]);
        let process = job.process(target);
        let newest = || {
            let steps = names(&folder).into_iter();
            let steps = steps.filter(|name| name.starts_with("step-") && name.ends_with(".h5"));
            steps.max()
        };
        // The run watches for signals before the folder is there.
        assert!(until(|| folder.exists()), "no folder for the checkpoints");
        send("USR1", process);
        assert!(
            until(|| newest().is_some()),
            "no checkpoint on SIGUSR1 to {target:?}"
        );
        let before = newest();
        send("TERM", process);
        let ended = job.end().expect("the run ends");
        assert!(!ended.success() && code.is_none_or(|code| ended.code() == Some(code)));
        assert!(newest() > before, "no checkpoint on SIGTERM to {target:?}");
    }
    let folder = directory.join(format!("{:?}", Target::Launcher));
    let last = names(&folder).into_iter().max().expect("checkpoints");
    let step: u64 = last["step-".len()..last.len() - ".h5".len()]
        .parse()
        .expect("a number");
    let [whole, parts] = ["whole.h5", "parts.h5"].map(|name| directory.join(name));
    let same = [
        "--shape=64,64",
        &format!("--steps={}", step + 1),
        "--output",
    ];
    succeed(3, &[&same[..], &[text(&whole)]].concat());
    let resume = [text(&parts), "--resume", "--checkpoint", text(&folder)];
    succeed(1, &[&same[..], &resume].concat());
    assert!(std::fs::read(whole).unwrap() == std::fs::read(parts).unwrap());
}

/// What may lie beside the old file afterwards.
#[derive(Clone, Copy, PartialEq)]
enum Leftover {
    None,
    Temporary,
}

fn interrupt(signal: &str, target: Target, leftover: Leftover) {
    let directory = TemporaryDirectory::new();
    let output = directory.join("out.h5");
    std::fs::write(&output, "the old file").unwrap();
    let mut job = Job::start(&["--every=200", "--output", text(&output)]);
    assert!(
        until(|| half_written(directory.path())),
        "nothing is written"
    );
    send(signal, job.process(target));
    let ended = job.end();
    let what = format!("SIG{signal} to {target:?}");
    assert!(
        ended.is_some_and(|status| !status.success()),
        "{what}: {ended:?}"
    );
    assert_eq!(std::fs::read(&output).unwrap(), b"the old file", "{what}");
    if leftover == Leftover::None {
        let mut names = names(directory.path());
        // Open MPI's own: it tries a lock beside every file it opens, in a file of some milliseconds.
        names.retain(|name| !name.contains(".locktest."));
        assert_eq!(names, ["out.h5"], "{what}");
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect()
}

fn send(signal: &str, process: u32) {
    let command = format!("kill -{signal} {process}");
    printed(Command::new("sh").args(["-c", &command]));
}

/// A run that would take for ever.
struct Job {
    launcher: Child,
    ranks: Vec<u32>,
    /// What the launcher keeps of the job, and the ranks' notes.
    _session: TemporaryDirectory,
}

impl Job {
    /// Starts it, and waits until its processes are known.
    fn start(arguments: &[&str]) -> Job {
        let session = TemporaryDirectory::new();
        let heat = program();
        let launch = shell(RANKS, NOTE_PROCESS, [session.path(), &heat]);
        let launch = launch
            .arguments(["--shape=64,64", "--steps=1000000000"])
            .arguments(arguments)
            // So long Open MPI's launcher waits, in any case, before it kills those that it asked to end.
            .environment("OMPI_MCA_odls_base_sigkill_timeout", "2")
            .environment("OMPI_MCA_orte_tmpdir_base", session.path())
            .environment("OMPI_MCA_mpi_yield_when_idle", "1")
            .environment("OMPI_MCA_hwloc_base_binding_policy", "none");
        let mut command = launch.command();
        command.stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut job = Job {
            launcher: command.spawn().expect("the launcher starts"),
            ranks: Vec::new(),
            _session: session,
        };
        let noted = |rank: usize| {
            let note = std::fs::read_to_string(job._session.join(rank.to_string())).ok()?;
            note.trim().parse().ok()
        };
        let is_running = until(|| (0..RANKS).all(|rank| noted(rank).is_some()));
        assert!(is_running, "the ranks do not start");
        job.ranks = (0..RANKS).filter_map(noted).collect();
        job
    }

    fn process(&self, target: Target) -> u32 {
        match target {
            Target::Launcher => self.launcher.id(),
            Target::Rank(rank) => self.ranks[rank],
        }
    }

    /// How the launcher ended, once no process of the job is left; `None` when some stay.
    fn end(&mut self) -> Option<ExitStatus> {
        let mut status = None;
        let gone = until(|| {
            status = self.launcher.try_wait().unwrap();
            status.is_some() && !self.ranks.iter().any(|&rank| is_alive(rank))
        });
        status.filter(|_| gone)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        for &rank in self.ranks.iter().filter(|&&rank| is_alive(rank)) {
            send("KILL", rank);
        }
        let _ = self.launcher.kill();
        let _ = self.launcher.wait();
    }
}

/// Whether a new file has some snapshots in it.
fn half_written(folder: &Path) -> bool {
    names(folder).iter().any(|name| {
        let length = std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
        name.ends_with(".partita") && length > 200_000
    })
}

/// Whether a process is there that has not ended yet (and is the program, no other that got its
/// number).
fn is_alive(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.contains("Name:\theat\n") && !status.contains("State:\tZ")
}

/// Waits for a condition, for as long as anything may take.
fn until(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < BOUND {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    condition()
}
