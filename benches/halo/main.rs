//! Halo exchange and 7-point steps of a block a rank, against the same in C on plain MPI.
//!
//!     cargo xtask bench halo
//!
//! Width 1, all faces, every axis periodic, the ranks one after the other along the first axis. On one, two and
//! four ranks, as far as there are so many, everything alternately in one run. *Hidden* is the share of the
//! exchange's time by which a step becomes shorter when its interior is computed while messages travel; below
//! zero it becomes longer. Between ranks of one machine there is nothing to hide: the cores that would compute
//! meanwhile are those that copy the messages. The limit: 16 bytes a cell at the bandwidth of a triad on as many
//! ranks.

#[path = "../common/limit.rs"]
mod limit;
#[path = "../common/report.rs"]
mod report;

use std::process::ExitCode;

use limit::{Triad, slowest};
use ndarray::Ix3;
use partita::prelude::*;
use report::{Samples, median_ratio, print_table};

/// Halo exchange and stencil steps beside C
#[derive(clap::Parser)]
struct Arguments {
    /// Cells along each side of a rank's block
    #[arg(long, default_value_t = 256)]
    side: usize,
    /// Exchanges in one sample
    #[arg(long, default_value_t = 20)]
    exchanges: usize,
    /// Steps in one sample
    #[arg(long, default_value_t = 2)]
    steps: usize,
    /// Samples of each figure
    #[arg(long, default_value_t = 9)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

const STAR: [[isize; 3]; 7] = [
    [0, 0, 0],
    [-1, 0, 0],
    [1, 0, 0],
    [0, -1, 0],
    [0, 1, 0],
    [0, 0, -1],
    [0, 0, 1],
];

/// The least traffic of one cell's step: read once, written once.
const BYTES_A_CELL: f64 = 16.0;

const RATIO: f64 = 0.1;

/// The operations of the driver in C, in its order.
fn update([here, back, front, above, below, left, right]: [f64; 7]) -> f64 {
    here + RATIO * (back + front + above + below + left + right - 6.0 * here)
}

/// The blocks of one number of ranks, and what was measured with them, in seconds.
struct Contender {
    communicator: Communicator,
    u: DistArray<f64, Ix3>,
    next: DistArray<f64, Ix3>,
    peer: Vec<f64>,
    peer_next: Vec<f64>,
    exchange: Samples,
    peer_exchange: Samples,
    step: Samples,
    overlapped: Samples,
    peer_step: Samples,
    triad: Triad,
    bandwidth: Samples,
    hidden: Samples,
    rates: Samples,
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let mut rows = [vec![], vec![]];
        for ranks in [1, 2, 4].into_iter().filter(|&ranks| ranks <= world.size()) {
            let taking_part = (world.rank() < ranks).then_some(0);
            if let Some(communicator) = world.split(taking_part, 0)? {
                let mut contender = Contender::new(&communicator, &arguments)?;
                for round in 0..=arguments.samples {
                    if round == 1 {
                        // What came before warmed up caches, pages and connections.
                        contender.forget();
                    }
                    contender.sample(&arguments)?;
                }
                contender.check(3)?;
                rows[0].push(contender.row_of_exchanges());
                rows[1].push(contender.row_of_steps());
            }
            world.barrier()?;
        }
        if world.is_root() {
            report(&arguments, &rows);
        }
        Ok(())
    })
}

impl Contender {
    fn new(communicator: &Communicator, arguments: &Arguments) -> Result<Self> {
        let (ranks, side) = (communicator.size(), arguments.side);
        let grid = ProcessGrid::new(communicator, &[ranks, 1, 1])?;
        let value = |[i, j, k]: [usize; 3]| ((i * 31 + j) * 17 + k) as f64 % 101.0;
        let mut u = DistArray::from_fn(&grid, [ranks * side, side, side], value)?
            .with_halo(Halo::uniform(3, 1, Boundary::Periodic))?;
        let peer = u.padded_mut().iter().copied().collect::<Vec<_>>();
        Ok(Contender {
            communicator: communicator.clone(),
            next: u.clone(),
            peer_next: peer.clone(),
            u,
            peer,
            exchange: Samples::default(),
            peer_exchange: Samples::default(),
            step: Samples::default(),
            overlapped: Samples::default(),
            peer_step: Samples::default(),
            triad: Triad::new(side.pow(3)),
            bandwidth: Samples::default(),
            hidden: Samples::default(),
            rates: Samples::default(),
        })
    }

    fn all_samples(&mut self) -> [&mut Samples; 8] {
        [
            &mut self.exchange,
            &mut self.peer_exchange,
            &mut self.step,
            &mut self.overlapped,
            &mut self.peer_step,
            &mut self.bandwidth,
            &mut self.hidden,
            &mut self.rates,
        ]
    }

    fn forget(&mut self) {
        self.all_samples().into_iter().for_each(Samples::clear);
    }

