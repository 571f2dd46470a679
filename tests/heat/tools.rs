//! The programs that look at files for us.

use std::path::Path;
use std::process::Command;

/// Debian's own Python, which its python3-h5py belongs to; another may come first on the path.
const PYTHON: &str = "/usr/bin/python3";

/// What a Python program prints, with `h5py` and `numpy as np` at hand; `None` where there is no h5py.
pub fn h5py(program: &str, arguments: &[&Path]) -> Option<String> {
    let there = Command::new(PYTHON).args(["-c", "import h5py"]).output();
    if !there.is_ok_and(|there| there.status.success()) {
        eprintln!("skipped: no {PYTHON} with h5py here");
        return None;
    }
    let program = format!("import h5py, json, sys\nimport numpy as np\n{program}");
    let mut python = Command::new(PYTHON);
    python.arg("-c").arg(program).args(arguments);
    Some(printed(&mut python))
}

/// The bytes of a dataset, little-endian, by `h5dump`.
pub fn dataset(file: &Path, name: &str) -> Vec<u8> {
    let flat = file.with_extension("bin");
    let mut h5dump = Command::new("h5dump");
    h5dump.args(["-d", name, "-b", "LE", "-o"]).arg(&flat);
    printed(h5dump.arg(file));
    let bytes = std::fs::read(&flat).unwrap_or_default();
    let _ = std::fs::remove_file(&flat);
    bytes
}

/// The numbers of a dataset of `f64`, by `h5dump`.
pub fn numbers(file: &Path, name: &str) -> Vec<f64> {
    from_bytes(&dataset(file, name))
}

/// The numbers whose little-endian bytes these are.
pub fn from_bytes(bytes: &[u8]) -> Vec<f64> {
    let (numbers, rest) = bytes.as_chunks();
    assert!(rest.is_empty(), "{} bytes are no f64s", bytes.len());
    numbers.iter().copied().map(f64::from_le_bytes).collect()
}

/// Standard output of a tool that must succeed.
pub fn printed(command: &mut Command) -> String {
    let output = match command.output() {
        Ok(output) => output,
        Err(cause) => panic!("{:?} cannot be run: {cause}", command.get_program()),
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
