//! The rows of a stencil, a plane at a time.

use super::StencilRow;
use crate::array::DistArray;
use crate::array::storage::Storage;
use crate::comm::Element;
use crate::layout::{Axes, Region, Runs, for_each_index};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Fills these regions of the block, whose offsets were checked.
    pub(super) fn fill_regions<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: &[D::Offset; COUNT],
        regions: &[Region],
        f: &impl Fn([A; COUNT]) -> B,
    ) {
        self.visit_planes(next, offsets, regions, |_, plane, cells, next| {
            fill(plane, cells, next, f);
        });
    }

    /// Calls `visit` with their rows.
    pub(super) fn visit_rows<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: &[D::Offset; COUNT],
        regions: &[Region],
        mut visit: impl FnMut(StencilRow<'_, A, B, D, COUNT>),
    ) {
        let starts: Vec<usize> = (0..self.ndim())
            .map(|axis| self.local_range(axis).unwrap_or_default().start)
            .collect();
        self.visit_planes(next, offsets, regions, |mut start, plane, cells, next| {
            for (index, first) in start.as_mut().iter_mut().zip(&starts) {
                *index += first;
            }
            for row in 0..plane.rows {
                let (cells, next) = plane.row(row, cells, next);
                visit(StencilRow { start, cells, next });
                if let [.., across, _] = start.as_mut() {
                    *across += 1;
                }
            }
        });
    }

    /// Calls `visit` with the first index of each plane, the plane, and the memory of both arrays.
    fn visit_planes<B: Element, const COUNT: usize>(
        &self,
        next: &mut DistArray<B, D>,
        offsets: &[D::Offset; COUNT],
        regions: &[Region],
        mut visit: impl FnMut(D::Index, &Plane<COUNT>, &[A], &mut [B]),
    ) {
        if !next.storage.view().is_standard_layout() {
            let in_order = next.storage.view().as_standard_layout().into_owned();
            next.storage = Storage::Own(in_order);
        }
        let (from, to) = (self.block_in_memory(), next.block_in_memory());
        let neighbours = offsets.map(|offset| from.distance(offset.as_ref()));
        let cells = self.storage.as_slice().unwrap_or_default();
        let next = next.storage.as_slice_mut().unwrap_or_default();
        for region in regions.iter().filter(|region| !region.is_empty()) {
            let (planes, [rows, length]) = planes_of(region);
            for_each_index::<D>(&planes, |index| {
                let plane = Plane {
                    rows,
                    length,
                    from: from.place(index.as_ref()),
                    to: to.place(index.as_ref()),
                    apart: [from.row_stride(), to.row_stride()],
                    neighbours,
                };
                visit(index, &plane, cells, next);
            });
        }
    }

    fn block_in_memory(&self) -> BlockInMemory {
        let lower = self.halo_widths().lower;
        let strides: Vec<usize> = self
            .storage
            .view()
            .strides()
            .iter()
            .map(|&stride| stride as usize)
            .collect();
        let first = lower
            .iter()
            .zip(&strides)
            .map(|(lower, stride)| lower * stride)
            .sum();
        BlockInMemory { first, strides }
    }
}

/// Where the cells of a block lie in a storage in C order.
struct BlockInMemory {
    first: usize,
    strides: Vec<usize>,
}

impl BlockInMemory {
    fn place(&self, index: &[usize]) -> usize {
        let axes = index.iter().zip(&self.strides);
        axes.fold(self.first, |place, (index, stride)| place + index * stride)
    }

    /// From one row to the next along the last axis but one.
    fn row_stride(&self) -> usize {
        match self.strides[..] {
            [.., stride, _] => stride,
            _ => 0,
        }
    }

    fn distance(&self, offset: &[isize]) -> isize {
        let axes = offset.iter().zip(&self.strides);
        axes.map(|(offset, &stride)| offset * stride as isize).sum()
    }
}

/// Rows beside each other along the last axis but one, where they lie in the array and in the one that is filled.
struct Plane<const COUNT: usize> {
    rows: usize,
    length: usize,
    from: usize,
    to: usize,
    /// How far apart the rows are, in both.
    apart: [usize; 2],
    neighbours: [isize; COUNT],
}

impl<const COUNT: usize> Plane<COUNT> {
    /// What the cells of a row have at each of the offsets, and the cells to fill: slices of one length.
    #[inline(always)]
    fn row<'memory, A, B>(
        &self,
        row: usize,
        cells: &'memory [A],
        next: &'memory mut [B],
    ) -> ([&'memory [A]; COUNT], &'memory mut [B]) {
        let [here, there] = [
            self.from + row * self.apart[0],
            self.to + row * self.apart[1],
        ];
        let at = |offset: isize| &cells[here.wrapping_add_signed(offset)..][..self.length];
        (self.neighbours.map(at), &mut next[there..][..self.length])
    }
}

/// The first index of each plane of a region, and the number and length of its rows.
fn planes_of(region: &Region) -> (Vec<Runs>, [usize; 2]) {
    let mut axes = region.axes().to_vec();
    let mut sizes = [1, 1];
    for (axis, size) in axes.iter_mut().rev().zip(sizes.iter_mut().rev()) {
        *size = axis.len();
        axis.end = axis.start + 1;
    }
    (axes.into_iter().map(Runs::from).collect(), sizes)
}

/// The inner loops. All of a plane's rows in one call: what is chosen by the processor is chosen once, and the
/// memory of one array is known to be none of the other's.
#[multiversion::multiversion(targets = "simd")]
fn fill<A: Copy, B, F: Fn([A; COUNT]) -> B, const COUNT: usize>(
    plane: &Plane<COUNT>,
    cells: &[A],
    next: &mut [B],
    f: &F,
) {
    for row in 0..plane.rows {
        let (cells, next) = plane.row(row, cells, next);
        for (place, next) in next.iter_mut().enumerate() {
            *next = f(cells.map(|cells| cells[place]));
        }
    }
}
