//! The picture.

use std::collections::BTreeSet;
use std::path::Path;

use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};

/// Width, height and the number of colours of a PNG file.
fn look_at(path: &Path) -> (u32, u32, usize) {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "no PNG signature");
    assert!(bytes.ends_with(b"IEND\xaeB`\x82"), "the end is missing");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (colours, _) = pixels.as_chunks::<3>();
    let colours: BTreeSet<_> = colours.iter().collect();
    (frame.width, frame.height, colours.len())
}

#[test]
fn a_picture_is_a_png_of_sensible_size_for_any_shape() {
    let directory = TemporaryDirectory::new();
    let picture = directory.join("out.png");
    let argument = format!("--png={}", text(&picture));
    for shape in [
        "30,30", "700,3", "3,700", "1,2000", "2000,1", "11", "0", "0,5", "5,0", "9,8,7", "3,0,3",
    ] {
        let shape_argument = format!("--shape={shape}");
        succeed(2, &[&shape_argument, "--steps=3", &argument]);
        let (width, height, colours) = look_at(&picture);
        let sensible = (100..=1200).contains(&width) && (90..=600).contains(&height);
        assert!(sensible, "{width}×{height} for {shape}");
        assert!(colours > 10, "{colours} colours for {shape}");
    }
}
