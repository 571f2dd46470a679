use partita_testing::{TemporaryDirectory, run_example, run_refused};

#[test]
fn ping_pong_prints_a_line_for_each_size_and_draws_them() {
    let directory = TemporaryDirectory::new();
    let png = directory.join("chart.png");
    for ranks in [2, 3] {
        let picture = png.to_str().expect("a path of text");
        let arguments = ["--largest", "4096", "--batches", "1", "--png", picture];
        let outcome = run_example("ping_pong", ranks, arguments);
        assert!(outcome.success(), "{outcome:#?}");
        let sizes: Vec<&str> = outcome
            .stdout
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(sizes, ["8", "64", "512", "4096"]);
        let bytes = std::fs::read(&png).expect("a picture");
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    }
}

#[test]
fn ping_pong_says_that_it_needs_two_ranks() {
    let outcome = run_example("ping_pong", 1, [""; 0]);
    assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
    assert!(
        outcome
            .stderr
            .contains("error: ping_pong: two ranks are needed")
    );
}

#[test]
fn lengths_that_no_memory_holds_are_refused_once() {
    for (name, flag) in [("broadcast", "--length"), ("ping_pong", "--largest")] {
        let outcome = run_refused(name, 2, [flag, "18446744073709551615"]);
        assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
        assert_eq!(outcome.stderr.matches("error:").count(), 1, "{outcome:#?}");
    }
}

#[test]
fn broadcast_times_both_forms_on_any_number_of_ranks() {
    for ranks in [1, 3] {
        let outcome = run_example(
            "broadcast",
            ranks,
            ["--length", "1000", "--repetitions", "2"],
        );
        assert!(outcome.success(), "{outcome:#?}");
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        assert_eq!(
            lines[0],
            format!("broadcast of 1000 doubles to {ranks} ranks")
        );
        assert!(lines[1].starts_with("as a buffer"), "{outcome:#?}");
        assert!(lines[2].starts_with("as an object"), "{outcome:#?}");
    }
}
