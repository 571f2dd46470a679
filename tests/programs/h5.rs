use std::path::{Path, PathBuf};

use partita_testing::{TemporaryDirectory, run_example};

use crate::lines;

fn heat(directory: &TemporaryDirectory, name: &str, steps: &str) -> PathBuf {
    let path = directory.join(name);
    let output = path.to_str().unwrap();
    let shape = ["--shape", "30,20", "--steps", steps, "--output", output];
    lines("heat", 2, &shape);
    path
}

fn at(path: &Path, name: &str) -> String {
    format!("{}:{name}", path.display())
}

#[test]
fn a_file_is_inspected_verified_copied_and_compared_on_any_number_of_ranks() {
    let directory = TemporaryDirectory::new();
    let (short, long) = (
        heat(&directory, "short.h5", "3"),
        heat(&directory, "long.h5", "30"),
    );
    let copy = directory.join("copy.h5");
    for ranks in [1, 3] {
        let inspected = lines("h5", ranks, &["inspect", short.to_str().unwrap()]);
        assert_eq!(inspected[..2], [short.to_str().unwrap(), "/"]);
        assert!(
            inspected.contains(&"    alpha = 0.1".to_string()),
            "{inspected:?}"
        );
        let u = inspected.last().unwrap();
        assert!(
            u.starts_with("/u  float64 [30, 20], 4800 bytes, checksum "),
            "{u}"
        );

        assert_eq!(
            lines("h5", ranks, &["verify", short.to_str().unwrap()]),
            ["/u  intact"]
        );

        let name = format!("/of {ranks}/u");
        assert!(lines("h5", ranks, &["copy", &at(&short, "/u"), &at(&copy, &name)]).is_empty());
        let same = lines(
            "h5",
            ranks,
            &["compare", &at(&short, "/u"), &at(&copy, &name)],
        );
        assert_eq!(same, ["600 elements, largest difference 0e0"]);

        let differ = run_example(
            "h5",
            ranks,
            ["compare", &at(&short, "/u"), &at(&long, "/u")],
        );
        assert_eq!(differ.exit_code, Some(1), "{differ}");
        assert!(
            differ
                .stderr
                .contains(" of 600 elements differ, the first at ["),
            "{differ}"
        );
        let tolerant = [
            "compare",
            &at(&short, "/u"),
            &at(&long, "/u"),
            "--tolerance",
            "1000",
        ];
        assert_eq!(lines("h5", ranks, &tolerant).len(), 1);
    }
    // What was copied carries its checksum along.
    let verified = lines("h5", 2, &["verify", copy.to_str().unwrap()]);
    assert_eq!(verified, ["/of 1/u  intact", "/of 3/u  intact"]);
}

#[test]
fn damage_is_an_error_that_names_the_dataset() {
    let directory = TemporaryDirectory::new();
    let path = heat(&directory, "heat.h5", "3");
    // Behind the damaged one in the order of names.
    let whole = heat(&directory, "whole.h5", "2");
    lines("h5", 1, &["copy", &at(&whole, "/u"), &at(&path, "/v")]);
    let mut bytes = std::fs::read(&path).unwrap();
    let hot = 60f64.to_le_bytes();
    let at = bytes.windows(8).position(|window| window == hot).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let outcome = run_example("h5", 2, ["verify", path.to_str().unwrap()]);
    assert_eq!(outcome.exit_code, Some(3), "{outcome}");
    assert!(
        outcome.stderr.contains("cannot verify \"/u\" in "),
        "{}",
        outcome.stderr
    );
    let all: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(all, ["/u  cannot be trusted", "/v  intact"]);
    let missing = run_example("h5", 2, ["inspect", "missing.h5"]);
    assert_eq!(missing.exit_code, Some(4), "{missing}");
}
