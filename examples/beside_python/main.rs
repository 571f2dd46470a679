//! A program in Rust and one in Python, in one MPI job: numpy finds the spectrum of a signal that Rust makes.
//!
//!     cargo build --release --example beside_python
//!     mpiexec -n 2 target/release/examples/beside_python : -n 1 python3 -m mpi4py examples/beside_python/peer.py
//!
//! prints
//!
//!     signal  1000 samples of 2 ranks, spectrum by rank 2
//!     peak    50 Hz of amplitude 1.000
//!     peak    120 Hz of amplitude 0.500
//!     energy  625.000 in time, 625.000 in frequency
//!
//! `run_coupled` gives two communicators: `world` of this program's ranks, in which everything is as in any
//! other program, and `job` of all, which speaks the plain MPI that mpi4py speaks as well. Each line here that
//! uses `job` has its twin in `peer.py`.

use std::f64::consts::TAU;

use num_complex::Complex;
use partita::prelude::*;

/// Samples, in one second.
const SAMPLES: usize = 1000;

fn main() -> std::process::ExitCode {
    partita::run_coupled(|world, job| {
        let (Some(&python), Some(0)) = (job.others().first(), job.own().first()) else {
            return Err(Error::usage(
                "beside_python: another program's ranks have to follow this one's (mpiexec -n 2 beside_python \
                 : -n 1 python3 -m mpi4py peer.py)",
            ));
        };
        let (ranks, rank) = (world.size(), world.rank());

        // What the others need to know: integers, from rank 0 to everyone.
        job.broadcast(0, &mut [ranks as i32, SAMPLES as i32])?;

        // Each rank's share of the signal, cut as arrays are: doubles to Python.
        let share = rank * SAMPLES / ranks..(rank + 1) * SAMPLES / ranks;
        let signal: Vec<f64> = share
            .map(|sample| wave(sample as f64 / SAMPLES as f64))
            .collect();
        job.send(&signal, python)?;

        // Its spectrum from there: complex numbers, of a number that this end need not know.
        if world.is_root() {
            let (spectrum, told) = job.receive_vec::<Complex<f64>>(python)?;
            let mut peaks = [0_i32; 2];
            job.receive(&mut peaks, python)?;
            let by = told.source;
            root_println!(
                world,
                "signal  {SAMPLES} samples of {ranks} ranks, spectrum by rank {by}"
            );
            for peak in peaks {
                let amplitude = 2.0 * spectrum[peak as usize].norm() / SAMPLES as f64;
                root_println!(world, "peak    {peak} Hz of amplitude {amplitude:.3}");
            }
        }

        // Parseval: the signal has the energy of its spectrum, of which Python adds the second.
        let energy: f64 = signal.iter().map(|value| value * value).sum();
        let both = job.all_reduce(&[energy, 0.0], Operation::Sum)?;
        let (time, frequency) = (both[0], both[1]);
        root_println!(
            world,
            "energy  {time:.3} in time, {frequency:.3} in frequency"
        );
        Ok(())
    })
}

/// A tone of 50 Hz, and a softer one of 120.
fn wave(time: f64) -> f64 {
    (TAU * 50.0 * time).sin() + 0.5 * (TAU * 120.0 * time).sin()
}
