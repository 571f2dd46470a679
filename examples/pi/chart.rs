//! The error against the number of darts, both axes logarithmic, beside the standard error and what theory says.

#[path = "../common/png_file.rs"]
mod png_file;

use std::f64::consts::PI;

use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::*;

use super::history::{Entry, History};

// Words say pi: the letters at hand draw π like an n.
const SIZE: (u32, u32) = (760, 480);

const DOTS: RGBColor = RGBColor(203, 94, 20);
const MEASURED: RGBColor = RGBColor(31, 87, 164);

/// Writes the chart as a PNG file. *Local.*
pub fn draw(target: &Replacement, history: &History) -> Result<()> {
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    paint(&mut pixels, history).map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, (SIZE.0 as usize, SIZE.1 as usize))
        .map_err(|cause| Error::io("write", target.target(), cause))
}

/// The standard error of so many independent darts.
fn of_theory(samples: f64) -> f64 {
    (PI * (4.0 - PI) / samples).sqrt()
}

fn paint(
    pixels: &mut [u8],
    history: &History,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    png_file::register_letters();
    let area = BitMapBackend::with_buffer(pixels, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let entries = history.entries();
    let [first, last] = [entries.first(), entries.last()]
        .map(|entry| entry.map_or(1.0, |entry| entry.samples as f64));
    let width = first * 0.8..last.max(first * 2.0) * 1.25;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(width.clone().log_scale(), height(entries).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("darts")
        .y_desc("distance from pi")
        .x_label_formatter(&|value| format!("{value:.0e}"))
        .y_label_formatter(&|value| format!("{value:.0e}"))
        .draw()?;
    let grey = RGBColor(120, 120, 120);
    let theory = [width.start, width.end].map(|samples| (samples, of_theory(samples)));
    chart
        .draw_series(LineSeries::new(theory, grey.stroke_width(1)))?
        .label("independent darts: √(pi (4 − pi)/n)")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], grey.stroke_width(1)));
    let errors = entries
        .iter()
        .map(|entry| (entry.samples as f64, entry.standard_error));
    chart
        .draw_series(LineSeries::new(
            errors.filter(|(_, error)| *error > 0.0),
            MEASURED.stroke_width(2),
        ))?
        .label("standard error, as estimated")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], MEASURED.stroke_width(2)));
    let distances = entries
        .iter()
        .map(|entry| (entry.samples as f64, distance(entry)));
    chart
        .draw_series(distances.map(|place| Circle::new(place, 3, DOTS.filled())))?
        .label(format!("|estimate − pi|, {} darts", history.method()))
        .legend(|(x, y)| Circle::new((x + 10, y), 3, DOTS.filled()));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}

fn distance(entry: &Entry) -> f64 {
    (entry.estimate - PI).abs()
}

/// From below the least to above the greatest of what is drawn.
fn height(entries: &[Entry]) -> std::ops::Range<f64> {
    let drawn = entries
        .iter()
        .flat_map(|entry| {
            [
                distance(entry),
                entry.standard_error,
                of_theory(entry.samples as f64),
            ]
        })
        .filter(|value| *value > 0.0 && value.is_finite());
    let (least, most) = drawn.fold((1.0_f64, 1e-12_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    0.5 * least..2.0 * most
}
