use std::path::{Path, PathBuf};

use partita_testing::{TemporaryDirectory, run_example, run_refused};
use serde_json::{Value, json};

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
        let last = "inspect: groups=1 datasets=1 links=0 others=0 bytes=4800";
        assert_eq!(inspected.last().unwrap(), last);
        let u = &inspected[inspected.len() - 2];
        assert!(
            u.starts_with("/u  float64 [30, 20], 4800 bytes, checksum "),
            "{u}"
        );

        assert_eq!(
            lines("h5", ranks, &["verify", short.to_str().unwrap()]),
            [
                "/u  intact",
                "verify: intact=1 damaged=0 without_checksum=0 not_verified=0"
            ]
        );

        let name = format!("/of {ranks}/u");
        let copied = lines("h5", ranks, &["copy", &at(&short, "/u"), &at(&copy, &name)]);
        assert_eq!(
            copied,
            ["copy: groups=0 datasets=1 links=0 bytes=4800 left=0"]
        );
        let same = lines(
            "h5",
            ranks,
            &["compare", &at(&short, "/u"), &at(&copy, &name)],
        );
        let last = "compare: same elements=600 different=0 largest=0e0";
        assert_eq!(same, ["600 elements, largest difference 0e0", last]);

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
        let tolerant = lines("h5", ranks, &tolerant);
        assert_eq!(tolerant.len(), 2);
        let last = "compare: same elements=600 different=0 largest=";
        assert!(tolerant[1].starts_with(last), "{tolerant:?}");
    }
    // What was copied carries its checksum along.
    let verified = lines("h5", 2, &["verify", copy.to_str().unwrap()]);
    let last = "verify: intact=2 damaged=0 without_checksum=0 not_verified=0";
    assert_eq!(verified, ["/of 1/u  intact", "/of 3/u  intact", last]);
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
    assert_eq!(outcome.exit_code, Some(1), "{outcome}");
    assert!(
        outcome.stderr.contains("cannot verify \"/u\" in "),
        "{}",
        outcome.stderr
    );
    let all: Vec<&str> = outcome.stdout.lines().collect();
    let last = "verify: intact=1 damaged=1 without_checksum=0 not_verified=0";
    assert_eq!(all, ["/u  cannot be trusted", "/v  intact", last]);
    let verified = run_example("h5", 2, ["verify", "--json", path.to_str().unwrap()]);
    assert_eq!(verified.exit_code, Some(1), "{verified}");
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(
        (&verified["intact"], &verified["damaged"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(verified["datasets"][0]["verdict"], "cannot be trusted");
    let detail = verified["datasets"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("not what was written"), "{detail}");
    let missing = run_example("h5", 2, ["inspect", "missing.h5"]);
    assert_eq!(missing.exit_code, Some(4), "{missing}");
}

#[test]
fn json_is_one_document_that_says_what_the_exit_code_does() {
    let directory = TemporaryDirectory::new();
    let one = heat(&directory, "one.h5", "2");
    let other = directory.join("other.h5");
    let shape = [
        "--shape",
        "20,30",
        "--steps",
        "2",
        "--output",
        other.to_str().unwrap(),
    ];
    lines("heat", 2, &shape);
    let document = |arguments: &[&str], code: i32| -> Value {
        let outcome = run_example("h5", 3, arguments.iter().chain(&["--json"]));
        assert_eq!(
            outcome.exit_code,
            Some(code),
            "{outcome}\n{}",
            outcome.stderr
        );
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let inspected = document(&["inspect", one.to_str().unwrap()], 0);
    assert_eq!(
        (&inspected["groups"], &inspected["bytes"]),
        (&json!(1), &json!(4800))
    );
    let [root, u] = inspected["entries"].as_array().unwrap().as_slice() else {
        panic!("{inspected}");
    };
    assert_eq!(
        (&root["kind"], &root["attributes"]["alpha"]),
        (&json!("group"), &json!("0.1"))
    );
    assert_eq!(
        (&u["kind"], &u["shape"], &u["element"]),
        (&json!("dataset"), &json!([30, 20]), &json!("float64"))
    );
    let same = document(&["compare", &at(&one, "/u"), one.to_str().unwrap()], 0);
    assert_eq!(
        (&same["same"], &same["elements"], &same["first"]),
        (&json!(true), &json!(600), &json!(null))
    );
    let apart = document(&["compare", &at(&one, "/u"), &at(&other, "/u")], 1);
    assert_eq!(apart["same"], false);
    assert!(
        apart["detail"]
            .as_str()
            .unwrap()
            .contains("the shapes are [30, 20] and [20, 30]"),
        "{apart}"
    );
    let copied = document(&["copy", &at(&one, "/u"), &at(&other, "/v")], 0);
    assert_eq!(
        (&copied["datasets"], &copied["left"]),
        (&json!(1), &json!([]))
    );
    for wrong in [
        &["compare", "a.h5"][..],
        &["verify"],
        &["inspect", "a.h5", "--jsn"],
        &["copy", "a.h5:", "b.h5"],
    ] {
        let outcome = run_refused("h5", 2, wrong);
        assert_eq!(outcome.exit_code, Some(2), "{outcome}\n{}", outcome.stderr);
    }
}