    fn sample(&mut self, arguments: &Arguments) -> Result<()> {
        let (side, exchanges, steps) = (arguments.side, arguments.exchanges, arguments.steps);
        let communicator = self.communicator.clone();
        let all = |seconds: f64| communicator.all_reduce_value(seconds, Operation::Max);
        self.bandwidth.push(self.triad.bandwidth(&communicator)?);
        let peer = partita_peers::halo::exchange(&communicator, &mut self.peer, side, exchanges)?;
        self.peer_exchange.push(all(peer)?);
        let exchange = slowest(&communicator, || {
            (0..exchanges).try_for_each(|_| self.u.halo_exchange().map(drop))
        })?;
        self.exchange.push(exchange / exchanges as f64);

        let (peer, next) = (&mut self.peer, &mut self.peer_next);
        let step = partita_peers::halo::step(&communicator, peer, next, side, (RATIO, steps))?;
        self.peer_step.push(all(step)?);
        let plain = self.steps(steps, |u, next| u.stencil(next, STAR, update))?;
        self.step.push(plain);
        let overlapped = self.steps(steps, |u, next| {
            let exchange = u.start_halo_exchange()?;
            exchange.stencil(next, STAR, update)?;
            exchange.finish()?.stencil_border(next, STAR, update)
        })?;
        self.overlapped.push(overlapped);
        self.rates.push(self.u.len() as f64 / plain);
        self.hidden
            .push((plain - overlapped) * exchanges as f64 / exchange);
        Ok(())
    }

    /// Seconds of a step.
    fn steps(
        &mut self,
        count: usize,
        step: impl Fn(&mut DistArray<f64, Ix3>, &mut DistArray<f64, Ix3>) -> Result<()>,
    ) -> Result<f64> {
        let seconds = slowest(&self.communicator, || {
            (0..count).try_for_each(|_| {
                step(&mut self.u, &mut self.next)?;
                std::mem::swap(&mut self.u, &mut self.next);
                Ok(())
            })
        })?;
        Ok(seconds / count as f64)
    }
}

impl Contender {
    /// Whether both sides have the same bits after as many steps.
    fn check(&mut self, steps: usize) -> Result<()> {
        let side = self.u.local_shape()[0];
        let start: Vec<f64> = self.u.padded_mut().iter().copied().collect();
        let (mut peer, mut next) = (start.clone(), start);
        partita_peers::halo::step(
            &self.communicator,
            &mut peer,
            &mut next,
            side,
            (RATIO, steps),
        )?;
        self.steps(steps, |u, next| u.stencil(next, STAR, update))?;
        let peer = ndarray::Array3::from_shape_vec([side + 2; 3], peer)?;
        let own = ndarray::s![1..=side, 1..=side, 1..=side];
        let same = peer
            .slice(own)
            .iter()
            .zip(&self.u.local())
            .all(|(one, other)| one == other);
        self.communicator.agree(if same {
            Ok(())
        } else {
            Err(Error::numerical("halo", "C computes other values"))
        })
    }

    fn row_of_exchanges(&self) -> Vec<String> {
        vec![
            self.communicator.size().to_string(),
            format!("{:.4}", self.exchange.median() * 1e3),
            format!("{:.4}", self.peer_exchange.median() * 1e3),
            format!("{:.2}", median_ratio(&self.exchange, &self.peer_exchange)),
            format!("{:.0} %", 100.0 * self.exchange.spread()),
        ]
    }

    fn row_of_steps(&self) -> Vec<String> {
        vec![
            self.communicator.size().to_string(),
            format!("{:.2}", self.step.median() * 1e3),
            format!("{:.2}", self.overlapped.median() * 1e3),
            format!("{:.2}", self.peer_step.median() * 1e3),
            format!("{:.2}", median_ratio(&self.step, &self.peer_step)),
            format!("{:.2}", median_ratio(&self.overlapped, &self.peer_step)),
            match self.communicator.size() {
                1 => "-".to_string(), // no messages
                _ => format!("{:.0} %", 100.0 * self.hidden.median()),
            },
            format!(
                "{:.2}",
                BYTES_A_CELL * median_ratio(&self.rates, &self.bandwidth)
            ),
            format!("{:.0} %", 100.0 * self.step.spread()),
        ]
    }
}

fn report(arguments: &Arguments, [exchanges, steps]: &[Vec<Vec<String>>; 2]) {
    let Arguments { side, samples, .. } = arguments;
    println!(
        "halo of {side}³ cells of f64 a rank, width 1, all faces, periodic; medians of {samples} \
         interleaved samples"
    );
    print_table(
        &["ranks", "exchange ms", "C ms", "of C's time", "spread"],
        exchanges,
    );
    println!("\n7-point step, with its exchange");
    let head = [
        "ranks",
        "step ms",
        "overlapped ms",
        "C ms",
        "of C's time",
        "overlapped",
        "hidden",
        "of the limit",
        "spread",
    ];
    print_table(&head, steps);
}
