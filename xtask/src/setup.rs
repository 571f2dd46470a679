//! `cargo xtask setup`: installs what is missing where a package manager can, and says what to do elsewhere.

use std::io::IsTerminal;

use crate::checkup;
use crate::command::{Step, which};
use crate::error::{Error, Result};
use crate::probe::mpi::Interface;
use crate::probe::{Finding, extras, machine};
use crate::selection::Selection;
use crate::systems::{Component, MODULES, System, has_modules};

/// How much the set-up does about what only tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForTests {
    /// Nothing.
    Ignored,
    /// Installs it, and goes on without it where it cannot.
    Wanted,
    /// Installs it, or fails.
    Required,
}

/// What to set up.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub for_tests: ForTests,
    /// Also the peers of the benchmarks.
    pub for_benches: bool,
    /// Print the commands only.
    pub dry_run: bool,
    /// The MPI to be set up, if not the default one.
    pub mpi: Option<Interface>,
}

/// Sets the machine up, and returns the MPI that is then there.
pub fn setup(options: Options) -> Result<Selection> {
    let selection = Selection::find(options.mpi);
    let findings = look(&selection, options);
    let missing = missing_components(&findings);
    if missing.is_empty() {
        refuse_wrong(&findings)?;
        eprintln!("set-up: nothing is missing ({})", summary(&findings));
        return Ok(selection);
    }
    let system = System::detect();
    if system == System::Debian {
        let outcome = install_with_apt(&missing, options.dry_run);
        let is_optional = !findings.iter().any(Finding::is_wrong);
        match outcome {
            Err(cause) if is_optional && options.for_tests == ForTests::Wanted => {
                eprintln!("set-up: {cause}\nset-up: going on without what only some tests need");
                return Ok(selection);
            }
            outcome => outcome?,
        }
    } else if let Some(guide) = guide(system, &findings) {
        return Err(Error::Wrong(guide));
    } else {
        eprintln!("set-up: all that is required is here; these were asked for too:");
        eprintln!("  {}", system.install_command(&missing));
        return Ok(selection);
    }
    if options.dry_run {
        return Ok(selection);
    }
    let selection = Selection::find(options.mpi);
    let findings = look(&selection, options);
    refuse_wrong(&findings)?;
    eprintln!("set-up: done ({})", summary(&findings));
    Ok(selection)
}

fn look(selection: &Selection, options: Options) -> Vec<Finding> {
    let mut findings = checkup::required(selection);
    if options.for_tests != ForTests::Ignored {
        findings.extend(extras::for_tests());
    }
    if options.for_benches {
        findings.extend(extras::for_benches());
    }
    findings
}

fn missing_components(findings: &[Finding]) -> Vec<Component> {
    findings
        .iter()
        .filter_map(|finding| finding.missing)
        .collect()
}

/// An error if something required is still wrong, with the remedies.
fn refuse_wrong(findings: &[Finding]) -> Result<()> {
    let system = System::detect();
    let lines: Vec<String> = findings
        .iter()
        .filter(|finding| finding.is_wrong())
        .map(|finding| {
            format!(
                "{}: {}\n  → {}",
                finding.name,
                finding.found,
                finding.remedy(system).unwrap_or_default()
            )
        })
        .collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Error::Wrong(lines.join("\n")))
    }
}

/// The versions that matter, in one line.
fn summary(findings: &[Finding]) -> String {
    let short = |finding: &Finding| {
        finding
            .found
            .split(',')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let of = |name: &str| {
        findings
            .iter()
            .find(|finding| finding.name == name)
            .map(short)
            .unwrap_or_default()
    };
    format!("{}, HDF5 {}", of("MPI"), of("HDF5"))
}

fn install_with_apt(missing: &[Component], dry_run: bool) -> Result<()> {
    let packages = System::Debian.packages_of(missing);
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let prefix: &[&str] = match (machine::is_root(), which("sudo").is_some()) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        (false, false) if dry_run => &["sudo"],
        (false, false) => {
            return Err(Error::Wrong(format!(
                "neither root nor `sudo`: as root, run\n  {by_hand}"
            )));
        }
    };
    // `env` because sudo does not pass variables on.
    let environment = [
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
    ];
    let quiet: &[&str] = if std::io::stderr().is_terminal() {
        &[]
    } else {
        &["-qq"]
    };
    let apt_get = |arguments: &[&str]| {
        let words: Vec<&str> = prefix
            .iter()
            .chain(&environment)
            .chain(quiet)
            .chain(arguments)
            .copied()
            .collect();
        Step::new(words[0]).arguments(&words[1..])
    };
    let update = apt_get(&["update"]).advice("check the network and /etc/apt, then try again");
    let install = apt_get(
        &[
            &["install", "-y", "--no-install-recommends"],
            packages.as_slice(),
        ]
        .concat(),
    )
    .advice(format!("try by hand: {by_hand}"));
    if dry_run {
        eprintln!(
            "set-up would run:\n$ {}\n$ {}",
            update.shown(),
            install.shown()
        );
        return Ok(());
    }
    eprintln!("set-up: installing {}", packages.join(" "));
    update.output_to_stderr().run()?;
    install.output_to_stderr().run()
}

/// What to install by hand; nothing if all that is required is there.
fn guide(system: System, findings: &[Finding]) -> Option<String> {
    let required: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.is_wrong())
        .collect();
    if required.is_empty() {
        return None;
    }
    let mut lines = vec!["set-up cannot install here by itself; missing:".to_owned()];
    lines.extend(
        required
            .iter()
            .map(|finding| format!("  {}: {}", finding.name, finding.found)),
    );
    if system != System::Other {
        lines.push("install:".to_owned());
        lines.push(format!(
            "  {}",
            system.install_command(&missing_components(findings))
        ));
        lines.extend(system.afterwards().iter().map(|line| format!("  {line}")));
    }
    if system == System::Other || has_modules() {
        lines.push("where modules bring the libraries:".to_owned());
        lines.extend(MODULES.iter().map(|line| format!("  {line}")));
    }
    lines.push("then `cargo xtask doctor` tells whether all is well".to_owned());
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_the_guide_names_packages_and_commands() {
        let findings = [
            Finding::missing("MPI", "no `mpicc` in PATH", Component::Mpi),
            Finding::good("BLAS", "OpenBLAS"),
        ];
        let text = guide(System::Fedora, &findings).unwrap();
        assert!(text.contains("dnf install openmpi-devel"), "{text}");
        assert!(text.contains("module load mpi/openmpi-x86_64"), "{text}");
        let text = guide(System::Other, &findings).unwrap();
        assert!(
            text.contains("module load gcc openmpi hdf5/parallel"),
            "{text}"
        );
    }

    #[test]
    fn what_only_the_tests_want_does_not_stop_the_set_up() {
        let findings = [Finding::absent("h5py", "not found", Component::H5py)];
        assert_eq!(guide(System::Arch, &findings), None);
        assert!(refuse_wrong(&findings).is_ok());
    }
}
