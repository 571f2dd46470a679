//! Pixels to a PNG file, and the letters on them; shared by the examples that draw.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use plotters::style::{FontStyle, register_font};

/// Has `sans-serif` mean letters that come with the program, whatever is installed.
pub fn register_letters() {
    // It fails only for bytes that are no font.
    let _ = register_font(
        "sans-serif",
        FontStyle::Normal,
        epaint_default_fonts::UBUNTU_LIGHT,
    );
}

/// Writes `width` × `height` pixels of three bytes.
pub fn write(path: &Path, pixels: &[u8], (width, height): (usize, usize)) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    // Left to their drops, the last bytes would fail in silence.
    writer.finish()?;
    file.flush()
}
