use partita_testing::run_refused;

use crate::lines;

#[test]
fn rng_dump_prints_the_published_numbers_once() {
    for (arguments, expected) in [
        (
            ["--count=3", "--jump=0", "--long-jump=0"],
            ["41943041", "58720359", "3588806011781223"],
        ),
        (
            ["--count=3", "--jump=1", "--long-jump=0"],
            [
                "17043750140134683703",
                "2364973248208838314",
                "13951431646535487319",
            ],
        ),
        (
            ["--count=3", "--jump=0", "--long-jump=1"],
            [
                "13097851138432240629",
                "5869259491745178931",
                "2145365994275058833",
            ],
        ),
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--algorithm=xoshiro256++", "--state=1,2,0x3,4"]);
        for ranks in [1, 3] {
            assert_eq!(
                lines("rng-dump", ranks, &arguments),
                expected,
                "{arguments:?}"
            );
        }
    }
    let seeded = lines("rng-dump", 1, &["--seed=0", "--count=1", "--hex"]);
    assert_eq!(seeded, ["0x53175d61490b23df"]);
}

#[test]
fn rng_dump_refuses_what_is_no_stream() {
    for (argument, word) in [
        ("--state=0,0,0,0", "zeros"),
        ("--state=1,2,3", "four words"),
        ("--state=1,2,3,x", "invalid digit"),
        ("--algorithm=mt19937", "xoshiro256++"),
        ("--jump=-1", "--jump"),
    ] {
        let outcome = run_refused("rng-dump", 2, [argument]);
        assert_eq!(outcome.exit_code, Some(2), "{argument}: {outcome:#?}");
        assert!(outcome.stderr.contains(word), "{argument}: {outcome:#?}");
    }
}
