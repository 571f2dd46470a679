//! Arrays of known values, and arrays like another one.

use std::ops::Range;

use ndarray::{Ix1, Ix2};
use num_traits::{Float, One, Zero};

use super::view::Distributed;
use super::{DistArray, IntoLayout, ProcessGrid};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Distribution};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array of this `layout` with ones everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn ones(grid: &ProcessGrid, layout: impl IntoLayout<Dim = D>) -> Result<Self>
    where
        A: One,
    {
        DistArray::full(grid, layout, A::one())
    }

    /// An array of another one's layout with `f` of each global index. *Collective.*
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::DistArray;
    /// let weights = DistArray::from_fn_like(u, |[i, j]| 1.0 / (1 + i + j) as f64)?;
    /// let weighted = (u * &weights)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn from_fn_like(
        other: &impl Distributed<Dim = D>,
        f: impl Fn(D::Index) -> A,
    ) -> Result<Self> {
        DistArray::from_fn(other.grid(), other.layout(), f)
    }

    /// An array of another one's layout with the same `value` everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn full_like(other: &impl Distributed<Dim = D>, value: A) -> Result<Self> {
        DistArray::full(other.grid(), other.layout(), value)
    }

    /// An array of another one's layout with zeros everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn zeros_like(other: &impl Distributed<Dim = D>) -> Result<Self>
    where
        A: Zero,
    {
        DistArray::full_like(other, A::zero())
    }
}

impl<A: Element + Zero + One> DistArray<A, Ix2> {
    /// The matrix of this `layout` with ones on its diagonal and zeros elsewhere; it need not be square.
    /// *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn eye(grid: &ProcessGrid, layout: impl IntoLayout<Dim = Ix2>) -> Result<Self> {
        DistArray::from_fn(
            grid,
            layout,
            |[i, j]| if i == j { A::one() } else { A::zero() },
        )
    }
}

impl<A: Element + Float> DistArray<A, Ix1> {
    /// As many numbers as the layout has indices, at equal distances from `start` to `end`, both included.
    /// *Collective.*
    ///
    /// Number i of n is start + i · ((end − start) / (n − 1)), the last one `end` itself; a single one is
    /// `start`. The same bits in any layout.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let x = DistArray::linspace(&grid, [101], 0.0, 1.0)?; // 0, 0.01, … 1
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The same on every rank: [`Error::Numerical`] when end − start is not finite; as [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn linspace(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = Ix1>,
        start: A,
        end: A,
    ) -> Result<Self> {
        let layout = layout.into_layout(grid)?;
        let last = layout.shape()[0].saturating_sub(1);
        let number = |count: usize| A::from(count).unwrap_or(A::nan());
        let step = (end - start) / number(last);
        if !step.is_finite() && last > 0 {
            let detail = "the end is not a finite distance from the start";
            return Err(Error::numerical("linspace", detail));
        }
        let call = Call::new("linspace").given(&[start, end].map(Float::integer_decode));
        DistArray::made(call, grid, layout, |[i]| match i {
            0 => start,
            i if i == last => end,
            i => start + number(i) * step,
        })
    }
}

impl<A: Element + Progression> DistArray<A, Ix1> {
    /// The numbers start, start + step, start + 2 · step, … before the range's end, dealt out as
    /// `distribution` says. *Collective.*
    ///
    /// Number i is start + i · step, computed in the element type; the end is never among them. The step
    /// may be negative.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let odd = DistArray::arange(&grid, Distribution::Block, 1..100, 2)?; // 1, 3, … 99
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The same on every rank: [`Error::Numerical`] when the step is zero or too small for the numbers to
    /// differ, or is no number; as [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn arange(
        grid: &ProcessGrid,
        distribution: Distribution,
        range: Range<A>,
        step: A,
    ) -> Result<Self> {
        let Some(count) = A::count(&range, step) else {
            let detail = "the step does not lead from the start to the end in numbers that differ";
            return Err(Error::numerical("arange", detail));
        };
        let layout = grid.layout([count], &[distribution])?;
        let call = Call::new("arange").given(&format!("{range:?} by {step:?}"));
        DistArray::made(call, grid, layout, |[i]| range.start.after(i, step))
    }
}

/// A number of which there are arithmetic progressions: the integers, `f32` and `f64`.
pub trait Progression: Copy + std::fmt::Debug {
    /// So many steps on.
    fn after(self, count: usize, step: Self) -> Self;

    /// How many numbers of the progression lie before the end of the range; `None` when that is not
    /// finite, or one step leads nowhere.
    fn count(range: &Range<Self>, step: Self) -> Option<usize>;
}

macro_rules! integer_progressions {
    ($($integer:ty),*) => {$(
        impl Progression for $integer {
            fn after(self, count: usize, step: Self) -> Self {
                // Within the range, which the type holds, whatever happens on the way.
                self.wrapping_add(step.wrapping_mul(count as $integer))
            }

            fn count(range: &Range<Self>, step: Self) -> Option<usize> {
                let (start, end, step) = (range.start as i128, range.end as i128, step as i128);
                let (distance, step) = match step {
                    0 => return None,
                    1.. => (end - start, step),
                    _ => (start - end, -step),
                };
                usize::try_from((distance.max(0) + step - 1) / step).ok()
            }
        }
    )*};
}

integer_progressions!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

macro_rules! float_progressions {
    ($($float:ty),*) => {$(
        impl Progression for $float {
            fn after(self, count: usize, step: Self) -> Self {
                self + count as $float * step
            }

            fn count(range: &Range<Self>, step: Self) -> Option<usize> {
                let steps = (range.end - range.start) / step;
                if steps.is_nan() || step == 0.0 || step.is_infinite() {
                    return None;
                }
                if steps <= 0.0 {
                    return Some(0);
                }
                let counted = range.end - step != range.end && range.start + step != range.start;
                // Beyond it not every number of steps is a number of this type.
                if !counted || steps >= 2.0 / <$float>::EPSILON {
                    return None;
                }
                // Rounded, the last one can lie at the end or beyond it, or one more before it.
                let before = |count: usize| {
                    let number = range.start.after(count, step);
                    if step > 0.0 { number < range.end } else { number > range.end }
                };
                let most = steps.ceil() as usize + 1;
                Some(most - (0..most.min(4)).take_while(|less| !before(most - 1 - less)).count())
            }
        }
    )*};
}

float_progressions!(f32, f64);
