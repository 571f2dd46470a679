//! What is printed in the end.

use std::time::Instant;

use ndarray::Array2;
use partita::prelude::*;
use partita_kernels::matmul::local::Library;
use partita_kernels::matmul::{Mode, Plan, Profile};

/// Sides of the matrices that the BLAS is measured with are not longer.
const LONGEST: usize = 1000;

/// One product's figures.
pub struct Report {
    ranks: usize,
    gigaflops: f64,
    /// The share of the time in which nothing is multiplied, of the rank with the largest.
    moving: f64,
    /// Of what one rank's BLAS multiplies in a second, a rank.
    of_blas: Option<f64>,
    /// Elements that the busiest rank received, and all of them.
    received: [usize; 2],
}

impl Report {
    /// *Collective.*
    pub fn new(world: &Communicator, plan: &Plan, seconds: f64, profile: Profile) -> Result<Self> {
        let gigaflops = plan.problem().flops() / seconds / 1e9;
        let each = gigaflops / world.size() as f64;
        let own = plan.traffic(world.rank())?.words.total() as u64;
        let received = [Operation::Max, Operation::Sum]
            .map(|operation| world.all_reduce_value(own, operation));
        let [busiest, all] = received;
        Ok(Report {
            ranks: world.size(),
            gigaflops,
            moving: world.all_reduce_value(profile.moving, Operation::Max)? / seconds,
            of_blas: blas_gigaflops(world, plan)?.map(|alone| each / alone),
            received: [busiest? as usize, all? as usize],
        })
    }

    pub fn text(&self, plan: &Plan, error: Option<f64>) -> String {
        let each = self.gigaflops / self.ranks as f64;
        let least = plan.problem().least_received(self.ranks);
        let of_blas = match self.of_blas {
            Some(ratio) => format!("{ratio:.2} of one rank's BLAS"),
            None => "not compared with a BLAS".to_string(),
        };
        let [busiest, all] = self.received.map(|words| words as f64);
        let mut lines = vec![
            format!("plan     {}", plan.to_string().replace('\n', "\n         ")),
            format!(
                "speed    {:.1} GFLOP/s, {each:.1} a rank, {of_blas}",
                self.gigaflops
            ),
            format!("time     {:.1} % in communication", 100.0 * self.moving),
            format!(
                "moved    {busiest:.3e} elements to the busiest rank (at least {least:.3e}), {all:.3e} in all"
            ),
        ];
        lines.extend(error.map(|error| format!("check    {error:.3} units of rounding")));
        lines.join("\n")
    }

    pub fn json(&self, error: Option<f64>) -> String {
        let number =
            |value: Option<f64>| value.map_or("null".to_string(), |value| format!("{value:e}"));
        format!(
            "{{\"ranks\": {}, \"gflops\": {:.3}, \"moving\": {:.4}, \"of_blas\": {}, \"received\": {}, \"error\": {}}}",
            self.ranks,
            self.gigaflops,
            self.moving,
            number(self.of_blas),
            self.received[0],
            number(error)
        )
    }
}

/// Of one rank's BLAS with matrices of a rank's share, not too large ones, while the other ranks wait; `None`
/// without a BLAS, or with nothing to multiply. *Collective.*
fn blas_gigaflops(world: &Communicator, plan: &Plan) -> Result<Option<f64>> {
    let (problem, [pm, pn, pk]) = (plan.problem(), plan.grid());
    let side = |length: usize, parts: usize| length.div_ceil(parts).min(LONGEST);
    let [m, n, k] = [
        side(problem.m, pm),
        side(problem.n, pn),
        side(problem.k, pk),
    ];
    // Replicated: how this program was built, and the lengths.
    let Ok(blas) = Library::Blas.for_mode::<f64>(Mode::Fast) else {
        return Ok(None);
    };
    if m * n * k == 0 {
        return Ok(None);
    }
    let mut best = f64::INFINITY;
    if world.is_root() {
        let (a, b) = (
            Array2::from_elem([m, k], 0.5),
            Array2::from_elem([k, n], 0.25),
        );
        let mut c = Array2::zeros([m, n]);
        for _ in 0..3 {
            let clock = Instant::now();
            blas.multiply((1.0, 0.0), a.view(), b.view(), c.view_mut());
            best = best.min(clock.elapsed().as_secs_f64());
        }
    }
    let best = world.all_reduce_value(best, Operation::Min)?;
    Ok(Some(2.0 * (m * n * k) as f64 / best / 1e9))
}
