use partita_testing::run_refused;

use super::lines;

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
        ("collectives", ["--ranks", "3"]),
        ("hello", ["--who", "there"]),
        ("shared_array", ["--below", "1"]),
        ("ring", ["--laps", "-1"]),
    ] {
        let outcome = run_refused(name, 2, arguments);
        assert_eq!(outcome.exit_code, Some(2), "{name}: {}", outcome.stderr);
    }
}
