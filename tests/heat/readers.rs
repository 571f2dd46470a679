//! What h5py and `h5dump` make of the output.

use std::process::Command;

use partita::Boundary;
use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};
use crate::reference::{Physics, assert_same_bits};
use crate::tools::{from_bytes, h5py, numbers, printed};

/// Everything in the file, as one line of JSON; the numbers as the bytes they are.
const DESCRIBE: &str = r#"
def value(item):
    return item.tolist() if isinstance(item, np.generic) else item
with h5py.File(sys.argv[1]) as file:
    found = {}
    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = [item.shape, item.dtype.str, item.chunks, item.id.get_offset() % 8]
    file.visititems(visit)
    attributes = {name: value(item) for name, item in file.attrs.items()}
    print(json.dumps([found, attributes], sort_keys=True))
    for name in sorted(found):
        print(name, file[name][...].tobytes().hex())
"#;

#[test]
fn h5py_reads_shapes_types_attributes_and_snapshots() {
    let directory = TemporaryDirectory::new();
    let output = directory.join("out.h5");
    let physics = Physics::new(&[6, 5], Boundary::Fixed(-2.5));
    let mut arguments = physics.arguments();
    arguments.push("--shape=6,5".into());
    arguments.push(format!("--output={}", text(&output)));
    let with = |more: &[&str]| {
        let arguments = arguments.iter().map(String::as_str).chain(more.to_vec());
        succeed(3, &arguments.collect::<Vec<_>>());
    };
    with(&["--steps=0"]);
    let initial = numbers(&output, "/u");
    with(&["--steps=10", "--every=4"]);

    let Some(described) = h5py(DESCRIBE, &[&output]) else {
        return;
    };
    let mut lines = described.lines();
    let array = r#"[[6, 5], "<f8", null, 0]"#;
    let structure = lines.next().unwrap();
    assert_eq!(
        structure,
        format!(r#"[{{"steps/00000004": {array}, "steps/00000008": {array}, "u": {array}}}, "#)
            + r#"{"alpha": 0.3, "edge": -2.5, "periodic": false, "spacing": 1.3, "steps": 10, "time_step": 0.7}]"#
    );
    for (line, (name, steps)) in
        lines.zip([("steps/00000004", 4), ("steps/00000008", 8), ("u", 10)])
    {
        let (found, hexadecimal) = line.split_once(' ').unwrap();
        assert_eq!(found, name);
        let expected = physics.serial(&initial, steps);
        assert_same_bits(&from_hexadecimal(hexadecimal), &expected, name);
    }
}

fn from_hexadecimal(digits: &str) -> Vec<f64> {
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    from_bytes(&pairs.iter().map(byte).collect::<Vec<u8>>())
}

#[test]
fn h5dump_shows_the_whole_file() {
    let directory = TemporaryDirectory::new();
    let output = directory.join("out.h5");
    let argument = format!("--output={}", text(&output));
    succeed(
        2,
        &[
            "--shape=4,3,2",
            "--periodic",
            "--steps=3",
            "--every=3",
            &argument,
        ],
    );
    let header = printed(Command::new("h5dump").arg("-H").arg(&output));
    for line in [
        "DATASPACE  SIMPLE { ( 4, 3, 2 ) / ( 4, 3, 2 ) }",
        "DATATYPE  H5T_IEEE_F64LE",
        "DATASET \"00000003\"",
        "DATASET \"u\"",
        "ATTRIBUTE \"alpha\"",
    ] {
        assert!(header.contains(line), "no {line} in {header}");
    }
    let values = printed(
        Command::new("h5dump")
            .args(["-a", "/periodic"])
            .arg(&output),
    );
    assert!(values.contains("TRUE"), "{values}");
}
