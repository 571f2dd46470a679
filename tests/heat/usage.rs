//! Wrong command lines.

use partita_testing::{run_example, run_refused};

use crate::refusal::{assert_refused, assert_refused_on, directory_with_old_files};

#[test]
fn a_wrong_command_line_is_refused_by_every_rank_and_named_once() {
    let directory = directory_with_old_files();
    // All on the same way through the program: in turn on 1, 2 and 3 ranks.
    let mut ranks = (1..=3).cycle();
    let mut refused = |arguments: &[&str], says: &[&str]| {
        let output = ["--output=out.h5", "--png=out.png"];
        let arguments = [&output, arguments].concat();
        let ranks = ranks.next().unwrap_or(1);
        assert_refused_on(ranks, directory.path(), &arguments, 2, says);
    };
    refused(&["--shap=4,4"], &["--shap", "--shape"]);
    refused(&["--every=0"], &["--every", "0"]);
    refused(&["--steps=-1"], &["--steps", "-1"]);
    refused(&["--shape=4,x"], &["--shape", "x"]);
    refused(&["--shape="], &["--shape"]);
    refused(&["--input=a.h5", "--shape=4,4"], &["--input", "--shape"]);
    refused(&["--input=a.h5:"], &["a.h5:", "names no dataset"]);
    refused(&["--periodic", "--edge=1"], &["--periodic", "--edge"]);
    refused(&["left over"], &["left over"]);
}

#[test]
fn snapshots_without_an_output_file_are_refused() {
    let directory = directory_with_old_files();
    assert_refused(directory.path(), &["--every=2"], 2, &["--output"]);
}

#[test]
fn the_picture_may_not_replace_the_output() {
    let directory = directory_with_old_files();
    std::os::unix::fs::symlink("out.h5", directory.join("link.png")).unwrap();
    for picture in ["--png=out.h5", "--png=./out.h5", "--png=link.png"] {
        let arguments = ["--output=out.h5", picture, "--steps=1", "--shape=4"];
        assert_refused(
            directory.path(),
            &arguments,
            2,
            &["--png", "--output", "out.h5"],
        );
    }
}

#[test]
fn the_output_may_not_replace_the_input() {
    let directory = directory_with_old_files();
    let arguments = ["--input=./out.h5:/u", "--output=out.h5"];
    let says = ["--input", "--output", "out.h5"];
    assert_refused(directory.path(), &arguments, 2, &says);
}

#[test]
fn a_shape_of_four_axes_is_refused() {
    let directory = directory_with_old_files();
    let arguments = ["--shape=4,3,2,1", "--output=out.h5"];
    assert_refused(directory.path(), &arguments, 3, &["[4, 3, 2, 1]", "4 axes"]);
}

#[test]
fn the_launcher_reports_the_code_of_the_ranks() {
    let kinds: [(&[&str], i32); 4] = [
        (&["--no-such-flag"], 2),
        (&["--shape=1,1,1,1"], 3),
        (&["--output=/no/such/folder/out.h5"], 4),
        (&["--alpha=0.3"], 5),
    ];
    for (arguments, code) in kinds {
        let outcome = run_refused("heat", 2, arguments);
        assert_eq!(outcome.exit_code, Some(code), "{}", outcome.stderr);
    }
}

#[test]
fn numbers_below_zero_may_follow_their_flag_after_a_space() {
    let outcome = run_example("heat", 1, ["--shape", "4", "--steps", "1", "--edge", "-3"]);
    assert!(outcome.success(), "{}", outcome.stderr);
}
