//! What the launcher's environment says of this job, before anything is believed.

use std::env;

use crate::error::{Error, Result};

/// Where launchers put the number of ranks, and this process's rank among them.
const LAUNCHERS: [(&str, &str, &str); 4] = [
    (
        "Open MPI's mpiexec",
        "OMPI_COMM_WORLD_SIZE",
        "OMPI_COMM_WORLD_RANK",
    ),
    (
        "a PMI launcher (MPICH, Intel MPI, Slurm)",
        "PMI_SIZE",
        "PMI_RANK",
    ),
    (
        "MVAPICH's launcher",
        "MV2_COMM_WORLD_SIZE",
        "MV2_COMM_WORLD_RANK",
    ),
    ("Slurm's srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
];

/// Set by whoever wants many programs of one rank each.
const ALLOW_ALONE: &str = "PARTITA_ALLOW_ALONE";

/// A job in which the ranks do not know of each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    launcher: &'static str,
    ranks: usize,
    rank: usize,
}

/// A launcher that started several ranks, when MPI says that this one is alone.
pub(super) fn mismatch(size: usize) -> Option<Mismatch> {
    if env::var_os(ALLOW_ALONE).is_some() {
        return None;
    }
    mismatch_in(size, |name| env::var(name).ok())
}

fn mismatch_in(size: usize, variable: impl Fn(&str) -> Option<String>) -> Option<Mismatch> {
    let number = |name: &str| variable(name)?.trim().parse::<usize>().ok();
    // Under Slurm without a step (a batch script), the program is rightly alone in many tasks.
    let slurm = ("Slurm's srun", "SLURM_NTASKS", "SLURM_PROCID");
    let in_step = variable("SLURM_STEP_ID").is_some_and(|step| step.parse::<u32>().is_ok());
    LAUNCHERS
        .into_iter()
        .chain(in_step.then_some(slurm))
        .filter_map(|(launcher, ranks, rank)| {
            Some(Mismatch {
                launcher,
                ranks: number(ranks)?,
                rank: number(rank).unwrap_or(0),
            })
        })
        .find(|found| size == 1 && found.ranks > 1)
}

/// The refusal, told by one of the processes.
pub(super) fn refuse(mismatch: Mismatch) -> Result<u8> {
    let error = Error::usage(format!(
        "{} started {} ranks, but MPI in this program knows of one: the launcher belongs to another \
         MPI than the one the program was built with (`cargo xtask doctor` shows both; to run many \
         programs of one rank, set {ALLOW_ALONE}=1)",
        mismatch.launcher, mismatch.ranks
    ));
    if mismatch.rank == 0 {
        return Err(error);
    }
    Ok(error.exit_code())
}

/// `PARTITA_COUNT_LIMIT`: the largest element count handed to one MPI call, below MPI's own 2³¹ − 1,
/// so that messages of more elements than that can be tested with small ones.
pub(super) fn count_limit() -> Result<Option<usize>> {
    number("PARTITA_COUNT_LIMIT", "elements")
}

/// `PARTITA_SHARED_ROOM`: the bytes of shared memory that a machine has, below what it has, so that a full
/// `/dev/shm` can be tested.
pub(super) fn shared_room() -> Result<Option<usize>> {
    number("PARTITA_SHARED_ROOM", "bytes")
}

/// `PARTITA_MACHINE_RANKS`: the most ranks that a machine is taken to have, so that several machines can be tested on one.
pub(super) fn machine_ranks() -> Result<Option<usize>> {
    number("PARTITA_MACHINE_RANKS", "ranks")
}

fn number(name: &str, of: &str) -> Result<Option<usize>> {
    match env::var(name) {
        Err(_) => Ok(None),
        Ok(text) => text
            .parse()
            .map(Some)
            .map_err(|_| Error::usage(format!("{name}={text}: not a number of {of}"))),
    }
}

/// Whether the environment already says how many threads the BLAS may use.
pub(super) fn user_chose_blas_threads() -> bool {
    [
        "OPENBLAS_NUM_THREADS",
        "GOTO_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "OMP_NUM_THREADS",
    ]
    .iter()
    .any(|name| env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], size: usize) -> Option<Mismatch> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        mismatch_in(size, |name| find(name).map(|(_, value)| value.to_string()))
    }

    #[test]
    fn a_rank_that_is_alone_in_a_launch_of_many_is_found() {
        let found = with(&[("PMI_SIZE", "4"), ("PMI_RANK", "3")], 1).expect("found");
        assert_eq!((found.ranks, found.rank), (4, 3));
        assert!(with(&[("OMPI_COMM_WORLD_SIZE", "2")], 1).is_some());
        assert!(with(&[("SLURM_NTASKS", "8"), ("SLURM_STEP_ID", "0")], 1).is_some());
    }

    #[test]
    fn ordinary_starts_are_left_alone() {
        assert_eq!(with(&[], 1), None);
        assert_eq!(with(&[("PMI_SIZE", "1")], 1), None);
        assert_eq!(with(&[("PMI_SIZE", "4")], 4), None);
        // A sub-communicator is none of the launcher's business: only a lone rank is suspicious.
        assert_eq!(with(&[("OMPI_COMM_WORLD_SIZE", "4")], 2), None);
        // A batch script in an allocation of eight tasks runs a single program.
        assert_eq!(with(&[("SLURM_NTASKS", "8")], 1), None);
    }
}
