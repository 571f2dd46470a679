//! Which library is the quicker one, as this process has seen it.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ndarray::{ArrayView2, ArrayViewMut2};

#[cfg(feature = "gemm")]
use super::local::PureRust;
use super::local::{Blas, LocalMultiply};
use super::{Problem, Scalar};

/// The library that was quickest with such matrices so far: of the first products of a type and size each
/// library gets some, and all that follow go to the one that did best.
///
/// No product is computed only to be measured. Which library is quicker depends on the processor and the
/// shape: on an AMD EPYC OpenBLAS multiplied large squares by 1.05 and 4000×64·64×8000 by 1.2 times as fast
/// as the `gemm` crate, and a long inner product of 64 columns at 0.7 of its speed; on an Intel Xeon with
/// AVX-512 the `gemm` crate was ahead with squares too (one core, 2026).
#[derive(Debug, Clone, Copy)]
pub struct Quickest;

/// Of so many operations and more a product is worth a look at the clock.
const WORTHWHILE: f64 = 1e6;

/// Products of a size that each library gets before the choice: the first is slower, its memory being new.
const TRIALS: usize = 2;

/// A type of element, and each length's power of two.
type Class = (TypeId, [u32; 3]);

/// The best of one library with one class.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    trials: usize,
    flops_per_second: f64,
}

static RECORDS: Mutex<BTreeMap<Class, Vec<Record>>> = Mutex::new(BTreeMap::new());

impl<A: Scalar> LocalMultiply<A> for Quickest {
    fn name(&self) -> &'static str {
        "the quicker library"
    }

    fn multiply(
        &self,
        factors: (A, A),
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        c: ArrayViewMut2<'_, A>,
    ) {
        let libraries = libraries::<A>();
        let lengths = [a.nrows(), b.ncols(), a.ncols()];
        let [m, n, k] = lengths;
        let flops = Problem { m, n, k }.flops();
        if libraries.len() == 1 || flops < WORTHWHILE {
            return libraries[0].multiply(factors, a, b, c);
        }
        let class = (TypeId::of::<A>(), lengths.map(usize::ilog2));
        let chosen = choose(class, libraries.len());
        let clock = Instant::now();
        libraries[chosen].multiply(factors, a, b, c);
        note(class, chosen, flops / clock.elapsed().as_secs_f64());
    }
}

/// What this program is built with; the first one is for small products.
#[cfg(feature = "gemm")]
fn libraries<A: Scalar>() -> &'static [&'static dyn LocalMultiply<A>] {
    match cfg!(feature = "blas") {
        true => &[&PureRust, &Blas],
        false => &[&PureRust],
    }
}

#[cfg(not(feature = "gemm"))]
fn libraries<A: Scalar>() -> &'static [&'static dyn LocalMultiply<A>] {
    &[&Blas]
}

/// The library with the fewest trials until all have enough, then the quickest.
fn choose(class: Class, libraries: usize) -> usize {
    let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let records = records
        .entry(class)
        .or_insert_with(|| vec![Record::default(); libraries]);
    let untried = (0..libraries)
        .filter(|&library| records[library].trials < TRIALS)
        .min_by_key(|&library| records[library].trials);
    let speed = |library: &usize| records[*library].flops_per_second;
    let quickest = (0..libraries).max_by(|one, other| speed(one).total_cmp(&speed(other)));
    untried.or(quickest).unwrap_or(0)
}

fn note(class: Class, library: usize, flops_per_second: f64) {
    let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    let record = records.get_mut(&class).and_then(|all| all.get_mut(library));
    if let Some(record) = record {
        record.trials += 1;
        record.flops_per_second = record.flops_per_second.max(flops_per_second);
    }
}
