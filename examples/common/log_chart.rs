//! Lines over two logarithmic axes as a PNG file; shared by what draws them.

#[path = "png_file.rs"]
mod png_file;

use std::ops::Range;

use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::*;

const SIZE: (u32, u32) = (760, 480);

/// What has a name on the chart.
pub struct Line {
    pub name: &'static str,
    pub colour: RGBColor,
    pub points: Vec<(f64, f64)>,
}

/// The axes, and what stands beside them.
pub struct Chart {
    pub x: (&'static str, Range<f64>),
    pub y: (&'static str, Range<f64>),
    pub legend: SeriesLabelPosition,
}

pub const BLUE: RGBColor = RGBColor(31, 87, 164);
pub const ORANGE: RGBColor = RGBColor(203, 94, 20);
#[allow(dead_code)]
pub const GREEN: RGBColor = RGBColor(48, 128, 72);
#[allow(dead_code)]
pub const GREY: RGBColor = RGBColor(120, 120, 120);

impl Chart {
    /// Writes the lines. *Local.*
    pub fn draw(self, target: &Replacement, lines: Vec<Line>) -> Result<()> {
        let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
        self.paint(&mut pixels, lines)
            .map_err(|cause| Error::io("draw", target.target(), cause))?;
        png_file::write(target.path(), &pixels, (SIZE.0 as usize, SIZE.1 as usize))
            .map_err(|cause| Error::io("write", target.target(), cause))
    }

    fn paint(
        self,
        pixels: &mut [u8],
        lines: Vec<Line>,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        png_file::register_letters();
        let area = BitMapBackend::with_buffer(pixels, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(16)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(self.x.1.log_scale(), self.y.1.log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(self.x.0)
            .y_desc(self.y.0)
            .x_label_formatter(&mark)
            .y_label_formatter(&mark)
            .draw()?;
        for line in lines {
            let style = line.colour.stroke_width(2);
            chart
                .draw_series(LineSeries::new(line.points, style).point_size(3))?
                .label(line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
        }
        chart
            .configure_series_labels()
            .position(self.legend)
            .border_style(BLACK)
            .background_style(WHITE)
            .draw()?;
        area.present()?;
        Ok(())
    }
}

/// The number beside a mark: short, so that it leaves room for what the axis is called.
fn mark(value: &f64) -> String {
    match (0.001..10_000.0).contains(value) {
        true => value.to_string(),
        false => format!("{value:e}"),
    }
}
