//! The program `pi`: one answer on any number of ranks, files that go on, and wrong uses.

use std::path::Path;
use std::process::Command;

use partita_testing::{TemporaryDirectory, example, run_example, run_refused};

use crate::lines;

/// The word after `name` of the summary in JSON.
fn field(json: &str, name: &str) -> String {
    let start = json.find(&format!("\"{name}\":")).expect(name) + name.len() + 3;
    let value = &json[start..];
    value[..value.find([',', '}']).expect("an end")]
        .trim_matches('"')
        .to_owned()
}

fn summary(ranks: usize, arguments: &[&str]) -> String {
    let lines = lines("pi", ranks, &[arguments, &["--json"]].concat());
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

#[test]
fn pi_is_the_same_on_any_number_of_ranks() {
    for (method, samples) in [
        ("random", "1e6"),
        ("sobol", "20000"),
        ("stratified", "2e4"),
        ("antithetic", "20000"),
    ] {
        let of_one = summary(1, &["--samples", samples, "--method", method]);
        let of_three = summary(3, &["--samples", samples, "--method", method]);
        for name in ["hits", "samples", "estimate", "standard_error"] {
            assert_eq!(
                field(&of_one, name),
                field(&of_three, name),
                "{method}: {of_one} {of_three}"
            );
        }
        let number = |name| field(&of_one, name).parse::<f64>().expect("a number");
        assert!(
            number("error").abs() < 4.0 * number("standard_error"),
            "{of_one}"
        );
    }
    // As another implementation, in Python, counts them.
    assert_eq!(
        field(&summary(2, &["--samples=1_000_000"]), "hits"),
        "785531"
    );
}

#[test]
fn the_summary_says_what_was_found_and_written() {
    let directory = TemporaryDirectory::new();
    let (output, picture) = (directory.join("pi.h5"), directory.join("pi.png"));
    let arguments = [
        "--samples=1e6",
        "--output",
        text(&output),
        "--png",
        text(&picture),
    ];
    for ranks in [1, 3] {
        let summary = lines("pi", ranks, &arguments).join("\n");
        for word in [
            "pi          3.1",
            "785531 of 1000000 random darts of seed 42",
            "darts/s",
            text(&output),
            text(&picture),
        ] {
            assert_eq!(summary.matches(word).count(), 1, "{word:?} in {summary}");
        }
        let bytes = std::fs::read(&picture).expect("a picture");
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_in_the_same_bytes() {
    let directory = TemporaryDirectory::new();
    let [whole, parts, saved] = ["whole.h5", "parts.h5", "saved"].map(|name| directory.join(name));
    summary(2, &["--samples=2e6", "--output", text(&whole)]);
    let resume = ["--checkpoint", text(&saved), "--resume"];
    let arguments = [&resume[..], &["--samples=2e6", "--output", text(&parts)]].concat();
    // Out of time at once: between two looks, and at the first of them.
    for (ranks, every, darts) in [(2, "1000", 1000), (1, "3000", 3000), (3, "5000", 4096)] {
        let late = [&arguments[..], &["--max-time=0", "--every", every]].concat();
        let outcome = run_example("pi", ranks, late);
        assert_eq!(outcome.exit_code, Some(75), "{outcome:#?}");
        let said = format!(
            "stopped after step {darts}, which {} holds",
            saved.display()
        );
        assert!(outcome.stderr.contains(&said), "{outcome:#?}");
        assert!(!parts.exists());
    }
    let found = summary(3, &[&arguments[..], &["--every=7e5"]].concat());
    assert_eq!(field(&found, "samples"), "2000000");
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&parts).unwrap());
    // Nothing is left to do; and then more is.
    let again = summary(1, &[&resume[..], &["--samples=1e6"]].concat());
    assert_eq!(field(&again, "hits"), field(&found, "hits"));
    let longer = summary(2, &[&resume[..], &["--samples=3e6"]].concat());
    let at_once = summary(2, &["--samples=3e6"]);
    assert_eq!(field(&longer, "hits"), field(&at_once, "hits"));
    let other = run_refused("pi", 2, [&resume[..], &["--seed=7"]].concat());
    assert_eq!(other.exit_code, Some(2), "{other:#?}");
    let said = "of a run with seed = 42, this one has 7";
    assert!(other.stderr.contains(said), "{other:#?}");
    let anew = run_refused("pi", 2, ["--samples=1e6", "--checkpoint", text(&saved)]);
    assert_eq!(anew.exit_code, Some(2), "{anew:#?}");
    let said = "holds checkpoints of an earlier run, the last of step 3000000";
    assert!(anew.stderr.contains(said), "{anew:#?}");
}

#[test]
fn the_file_has_the_same_bytes_on_any_number_of_ranks() {
    let directory = TemporaryDirectory::new();
    let files = [1, 3].map(|ranks| {
        let file = directory.join(format!("{ranks}.h5"));
        lines("pi", ranks, &["--samples=1e5", "--output", text(&file)]);
        std::fs::read(file).expect("a file")
    });
    assert!(files[0] == files[1]);
}

#[test]
fn a_tolerance_ends_the_run() {
    for method in ["random", "sobol"] {
        let found = summary(
            2,
            &["--samples=1e10", "--tolerance=1e-3", "--method", method],
        );
        let error: f64 = field(&found, "standard_error").parse().expect("a number");
        assert!(
            error <= 1e-3 && field(&found, "samples").len() < 8,
            "{found}"
        );
    }
}

#[test]
fn pi_refuses_wrong_uses_on_every_rank() {
    let directory = TemporaryDirectory::new();
    let folder = directory.join("folder");
    std::fs::create_dir(&folder).expect("made");
    let step = folder.join("step-00000000000000000007.h5");
    std::fs::write(&step, "no HDF5").expect("written");
    let file = directory.join("file");
    std::fs::write(&file, "no folder").expect("written");
    let nowhere = directory.join("no/such/folder/pi.h5");
    let same = directory.join("same");
    let cases: [(&[&str], i32, &str); 15] = [
        (&["--samples=0"], 2, "a whole number"),
        (&["--samples=1.5"], 2, "a whole number"),
        (&["--samples=-3"], 2, "whole number"),
        (&["--samples=1e30"], 2, "a whole number"),
        (&["--tolerance=0"], 2, "a positive number"),
        (&["--method=guess"], 2, "sobol"),
        (&["--sampels=3"], 2, "--sampels"),
        (
            &["--checkpoint", text(&folder), "--method=sobol"],
            2,
            "cannot be gone on with",
        ),
        (&["--resume"], 2, "--checkpoint"),
        (&["--every=1e3"], 2, "--checkpoint"),
        (
            &["--checkpoint", text(&folder), "--max-time=-1"],
            2,
            "a number of seconds",
        ),
        (
            &["--output", text(&same), "--png", text(&same)],
            2,
            "both name",
        ),
        (
            &["--checkpoint", text(&folder), "--resume"],
            3,
            "it is not an HDF5 file",
        ),
        (&["--checkpoint", text(&file)], 4, "cannot make"),
        (&["--output", text(&nowhere)], 4, "pi.h5"),
    ];
    for (arguments, code, word) in cases {
        for ranks in [1, 3] {
            let outcome = run_refused("pi", ranks, arguments);
            assert_eq!(outcome.exit_code, Some(code), "{arguments:?}: {outcome:#?}");
            assert!(outcome.stderr.contains(word), "{arguments:?}: {outcome:#?}");
            assert!(outcome.stdout.is_empty(), "{arguments:?}: {outcome:#?}");
        }
    }
}

/// Without a launcher, whose pipe would be another.
#[test]
fn what_reads_the_output_may_stop_reading() {
    let directory = TemporaryDirectory::new();
    for (name, argument, expected) in [
        ("pi", "--samples=1e5", "pi  "),
        ("rng-dump", "--count=200000", "5987356902031041503"),
    ] {
        let job = example(name, 1).command();
        let program = job.get_args().nth(2).expect("-n 1 PROGRAM");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "\"$0\" \"$1\" | head -1"])
            .arg(program)
            .arg(argument);
        shell.env("OMPI_MCA_orte_tmpdir_base", directory.path());
        let ended = shell.output().expect("there is a shell");
        let [heard, told] =
            [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(heard.starts_with(expected), "{heard}");
        assert_eq!(told, "", "{name}");
    }
}

/// Of few samples, too: they come in more blocks then.
#[test]
fn the_interval_is_as_wide_as_its_observations_say() {
    for (method, samples) in [
        ("stratified", "5000"),
        ("antithetic", "5000"),
        ("sobol", "5000"),
    ] {
        let text = lines("pi", 2, &["--samples", samples, "--method", method]).join("\n");
        let numbers: Vec<f64> = text
            .lines()
            .next()
            .expect("a line")
            .split_whitespace()
            .filter_map(|word| word.trim_end_matches(',').parse().ok())
            .collect();
        // The estimate, its error, 95 %, and the two ends.
        let [_, error, _, low, high] = numbers[..] else {
            panic!("{text}");
        };
        let width = (high - low) / error;
        assert!((3.8..4.5).contains(&width), "{method}: {text}");
    }
}
