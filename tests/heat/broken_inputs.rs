//! Inputs that are not what they should be.

use std::path::Path;

use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};
use crate::refusal::{assert_refused, directory_with_old_files};
use crate::tools::h5py;

fn refused(directory: &TemporaryDirectory, input: &str, code: u8, says: &[&str]) {
    let input = format!("--input={input}");
    let arguments = [&input, "--output=out.h5", "--png=out.png", "--steps=2"];
    assert_refused(directory.path(), &arguments, code, says);
}

#[test]
fn what_is_no_hdf5_file_is_refused_by_name() {
    let directory = directory_with_old_files();
    std::fs::write(directory.join("empty.h5"), "").unwrap();
    std::fs::write(directory.join("text.h5"), "u\n1.0\n2.0\n").unwrap();
    std::fs::create_dir(directory.join("folder.h5")).unwrap();
    refused(
        &directory,
        "missing.h5:/u",
        4,
        &["missing.h5", "No such file"],
    );
    refused(&directory, "folder.h5:/u", 4, &["folder.h5", "directory"]);
    refused(
        &directory,
        "text.h5:/u",
        3,
        &["text.h5", "not an HDF5 file"],
    );
    refused(&directory, "empty.h5:/u", 3, &["empty.h5", "empty"]);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let directory = directory_with_old_files();
    let whole = directory.join("whole.h5");
    let output = format!("--output={}", text(&whole));
    succeed(1, &["--shape=20,10", "--steps=1", &output]);
    let bytes = std::fs::read(&whole).unwrap();
    for kept in [9, 60, bytes.len() - 1000, bytes.len() - 1] {
        let name = format!("first_{kept}_bytes.h5");
        std::fs::write(directory.join(&name), &bytes[..kept]).unwrap();
        refused(&directory, &format!("{name}:/u"), 3, &[&name, "truncated"]);
    }
}

#[test]
fn a_dataset_that_cannot_be_temperatures_is_refused_by_name() {
    let directory = directory_with_old_files();
    if make(directory.path()).is_none() {
        return;
    }
    let missing = ["odd.h5", "no dataset", "/v", "/deep/u", "/text"];
    refused(&directory, "odd.h5:/v", 3, &missing);
    refused(
        &directory,
        "odd.h5",
        3,
        &["odd.h5", "which dataset", "/deep/u"],
    );
    refused(&directory, "odd.h5:/deep", 3, &["odd.h5", "/deep"]);
    refused(&directory, "odd.h5:/text", 3, &["odd.h5", "/text"]);
    refused(&directory, "odd.h5:/four", 3, &["[2, 2, 2, 2]", "4 axes"]);
    refused(&directory, "odd.h5:/number", 3, &["0 axes"]);
    refused(&directory, "odd.h5:/complex", 3, &["odd.h5", "complex128"]);
    refused(&directory, "odd.h5:/large", 3, &["9007199254740993"]);
    refused(
        &directory,
        "odd.h5:/elsewhere",
        3,
        &["odd.h5", "another file"],
    );
    refused(&directory, "odd.h5:/raw", 3, &["odd.h5", "external"]);
    refused(&directory, "odd.h5:/nothing", 3, &["odd.h5", "shape"]);
    refused(&directory, "none.h5", 3, &["none.h5", "dataset"]);
    // A few kilobytes on the disk that claim to be 800 TB.
    refused(&directory, "odd.h5:/endless", 1, &["cannot allocate"]);
}

/// One of each, by another program.
fn make(directory: &Path) -> Option<String> {
    const PROGRAM: &str = r#"
folder = sys.argv[1]
h5py.File(f"{folder}/none.h5", "w").close()
with h5py.File(f"{folder}/odd.h5", "w") as file:
    file["deep/u"] = np.ones((4, 4))
    file["text"] = ["warm", "cold"]
    file["four"] = np.ones((2, 2, 2, 2))
    file["number"] = 3.5
    file["complex"] = np.ones(3, complex)
    file["large"] = np.array([1, 2**53 + 1])
    file["nothing"] = h5py.Empty("f8")
    file["elsewhere"] = h5py.ExternalLink("none.h5", "/u")
    file.create_dataset("raw", (4,), "f8", external=[(f"{folder}/raw.bin", 0, 32)])
    file.create_dataset("endless", (10**7, 10**7), "f8", chunks=(100, 100))
"#;
    h5py(PROGRAM, &[directory])
}
