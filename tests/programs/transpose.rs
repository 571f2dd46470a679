use partita_testing::run_refused;

use super::lines;

#[test]
fn sums_along_all_axes_are_what_the_formula_says_on_any_number_of_ranks() {
    for (ranks, grid) in [(1, "1×1"), (3, "3×1"), (4, "2×2")] {
        let printed = lines("transpose", ranks, &["--shape", "9,6,7"]);
        let head = format!("transpose  9×6×7 of i64 on {ranks} ranks ({grid})");
        assert_eq!(printed[0], head);
        assert!(printed[1].starts_with("x → y"), "{printed:#?}");
        // 9·6·7 · (8 + 2·5 + 3·6) / 2
        assert_eq!(printed[4], "checked    every element, S(8, 5, 6) = 6804");
        if ranks == 1 {
            assert!(
                printed[1].contains("0.0 of 0.0 MiB change ranks"),
                "{printed:#?}"
            );
        }
    }
    let empty = lines("transpose", 4, &["--shape", "3,0,2"]);
    assert_eq!(empty[4], "checked    there are no elements");
}

#[test]
fn the_plans_tell_what_moves() {
    let printed = lines("transpose", 4, &["--shape", "8,8,8", "--json"]);
    // Of each rank's 8·4·4 elements half go to the other rank of its column, then of its row.
    let step =
        |name| format!(r#"{{"step":"{name}","bytes_moved":2048,"most_sent":512,"most_peers":1}}"#);
    let steps = format!("{},{}", step("x → y"), step("y → z"));
    let expected =
        format!(r#"{{"shape":[8, 8, 8],"grid":[2, 2],"steps":[{steps}],"correct":true}}"#);
    assert_eq!(printed, [expected]);
}

#[test]
fn a_shape_of_other_than_three_lengths_is_refused_once() {
    for shape in ["9,6", "9,6,x", "1,2,3,4", ""] {
        let outcome = run_refused("transpose", 3, ["--shape", shape]);
        assert_eq!(outcome.exit_code, Some(2), "{shape}: {outcome:#?}");
        assert_eq!(outcome.stderr.matches("--shape").count(), 1, "{outcome:#?}");
    }
    let beyond = run_refused("transpose", 2, ["--shape", "9999999999,9999999999,9"]);
    assert_eq!(beyond.exit_code, Some(3), "{beyond:#?}");
}
