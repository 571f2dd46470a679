use partita_testing::{run_example, run_refused};

/// The numbers of one column of the table.
fn column(lines: &[&str], column: usize) -> Vec<u64> {
    let number = |line: &&str| line.split_whitespace().nth(column)?.parse().ok();
    lines
        .iter()
        .map(|line| number(line).expect("a number"))
        .collect()
}

#[test]
fn the_primes_are_the_same_on_any_number_of_ranks() {
    // π(100 000), as tables have it.
    for (ranks, range) in [(1, "30000"), (2, "1000"), (3, "777"), (5, "1000000")] {
        let outcome = run_example("farm", ranks, ["--limit", "100000", "--range", range]);
        assert!(outcome.success(), "{outcome:#?}");
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        let (last, table) = lines.split_last().expect("lines");
        assert!(
            last.starts_with("9592 primes below 100000, in "),
            "{outcome:#?}"
        );
        let shares = &table[1..];
        let workers = column(shares, 0);
        assert!(
            !workers.is_empty() && workers.len() <= (ranks - 1).max(1),
            "{outcome:#?}"
        );
        assert_eq!(ranks == 1, workers.contains(&0), "rank 0 works only alone");
        assert_eq!(column(shares, 2).iter().sum::<u64>(), 100_000);
        assert_eq!(column(shares, 3).iter().sum::<u64>(), 9592);
    }
}

#[test]
fn nothing_to_count_is_no_primes() {
    let outcome = run_refused("farm", 3, ["--limit", "0"]);
    assert!(outcome.success(), "{outcome:#?}");
    assert!(
        outcome.stdout.contains("0 primes below 0, in "),
        "{outcome:#?}"
    );
}

#[test]
fn ranges_of_nothing_and_too_many_of_them_are_refused_once() {
    for arguments in [["--range", "0"], ["--limit", "18446744073709551615"]] {
        let outcome = run_refused("farm", 3, arguments);
        assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
        assert_eq!(outcome.stderr.matches("--range").count(), 1, "{outcome:#?}");
    }
}
