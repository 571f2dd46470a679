//! The set with the ranks of its rows beside it, and the work of each rank as bars.

#[path = "../common/png_file.rs"]
mod png_file;
#[path = "../common/thinned.rs"]
mod thinned;

use ndarray::Array2;
use partita::layout::AxisLayout;
use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::colors::colormaps::{ColorMap, DerivedColorMap};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::balance::Balance;
use thinned::LARGEST;
pub use thinned::sample;

const MARGIN: usize = 28;
/// The band that shows whose rows they are.
const BAND: usize = 14;
const BARS: usize = 300;

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// Writes the picture as a PNG file. *Local.*
pub fn draw(target: &Replacement, steps: &Array2<u32>, most: u32, balance: &Balance) -> Result<()> {
    let zoom = (LARGEST / steps.nrows().max(steps.ncols()).max(1)).max(1);
    let panel = (steps.ncols() * zoom, (steps.nrows() * zoom).max(300));
    let size = (panel.0 + BAND + BARS + 3 * MARGIN, panel.1 + 2 * MARGIN);
    let mut pixels = vec![0; size.0 * size.1 * 3];
    paint(&mut pixels, size, panel, (steps, most), balance)
        .map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, size)
        .map_err(|cause| Error::io("write", target.target(), cause))
}

fn paint(
    pixels: &mut [u8],
    size: (usize, usize),
    panel: (usize, usize),
    (steps, most): (&Array2<u32>, u32),
    balance: &Balance,
) -> Drawn {
    png_file::register_letters();
    let area =
        BitMapBackend::with_buffer(pixels, (size.0 as u32, size.1 as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let [other, own] = balance.compared();
    area.draw_text(&format!("rows {own}"), &text(16), (MARGIN as i32, 6))?;
    paint_set(&area, panel, steps, most)?;
    paint_band(&area, panel, balance, &own)?;
    let left = (2 * MARGIN + BAND + panel.0) as i32;
    let height = (size.1 / 2) as i32;
    let most = [&other, &own].map(|rows| balance.shares(rows));
    let most = most
        .iter()
        .flatten()
        .map(|(_, steps)| *steps)
        .max()
        .unwrap_or(0);
    for (number, rows) in [other, own].iter().enumerate() {
        let top = number as i32 * height;
        let part = area
            .clone()
            .shrink((left, top), (BARS as i32 + MARGIN as i32, height));
        paint_bars(&part, balance, rows, most)?;
    }
    area.present()?;
    Ok(())
}

fn paint_set<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panel: (usize, usize),
    steps: &Array2<u32>,
    most: u32,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let colours = DerivedColorMap::new(&[
        RGBColor(9, 12, 60),
        RGBColor(32, 107, 203),
        RGBColor(237, 255, 255),
        RGBColor(255, 170, 0),
        RGBColor(90, 20, 30),
    ]);
    for x in 0..panel.0 {
        for y in 0..panel.1 {
            let (row, column) = (y * steps.nrows() / panel.1, x * steps.ncols() / panel.0);
            // Without points, the panel stays white.
            let Some(&taken) = steps.get([row, column]) else {
                continue;
            };
            let share = f64::from(taken).ln() / f64::from(most).max(2.0).ln();
            let colour = if taken == most {
                BLACK
            } else {
                colours.get_color(share as f32)
            };
            area.draw_pixel(((MARGIN + BAND + x) as i32, (MARGIN + y) as i32), &colour)?;
        }
    }
    Ok(())
}

/// Whose row each row of the picture is.
fn paint_band<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panel: (usize, usize),
    balance: &Balance,
    rows: &Distribution,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let shares = balance.shares(rows);
    let length = shares.iter().map(|(rows, _)| rows).sum::<usize>();
    let axis = AxisLayout::new(length, rows.clone(), shares.len())?;
    for y in 0..panel.1 {
        if let Some(rank) = axis.owner(y * length / panel.1) {
            for x in 0..BAND - 4 {
                area.draw_pixel(((MARGIN + x) as i32, (MARGIN + y) as i32), &colour_of(rank))?;
            }
        }
    }
    Ok(())
}

/// A bar a rank, and a line at the average.
fn paint_bars<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    balance: &Balance,
    rows: &Distribution,
    most: u64,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let shares = balance.shares(rows);
    let mean = shares.iter().map(|(_, steps)| *steps as f64).sum::<f64>() / shares.len() as f64;
    let title = format!(
        "steps a rank, rows {rows}: {:.2} of the mean",
        balance.imbalance(rows)
    );
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .caption(title, ("sans-serif", 15))
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..shares.len() as f64, 0.0..most.max(1) as f64 * 1.05)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .x_labels(0)
        .y_labels(5)
        .y_label_formatter(&|&steps| mark(steps))
        .x_desc("rank")
        .draw()?;
    chart.draw_series(shares.iter().enumerate().map(|(rank, (_, steps))| {
        let (left, right) = (rank as f64 + 0.1, rank as f64 + 0.9);
        Rectangle::new(
            [(left, 0.0), (right, *steps as f64)],
            colour_of(rank).filled(),
        )
    }))?;
    // Of more ranks the numbers would run into each other.
    if shares.len() <= 16 {
        let below = Pos::new(HPos::Center, VPos::Bottom);
        let style = ("sans-serif", 12).into_font().color(&WHITE).pos(below);
        chart.draw_series((0..shares.len()).map(|rank| {
            let place = (rank as f64 + 0.5, 0.0);
            Text::new(rank.to_string(), place, style.clone())
        }))?;
    }
    chart.draw_series(LineSeries::new(
        [(0.0, mean), (shares.len() as f64, mean)],
        BLACK,
    ))?;
    Ok(())
}

/// What is written beside a height: as many of three digits as it needs, so that 1500 is no second 2000.
fn mark(steps: f64) -> String {
    let rounded = format!("{steps:.2e}").parse().unwrap_or(steps);
    match rounded {
        0.0 => "0".to_string(),
        _ => format!("{rounded:e}"),
    }
}

/// Neighbouring ranks in colours far from each other.
fn colour_of(rank: usize) -> RGBColor {
    const COLOURS: [RGBColor; 6] = [
        RGBColor(31, 87, 164),
        RGBColor(203, 94, 20),
        RGBColor(52, 140, 62),
        RGBColor(150, 60, 140),
        RGBColor(190, 160, 20),
        RGBColor(40, 160, 170),
    ];
    COLOURS[rank % COLOURS.len()]
}

fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK)
}
