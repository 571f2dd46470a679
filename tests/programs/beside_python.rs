//! Rust and Python in one job. Without a Python that has the launcher's MPI in its mpi4py these are skipped.

use std::process::Command;

use partita_launch::{Launch, Mpiexec, Outcome};
use partita_testing::{example, run};

const PEER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/beside_python/peer.py"
);

/// Which MPI a Python's mpi4py belongs to.
const VENDOR: &str = "import mpi4py; mpi4py.rc.initialize = False
from mpi4py import MPI; print(MPI.get_vendor()[0])";

/// A launch of Python with mpi4py. Debian's own is asked first, which its python3-mpi4py belongs to; another
/// may come first on the path.
fn python(ranks: usize, arguments: &[&str]) -> Option<Launch> {
    let mpiexec = Mpiexec::find().expect("a launcher");
    let flavour = mpiexec.flavour.to_string();
    let suits = |python: &&str| {
        let vendor = Command::new(python).args(["-c", VENDOR]).output();
        vendor.is_ok_and(|vendor| String::from_utf8_lossy(&vendor.stdout).trim() == flavour)
    };
    let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(suits) else {
        eprintln!("skipped: no python3 with an mpi4py of {flavour} here");
        return None;
    };
    let launch = Launch::new(&mpiexec, ranks, python).arguments(["-m", "mpi4py"]);
    Some(launch.arguments(arguments))
}

/// The program on some ranks, and behind it Python.
fn beside(ranks: usize, python: Launch) -> Outcome {
    run(example("beside_python", ranks).beside(python))
}

/// As the README has it: nobody but the programs themselves says how messages move.
#[test]
fn a_bare_launcher_is_enough() {
    let Some(python) = python(1, &[PEER]) else {
        return;
    };
    let mut command = example("beside_python", 2).beside(python).command();
    for variable in [
        "OMPI_MCA_btl_vader_single_copy_mechanism",
        "OMPI_MCA_btl_tcp_flags",
        "OMPI_MCA_pml",
    ] {
        command.env_remove(variable);
    }
    let outcome = command.output().expect("mpiexec runs");
    assert!(outcome.status.success(), "{outcome:?}");
}

#[test]
fn arrays_go_from_rust_to_numpy_and_back() {
    for (ranks, pythons) in [(1, 1), (3, 2)] {
        let Some(python) = python(pythons, &[PEER]) else {
            return;
        };
        let outcome = beside(ranks, python);
        assert!(outcome.success(), "{outcome:#?}");
        let expected = [
            &format!("signal  1000 samples of {ranks} ranks, spectrum by rank {ranks}"),
            "peak    50 Hz of amplitude 1.000",
            "peak    120 Hz of amplitude 0.500",
            "energy  625.000 in time, 625.000 in frequency",
        ];
        assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn an_exception_in_python_ends_rust_which_waits() {
    let raises = "from mpi4py import MPI
MPI.COMM_WORLD.Split(MPI.COMM_WORLD.Get_attr(MPI.APPNUM))
raise RuntimeError('no spectrum today')";
    let Some(python) = python(1, &["-c", raises]) else {
        return;
    };
    let outcome = beside(2, python);
    assert!(
        !outcome.success() && outcome.exit_code.is_some(),
        "{outcome:#?}"
    );
    assert!(outcome.stderr.contains("no spectrum today"), "{outcome:#?}");
}

#[test]
fn an_error_in_rust_ends_python_which_waits() {
    // Python's ranks come first, which the program does not want; Python waits for its broadcast.
    let Some(python) = python(1, &[PEER]) else {
        return;
    };
    let outcome = run(python.beside(example("beside_python", 2)));
    assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
    let complaint = "error: beside_python: another program's ranks have to follow";
    assert_eq!(outcome.stderr.matches(complaint).count(), 1, "{outcome:#?}");
}

#[test]
fn alone_it_says_what_it_needs() {
    let outcome = run(example("beside_python", 2));
    assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
    assert!(
        outcome.stderr.contains("python3 -m mpi4py peer.py"),
        "{outcome:#?}"
    );
}
