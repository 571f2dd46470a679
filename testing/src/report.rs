//! From verdicts to what a person reads: the ranks that failed first, then those that never came,
//! then what was printed.
#![forbid(unsafe_code)]

use crate::spmd::SpmdTest;
use crate::verdict::Verdict;
use partita_launch::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many of the last lines of each stream a report shows.
const LINES: usize = 40;
/// What each rank's test harness says before the test, and says nothing by.
const ANNOUNCEMENT: &str = "running 1 test";

/// The report of a failed test; `None` if it passed, which takes a verdict of every rank and a
/// clean end in time.
pub(crate) fn of(
    test: &SpmdTest,
    verdicts: &[Option<Verdict>],
    outcome: &Outcome,
) -> Option<String> {
    let all_passed = verdicts
        .iter()
        .all(|verdict| *verdict == Some(Verdict::Passed));
    if all_passed && outcome.success() {
        return None;
    }
    let mut report = format!(
        "`{}` failed on {} {} ({outcome})\n",
        test.harness_name(),
        test.ranks,
        if test.ranks == 1 { "rank" } else { "ranks" }
    );
    if all_passed {
        report.push_str("  every rank passed, but the job did not end well\n");
    }
    describe_failures(&mut report, verdicts);
    describe_missing(&mut report, test, verdicts, outcome);
    add_tail(&mut report, test, "standard output", &outcome.stdout);
    add_tail(&mut report, test, "standard error", &outcome.stderr);
    Some(report)
}

/// Ranks that failed alike are named together.
fn describe_failures(report: &mut String, verdicts: &[Option<Verdict>]) {
    let mut alike: BTreeMap<&Verdict, Vec<usize>> = BTreeMap::new();
    for (rank, verdict) in verdicts.iter().enumerate() {
        if let Some(verdict) = verdict
            .as_ref()
            .filter(|verdict| **verdict != Verdict::Passed)
        {
            alike.entry(verdict).or_default().push(rank);
        }
    }
    let mut failures: Vec<_> = alike.into_iter().collect();
    failures.sort_by_key(|(_, ranks)| ranks[0]);
    for (verdict, ranks) in failures {
        let (what, text) = match verdict {
            Verdict::Panicked { location, message } => {
                (format!("panicked at {location}:"), message)
            }
            Verdict::Error { text } => ("returned an error:".to_owned(), text),
            Verdict::Passed => continue,
        };
        let _ = writeln!(report, "  {} {what}", name_ranks(&ranks));
        for line in text.lines() {
            let _ = writeln!(report, "      {line}");
        }
    }
}

fn describe_missing(
    report: &mut String,
    test: &SpmdTest,
    verdicts: &[Option<Verdict>],
    outcome: &Outcome,
) {
    let missing: Vec<usize> = (0..verdicts.len())
        .filter(|rank| verdicts[*rank].is_none())
        .collect();
    let someone_failed = verdicts
        .iter()
        .flatten()
        .any(|verdict| *verdict != Verdict::Passed);
    if missing.is_empty() {
        return;
    }
    let ranks = name_ranks(&missing);
    let _ = if outcome.timed_out {
        writeln!(
            report,
            "  did not finish within {} s: {ranks}",
            test.time_limit.as_secs_f64()
        )
    } else if someone_failed {
        writeln!(report, "  had not finished when the job was ended: {ranks}")
    } else {
        writeln!(
            report,
            "  left without a verdict (an early exit, a signal, or no start at all): {ranks}"
        )
    };
}

fn name_ranks(ranks: &[usize]) -> String {
    let numbers: Vec<String> = ranks.iter().map(ToString::to_string).collect();
    format!(
        "{} {}",
        if ranks.len() == 1 { "rank" } else { "ranks" },
        numbers.join(", ")
    )
}

fn add_tail(report: &mut String, test: &SpmdTest, stream: &str, text: &str) {
    // Without a line's end, so that those of several ranks, and what they print, share a line.
    let announcement = format!("test {} ... ", test.harness_name());
    let text = text.replace(&announcement, "");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && *line != ANNOUNCEMENT)
        .collect();
    if lines.is_empty() {
        return;
    }
    let left_out = lines.len().saturating_sub(LINES);
    let _ = match left_out {
        0 => writeln!(report, "--- {stream} ---"),
        _ => writeln!(
            report,
            "--- {stream} (the last {LINES} of {} lines) ---",
            lines.len()
        ),
    };
    for line in &lines[left_out..] {
        let _ = writeln!(report, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TEST: SpmdTest = SpmdTest {
        name: "tests::sums::ranks_3",
        ranks: 3,
        time_limit: Duration::from_secs(60),
        environment: &[],
    };

    fn passed() -> Option<Verdict> {
        Some(Verdict::Passed)
    }

    fn panicked() -> Option<Verdict> {
        Some(Verdict::Panicked {
            location: "tests/a.rs:3:5".into(),
            message: "left\nright".into(),
        })
    }

    fn exit(code: i32) -> Outcome {
        Outcome {
            exit_code: Some(code),
            ..Outcome::default()
        }
    }

    #[test]
    fn a_pass_takes_every_rank_and_a_clean_end() {
        let all = [passed(), passed(), passed()];
        assert_eq!(of(&TEST, &all, &exit(0)), None);
        assert!(
            of(&TEST, &all, &exit(1))
                .expect("a failure")
                .contains("did not end well")
        );
        let report = of(&TEST, &[passed(), None, passed()], &exit(0)).expect("a failure");
        assert!(
            report.contains("left without a verdict") && report.contains("rank 1"),
            "{report}"
        );
    }

    #[test]
    fn ranks_that_fail_alike_are_named_together_and_the_unfinished_after_them() {
        let report = of(&TEST, &[panicked(), None, panicked()], &exit(101)).expect("a failure");
        let expected = "`sums::ranks_3` failed on 3 ranks (exit code 101)\n  ranks 0, 2 panicked at tests/a.rs:3:5:\n      \
                        left\n      right\n  had not finished when the job was ended: rank 1\n";
        assert_eq!(report, expected);
    }

    #[test]
    fn a_hang_names_who_hung() {
        let outcome = Outcome {
            timed_out: true,
            ..Outcome::default()
        };
        let report = of(&TEST, &[None, passed(), None], &outcome).expect("a failure");
        assert!(
            report.contains("did not finish within 60 s: ranks 0, 2"),
            "{report}"
        );
    }

    #[test]
    fn long_output_is_cut_to_its_end() {
        let stdout = (0..100).map(|line| format!("line {line}\n")).collect();
        let report = of(
            &TEST,
            &[panicked(), passed(), passed()],
            &Outcome { stdout, ..exit(1) },
        )
        .expect("a failure");
        assert!(
            report.contains("(the last 40 of 100 lines)") && report.contains("line 99"),
            "{report}"
        );
        assert!(!report.contains("line 59\n"), "{report}");
    }
}
