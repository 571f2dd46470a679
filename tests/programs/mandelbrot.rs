use partita_testing::{TemporaryDirectory, example, run, run_refused};

use crate::lines;

const SMALL: [&str; 2] = ["--shape=60,80", "--iterations=100"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&SMALL[..], arguments].concat()
}

/// The numbers after a key of the line of JSON.
fn number(line: &str, key: &str) -> f64 {
    let after = line.split_once(&format!("\"{key}\":")).expect("the key").1;
    let end = after.find([',', '}']).expect("an end");
    after[..end].parse().expect("a number")
}

#[test]
fn the_steps_are_the_same_bytes_in_any_layout() {
    let directory = TemporaryDirectory::new();
    let mut first: Option<(Vec<u8>, f64, f64)> = None;
    for (ranks, rows) in [
        (1, "block"),
        (3, "cyclic"),
        (4, "block-cyclic:4"),
        (4, "block"),
    ] {
        let (output, rows) = (directory.join("steps.h5"), format!("--distribution={rows}"));
        let output = format!("--output={}", output.display());
        let lines = lines("mandelbrot", ranks, &with(&["--json", &rows, &output]));
        let [line] = &lines[..] else {
            panic!("{lines:?}");
        };
        let bytes = std::fs::read(directory.join("steps.h5")).expect("written");
        let found = (bytes, number(line, "steps"), number(line, "inside"));
        let expected = first.get_or_insert_with(|| found.clone());
        assert_eq!((found.1, found.2), (expected.1, expected.2), "{line}");
        assert!(found.0 == expected.0, "other bytes, {ranks} ranks, {rows}");
    }
}

#[test]
fn the_set_has_the_area_that_is_known() {
    let arguments = ["--shape=300,400", "--iterations=1000", "--json"];
    let lines = lines("mandelbrot", 4, &arguments);
    let distance = 2.5 / 300.0;
    let area = number(&lines[0], "inside") * distance * distance;
    // T. Förstemann, Numerical estimation of the area of the Mandelbrot set (2012): 1.50659.
    assert!((area - 1.50659).abs() < 0.02, "{area}");
}

#[test]
fn the_table_has_a_line_a_rank_whose_steps_sum_up() {
    for ranks in [1, 3, 4] {
        let lines = lines("mandelbrot", ranks, &with(&["--distribution", "block"]));
        assert!(lines[0].contains(&format!(
            "60 × 80 points, at most 100 steps, rows block on {ranks} ranks"
        )));
        let width = lines[1].len();
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "rank rows steps of the mean seconds"
        );
        let mut sums = [0u64; 2];
        for (rank, line) in lines[2..2 + ranks].iter().enumerate() {
            assert_eq!(line.len(), width, "aligned: {lines:#?}");
            let cells: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(cells[0], rank.to_string());
            sums[0] += cells[1].parse::<u64>().expect("rows");
            sums[1] += cells[2].parse::<u64>().expect("steps");
        }
        assert_eq!(sums[0], 60);
        let speed = lines.last().expect("lines");
        assert!(
            speed.contains(&format!(" {} steps in ", sums[1])),
            "{lines:#?}"
        );
        assert!(
            lines[2 + ranks].starts_with("imbalance   cyclic 1.0"),
            "{lines:#?}"
        );
    }
}

#[test]
fn more_ranks_than_rows_and_no_rows_are_ordinary() {
    let directory = TemporaryDirectory::new();
    for shape in ["--shape=2,5", "--shape=0,5", "--shape=5,0"] {
        let picture = format!("--png={}", directory.join("set.png").display());
        let lines = lines("mandelbrot", 4, &[shape, &picture]);
        assert_eq!(lines.len(), 1 + 1 + 4 + 4, "{lines:#?}");
        assert!(directory.join("set.png").is_file());
    }
}

#[test]
fn wrong_command_lines_are_refused_once() {
    let wrong: [(&str, &str); 8] = [
        ("--shape=5", "two numbers"),
        ("--shape=5,x", "two numbers"),
        ("--distribution=random", "block-cyclic:N"),
        ("--distribution=block-cyclic:0", "block-cyclic:N"),
        ("--iterations=0", "--iterations"),
        ("--zoom=0", "above 0"),
        ("--zoom=NaN", "above 0"),
        ("--centre=inf,0", "--centre"),
    ];
    for (argument, says) in wrong {
        let outcome = run_refused("mandelbrot", 3, [argument]);
        assert_eq!(outcome.exit_code, Some(2), "{argument}: {outcome:#?}");
        assert_eq!(outcome.stderr.matches("error:").count(), 1, "{outcome:#?}");
        assert!(
            outcome.stderr.contains(says),
            "{argument}: {}",
            outcome.stderr
        );
    }
    let apart = run_refused("mandelbrot", 1, ["--zoom", "-1"]);
    assert!(apart.stderr.contains("--zoom is -1"), "{apart:#?}");
    let directory = TemporaryDirectory::new();
    let same = example("mandelbrot", 2).arguments(["--png=a.h5", "--output=a.h5"]);
    let outcome = run(same.directory(directory.path()));
    assert_eq!(outcome.exit_code, Some(2), "{outcome:#?}");
    let nowhere = run_refused("mandelbrot", 2, with(&["--png=/no/such/folder/set.png"]));
    assert_eq!(nowhere.exit_code, Some(4), "{nowhere:#?}");
    assert!(nowhere.stdout.is_empty(), "{nowhere:#?}");
}
