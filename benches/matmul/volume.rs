//! What is moved on grids larger than any machine at hand: the real schedule, run through on every rank without
//! data.

#[path = "../../examples/common/log_chart.rs"]
mod log_chart;

use std::path::Path;

use log_chart::{BLUE, Chart, GREEN, GREY, Line, ORANGE};
use partita::layout::{Distribution, GridShape, Layout, Overlap};
use partita::prelude::*;
use partita_io::save::Replacement;
use partita_kernels::matmul::{Algorithm, Mode, Operands, Plan};
use plotters::prelude::SeriesLabelPosition;

use super::report::print_table;

/// m = n = k.
const SIDE: usize = 16_384;

/// Of ScaLAPACK's block-cyclic matrices.
const BLOCK: usize = 64;

/// Elements that the busiest rank receives, of one number of ranks.
struct Volume {
    ranks: usize,
    grid: [usize; 3],
    chosen: usize,
    summa: usize,
    scalapack: usize,
    least: f64,
    bound: f64,
}

/// Prints and draws it. *Collective*; the root works.
pub fn draw(world: &Communicator, path: &Path) -> Result<()> {
    let target = Replacement::begin(world, path)?;
    let drawn = match world.is_root() {
        true => count_and_draw(&target),
        false => Ok(()),
    };
    world.agree(drawn)?;
    target.commit()
}

fn count_and_draw(target: &Replacement) -> Result<()> {
    let volumes = (0..=12).map(|power| volume(1 << power));
    let volumes = volumes.collect::<Result<Vec<Volume>>>()?;
    print(&volumes);
    paint(target, &volumes)
}

/// Operands and result in blocks over a grid that is as square as can be.
fn volume(ranks: usize) -> Result<Volume> {
    let grid = GridShape::balanced(ranks, 2);
    let block = || Layout::block([SIDE, SIDE], grid.clone());
    let operands = Operands {
        a: block()?,
        b: block()?,
        c: block()?,
    };
    let chosen = Plan::new(&operands, Algorithm::Automatic, Mode::Fast, None)?;
    let summa = Plan::new(&operands, Algorithm::Summa, Mode::Fast, None)?;
    let problem = chosen.problem();
    Ok(Volume {
        ranks,
        grid: chosen.grid(),
        chosen: busiest(&chosen, ranks)?,
        summa: busiest(&summa, ranks)?,
        scalapack: scalapack(&grid)?,
        least: problem.least_received(ranks),
        bound: problem.lower_bound(ranks, chosen.held()),
    })
}

/// Each rank's schedule is run through, and what it would receive is counted.
fn busiest(plan: &Plan, ranks: usize) -> Result<usize> {
    (0..ranks).try_fold(0, |most, rank| {
        Ok(most.max(plan.traffic(rank)?.words.total()))
    })
}

/// `pdgemm` of block-cyclic matrices: each rank gets the panels of A of its row of ranks, and those of B of its
/// column, but for its own.
fn scalapack(grid: &GridShape) -> Result<usize> {
    let dealt = [
        Distribution::BlockCyclic(BLOCK),
        Distribution::BlockCyclic(BLOCK),
    ];
    let own: Layout<ndarray::Ix2> = Layout::new([SIDE, SIDE], grid.clone(), &dealt)?;
    let (of_a, of_b) = (own.with_replicated(1)?, own.with_replicated(0)?);
    let arriving = |to: &Layout<ndarray::Ix2>, rank: usize| {
        let (from, to) = (own.all_local_runs(rank), to.all_local_runs(rank));
        let all: usize = to.iter().map(|runs| runs.len()).product();
        let both = from.iter().zip(&to);
        all - both
            .map(|(from, to)| Overlap::between(from, to).len())
            .product::<usize>()
    };
    let received = (0..grid.size()).map(|rank| arriving(&of_a, rank) + arriving(&of_b, rank));
    Ok(received.max().unwrap_or(0))
}

fn print(volumes: &[Volume]) {
    println!("{SIDE}³: elements that the busiest rank receives");
    let head = [
        "ranks",
        "chosen grid",
        "chosen",
        "SUMMA",
        "pdgemm",
        "at least",
        "chosen / least",
        "2mnk/(P√S)",
    ];
    let row = |volume: &Volume| {
        let [pm, pn, pk] = volume.grid;
        vec![
            volume.ranks.to_string(),
            format!("{pm}×{pn}×{pk}"),
            format!("{:.3e}", volume.chosen as f64),
            format!("{:.3e}", volume.summa as f64),
            format!("{:.3e}", volume.scalapack as f64),
            format!("{:.3e}", volume.least),
            format!("{:.2}", volume.chosen as f64 / volume.least),
            format!("{:.3e}", volume.bound),
        ]
    };
    print_table(&head, &volumes.iter().map(row).collect::<Vec<_>>());
}

fn paint(target: &Replacement, volumes: &[Volume]) -> Result<()> {
    let several: Vec<&Volume> = volumes.iter().filter(|volume| volume.ranks > 1).collect();
    type Height = fn(&Volume) -> f64;
    let line = |name, colour, height: Height| {
        let points = several
            .iter()
            .map(|volume| (volume.ranks as f64, height(volume)));
        Line {
            name,
            colour,
            points: points.collect(),
        }
    };
    let is_one_line = volumes
        .iter()
        .all(|volume| volume.summa == volume.scalapack);
    let scalapack = match is_one_line {
        true => "ScaLAPACK's pdgemm, and SUMMA",
        false => "ScaLAPACK's pdgemm",
    };
    let mut lines = vec![
        line(scalapack, ORANGE, |volume| volume.scalapack as f64),
        line("chosen here", BLUE, |volume| volume.chosen as f64),
        line("lower bound for any grid and memory", GREY, |volume| {
            volume.least
        }),
    ];
    if !is_one_line {
        lines.push(line("SUMMA", GREEN, |volume| volume.summa as f64));
    }
    let chart = Chart {
        x: ("ranks", 2.0..4096.0),
        y: ("elements received by the busiest rank", 1e6..2e8),
        legend: SeriesLabelPosition::LowerLeft,
    };
    chart.draw(target, lines)
}
