//! What is moved on grids larger than any machine at hand: the real plan, for every rank, without data.

#[path = "../../examples/common/png_file.rs"]
mod png_file;

use std::path::Path;

use partita::layout::{Distribution, GridShape, Layout};
use partita::prelude::*;
use partita_io::save::Replacement;
use partita_kernels::matmul::{Algorithm, Mode, Operands, Plan};
use plotters::prelude::*;

use super::report::print_table;

const SIZE: (u32, u32) = (760, 480);

/// m = n = k.
const SIDE: usize = 16_384;

/// Elements that the busiest rank receives, of one number of ranks.
struct Volume {
    ranks: usize,
    chosen: usize,
    grid: [usize; 3],
    two_dimensional: usize,
    scalapack: f64,
    bound: f64,
}

/// Prints and draws it. *Collective*; the root works.
pub fn draw(world: &Communicator, path: &Path) -> Result<()> {
    let target = Replacement::begin(world, path)?;
    let volumes = (0..=12).map(|power| volume(1 << power));
    // Replicated: arithmetic that every rank does alike.
    let volumes = volumes.collect::<Result<Vec<Volume>>>()?;
    let drawn = match world.is_root() {
        true => paint_into(&target, &volumes),
        false => Ok(()),
    };
    world.agree(drawn)?;
    target.commit()?;
    if world.is_root() {
        print(&volumes);
    }
    Ok(())
}

/// Operands and result in blocks over a grid that is as square as can be.
fn volume(ranks: usize) -> Result<Volume> {
    let grid = GridShape::balanced(ranks, 2);
    let block = || {
        let blocks = [Distribution::Block, Distribution::Block];
        Layout::new([SIDE, SIDE], grid.clone(), &blocks)
    };
    let operands = Operands {
        a: block()?,
        b: block()?,
        c: block()?,
    };
    let chosen = Plan::new(&operands, Algorithm::Automatic, Mode::Fast, None)?;
    let flat = Plan::new(&operands, Algorithm::Summa, Mode::Fast, None)?;
    let [rows, columns] = [grid.parts()[0], grid.parts()[1]].map(|parts| parts as f64);
    let side = SIDE as f64;
    Ok(Volume {
        ranks,
        chosen: chosen.words().total(),
        grid: chosen.grid(),
        two_dimensional: flat.words().total(),
        // Panels of A along its row of ranks, of B along its column: what a rank does not have.
        scalapack: side * side / rows * (1.0 - 1.0 / columns)
            + side * side / columns * (1.0 - 1.0 / rows),
        bound: chosen.problem().lower_bound(ranks, chosen.memory() as f64),
    })
}

fn print(volumes: &[Volume]) {
    println!("{SIDE}³: elements that the busiest rank receives");
    let head = [
        "ranks",
        "chosen grid",
        "chosen",
        "SUMMA",
        "pdgemm",
        "bound",
        "chosen / bound",
    ];
    let rows: Vec<Vec<String>> = volumes
        .iter()
        .map(|volume| {
            let [pm, pn, pk] = volume.grid;
            vec![
                volume.ranks.to_string(),
                format!("{pm}×{pn}×{pk}"),
                format!("{:.3e}", volume.chosen as f64),
                format!("{:.3e}", volume.two_dimensional as f64),
                format!("{:.3e}", volume.scalapack),
                format!("{:.3e}", volume.bound),
                format!("{:.2}", volume.chosen as f64 / volume.bound),
            ]
        })
        .collect();
    print_table(&head, &rows);
}

fn paint_into(target: &Replacement, volumes: &[Volume]) -> Result<()> {
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    paint(&mut pixels, volumes).map_err(|cause| Error::io("draw", target.target(), cause))?;
    png_file::write(target.path(), &pixels, (SIZE.0 as usize, SIZE.1 as usize))
        .map_err(|cause| Error::io("write", target.target(), cause))
}

fn paint(
    pixels: &mut [u8],
    volumes: &[Volume],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    png_file::register_letters();
    let several: Vec<&Volume> = volumes.iter().filter(|volume| volume.ranks > 1).collect();
    let area = BitMapBackend::with_buffer(pixels, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d((2.0..4096.0).log_scale(), (1e5..1e9).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("ranks")
        .y_desc("elements received by the busiest rank")
        .draw()?;
    type Height = fn(&Volume) -> f64;
    let lines: [(&str, RGBColor, Height); 3] = [
        ("pdgemm", RGBColor(203, 94, 20), |volume| volume.scalapack),
        ("partita", RGBColor(31, 87, 164), |volume| {
            volume.chosen as f64
        }),
        ("lower bound", RGBColor(120, 120, 120), |volume| {
            volume.bound
        }),
    ];
    for (name, colour, height) in lines {
        let points = several
            .iter()
            .map(|volume| (volume.ranks as f64, height(volume)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}
