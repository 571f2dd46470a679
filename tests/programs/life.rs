use std::path::Path;

use partita_testing::{TemporaryDirectory, example, run, run_refused};

use super::lines;

/// Every pixel of a picture, as three bytes, and its size.
fn pixels(path: &Path) -> (Vec<u8>, (u32, u32)) {
    let file = std::fs::File::open(path).expect("a picture");
    let mut reader = png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("pixels");
    (pixels, (frame.width, frame.height))
}

#[test]
fn the_r_pentomino_settles_as_116_cells() {
    let printed = lines("life", 3, &[]);
    assert!(
        printed[0].starts_with("life        640 × 640 cells on 3 ranks (3×1), r-pentomino, 1103")
    );
    assert_eq!(
        printed[1],
        "population  5 at the start, 116 at the end, 319 at most (generation 821)"
    );
}

#[test]
fn files_and_pictures_are_the_same_bytes_on_any_number_of_ranks() {
    let directory = TemporaryDirectory::new();
    for (pattern, shape, generations) in [
        ("random", "40,31", "50"),
        ("glider", "20,20", "80"),
        ("random", "700,3", "2"),
    ] {
        let mut first: Option<(Vec<u8>, Vec<u8>)> = None;
        for ranks in [1, 3] {
            let arguments = [
                "--pattern",
                pattern,
                "--shape",
                shape,
                "--generations",
                generations,
                "--seed",
                "5",
                "--output",
                "life.h5",
                "--png",
                "life.png",
                "--json",
            ];
            let launch = example("life", ranks).arguments(arguments);
            let outcome = run(launch.directory(directory.path()));
            assert!(outcome.success(), "{outcome:#?}");
            assert!(outcome.stdout.starts_with("{\"shape\":["), "{outcome:#?}");
            let file = std::fs::read(directory.join("life.h5")).expect("the output");
            let picture = std::fs::read(directory.join("life.png")).expect("the picture");
            let (expected_file, expected_picture) =
                first.get_or_insert_with(|| (file.clone(), picture.clone()));
            assert!(
                file == *expected_file,
                "{pattern} on {ranks} ranks: other bytes in the file"
            );
            assert!(
                picture == *expected_picture,
                "{pattern} on {ranks} ranks: another picture"
            );
        }
    }
}

/// A board of 20 cells a side has come home after 80 generations: both halves of the picture are alike.
#[test]
fn the_picture_shows_start_and_end() {
    let directory = TemporaryDirectory::new();
    let picture = directory.join("life.png");
    let path = picture.to_str().expect("a path of text");
    let glider = ["--pattern", "glider", "--shape", "20,20", "--png", path];
    for (generations, is_home) in [("80", true), ("40", false)] {
        lines(
            "life",
            2,
            &[&glider[..], &["--generations", generations]].concat(),
        );
        let (pixels, (width, height)) = pixels(&picture);
        assert_eq!((width, height), (2 * 640 + 3 * 28, 640 + 2 * 28));
        let row = |y: u32, from: u32| {
            let start = (y * width + from) as usize * 3;
            &pixels[start..start + 640 * 3]
        };
        let alike = (28..28 + 640).all(|y| row(y, 28) == row(y, 2 * 28 + 640));
        assert_eq!(alike, is_home, "{generations} generations");
    }
}

#[test]
fn wrong_boards_are_refused_once() {
    for (ranks, arguments, code, says) in [
        (1, ["--shape", "4,9"], 3, "5×5 at least"),
        (3, ["--shape", "9"], 2, "rows and columns"),
        (3, ["--pattern", "spaceship"], 2, "--pattern"),
        (2, ["--generations=-1", "--json"], 2, "--generations"),
        (
            2,
            ["--generations", "-1"],
            2,
            "value '-1' for '--generations",
        ),
        (
            2,
            ["--output=x.h5", "--png=./x.h5"],
            2,
            "--output and --png both name",
        ),
        (3, ["--output", "no/folder/x.h5"], 4, "no/folder/x.h5"),
    ] {
        let outcome = run_refused("life", ranks, arguments);
        assert_eq!(outcome.exit_code, Some(code), "{arguments:?}: {outcome:#?}");
        assert_eq!(outcome.stderr.matches(says).count(), 1, "{outcome:#?}");
    }
}
