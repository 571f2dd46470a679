//! Which environment variables a job gets, and which it must not inherit. Pure: names in, names
//! out.
#![forbid(unsafe_code)]

use crate::Flavour;

/// A program under `mpiexec` that starts another `mpiexec` would hand it the variables by which the
/// outer launcher describes the outer job; the inner one then believes that it is a rank of that
/// job, and fails or hangs.
///
/// Returns the names among `names` to remove: none, unless the calling process is a rank. What a
/// user sets (`OMPI_MCA_btl`, `OMPI_ALLOW_…`, `PMIX_MCA_…`, the compiler wrappers' `OMPI_CC`)
/// stays, and so does a batch system's allocation.
pub(crate) fn of_a_surrounding_job(names: &[String]) -> Vec<&str> {
    const A_RANK_HAS: [&str; 4] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_FD"];
    let is_rank = names.iter().any(|name| A_RANK_HAS.contains(&name.as_str()));
    names
        .iter()
        .map(String::as_str)
        .filter(|name| is_rank && describes_a_job(name))
        .collect()
}

fn describes_a_job(name: &str) -> bool {
    const WHOLE: [&str; 16] = [
        "HYDI_CONTROL_FD",
        "MPI_LOCALNRANKS",
        "MPI_LOCALRANKID",
        "OMPI_APP_CTX_NUM_PROCS",
        "OMPI_ARGV",
        "OMPI_COMMAND",
        "OMPI_FILE_LOCATION",
        "OMPI_FIRST_RANKS",
        "OMPI_MCA_ess",
        "OMPI_MCA_initial_wdir",
        "OMPI_MCA_mpi_oversubscribe",
        "OMPI_MCA_pmix",
        "OMPI_MCA_shmem_RUNTIME_QUERY_hint",
        "OMPI_NUM_APP_CTX",
        "OMPI_UNIVERSE_SIZE",
        "PRTE_LAUNCHED",
    ];
    const BEGINNINGS: [&str; 7] = [
        "OMPI_COMM_WORLD_",
        "OMPI_MCA_ess_",
        "OMPI_MCA_orte_",
        "PMIX_",
        "PMI_",
        "PRTE_MCA_ess",
        "PRTE_MCA_prte_",
    ];
    let chosen_by_a_user = name.starts_with("PMIX_MCA_");
    !chosen_by_a_user
        && (WHOLE.contains(&name)
            || BEGINNINGS
                .iter()
                .any(|beginning| name.starts_with(beginning)))
}

/// What a job on this machine needs to run at all: as root, and on more ranks than cores.
///
/// Variables of an MPI that is not the launcher's are ignored by it, so Open MPI's are given to an
/// unknown launcher too.
pub(crate) fn defaults(
    flavour: Flavour,
    ranks: usize,
    cores: usize,
    root: bool,
) -> Vec<(&'static str, &'static str)> {
    if matches!(flavour, Flavour::Mpich | Flavour::IntelMpi) {
        return Vec::new();
    }
    let mut variables = Vec::new();
    if root {
        variables.extend([
            ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
            ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
            ("PRTE_ALLOW_RUN_AS_ROOT", "1"),
            ("PRTE_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ]);
    }
    // Always, because Open MPI counts whole cores where `cores` may count hardware threads; without
    // need it changes nothing.
    variables.push(("OMPI_MCA_rmaps_base_oversubscribe", "1"));
    variables.push(("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"));
    // Open MPI writes a message that is too long beyond its buffer where it moves it by get or put.
    variables.push(("OMPI_MCA_btl_vader_single_copy_mechanism", "none"));
    variables.push(("OMPI_MCA_btl_tcp_flags", "send,inplace"));
    if ranks > cores {
        // A rank that spins while it waits takes the core from the rank it waits for.
        variables.push(("OMPI_MCA_mpi_yield_when_idle", "1"));
        variables.push(("OMPI_MCA_hwloc_base_binding_policy", "none"));
        variables.push(("PRTE_MCA_hwloc_default_binding_policy", "none"));
    }
    variables
}

/// Where the launcher keeps its session: a directory of each launch's own. In the common one, a job
/// that ends removes what a job that starts has just found (Open MPI's issue 8510: "a call to mkdir
/// was unable to create …").
pub(crate) const SESSION_DIRECTORY: [&str; 2] =
    ["OMPI_MCA_orte_tmpdir_base", "PRTE_MCA_prte_tmpdir_base"];

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_rank_hands_on_nothing_of_its_own_job() {
        let job = owned(&[
            "OMPI_COMM_WORLD_RANK",
            "OMPI_COMM_WORLD_SIZE",
            "OMPI_MCA_ess",
            "OMPI_MCA_ess_base_jobid",
            "OMPI_MCA_orte_hnp_uri",
            "OMPI_MCA_pmix",
            "OMPI_UNIVERSE_SIZE",
            "PMIX_RANK",
            "PMIX_SERVER_URI4",
            "PMI_FD",
            "PMI_RANK",
            "MPI_LOCALRANKID",
            "HYDI_CONTROL_FD",
            "PRTE_MCA_prte_app_num",
        ]);
        assert_eq!(of_a_surrounding_job(&job), job);
    }

    #[test]
    fn a_rank_hands_on_what_the_user_chose() {
        let chosen = owned(&[
            "OMPI_COMM_WORLD_RANK",
            "OMPI_ALLOW_RUN_AS_ROOT",
            "OMPI_MCA_btl",
            "OMPI_MCA_hwloc_base_binding_policy",
            "OMPI_CC",
            "PMIX_MCA_gds",
            "SLURM_JOB_ID",
            "PATH",
        ]);
        assert_eq!(of_a_surrounding_job(&chosen), ["OMPI_COMM_WORLD_RANK"]);
    }

    #[test]
    fn outside_a_job_everything_stays() {
        let names = owned(&[
            "OMPI_MCA_orte_tmpdir_base",
            "PMIX_SYSTEM_TMPDIR",
            "OMPI_MCA_pmix",
        ]);
        assert!(of_a_surrounding_job(&names).is_empty());
    }

    #[test]
    fn only_root_is_allowed_to_be_root_and_only_the_crowded_yield() {
        let has = |variables: &[(&str, &str)], name| variables.iter().any(|(set, _)| *set == name);
        let roomy = defaults(Flavour::OpenMpi, 2, 2, false);
        assert!(
            !has(&roomy, "OMPI_ALLOW_RUN_AS_ROOT") && !has(&roomy, "OMPI_MCA_mpi_yield_when_idle")
        );
        let crowded = defaults(Flavour::OpenMpi, 3, 2, true);
        assert!(
            has(&crowded, "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")
                && has(&crowded, "OMPI_MCA_mpi_yield_when_idle")
        );
        assert!(defaults(Flavour::Mpich, 3, 2, true).is_empty());
    }
}
