//! Every cell from its neighbourhood: stencils on arrays with a halo.

mod planes;

use super::DistArray;
use super::halo::{HaloExchange, Haloed};
use super::view::check_same_layout;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, HaloWidths, Region};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Fills `next` with `f` of the neighbourhood of every cell: the values at the `offsets` from it.
    /// *Collective.*
    ///
    /// Neighbours beyond the block are those of the halo, which is exchanged before. The offsets are checked
    /// once; what is left is a loop along rows, which the compiler turns into vector instructions where `f`
    /// allows it.
    ///
    /// ```no_run
    /// # fn example(
    /// #     u: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// #     next: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// # ) -> partita::Result<()> {
    /// // One step of Jacobi's method for Laplace's equation.
    /// const CROSS: [[isize; 2]; 4] = [[-1, 0], [1, 0], [0, -1], [0, 1]];
    /// u.stencil(next, CROSS, |[above, below, left, right]| {
    ///     0.25 * (above + below + left + right)
    /// })?;
    /// std::mem::swap(u, next);
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// `next` has the same layout, and may have a halo or none: its own cells are filled, not its margin.
    ///
    /// # Cost
    /// One [`halo_exchange`](Self::halo_exchange); `f` once a cell. To work while messages travel, see
    /// [`HaloExchange::stencil`].
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the array has no halo or an offset reaches beyond it,
    /// [`Error::Shape`] when `next` has another layout.
    #[track_caller]
    pub fn stencil<B: Element, const COUNT: usize>(
        &mut self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl Fn([A; COUNT]) -> B,
    ) -> Result<()> {
        let communicator = self.communicator().clone();
        let _call = communicator.enter(Call::new("stencil").array::<A>(self.shape()))?;
        self.check_stencil(next, &offsets)?;
        self.halo_exchange()?.stencil(next, offsets, f)
    }

    /// As [`stencil`](Self::stencil), a row at a time: for loops of one's own along contiguous memory.
    /// *Collective.*
    ///
    /// ```no_run
    /// # fn example(
    /// #     u: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// #     next: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// # ) -> partita::Result<()> {
    /// // A difference in time as well: `next` holds the step before.
    /// u.stencil_rows(next, [[0, -1], [0, 0], [0, 1]], |row| {
    ///     let [left, here, right] = row.cells;
    ///     for (i, next) in row.next.iter_mut().enumerate() {
    ///         *next = 2.0 * here[i] - *next + 0.1 * (left[i] - 2.0 * here[i] + right[i]);
    ///     }
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes, cost, errors
    /// As [`stencil`](Self::stencil).
    #[track_caller]
    pub fn stencil_rows<B: Element, const COUNT: usize>(
        &mut self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl FnMut(StencilRow<'_, A, B, D, COUNT>),
    ) -> Result<()> {
        let communicator = self.communicator().clone();
        let _call = communicator.enter(Call::new("stencil_rows").array::<A>(self.shape()))?;
        self.check_stencil(next, &offsets)?;
        self.halo_exchange()?.stencil_rows(next, offsets, f)
    }
}

/// A row of neighbouring cells along the last axis, with the neighbourhoods of all of them.
pub struct StencilRow<'row, A, B, D: Axes, const COUNT: usize> {
    /// The global index of the first cell.
    pub start: D::Index,
    /// For each offset the values at it from every cell of the row: as many as in `next`.
    pub cells: [&'row [A]; COUNT],
    /// The cells to fill, with what was there before.
    pub next: &'row mut [B],
}

impl<A: Element, D: Axes> HaloExchange<'_, A, D> {
    /// Fills the cells of `next` in whose neighbourhoods is none that another rank sends, while messages
    /// travel. *Local.*
    ///
    /// It pays where a network moves the messages. Between ranks of one machine the cores move them that would
    /// compute meanwhile: two ranks with 256³ cells each gained nothing.
    ///
    /// The others are for [`Haloed::stencil_border`], with the same offsets:
    ///
    /// ```no_run
    /// # fn example(
    /// #     u: &mut partita::DistArray<f64, ndarray::Ix1>,
    /// #     next: &mut partita::DistArray<f64, ndarray::Ix1>,
    /// # ) -> partita::Result<()> {
    /// let mean = |[left, right]: [f64; 2]| 0.5 * (left + right);
    /// let exchange = u.start_halo_exchange()?;
    /// exchange.stencil(next, [[-1], [1]], mean)?;
    /// exchange.finish()?.stencil_border(next, [[-1], [1]], mean)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`DistArray::stencil`].
    pub fn stencil<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl Fn([A; COUNT]) -> B,
    ) -> Result<()> {
        let array = self.array();
        array.check_stencil(next, &offsets)?;
        let (shape, reach) = (array.local_shape(), array.awaited_reach(&offsets));
        let interior = Region::interior(shape.slice(), &reach.lower, &reach.upper);
        array.fill_regions(next, &offsets, &[interior], &f);
        Ok(())
    }
}

