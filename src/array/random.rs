//! Random arrays, which do not depend on ranks, grid or layout: every element's number belongs to its place.

use std::ops::{Range, RangeBounds};

use ndarray::{Array, Ix1};

use super::construct::try_default;
use super::{DistArray, IntoLayout, ProcessGrid};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout, Runs};
use crate::random::{
    Distribution, IntegerValue, Integers, Normal, Permutation, Real, Sequence, Uniform,
};

/// Whether what was chosen may be chosen again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replacement {
    /// It may: every choice is independent.
    With,
    /// It may not: all choices differ.
    Without,
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Random numbers of a distribution: the same array, bit for bit, on any ranks, grid and layout. *Collective.*
    ///
    /// The element that comes g-th in C order is number g of the [`Sequence`] of this seed.
    ///
    /// # Cost
    /// One agreement (that every rank has the memory). Along rows, the speed of the vectorised generator; an
    /// element whose neighbours are other ranks' costs about a microsecond.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the layout does not fit the grid, [`Error::Memory`] when a rank
    /// cannot hold its part.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{DistArray, ProcessGrid, random::Normal};
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let noise = DistArray::random(&grid, [4000, 3000], 42, Normal::new(0.0f32, 0.1)?)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn random<Dist>(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        distribution: Dist,
    ) -> Result<Self>
    where
        Dist: Distribution<Value = A>,
    {
        let of = std::any::type_name::<Dist>();
        DistArray::random_of(of, grid, layout, seed, distribution)
    }

    /// As [`random`](Self::random), of a distribution that these words tell from others.
    #[track_caller]
    fn random_of<Dist>(
        of: &str,
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        distribution: Dist,
    ) -> Result<Self>
    where
        Dist: Distribution<Value = A>,
    {
        let mut sequence = Sequence::new(seed, distribution);
        let call = Call::new("random").seed(seed).given(of);
        DistArray::by_position(call, grid, layout, |start, values| {
            sequence.fill(start, values);
        })
    }

    /// Uniform numbers of a range, the end excluded; see [`Uniform`]. *Collective.*
    ///
    /// # Cost
    /// As [`random`](Self::random).
    ///
    /// # Errors
    /// As [`random`](Self::random), and [`Error::Usage`] unless the range has a positive, finite length.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{DistArray, ProcessGrid};
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let u = DistArray::uniform(&grid, [4000, 3000], 42, -1.0..1.0)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn uniform(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        range: Range<A>,
    ) -> Result<Self>
    where
        A: Real,
    {
        let uniform = Uniform::new(range)?;
        DistArray::random_of(&format!("{uniform:?}"), grid, layout, seed, uniform)
    }

    /// Normal numbers of a mean and a standard deviation; see [`Normal`]. *Collective.*
    ///
    /// # Cost
    /// As [`random`](Self::random), and some 15 ns an element.
    ///
    /// # Errors
    /// As [`random`](Self::random), and [`Error::Usage`] unless both are finite and the deviation is not negative.
    #[track_caller]
    pub fn normal(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        mean: A,
        deviation: A,
    ) -> Result<Self>
    where
        A: Real,
    {
        let normal = Normal::new(mean, deviation)?;
        DistArray::random_of(&format!("{normal:?}"), grid, layout, seed, normal)
    }

    /// Integers of a range, each with exactly the same probability; see [`Integers`]. *Collective.*
    ///
    /// # Cost
    /// As [`random`](Self::random), and two microseconds for each rejected number, of which there are less than
    /// n in 2^64 for a range of n.
    ///
    /// # Errors
    /// As [`random`](Self::random), and [`Error::Usage`] when the range is empty.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{DistArray, ProcessGrid};
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let dice = DistArray::integers(&grid, [1000], 42, 1..=6)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn integers(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        range: impl RangeBounds<A>,
    ) -> Result<Self>
    where
        A: IntegerValue,
    {
        let integers = Integers::new(range)?;
        DistArray::random_of(&format!("{integers:?}"), grid, layout, seed, integers)
    }

    /// The array whose elements from one C-order position on `fill` fills in, run after run.
    #[track_caller]
    fn by_position(
        call: Call,
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        mut fill: impl FnMut(u64, &mut [A]),
    ) -> Result<Self> {
        // Replicated: layout and grid.
        let layout = layout.into_layout(grid)?;
        let call = call.array::<A>(layout.shape()).layout(&layout);
        let _call = grid.communicator().enter(call)?;
        let rank = grid.communicator().rank();
        // Local: memory.
        let storage: Result<Array<A, D>> = try_default(layout.local_shape(rank), call.operation());
        let mut storage = grid.communicator().agree(storage)?;
        let mut rest = storage.as_slice_mut().unwrap_or_default();
        for_each_run(&layout, rank, |run| {
            let (values, later) =
                std::mem::take(&mut rest).split_at_mut((run.end - run.start) as usize);
            fill(run.start, values);
            rest = later;
        });
        Ok(DistArray::from_parts(grid, layout, storage))
    }
}

