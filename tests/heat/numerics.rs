//! Physics that no step can be made of.

use crate::refusal::{assert_refused, directory_with_old_files};

#[test]
fn what_cannot_be_computed_is_refused_with_the_numbers_at_fault() {
    let directory = directory_with_old_files();
    let refused = |arguments: &[&str], says: &[&str]| {
        let common = ["--output=out.h5", "--png=out.png", "--shape=6,5"];
        let arguments = [&common, arguments].concat();
        assert_refused(directory.path(), &arguments, 5, says);
    };
    // 0.3 is stable along one axis, not along two; 1/(4·0.3) is the longest step that is.
    refused(&["--alpha=0.3"], &["unstable", "0.6000", "8.3333e-1"]);
    refused(&["--alpha=NaN"], &["diffusivity NaN"]);
    refused(&["--alpha=-0.1"], &["diffusivity -0.1"]);
    refused(&["--alpha=inf"], &["diffusivity inf"]);
    refused(&["--time-step=0"], &["time step 0"]);
    refused(&["--spacing=-1"], &["spacing -1"]);
    refused(&["--edge=NaN"], &["beyond the edges, NaN"]);
}

#[test]
fn of_two_failures_one_is_told() {
    let directory = directory_with_old_files();
    let unstable_and_nowhere = ["--alpha=9", "--output=no/such/folder/out.h5"];
    assert_refused(directory.path(), &unstable_and_nowhere, 5, &["unstable"]);
    let nothing_from_nowhere = ["--input=missing.h5", "--alpha=9", "--output=out.h5"];
    assert_refused(directory.path(), &nothing_from_nowhere, 4, &["missing.h5"]);
    let two_targets = ["--output=no/out.h5", "--png=nor/out.png", "--shape=3"];
    assert_refused(directory.path(), &two_targets, 4, &["nor/out.png"]);
}
