//! Bandwidth against the size of the message, both axes logarithmic.

#[path = "../common/png_file.rs"]
mod png_file;

use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::*;

use super::Timing;

const SIZE: (u32, u32) = (760, 480);

/// Writes the chart as a PNG file. *Local.*
pub fn draw(target: &Replacement, timings: &[Timing]) -> Result<()> {
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    paint(&mut pixels, timings).map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, (SIZE.0 as usize, SIZE.1 as usize))
        .map_err(|cause| Error::io("write", target.target(), cause))
}

fn paint(
    pixels: &mut [u8],
    timings: &[Timing],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    png_file::register_letters();
    let largest = timings.last().map_or(8, |timing| timing.bytes) as f64;
    let area = BitMapBackend::with_buffer(pixels, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((8.0..largest).log_scale(), (1e-3..100.0).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("bytes of the message")
        .y_desc("GB/s")
        .draw()?;
    type Seconds = fn(&Timing) -> f64;
    let lines: [(&str, RGBColor, Seconds); 2] = [
        ("buffer", RGBColor(31, 87, 164), |timing| timing.buffer),
        ("object", RGBColor(203, 94, 20), |timing| timing.object),
    ];
    for (name, colour, seconds) in lines {
        let points = timings.iter().map(|timing| {
            let bytes = timing.bytes as f64;
            (bytes, bytes / seconds(timing) / 1e9)
        });
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}
