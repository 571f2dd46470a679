//! Arrays that no machine can hold.

use partita_testing::TemporaryDirectory;

use crate::refusal::{assert_refused, directory_with_old_files};

// More than the 2^47 bytes that a process can address, so that the reservation fails however much
// memory the system promises.
#[test]
fn a_shape_beyond_memory_is_refused_by_every_rank() {
    let directory = directory_with_old_files();
    for shape in ["10000000,10000000", "9223372036854775807"] {
        let arguments = [&format!("--shape={shape}"), "--output=out.h5"];
        assert_refused(directory.path(), &arguments, 1, &["cannot allocate"]);
    }
}

#[test]
fn a_shape_beyond_counting_is_refused_by_every_rank() {
    let directory = TemporaryDirectory::new();
    for shape in ["10000000000,10000000000", "0,18446744073709551615"] {
        let shape = format!("--shape={shape}");
        assert_refused(directory.path(), &[&shape], 3, &["more elements"]);
    }
}
