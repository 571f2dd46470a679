//! What the hardware grants, measured in the same run as what is held against it.

use std::hint::black_box;
use std::time::Instant;

use partita::prelude::*;

/// Memory for a triad: three arrays that no cache holds.
#[allow(dead_code)]
pub struct Triad {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
}

#[allow(dead_code)]
impl Triad {
    /// Arrays of `elements` on each rank.
    pub fn new(elements: usize) -> Self {
        Triad {
            a: vec![0.0; elements],
            b: vec![1.0; elements],
            c: vec![2.0; elements],
        }
    }

    /// One pass of a = b + s·c on all ranks of the communicator at once; bytes per second of all of them,
    /// counted as STREAM counts (24 an element, without the read of `a` that a write implies).
    ///
    /// Source: J. D. McCalpin, *Memory bandwidth and machine balance in current high performance
    /// computers*, IEEE TCCA Newsletter (1995).
    pub fn bandwidth(&mut self, communicator: &Communicator) -> Result<f64> {
        let scale = black_box(3.0);
        let bytes = 3.0 * size_of::<f64>() as f64 * self.a.len() as f64;
        let seconds = slowest(communicator, || {
            for ((a, b), c) in self.a.iter_mut().zip(&self.b).zip(&self.c) {
                *a = b + scale * c;
            }
            black_box(&self.a);
            Ok(())
        })?;
        Ok(bytes * communicator.size() as f64 / seconds)
    }
}

/// Reads all words once, in vectors: no reduction can be faster.
#[multiversion::multiversion(targets = "simd")]
#[allow(dead_code)]
pub fn read(words: &[f64]) -> u64 {
    const LANES: usize = 64;
    let mut lanes = [0u64; LANES];
    let (chunks, tail) = words.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] ^= chunk[lane].to_bits();
        }
    }
    let words = lanes
        .into_iter()
        .chain(tail.iter().map(|word| word.to_bits()));
    words.fold(0, |all, word| all ^ word)
}

/// The seconds that the slowest rank takes for `work`, all starting together.
pub fn slowest(communicator: &Communicator, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    communicator.barrier()?;
    let clock = Instant::now();
    work()?;
    communicator.all_reduce_value(clock.elapsed().as_secs_f64(), Operation::Max)
}

/// Does `work` on the root, while the others sleep and leave their cores to it.
#[allow(dead_code)]
pub fn rest<T>(communicator: &Communicator, work: impl FnOnce() -> T) -> Result<Option<T>> {
    let done = communicator.is_root().then(work);
    // It sleeps between looks, as `barrier` does not.
    communicator.arrive_within(None)?;
    Ok(done)
}
