//! Starting from what another program wrote, or from what an earlier run did.

use std::path::Path;

use partita::Boundary;
use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};
use crate::reference::{Physics, assert_same_bits};
use crate::tools::{from_bytes, h5py, numbers};

/// Writes each file, beside it the same numbers as plain little-endian `f64`, and prints what to
/// read: `FILE<tab>/dataset or nothing<tab>LENGTH,LENGTH`.
const WRITE: &str = r#"
folder = sys.argv[1]
random = np.random.default_rng(20240229)
def put(name, element, shape, dataset="u", named=True, **options):
    kind = np.dtype(element)
    if kind.kind == "f":
        numbers = random.normal(20, 30, shape).astype(kind)
    else:
        limits = np.iinfo(kind)
        exact = 2 ** 53
        low, high = max(limits.min, -exact), min(limits.max, exact)
        numbers = random.integers(low, high, shape, endpoint=True).astype(kind)
        numbers.flat[:2] = low, high
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        file.create_dataset(dataset, data=numbers, **options)
    numbers.astype("<f8").tofile(f"{folder}/{name}.raw")
    print(name, "/" + dataset if named else "", ",".join(map(str, shape)), sep="\t")

put("single", "<f4", (9, 7))
put("double big-endian", ">f8", (7, 9), chunks=(3, 4))
put("short", "<i2", (5, 4, 3), compression="gzip", shuffle=True, chunks=(2, 2, 2))
put("int big-endian", ">i4", (8, 5))
put("byte", "u1", (11,), named=False)
put("signed byte", "i1", (3, 3, 3))
put("long", "<i8", (6, 6), compression="gzip", shuffle=True)
put("unsigned long big-endian", ">u8", (4, 9))
put("in groups", "<f8", (4, 5, 6), dataset="run/12/u", named=False)
put("at 12:30", "<f8", (13,), maxshape=(None,), fletcher32=True)
put("no rows", "<f4", (0, 4))
"#;

#[test]
fn what_h5py_wrote_is_read_exactly_and_steps_as_the_reference_does() {
    let directory = TemporaryDirectory::new();
    let Some(written) = h5py(WRITE, &[directory.path()]) else {
        return;
    };
    for (line, ranks) in written.lines().zip([1, 2, 3, 4].into_iter().cycle()) {
        let [name, dataset, shape] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let shape: Vec<usize> = shape.split(',').map(|text| text.parse().unwrap()).collect();
        let physics = Physics::new(&shape, Boundary::Fixed(1.5));
        let path = |ending: &str| directory.join(format!("{name}.{ending}"));
        let location = match dataset {
            "" => text(&path("h5")).to_string(),
            dataset => format!("{}:{dataset}", text(&path("h5"))),
        };
        let output = path("out.h5");
        run(ranks, &physics, &location, 5, &output);
        let initial = from_bytes(&std::fs::read(path("raw")).unwrap());
        let expected = physics.serial(&initial, 5);
        let what = format!("{name} on {ranks} ranks");
        assert_same_bits(&numbers(&output, "/u"), &expected, &what);
    }
}

#[test]
fn a_restart_goes_on_as_if_nothing_had_been_between() {
    let directory = TemporaryDirectory::new();
    let physics = Physics::new(&[12, 9], Boundary::Fixed(4.4));
    let [half, rest, whole, snapshot] =
        ["half.h5", "rest.h5", "whole.h5", "snapshot.h5"].map(|name| directory.join(name));
    let mut arguments = physics.arguments();
    arguments.push("--shape=12,9".into());
    let begin = |ranks, steps: &str, output: &Path| {
        let more = [
            format!("--output={}", text(output)),
            steps.into(),
            "--every=10".into(),
        ];
        let arguments = arguments.iter().chain(&more).map(String::as_str);
        succeed(ranks, &arguments.collect::<Vec<_>>());
    };
    begin(3, "--steps=20", &whole);
    begin(2, "--steps=10", &half);
    let expected = numbers(&whole, "/u");

    let location = format!("{}:/steps/00000010", text(&whole));
    run(1, &physics, &location, 10, &snapshot);
    assert_same_bits(&numbers(&snapshot, "/u"), &expected, "from a snapshot");
    run(4, &physics, &format!("{}:/u", text(&half)), 10, &rest);
    assert_same_bits(&numbers(&rest, "/u"), &expected, "from an output");
}

fn run(ranks: usize, physics: &Physics, input: &str, steps: usize, output: &Path) {
    let mut arguments = physics.arguments();
    arguments.extend([
        format!("--input={input}"),
        format!("--steps={steps}"),
        format!("--output={}", text(output)),
    ]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    succeed(ranks, &arguments);
}
