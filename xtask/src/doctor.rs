//! `cargo xtask doctor`: what was found, in a table or as JSON, with the remedy for whatever is wrong.

use serde_json::{Value, json};

use crate::checkup;
use crate::error::{Error, Result};
use crate::probe::{Finding, extras, lock_file, machine};
use crate::selection::Selection;
use crate::systems::{MODULES, System, has_modules};
use crate::workspace;

/// Prints all findings; an error if a required one is wrong.
pub fn doctor(selection: &Selection, as_json: bool) -> Result<()> {
    let system = System::detect();
    let mut required = checkup::required(selection);
    required.push(checkup::two_ranks(selection));
    required.push(lock_file::single_versions(&workspace::folder()));
    required.push(machine::cores());
    required.push(machine::user());
    let mut optional = extras::for_tests();
    optional.extend(extras::for_contributors());
    let wrong = required.iter().filter(|finding| finding.is_wrong()).count();
    if as_json {
        let groups = [("required", &required), ("optional", &optional)];
        let lists = groups.map(|(name, findings)| {
            (
                name.to_owned(),
                findings
                    .iter()
                    .map(|finding| to_json(finding, system))
                    .collect::<Value>(),
            )
        });
        let mut report: Value = lists.into_iter().collect();
        report["good"] = json!(wrong == 0);
        println!("{report:#}");
    } else {
        print_table(&required, system);
        println!("\noptional, for the tests and for contributors:");
        print_table(&optional, system);
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(Error::Wrong(what_to_do(wrong, system)))
    }
}

fn to_json(finding: &Finding, system: System) -> Value {
    json!({
        "name": finding.name,
        "state": finding.state.word().to_lowercase(),
        "found": finding.found,
        "remedy": finding.remedy(system),
    })
}

/// Prints findings in columns, each remedy on a line of its own.
pub fn print_table(findings: &[Finding], system: System) {
    let width = findings
        .iter()
        .map(|finding| finding.name.len())
        .max()
        .unwrap_or(0);
    for finding in findings {
        println!(
            "{:width$}  {:6}  {}",
            finding.name,
            finding.state.word(),
            finding.found
        );
        if let Some(remedy) = finding.remedy(system) {
            println!("{:width$}          → {remedy}", "");
        }
    }
}

fn what_to_do(wrong: usize, system: System) -> String {
    let lines = if wrong == 1 {
        "1 line is WRONG".to_owned()
    } else {
        format!("{wrong} lines are WRONG")
    };
    let mut text = format!("{lines}: do what the arrows say, or try `cargo xtask setup`");
    if has_modules() || system == System::Other {
        text.push_str("\n  where modules bring the libraries:");
        for line in MODULES {
            text.push_str("\n    ");
            text.push_str(line);
        }
    }
    text
}
