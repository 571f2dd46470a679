//! A picture of the temperatures at the start and at the end.

#[path = "../common/png_file.rs"]
mod png_file;
#[path = "../common/thinned.rs"]
mod thinned;

use ndarray::Array2;
use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::*;
use plotters::style::colors::colormaps::{ColorMap, DerivedColorMap};
use thinned::LARGEST;
pub use thinned::sample;

/// Draws both samples side by side, with a scale of the temperatures, as a PNG file. *Local.*
pub fn draw(target: &Replacement, start: &Array2<f64>, end: &Array2<f64>) -> Result<()> {
    let zoom = (LARGEST / start.nrows().max(start.ncols()).max(1)).max(1);
    // Room for the words, also over a bar or a plate without cells.
    let panel = (
        (start.ncols() * zoom).max(40),
        (start.nrows() * zoom).max(40),
    );
    let size = (2 * panel.0 + 3 * MARGIN + SCALE, panel.1 + 2 * MARGIN);
    let mut pixels = vec![0; size.0 * size.1 * 3];
    paint(&mut pixels, size, panel, [start, end])
        .map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, size)
        .map_err(|cause| Error::io("write", target.target(), cause))
}

const MARGIN: usize = 28;
const SCALE: usize = 90;

fn paint(
    pixels: &mut [u8],
    (width, height): (usize, usize),
    (panel_width, panel_height): (usize, usize),
    [start, end]: [&Array2<f64>; 2],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    png_file::register_letters();
    let colours = DerivedColorMap::new(&[
        RGBColor(8, 8, 30),
        RGBColor(85, 15, 109),
        RGBColor(187, 55, 84),
        RGBColor(249, 142, 9),
        RGBColor(252, 255, 164),
    ]);
    let finite = || {
        start
            .iter()
            .chain(end)
            .copied()
            .filter(|value| value.is_finite())
    };
    let (low, high) = (
        finite().reduce(f64::min).unwrap_or(0.0),
        finite().reduce(f64::max).unwrap_or(0.0),
    );
    let span = if high > low { high - low } else { 1.0 };
    let colour = |value: f64| match ((value - low) / span).clamp(0.0, 1.0) {
        share if share.is_nan() => RGBColor(128, 128, 128),
        share => colours.get_color(share as f32),
    };

    let area =
        BitMapBackend::with_buffer(pixels, (width as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    for (number, (title, image)) in [("start", start), ("end", end)].into_iter().enumerate() {
        let left = MARGIN + number * (panel_width + MARGIN);
        area.draw_text(title, &text(16), (left as i32, 6))?;
        for x in 0..panel_width {
            for y in 0..panel_height {
                let row = y * image.nrows() / panel_height;
                let column = x * image.ncols() / panel_width;
                // Without cells, the panel stays white.
                if let Some(&value) = image.get([row, column]) {
                    let at = ((left + x) as i32, (MARGIN + y) as i32);
                    area.draw_pixel(at, &colour(value))?;
                }
            }
        }
    }
    let left = 2 * (panel_width + MARGIN) + MARGIN;
    for y in 0..panel_height {
        let value = high - span * y as f64 / panel_height as f64;
        let (from, to) = (
            (left as i32, (MARGIN + y) as i32),
            (left as i32 + 16, (MARGIN + y + 1) as i32),
        );
        area.draw(&Rectangle::new([from, to], colour(value).filled()))?;
    }
    for tick in 0..=4 {
        let value = high - span * f64::from(tick) / 4.0;
        let y = MARGIN as i32 + panel_height as i32 * tick / 4 - 7;
        area.draw_text(
            &format!("{}", (value * 100.0).round() / 100.0),
            &text(13),
            (left as i32 + 22, y),
        )?;
    }
    area.present()?;
    Ok(())
}

fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK)
}