impl<D: Axes> DistArray<u64, D> {
    /// Random choices of 0..`population`, with replacement or without. *Collective.*
    ///
    /// Without, the choices are the first images of the [`Permutation`] of this seed. To choose of something, look
    /// the numbers up: `choices.map(|number| items[number as usize])`.
    ///
    /// # Cost
    /// As [`integers`](Self::integers); without replacement some 50 ns an element, and no memory for the population.
    ///
    /// # Errors
    /// As [`random`](Self::random), and [`Error::Usage`] when the population is too small: empty, or without
    /// replacement less than the number of elements.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{DistArray, ProcessGrid, Replacement};
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let winners = DistArray::choice(&grid, [6], 42, 1_000_000, Replacement::Without)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn choice(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        seed: u64,
        population: u64,
        replacement: Replacement,
    ) -> Result<Self> {
        let layout = layout.into_layout(grid)?;
        let elements = layout.raw_dim().size();
        match replacement {
            // Of nothing, nothing can be chosen.
            Replacement::With if population == 0 && elements == 0 => {
                DistArray::full(grid, layout, 0)
            }
            Replacement::With => DistArray::integers(grid, layout, seed, 0..population),
            Replacement::Without if elements as u64 > population => {
                let text = format!("choice: {elements} of {population}, without replacement");
                Err(Error::usage(text))
            }
            Replacement::Without => permuted("choice", grid, layout, seed, population),
        }
    }
}

impl DistArray<u64, Ix1> {
    /// The numbers 0..`length` in a random order: the [`Permutation`] of this seed. *Collective.*
    ///
    /// # Cost
    /// Some 50 ns an element; no messages but an agreement.
    ///
    /// # Errors
    /// As [`random`](Self::random).
    #[track_caller]
    pub fn permutation(grid: &ProcessGrid, length: usize, seed: u64) -> Result<Self> {
        permuted("permutation", grid, Ix1(length), seed, length as u64)
    }
}

#[track_caller]
fn permuted<D: Axes>(
    operation: &'static str,
    grid: &ProcessGrid,
    layout: impl IntoLayout<Dim = D>,
    seed: u64,
    population: u64,
) -> Result<DistArray<u64, D>> {
    let permutation = Permutation::new(population, seed);
    let call = Call::new(operation).seed(seed).given(&population);
    DistArray::by_position(call, grid, layout, |start, values| {
        for (place, value) in (start..).zip(values) {
            *value = permutation.image(place);
        }
    })
}

/// Calls `visit` with every run of consecutive C-order positions that `rank` has, in ascending order.
fn for_each_run<D: Axes>(layout: &Layout<D>, rank: usize, mut visit: impl FnMut(Range<u64>)) {
    let owned = layout.all_local_runs(rank);
    if !owned.iter().any(Runs::is_empty) {
        visit_runs(layout.shape(), &owned, 0, &mut visit);
    }
}

/// The runs of the axes from one on; `before` is the position that the indices along those before it make.
fn visit_runs(shape: &[usize], owned: &[Runs], before: u64, visit: &mut impl FnMut(Range<u64>)) {
    let ([length, inner @ ..], [runs, inner_owned @ ..]) = (shape, owned) else {
        return visit(before..before + 1);
    };
    let is_whole = |(&length, runs): (&usize, &Runs)| runs.as_range() == Some(0..length);
    // Axes that are not cut lengthen the runs of the one before them.
    let inner_is_whole = inner.iter().zip(inner_owned).all(is_whole);
    let inner_length: u64 = inner.iter().map(|&length| length as u64).product();
    for run in runs.iter() {
        let [start, end] = [run.start, run.end].map(|i| before * *length as u64 + i as u64);
        if inner_is_whole {
            visit(start * inner_length..end * inner_length);
        } else {
            (start..end).for_each(|index| visit_runs(inner, inner_owned, index, visit));
        }
    }
}
