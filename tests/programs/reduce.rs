use std::path::Path;

use partita_testing::{TemporaryDirectory, run_refused};

use crate::lines;

/// Numbers whose plain sum depends on the order.
fn numbers() -> Vec<f64> {
    let number = |place: u32| match place % 7 {
        0 => 1e16,
        1 => -1e16,
        _ => f64::from(place).sin(),
    };
    (0..1000).map(number).collect()
}

fn write(path: &Path, numbers: &[f64]) {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    std::fs::write(path, bytes).expect("a file");
}

/// The number that C's `%a` wrote.
fn from_hex(text: &str) -> f64 {
    let (sign, text) = text
        .strip_prefix('-')
        .map_or((1.0, text), |text| (-1.0, text));
    let text = text.strip_prefix("0x").expect("hexadecimal");
    let (mantissa, exponent) = text.split_once('p').expect("an exponent");
    let (whole, digits) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = u64::from_str_radix(&format!("{digits:0<13}"), 16).expect("digits");
    let mantissa = whole.parse::<f64>().expect("0 or 1") + fraction as f64 * 2f64.powi(-52);
    sign * mantissa * 2f64.powi(exponent.parse().expect("a number"))
}

#[test]
fn reduce_prints_the_same_bits_on_any_number_of_ranks() {
    let directory = TemporaryDirectory::new();
    let path = directory.join("numbers.f64le");
    write(&path, &numbers());
    let input = format!("--input={}", path.to_str().expect("a path of text"));
    let mut exact = partita::sum::Exact::default();
    exact.add(&numbers());
    let mut expected: Option<Vec<String>> = None;
    for ranks in [1, 2, 3] {
        let of = |arguments: &[&str]| {
            lines("reduce", ranks, &[&[input.as_str()], arguments].concat()).join(" ")
        };
        let sum = of(&["--op", "sum", "--mode", "exact", "--hex"]);
        assert_eq!(from_hex(&sum).to_bits(), exact.to_f64().to_bits(), "{sum}");
        let found: Vec<String> = ["sum", "var", "median", "digest", "kurtosis", "argmax"]
            .iter()
            .map(|op| of(&["--op", op, "--hex"]))
            .collect();
        assert_eq!(found[5], "0");
        let expected = expected.get_or_insert_with(|| found.clone());
        assert_eq!(&found, expected, "on {ranks} ranks");
        let json = of(&["--op", "quantiles", "--at", "0,1", "--json"]);
        let whole = format!(
            r#"{{"op":"quantiles","mode":"reproducible","shape":[1000],"ranks":{ranks},"value":[-1e16,1e16]}}"#
        );
        assert_eq!(json, whole);
    }
}

#[test]
fn reduce_passes_over_nans_when_asked_to() {
    let directory = TemporaryDirectory::new();
    let path = directory.join("gaps.f64le");
    write(&path, &[3.0, f64::NAN, 1.0, 2.5, f64::NAN]);
    let input = format!("--input={}", path.to_str().expect("a path of text"));
    let of =
        |arguments: &[&str]| lines("reduce", 2, &[&[input.as_str()], arguments].concat()).join(" ");
    assert_eq!(of(&["--op=mean"]), "NaN");
    assert_eq!(of(&["--op=argmax", "--skip-nan"]), "0");
    assert_eq!(of(&["--op=median", "--skip-nan", "--axis=0"]), "2.5");
}

#[test]
fn reduce_reads_hdf5_and_goes_along_axes() {
    let directory = TemporaryDirectory::new();
    let file = directory.join("heat.h5");
    let output = format!("--output={}", file.to_str().expect("a path of text"));
    lines("heat", 2, &["--shape=7,5", "--steps=3", &output]);
    let input = format!("--input={}:/u", file.to_str().expect("a path of text"));
    for ranks in [1, 3] {
        let rows = lines(
            "reduce",
            ranks,
            &[&input, "--op=sum", "--axis=1", "--mode=exact"],
        );
        assert_eq!(rows.len(), 7);
        let total = lines("reduce", ranks, &[&input, "--op=sum"])[0]
            .parse::<f64>()
            .expect("a number");
        let of_rows: f64 = rows
            .iter()
            .map(|row| row.parse::<f64>().expect("a number"))
            .sum();
        assert!((total - of_rows).abs() <= 1e-12 * total.abs());
        let place = &lines("reduce", ranks, &[&input, "--op=argmax"])[0];
        assert_eq!(place.split(',').count(), 2, "{place}");
        assert_eq!(
            lines("reduce", ranks, &[&input, "--op=argmax", "--axis=0"]).len(),
            5
        );
    }
}

#[test]
fn reduce_refuses_what_it_cannot_do_on_every_rank() {
    let directory = TemporaryDirectory::new();
    let odd = directory.join("odd.f64le");
    std::fs::write(&odd, [0; 12]).expect("a file");
    let empty = directory.join("empty.f64le");
    write(&empty, &[]);
    let path = |path: &Path| format!("--input={}", path.to_str().expect("a path of text"));
    let (no_numbers, no_hdf5) = (directory.join("none.f64le"), directory.join("none.h5"));
    let cases = [
        (&odd, "--op=sum", 3, "12 bytes"),
        (&empty, "--op=max", 3, "no elements"),
        (&empty, "--op=norm2 --mode=exact", 2, "sum and mean"),
        (&empty, "--op=digest --axis=0", 2, "--axis"),
        (&empty, "--op=sum --axis=1", 3, "no axis 1"),
        (
            &empty,
            "--op=quantiles --at=0.5,1.5",
            2,
            "1.5 is no probability",
        ),
        (&empty, "--op=digest --skip-nan", 2, "--skip-nan"),
        (&empty, "--op=som", 2, "som"),
        (&no_numbers, "--op=sum", 4, "none.f64le"),
        (&no_hdf5, "--op=sum", 4, "none.h5"),
    ];
    for (input, arguments, code, says) in cases {
        for ranks in [1, 2] {
            let all = [path(input)].into_iter();
            let all = all.chain(arguments.split(' ').map(str::to_string));
            let outcome = run_refused("reduce", ranks, all);
            let told = format!("{arguments}: {}", outcome.stderr);
            assert_eq!(outcome.exit_code, Some(code), "{told}");
            assert!(outcome.stderr.contains(says), "{told}");
            assert_eq!(outcome.stderr.matches("error:").count(), 1, "{told}");
        }
    }
    assert_eq!(lines("reduce", 2, &[&path(&empty), "--op=sum"]), ["0.0"]);
}
