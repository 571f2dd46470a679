//! A run that is stopped and resumed, on other numbers of ranks, ends as if nothing had been.

use std::path::Path;

use partita_testing::{TemporaryDirectory, run_example};

use crate::job::{end_of, succeed, text};

const STEPS: &str = "--steps=12";

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn the_resumed_run_ends_in_the_same_bytes() {
    let directory = TemporaryDirectory::new();
    let (whole, parts) = (directory.join("whole.h5"), directory.join("parts.h5"));
    let saved = directory.join("saved");
    let shape = "--shape=23,17";
    succeed(2, &[shape, STEPS, "--output", text(&whole)]);
    let arguments = [
        shape,
        STEPS,
        "--resume",
        "--checkpoint",
        text(&saved),
        "--output",
        text(&parts),
    ];
    // Each run is out of time after its first step.
    for (run, ranks) in [2, 1, 3, 4].into_iter().enumerate() {
        let ended = end_of(
            ranks,
            &[&arguments[..], &["--max-time=0"]].concat(),
            directory.path(),
        );
        assert_eq!(ended.codes, vec![Some(75); ranks], "{}", ended.outcome);
        let said = format!(
            "stopped after step {}, which {} holds",
            run + 1,
            saved.display()
        );
        assert_eq!(
            ended.outcome.stderr.matches(&said).count(),
            1,
            "{}",
            ended.outcome.stderr
        );
        assert!(!parts.exists());
    }
    assert_eq!(files(&saved).len(), 2);
    let end = [&arguments[..], &["--every=5"]].concat();
    succeed(3, &end);
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&parts).unwrap());
    let names = [
        "step-00000000000000000005.h5",
        "step-00000000000000000010.h5",
    ];
    assert_eq!(files(&saved), names);

    // The newest is damaged: the one before it does.
    let newest = saved.join(names[1]);
    let mut bytes = std::fs::read(&newest).unwrap();
    // Within the temperatures, which are what comes last.
    let place = bytes.len() / 4 * 3;
    bytes[place] ^= 0x10;
    std::fs::write(&newest, bytes).unwrap();
    std::fs::remove_file(&parts).unwrap();
    let outcome = run_example("heat", 2, arguments);
    assert!(outcome.success(), "{outcome}");
    assert!(
        outcome.stderr.contains("trying an earlier checkpoint"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("cannot verify \"/u\" in"),
        "{}",
        outcome.stderr
    );
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&parts).unwrap());

    // Another run's checkpoint is not taken for this one's.
    let other = run_example("heat", 2, [&arguments[..], &["--alpha=0.2"]].concat());
    assert_eq!(other.exit_code, Some(2), "{other}");
    assert!(
        other
            .stderr
            .contains("of a run with alpha = 0.1, this one has 0.2"),
        "{}",
        other.stderr
    );
    let from = format!("--input={}:/u", text(&whole));
    let other = run_example("heat", 2, [&[from.as_str()], &arguments[1..]].concat());
    assert_eq!(other.exit_code, Some(2), "{other}");
    let said = "of a run with digest of the start = ";
    assert!(other.stderr.contains(said), "{}", other.stderr);

    // Nor does a new run put its own among them.
    let anew: Vec<_> = arguments
        .iter()
        .filter(|&&word| word != "--resume")
        .copied()
        .collect();
    let anew = run_example("heat", 2, anew);
    assert_eq!(anew.exit_code, Some(2), "{anew}");
    let said = "holds checkpoints of an earlier run, the last of step 10";
    assert!(anew.stderr.contains(said), "{}", anew.stderr);
}
