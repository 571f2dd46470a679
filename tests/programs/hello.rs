use std::collections::BTreeSet;

use partita_testing::run_example;

#[test]
fn every_rank_greets_once_in_order() {
    for ranks in [1, 2, 5] {
        let outcome = run_example("hello", ranks, [""; 0]);
        assert!(outcome.success(), "{outcome:#?}");
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        assert_eq!(lines.len(), ranks + 2, "{outcome:#?}");
        assert_eq!(lines[0], "rank  process  machine");
        let mut processes = BTreeSet::new();
        for (rank, line) in lines[1..=ranks].iter().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], rank.to_string(), "{line}");
            processes.insert(words[1]);
        }
        assert_eq!(processes.len(), ranks, "a process greets twice");
        let s = if ranks == 1 { "" } else { "s" };
        assert_eq!(lines[ranks + 1], format!("{ranks} rank{s} on 1 machine"));
    }
}
