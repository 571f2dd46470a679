use super::lines;

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
