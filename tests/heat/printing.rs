//! What people and scripts get to see.

use std::path::Path;
use std::process::Command;

use partita_testing::{TemporaryDirectory, example, run};

use crate::job::{program, succeed, text};
use crate::tools::{dataset, h5py, printed};

#[test]
fn help_and_version_are_printed_once() {
    let help = succeed(3, &["--help"]).stdout;
    for word in ["Usage: heat", "--input", "--periodic"] {
        assert_eq!(help.matches(word).count(), 1, "{word} in {help}");
    }
    let version = succeed(3, &["--version"]).stdout;
    assert_eq!(version, format!("heat {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_summary_names_what_was_done_and_written() {
    let directory = TemporaryDirectory::new();
    let output = directory.join("out.h5");
    let argument = format!("--output={}", text(&output));
    let summary = succeed(2, &["--shape=8,6", "--periodic", "--steps=9", &argument]).stdout;
    for word in ["8 × 6", "2 ranks", "9 steps", "total heat", text(&output)] {
        assert_eq!(summary.matches(word).count(), 1, "{word:?} in {summary}");
    }
}

/// Strict: the words for numbers that JSON does not have, and Python takes all the same, are refused.
const PARSE: &str = r#"
import json, sys
def refuse(word):
    sys.exit(f"{word} is no JSON")
lines = sys.argv[1].splitlines()
assert len(lines) == 1, lines
summary = json.loads(lines[0], parse_constant=refuse)
for name in ["shape", "ranks", "steps", "heat_start", "heat_end", "seconds", "cell_updates_per_second_per_rank"]:
    print(name, summary[name] if "second" not in name else summary[name] > 0)
"#;

fn parsed(summary: &str) -> String {
    printed(Command::new("/usr/bin/python3").args(["-c", PARSE, summary]))
}

#[test]
fn the_json_is_one_line_with_every_field_filled() {
    let summary = succeed(3, &["--json", "--shape=4,3", "--steps=2", "--periodic"]).stdout;
    let expected = "shape [4, 3]\nranks 3\nsteps 2\nheat_start 260.0\nheat_end 260.0\n\
                    seconds True\ncell_updates_per_second_per_rank True\n";
    assert_eq!(parsed(&summary), expected);
}

#[test]
fn the_json_is_json_even_when_the_temperatures_are_no_numbers() {
    let directory = TemporaryDirectory::new();
    const WRITE: &str = r#"
with h5py.File(sys.argv[1] + "/holes.h5", "w") as file:
    file["u"] = np.array([1, np.nan, 2, np.inf])
"#;
    if h5py(WRITE, &[directory.path()]).is_none() {
        return;
    }
    let input = format!("--input={}", text(&directory.join("holes.h5")));
    let picture = format!("--png={}", text(&directory.join("holes.png")));
    let summary = succeed(2, &["--json", "--steps=2", &input, &picture]).stdout;
    let parsed = parsed(&summary);
    assert!(
        parsed.contains("heat_start None\nheat_end None"),
        "{parsed}"
    );
}

#[test]
fn a_pipe_gets_no_progress_bar() {
    let arguments = ["--shape=40,40", "--steps=300"];
    let is_control = |letter: char| letter.is_control() && letter != '\n';
    let quiet = succeed(2, &arguments);
    assert!(!quiet.stdout.contains(is_control), "{:?}", quiet.stdout);

    // That it could be told: where a terminal is claimed to be, there are some.
    let launch = example("heat", 2).arguments(arguments);
    let watched = run(launch.environment("PARTITA_PROGRESS", "always"));
    assert!(watched.stderr.contains(is_control), "{:?}", watched.stderr);
    assert!(!watched.stdout.contains(is_control), "{:?}", watched.stdout);
}

#[test]
fn a_reader_that_leaves_keeps_nothing_from_being_written() {
    let directory = TemporaryDirectory::new();
    for (number, reader) in ["head -1", "head -c 1", "true"].into_iter().enumerate() {
        let output = directory.join(format!("{number}.h5"));
        let (heard, told) = alone(&output, reader, directory.path());
        assert_eq!(dataset(&output, "/u").len(), 8 * 20 * 30, "{reader}");
        assert_eq!(told, "", "{reader}");
        match reader {
            "head -1" => assert!(heard.starts_with("heat  "), "{heard:?}"),
            _ => assert!(heard.len() <= 1, "{heard:?}"),
        }
    }
}

/// `heat | reader`, without a launcher: what the reader heard, and what was told beside it.
fn alone(output: &Path, reader: &str, directory: &Path) -> (String, String) {
    let script = format!("\"$0\" --shape=20,30 --steps=20 --output=\"$1\" | {reader}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).arg(program()).arg(output);
    // Open MPI keeps what belongs to a run in a folder: one of its own, beside other runs.
    let ended = shell.env("OMPI_MCA_orte_tmpdir_base", directory).output();
    let ended = ended.expect("there is a shell");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (text(&ended.stdout), text(&ended.stderr))
}
