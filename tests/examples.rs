//! The examples on several numbers of ranks: what they print, and how they refuse.
#![forbid(unsafe_code)]

use partita_testing::run_example;

/// The lines of an example that ends well.
#[track_caller]
fn lines(name: &str, ranks: usize, arguments: &[&str]) -> Vec<String> {
    let outcome = run_example(name, ranks, arguments);
    assert!(
        outcome.success(),
        "{name} on {ranks} ranks: {outcome}\n{}",
        outcome.stderr
    );
    outcome.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_shared_array_has_the_same_numbers_on_any_number_of_ranks() {
    for ranks in [1, 2, 3, 5] {
        let printed = lines("shared_array", ranks, &[]);
        let saved = 2 * (ranks - 1);
        let expected = [
            format!("numbers  1000000, on {ranks} ranks of this machine"),
            // A known answer: the longest chain below a million.
            "longest  837799 takes 524 steps".to_owned(),
        ];
        assert_eq!(printed[..2], expected, "{printed:#?}");
        assert_eq!(printed[2], lines("shared_array", 1, &[])[2]);
        let memory = format!("memory   2.0 MB once, not {ranks} times: {saved}.0 MB saved");
        assert_eq!(printed[3], memory);
    }
    // More ranks than numbers.
    let few = lines("shared_array", 5, &["--below", "4"]);
    assert_eq!(few[1], "longest  3 takes 7 steps");
}

#[test]
fn the_ring_comes_back_with_the_sum_of_all_ranks() {
    for (ranks, laps, sum) in [
        (1, 10, "0"),
        (2, 100, "100"),
        (5, 1000, "10000"),
        (3, 0, "0"),
    ] {
        let printed = lines("ring", ranks, &["--laps", &laps.to_string()]);
        assert_eq!(printed[0], format!("ring   {ranks} ranks, {laps} laps"));
        let value = format!("value  {sum}, as it has to be: {laps} × (0");
        assert!(printed[1].starts_with(&value), "{printed:#?}");
        assert_eq!(printed.len(), if ranks > 1 && laps > 0 { 3 } else { 2 });
    }
}

#[test]
fn wrong_arguments_are_a_usage_error() {
    for (name, arguments) in [
        ("shared_array", ["--below", "1"]),
        ("ring", ["--laps", "-1"]),
    ] {
        let outcome = run_example(name, 2, arguments);
        assert_eq!(outcome.exit_code, Some(2), "{name}: {}", outcome.stderr);
    }
}
