use partita_testing::{TemporaryDirectory, run_example};

use crate::lines;

#[test]
fn matmul_is_right_by_freivalds_check_whatever_the_algorithm() {
    for (ranks, algorithm) in [(1, "automatic"), (3, "summa"), (4, "2.5d"), (2, "1x2x1")] {
        let arguments = ["--m", "30", "--k", "50", "--n", "20", "--check"];
        let printed = lines(
            "matmul",
            ranks,
            &[&arguments[..], &["--algorithm", algorithm]].concat(),
        );
        let check = printed.iter().find(|line| line.starts_with("check"));
        assert!(check.is_some(), "{printed:#?}");
        let moved = printed.iter().any(|line| line.starts_with("moved"));
        assert!(moved, "{printed:#?}");
    }
}

#[test]
fn matmul_reproducible_writes_the_same_bytes_on_any_number_of_ranks() {
    let directory = TemporaryDirectory::new();
    let files: Vec<Vec<u8>> = [1, 2, 3, 5]
        .into_iter()
        .map(|ranks| {
            let path = directory.join(format!("c{ranks}.h5"));
            let output = path.to_str().expect("a path of text");
            let sizes = ["--m", "33", "--k", "300", "--n", "17", "--reproducible"];
            lines(
                "matmul",
                ranks,
                &[&sizes[..], &["--output", output]].concat(),
            );
            std::fs::read(&path).expect("the product")
        })
        .collect();
    assert!(files.iter().all(|file| *file == files[0]));
}

#[test]
fn matmul_reads_and_writes_matrix_market() {
    let directory = TemporaryDirectory::new();
    let text = "%%MatrixMarket matrix array real general\n2 2\n1\n3\n2\n4\n";
    let (input, output) = (directory.join("a.mtx"), directory.join("c.mtx"));
    std::fs::write(&input, text).expect("written");
    let (input, output) = (
        input.to_str().expect("a path of text"),
        output.to_str().expect("a path of text"),
    );
    for ranks in [1, 3] {
        lines(
            "matmul",
            ranks,
            &["--a", input, "--b", input, "--output", output, "--json"],
        );
        let product = std::fs::read_to_string(output).expect("the product");
        // [1 2; 3 4] squared, column after column.
        let numbers: Vec<&str> = product.lines().skip(1).collect();
        assert_eq!(numbers, ["2 2", "7e0", "1.5e1", "1e1", "2.2e1"]);
    }
}

#[test]
fn matmul_reads_what_it_wrote_to_hdf5() {
    let directory = TemporaryDirectory::new();
    let [first, second] = ["a.h5:/A", "c.h5:/C"].map(|name| directory.join(name));
    let [first, second] = [&first, &second].map(|path| path.to_str().expect("a path of text"));
    let sizes = ["--m", "12", "--k", "5", "--n", "12"];
    lines("matmul", 2, &[&sizes[..], &["--output", first]].concat());
    let inputs = ["--a", first, "--b", first, "--output", second];
    let printed = lines("matmul", 3, &[&inputs[..], &["--check"]].concat());
    let begins = "plan     12×12 · 12×12 on 3 ranks";
    assert!(printed[0].starts_with(begins), "{printed:#?}");
}

#[test]
fn matmul_says_what_it_would_do_on_ranks_that_are_not_there() {
    let printed = lines(
        "matmul",
        1,
        &[
            "--m",
            "4096",
            "--k",
            "4096",
            "--n",
            "4096",
            "--explain",
            "512",
        ],
    );
    assert!(
        printed[0].starts_with("4096×4096 · 4096×4096 on 512 ranks"),
        "{printed:#?}"
    );
}

#[test]
fn matmul_refuses_what_does_not_fit_once_and_on_every_rank() {
    let directory = TemporaryDirectory::new();
    let path = directory.join("a.mtx");
    let name = path.to_str().expect("a path of text");
    std::fs::write(
        &path,
        "%%MatrixMarket matrix array real general\n1 2\n1\n2\n",
    )
    .expect("written");
    let wrong: [(&[&str], i32, &str); 8] = [
        (
            &["--a", name, "--b", name],
            3,
            "matmul: [1, 2] times [1, 2]",
        ),
        (&["--a", "absent.mtx", "--b", name], 4, "absent.mtx"),
        (&["--a", name], 2, "--b"),
        (&["--m=-1"], 2, "--m"),
        (&["--algorithm", "best"], 2, "stationary-a"),
        (
            &["--m", "9", "--k", "9", "--n", "9", "--algorithm", "3x1x1"],
            2,
            "no fast grid of 2 ranks",
        ),
        (
            &["--m", "9", "--k", "9", "--n", "9", "--memory-limit", "0"],
            1,
            "elements a rank, of",
        ),
        (
            &["--a", name, "--b", name, "--output", name],
            2,
            "--a and --output both name",
        ),
    ];
    for (arguments, code, words) in wrong {
        let outcome = run_example("matmul", 2, arguments);
        assert_eq!(outcome.exit_code, Some(code), "{arguments:?}: {outcome:#?}");
        assert!(
            outcome.stderr.contains(words),
            "{arguments:?}: {outcome:#?}"
        );
    }
}
