//! Integrals of functions of up to 64 variables, with error bars.
//!
//! The mean of the function at random points, times the volume, is the integral; how much the values differ tells how far
//! the mean may be off. Samples come in blocks, each a function of the seed and its number alone, and their results are put
//! together in the order of the blocks: the estimate has the same bits on any number of ranks, whoever computed what.
//!
//! ```no_run
//! # fn example(world: &partita::Communicator) -> partita::Result<()> {
//! use partita_kernels::monte_carlo::{Domain, Integration, Sampling};
//! // A batch of points at once, so that the loop becomes vector instructions.
//! let estimate = Integration::new(Domain::cube(0.0..1.0, 2)?, 100_000_000)
//!     .sampling(Sampling::Sobol)
//!     .until_error(1e-9)
//!     .run(world, |points, values| {
//!         for ((value, x), y) in values.iter_mut().zip(points.axis(0)).zip(points.axis(1)) {
//!             *value = x * x + y * y;
//!         }
//!         Ok(())
//!     })?;
//! println!("{} ± {}", estimate.mean, estimate.standard_error);
//! # Ok(()) }
//! ```
//!
//! Source: A. B. Owen, *Monte Carlo theory, methods and examples* (2013), chapters 2, 8–10 and 17.

pub mod parallel;
pub mod serial;

mod direction_numbers;
mod domain;
mod plan;
mod points;
mod sobol;

use partita::{Communicator, Result};

pub use domain::{Axis, Domain, MOST_AXES};
pub use points::{Points, Sampling};

use super::Estimate;

/// Who computes which block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Balance {
    /// The ranks in turn: without messages between rounds. Blocks of many random points cost about the same, wherever in
    /// the domain the function is expensive.
    #[default]
    Turns,
    /// Whichever rank is free, from a [`Farm`](partita::Farm): for functions that take more than some milliseconds a block,
    /// and very unequally. Rank 0 hands the blocks out.
    Farm,
}

/// An integral to be estimated: where, from how many samples at most, and how.
///
/// See the [module](self) for an example.
#[derive(Debug, Clone)]
pub struct Integration {
    domain: Domain,
    samples: u64,
    seed: u64,
    sampling: Sampling,
    error: Option<f64>,
    seconds: Option<f64>,
    block: Option<usize>,
    balance: Balance,
}

impl Integration {
    /// Over this domain, from at most about so many samples. *Local.*
    ///
    /// The number is rounded up: to pairs for [`Sampling::Antithetic`], to 16 blocks for [`Sampling::Stratified`] and
    /// [`Sampling::Sobol`].
    pub fn new(domain: Domain, samples: u64) -> Self {
        Integration {
            domain,
            samples,
            seed: 0,
            sampling: Sampling::default(),
            error: None,
            seconds: None,
            block: None,
            balance: Balance::default(),
        }
    }

    /// With the random numbers of this seed, 0 unless said otherwise. *Local.*
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// With points chosen in this way. *Local.*
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Stops as soon as the standard error is no larger than this. *Local.*
    ///
    /// It is looked at four times in each doubling of the samples; where that is does not depend on the ranks.
    pub fn until_error(mut self, standard_error: f64) -> Self {
        self.error = Some(standard_error);
        self
    }

    /// Stops after so many seconds, at the next look. *Local.*
    pub fn until_seconds(mut self, seconds: f64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// So many samples a block, a power of two of 32 to 2^20, instead of 4096 or, where that gives less than 64 blocks,
    /// less. *Local.*
    ///
    /// Part of what decides the bits of the estimate, as the seed is.
    pub fn block(mut self, samples: usize) -> Self {
        self.block = Some(samples);
        self
    }

    /// With the blocks given to the ranks in this way. *Local.*
    pub fn balance(mut self, balance: Balance) -> Self {
        self.balance = balance;
        self
    }

    /// The estimate, for a function of many points at once. *Collective.*
    ///
    /// # Shapes
    /// `function` writes one value for each of the points, of which there are up to 256.
    ///
    /// # Cost
    /// The function, and some nanoseconds a coordinate for the points; an agreement and an all-gather of three numbers a
    /// block in each round, of which there are four to each doubling of the samples.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`](partita::Error::Usage) for no samples, a block or an error that is none, more
    /// samples than the Sobol sequence has; [`Error::Numerical`](partita::Error::Numerical) when a value is not finite, with
    /// the point; whatever `function` returns.
    #[track_caller]
    pub fn run<F>(&self, communicator: &Communicator, function: F) -> Result<Estimate>
    where
        F: FnMut(&Points, &mut [f64]) -> Result<()>,
    {
        parallel::run(self, communicator, function, |_| {})
    }

    /// As [`run`](Self::run), showing `watch` each estimate on the way, the last one too. *Collective.*
    ///
    /// # Cost, errors
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn watch<F>(
        &self,
        communicator: &Communicator,
        function: F,
        watch: impl FnMut(&Estimate),
    ) -> Result<Estimate>
    where
        F: FnMut(&Points, &mut [f64]) -> Result<()>,
    {
        parallel::run(self, communicator, function, watch)
    }
}

/// The integral of a function of one point at a time, from independent random points. *Collective.*
///
/// # Cost, errors
/// As [`Integration::run`], which also has the choices.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita_kernels::monte_carlo::{Domain, integrate};
/// let ball = Domain::cube(-1.0..1.0, 5)?;
/// let inside = |x: &[f64]| f64::from(x.iter().map(|x| x * x).sum::<f64>() < 1.0);
/// let volume = integrate(world, ball, 10_000_000, inside)?;
/// assert!((volume.mean - 5.2638).abs() < 4.0 * volume.standard_error);
/// # Ok(()) }
/// ```
#[track_caller]
pub fn integrate(
    communicator: &Communicator,
    domain: Domain,
    samples: u64,
    function: impl FnMut(&[f64]) -> f64,
) -> Result<Estimate> {
    Integration::new(domain, samples).run(communicator, one_by_one(function))
}

/// A function of one point as one of many.
pub fn one_by_one(
    mut function: impl FnMut(&[f64]) -> f64,
) -> impl FnMut(&Points, &mut [f64]) -> Result<()> {
    let mut point = Vec::new();
    move |points, values| {
        for (number, value) in values.iter_mut().enumerate() {
            point.clear();
            point.extend(points.point(number));
            *value = function(&point);
        }
        Ok(())
    }
}