impl<A: Element, D: Axes> Haloed<'_, A, D> {
    /// Fills `next` with `f` of the neighbourhood of every cell. *Local.*
    ///
    /// # Errors
    /// As [`DistArray::stencil`].
    pub fn stencil<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl Fn([A; COUNT]) -> B,
    ) -> Result<()> {
        self.array.check_stencil(next, &offsets)?;
        self.array.fill_regions(next, &offsets, &[self.block()], &f);
        Ok(())
    }

    /// As [`stencil`](Self::stencil), a row at a time. *Local.*
    ///
    /// # Errors
    /// As [`DistArray::stencil`].
    pub fn stencil_rows<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl FnMut(StencilRow<'_, A, B, D, COUNT>),
    ) -> Result<()> {
        self.array.check_stencil(next, &offsets)?;
        self.array.visit_rows(next, &offsets, &[self.block()], f);
        Ok(())
    }

    /// Fills the cells of `next` that [`HaloExchange::stencil`] left. *Local.*
    ///
    /// # Errors
    /// As [`DistArray::stencil`].
    pub fn stencil_border<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: [D::Offset; COUNT],
        f: impl Fn([A; COUNT]) -> B,
    ) -> Result<()> {
        self.array.check_stencil(next, &offsets)?;
        let (shape, reach) = (self.array.local_shape(), self.array.awaited_reach(&offsets));
        let border = Region::border(shape.slice(), &reach.lower, &reach.upper);
        self.array.fill_regions(next, &offsets, &border, &f);
        Ok(())
    }

    /// All cells of this rank.
    fn block(&self) -> Region {
        let shape = self.array.local_shape();
        shape.slice().iter().map(|&length| 0..length).collect()
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Replicated: layouts, halos and offsets are the same everywhere.
    fn check_stencil<B: Element>(
        &self,
        next: &DistArray<B, D>,
        offsets: &[D::Offset],
    ) -> Result<()> {
        check_same_layout(
            "stencil",
            (&self.grid, &self.layout),
            (&next.grid, &next.layout),
        )?;
        if self.halo.is_none() {
            return Err(Error::usage("stencil: the array has no halo"));
        }
        let halo = self.halo_widths();
        let offsets = offsets.iter().map(AsRef::as_ref);
        let mut beyond = offsets.filter(|offset| !reaches(&halo, offset));
        beyond.next().map_or(Ok(()), |offset| {
            let HaloWidths { lower, upper, corners, .. } = &halo;
            let corners = if *corners { "with" } else { "without" };
            Err(Error::usage(format!(
                "stencil: offset {offset:?} is beyond a halo of {lower:?} cells before and {upper:?} \
                 after each block, {corners} corners"
            )))
        })
    }

    /// How far a neighbourhood reaches into what other ranks send.
    fn awaited_reach(&self, offsets: &[D::Offset]) -> Reach {
        let awaited = self.halo.as_ref().map_or(&[][..], |state| state.awaited());
        let reach = |(axis, awaited): (usize, &[bool; 2]), side: usize| match awaited[side] {
            true => reach(offsets, axis, side),
            false => 0,
        };
        let axes = awaited.iter().enumerate();
        Reach {
            lower: axes.clone().map(|axis| reach(axis, 0)).collect(),
            upper: axes.map(|axis| reach(axis, 1)).collect(),
        }
    }
}

/// How many cells along each axis.
struct Reach {
    lower: Vec<usize>,
    upper: Vec<usize>,
}

fn reaches(halo: &HaloWidths, offset: &[isize]) -> bool {
    let within = offset.iter().zip(halo.lower.iter().zip(&halo.upper));
    let within = within.into_iter().all(|(&offset, (&lower, &upper))| {
        let limit = if offset < 0 { lower } else { upper };
        offset.unsigned_abs() <= limit
    });
    let beyond = offset.iter().filter(|&&offset| offset != 0).count();
    within && (halo.corners || beyond < 2)
}

/// How far a neighbourhood reaches along an axis, to one side.
fn reach<Offset: AsRef<[isize]>>(offsets: &[Offset], axis: usize, side: usize) -> usize {
    let sign = if side == 0 { -1 } else { 1 };
    let along = offsets.iter().map(|offset| sign * offset.as_ref()[axis]);
    along
        .max()
        .map_or(0, |furthest| furthest.max(0).unsigned_abs())
}
