//! A picture of the board at the start and at the end.

#[path = "../common/png_file.rs"]
mod png_file;

use ndarray::{Array2, Ix2};
use partita::prelude::*;
use partita_io::save::Replacement;
use plotters::prelude::*;

use super::Run;

/// No board has more pixels than this a side, however large: a pixel then stands for several cells.
const LARGEST: usize = 640;

const MARGIN: usize = 28;

/// The share of living cells behind each pixel, on the root; `None` elsewhere. *Collective.*
pub fn sample(board: &DistArray<u8, Ix2>) -> Result<Option<Array2<f64>>> {
    let (rows, columns) = (board.shape()[0], board.shape()[1]);
    let cells = rows.max(columns).div_ceil(LARGEST).max(1);
    let size = (rows.div_ceil(cells), columns.div_ceil(cells));
    let mut alive = vec![0u64; size.0 * size.1];
    for ([row, column], cell) in board.indexed_iter() {
        alive[row / cells * size.1 + column / cells] += u64::from(*cell);
    }
    let Some(alive) = board.communicator().reduce(0, &alive, Operation::Sum)? else {
        return Ok(None);
    };
    let full = (cells * cells) as f64;
    let shares = alive.into_iter().map(|alive| alive as f64 / full).collect();
    Ok(Some(Array2::from_shape_vec(size, shares)?))
}

/// Draws both boards side by side as a PNG file. *Local.*
pub fn draw(target: &Replacement, boards: [&Array2<f64>; 2], run: &Run) -> Result<()> {
    let (rows, columns) = boards[0].dim();
    let zoom = (LARGEST / rows.max(columns).max(1)).max(1);
    // Room for the words, also over a narrow board.
    let panel = ((columns * zoom).max(260), (rows * zoom).max(40));
    let size = (2 * panel.0 + 3 * MARGIN, panel.1 + 2 * MARGIN);
    let mut pixels = vec![0; size.0 * size.1 * 3];
    paint(&mut pixels, size, zoom, boards, run)
        .map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, size)
        .map_err(|cause| Error::io("write", target.target(), cause))
}

fn paint(
    pixels: &mut [u8],
    (width, height): (usize, usize),
    zoom: usize,
    boards: [&Array2<f64>; 2],
    run: &Run,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    png_file::register_letters();
    let area =
        BitMapBackend::with_buffer(pixels, (width as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let letters = ("sans-serif", 16).into_font().color(&BLACK);
    for (number, (board, generation)) in boards.into_iter().zip([0, run.generations]).enumerate() {
        let left = MARGIN + number * (width - MARGIN) / 2;
        let title = format!("generation {generation}: {} alive", run.populations[number]);
        area.draw_text(&title, &letters, (left as i32, 6))?;
        for ((row, column), &share) in board.indexed_iter() {
            let corner = (left + column * zoom, MARGIN + row * zoom);
            for pixel in 0..zoom * zoom {
                let (down, right) = (pixel / zoom, pixel % zoom);
                let at = ((corner.0 + right) as i32, (corner.1 + down) as i32);
                area.draw_pixel(at, &colour(share))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

/// Dark where nothing lives; few cells of many are still to be seen.
fn colour(share: f64) -> RGBColor {
    let bright = share.sqrt();
    let between = |dead: f64, alive: f64| (dead + (alive - dead) * bright) as u8;
    RGBColor(
        between(16.0, 255.0),
        between(20.0, 214.0),
        between(40.0, 102.0),
    )
}
