//! Bandwidth against the size of the message, both axes logarithmic.

#[path = "../common/log_chart.rs"]
mod log_chart;

use log_chart::{BLUE, Chart, Line, ORANGE};
use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::SeriesLabelPosition;

use super::Timing;

/// Writes the chart as a PNG file. *Local.*
pub fn draw(target: &Replacement, timings: &[Timing]) -> Result<()> {
    let largest = timings.last().map_or(8, |timing| timing.bytes) as f64;
    type Seconds = fn(&Timing) -> f64;
    let line = |name, colour, seconds: Seconds| {
        let points = timings.iter().map(|timing| {
            let bytes = timing.bytes as f64;
            (bytes, bytes / seconds(timing) / 1e9)
        });
        Line {
            name,
            colour,
            points: points.collect(),
        }
    };
    let lines = vec![
        line("buffer", BLUE, |timing| timing.buffer),
        line("object", ORANGE, |timing| timing.object),
    ];
    let chart = Chart {
        x: ("bytes of the message", 8.0..largest),
        y: ("GB/s", 1e-3..100.0),
        legend: SeriesLabelPosition::UpperLeft,
    };
    chart.draw(target, lines)
}
