use std::path::{Path, PathBuf};
use std::process::Command;

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
    let failed = document(&["inspect", "/dev/null"], 4);
    assert_eq!(failed["exit_code"], 4);
    let error = failed["error"].as_str().unwrap();
    assert!(error.ends_with("/dev/null: it is a device"), "{error}");
    for wrong in [
        &["compare", "a.h5"][..],
        &["compare", "a.h5", "b.h5", "--tolerance=-1"],
        &["compare", "a.h5", "b.h5", "--relative=nan"],
        &["compare", "a.h5", "b.h5", "--relative", "much"],
        &["verify"],
        &["inspect", "a.h5", "--jsn"],
        &["copy", "a.h5:", "b.h5"],
    ] {
        let outcome = run_refused("h5", 2, wrong);
        assert_eq!(outcome.exit_code, Some(2), "{outcome}\n{}", outcome.stderr);
    }
}

/// Makes files with h5py; false where there is none.
fn h5py(program: &str, files: &[&Path]) -> bool {
    let python = || {
        let mut python = Command::new("/usr/bin/python3");
        python.env_clear();
        python
    };
    let there = python().args(["-c", "import h5py"]).output();
    if !there.is_ok_and(|there| there.status.success()) {
        eprintln!("skipped: no python3 with h5py here");
        return false;
    }
    let program = format!("import h5py, sys, numpy as np\n{program}");
    let output = python().arg("-c").arg(program).args(files).output();
    let output = output.expect("python3 runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

#[test]
fn names_and_texts_of_a_file_command_no_terminal_and_hide_nothing() {
    let directory = TemporaryDirectory::new();
    let (hostile, unnamed) = (directory.join("hostile.h5"), directory.join("unnamed.h5"));
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file["esc\x1b[2J"] = np.arange(3)
    file["line\nbreak\ttab"] = np.arange(3.0)
    file['quote"\\'] = 1
    file["turn\u202e"] = 1
    file["wide \u6f22\u5b57"] = 1
    file["dangling"] = h5py.SoftLink("/nowhere\x1b[2J")
    file["loop"] = h5py.SoftLink("/loop")
    file["good"] = h5py.SoftLink("/wide \u6f22\u5b57")
    file["outside"] = h5py.ExternalLink("other\x07.h5", "/x")
    file["detour"] = h5py.SoftLink("/outside/y")
    deep = file.create_group("deep")
    for level in range(40):
        deep = deep.create_group("d")
    deep["circle"] = file["/"]
    file["deep/kind"] = np.dtype("f8")
    file.attrs["text"] = "a\x1b[31m\r\nb"
    file.attrs["long"] = "x" * 60000
    file.attrs["bytes"] = np.bytes_(b"\xff\x1b")
    file.attrs["na\x1bme"] = np.arange(7000)
with h5py.File(sys.argv[2], "w") as file:
    file["plain"] = np.arange(3.0)
    file[b"data\xff"] = np.arange(3.0)
    file.create_group(b"group\xfe")["in"] = 1
    file[b"link\xfe"] = h5py.SoftLink("/plain")
"#;
    if !h5py(program, &[&hostile, &unnamed]) {
        return;
    }
    let inspected = run_example("h5", 2, ["inspect", hostile.to_str().unwrap()]);
    assert!(inspected.success(), "{inspected}");
    let is_obeyed = |character: char| character.is_control() && character != '\n';
    assert!(!inspected.stdout.contains(is_obeyed), "{inspected}");
    let all: Vec<&str> = inspected.stdout.lines().collect();
    for line in [
        "/esc\\u{1b}[2J  int64 [3], 24 bytes, no checksum",
        "/line\\nbreak\\ttab  float64 [3], 24 bytes, no checksum",
        "/quote\"\\  int64 [], 8 bytes, no checksum",
        "/turn\\u{202e}  int64 [], 8 bytes, no checksum",
        "/wide \u{6f22}\u{5b57}  int64 [], 8 bytes, no checksum",
        "/dangling -> /nowhere\\u{1b}[2J  which leads nowhere",
        "/loop -> /loop  which leads nowhere",
        "/good -> /wide \u{6f22}\u{5b57}",
        "/outside -> other\\u{7}.h5:/x  in another file",
        "/detour -> /outside/y  in another file",
        "/deep/kind  a type",
        "    text = a\\u{1b}[31m\\r\\nb",
        "    bytes = \u{fffd}\\u{1b}",
        "inspect: groups=42 datasets=5 links=5 others=2 bytes=72",
    ] {
        assert!(all.contains(&line), "{line:?} is not in\n{inspected}");
    }
    let circle = format!(
        "/deep{}/circle  a group that has another name",
        "/d".repeat(40)
    );
    assert!(all.contains(&circle.as_str()), "{inspected}");
    let long = all.iter().filter(|line| line.contains("more characters)"));
    assert_eq!(long.count(), 2, "{inspected}");
    assert!(all.iter().all(|line| line.chars().count() < 450));

    let document = run_example("h5", 3, ["inspect", "--json", hostile.to_str().unwrap()]);
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    let entries = document["entries"].as_array().unwrap();
    assert_eq!(entries[0]["attributes"]["text"], "a\u{1b}[31m\r\nb");
    let long = entries[0]["attributes"]["long"].as_str().unwrap();
    assert_eq!(long.len(), 60_000);
    let named = |name: &str| entries.iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!(named("/line\nbreak\ttab")["element"], "float64");
    assert_eq!(named("/outside")["leads"], "other_file");
    assert_eq!(named("/loop")["leads"], "nowhere");
    // Nothing in a circle is listed twice, and errors name what is there.
    let verified = lines("h5", 2, &["verify", hostile.to_str().unwrap()]);
    assert_eq!(verified.len(), 6, "{verified:?}");
    let missing = run_refused("h5", 1, ["copy", &at(&hostile, "/no"), "copy.h5"]);
    assert_eq!(missing.exit_code, Some(3), "{missing}");
    assert!(
        missing.stderr.contains("/esc\\u{1b}[2J"),
        "{}",
        missing.stderr
    );
    assert!(!missing.stderr.contains('\u{1b}'), "{}", missing.stderr);

    let verified = lines("h5", 2, &["verify", unnamed.to_str().unwrap()]);
    let last = "verify: intact=0 damaged=0 without_checksum=1 not_verified=3";
    assert_eq!(verified.last().unwrap(), last);
    let line = "/data\u{fffd}  not verified: its name is not UTF-8".to_string();
    assert!(verified.contains(&line), "{verified:?}");
    let inspected = lines("h5", 1, &["inspect", unnamed.to_str().unwrap()]);
    let line = "/link\u{fffd}  has a name that is not UTF-8".to_string();
    assert!(inspected.contains(&line), "{inspected:?}");
}

#[test]
fn what_differs_is_told_by_place_and_values_within_both_tolerances() {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file["one"] = np.array([0.0, 1.0, np.nan, -0.0, 1000.0])
    file["other"] = np.array([0.0, 1.5, np.nan, 0.0, 1001.0])
    file["texts"] = ["a", "b\x1b"]
    file["others"] = np.array([b"a", b"c"])
    file["complex"] = np.array([np.inf, 1, 2, 3, 4j])
"#;
    if !h5py(program, &[&path]) {
        return;
    }
    let run = |one: &str, other: &str, more: &[&str]| {
        let (one, other) = (at(&path, one), at(&path, other));
        let arguments = ["compare", &one, &other]
            .into_iter()
            .chain(more.iter().copied());
        run_refused("h5", 2, arguments)
    };
    let differ = run("/one", "/other", &[]);
    assert_eq!(differ.exit_code, Some(1), "{differ}");
    let said = "2 of 5 elements differ, the first at [1] (1.0 and 1.5), by 1e0 at most\n\
                compare: differ elements=5 different=2 largest=1e0\n";
    assert_eq!(differ.stdout, said);
    let near = ["--tolerance", "0.5", "--relative", "0.001"];
    assert!(run("/one", "/other", &near).success());
    assert_eq!(run("/one", "/other", &near[..2]).exit_code, Some(1));
    let texts = run("/texts", "/others", &["--json"]);
    let texts: Value = serde_json::from_str(&texts.stdout).unwrap();
    assert_eq!(texts["values"], json!(["\"b\\u{1b}\"", "\"c\""]));
    let refused = run("/texts", "/complex", &[]);
    assert_eq!(refused.exit_code, Some(1), "{refused}");
    let infinite = run("/one", "/complex", &["--json"]);
    let infinite: Value = serde_json::from_str(&infinite.stdout).unwrap();
    assert_eq!(
        (&infinite["same"], &infinite["largest"]),
        (&json!(false), &json!(null))
    );
}

#[test]
fn other_files_are_left_alone_unless_they_are_asked_for_and_what_stays_behind_is_named() {
    let directory = TemporaryDirectory::new();
    let (parts, copy) = (directory.join("parts.h5"), directory.join("copy.h5"));
    let program = r#"
import os
with h5py.File(os.path.join(os.path.dirname(sys.argv[1]), "part.h5"), "w") as part:
    part["x"] = np.arange(4.0)
with h5py.File(sys.argv[1], "w") as file:
    file["link"] = h5py.ExternalLink("part.h5", "/x")
    file["u"] = np.arange(4.0)
    file["u"].attrs.create("origin", file["u"].ref, dtype=h5py.ref_dtype)
"#;
    if !h5py(program, &[&parts]) {
        return;
    }
    let (link, u) = (at(&parts, "/link"), at(&parts, "/u"));
    let refused = run_refused("h5", 2, ["compare", &link, &u]);
    assert_eq!(refused.exit_code, Some(3), "{refused}");
    assert!(
        refused.stderr.contains("a link into another file"),
        "{}",
        refused.stderr
    );
    let same = lines("h5", 2, &["compare", &link, &u, "--other-files"]);
    assert_eq!(same[1], "compare: same elements=4 different=0 largest=0e0");
    let copied = lines("h5", 2, &["copy", &u, &at(&copy, "/u")]);
    let expected = [
        "left behind: attribute \"origin\" of \"/u\", a reference",
        "copy: groups=0 datasets=1 links=0 bytes=32 left=1",
    ];
    assert_eq!(copied, expected);
    let filters = run_refused("h5", 1, ["verify", &u, "--filters", "missing"]);
    assert_eq!(filters.exit_code, Some(4), "{filters}");
    assert!(
        filters.stderr.contains("cannot load filters from missing"),
        "{}",
        filters.stderr
    );
}
