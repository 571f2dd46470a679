//! The same work in PETSc: `VecSum` and `VecNorm`, alternately with partita's.

use std::hint::black_box;

use ndarray::Ix1;
use partita::prelude::*;
use partita_peers::petsc::{Vector, with_vector};

use crate::limit::slowest;
use crate::report::{Samples, median_ratio};

/// Prints GB/s of an array of so many bytes on all ranks. Collective.
pub fn report(world: &Communicator, bytes: usize, samples: usize) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let value = |[i]: [usize; 1]| (i as f64 * 0.37).sin();
    let array = DistArray::from_fn(&grid, [bytes / size_of::<f64>()], value)?;
    let local = array.local();
    let words = local.as_slice().unwrap_or_default();
    let rates = with_vector(world, words, |vector| measured(&array, vector, samples))?;
    let Some([sum, ours, norm, our_norm]) = rates else {
        root_println!(
            world,
            "PETSc: skipped, it is not installed (Debian: libpetsc-real-dev)"
        );
        return Ok(());
    };
    let rate = |samples: &Samples| samples.median() / 1e9;
    root_println!(
        world,
        "PETSc, {} ranks: VecSum {:.1} GB/s, sum {:.1} ({:.2} of it); VecNorm {:.1}, norm2 {:.1} ({:.2} of it)",
        world.size(),
        rate(&sum),
        rate(&ours),
        median_ratio(&ours, &sum),
        rate(&norm),
        rate(&our_norm),
        median_ratio(&our_norm, &norm)
    );
    Ok(())
}

fn measured(array: &DistArray<f64, Ix1>, vector: &Vector, samples: usize) -> Result<[Samples; 4]> {
    let works: [&dyn Fn() -> Result<f64>; 4] = [
        &|| vector.sum(),
        &|| array.sum(),
        &|| vector.norm(),
        &|| array.norm2(),
    ];
    let mut rates: [Samples; 4] = Default::default();
    for _ in 0..samples {
        for (work, rates) in works.iter().zip(&mut rates) {
            let pass = || {
                black_box(work()?);
                Ok(())
            };
            let seconds = slowest(array.communicator(), pass)?;
            rates.push((array.len() * size_of::<f64>()) as f64 / seconds);
        }
    }
    Ok(rates)
}
