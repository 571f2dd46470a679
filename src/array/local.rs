//! What a rank sees of its own part.

use std::ops::Range;

use ndarray::{ArrayView, ArrayViewMut, Slice};

use super::{DistArray, ProcessGrid};
use crate::comm::{Communicator, Element};
use crate::layout::{Axes, Layout, Runs};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The global shape. *Local.*
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// The number of axes. *Local.*
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The global number of elements. *Local.*
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether the global array has no elements. *Local.*
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who owns which index. *Local.*
    pub fn layout(&self) -> &Layout<D> {
        &self.layout
    }

    /// The ranks that hold the array. *Local.*
    pub fn grid(&self) -> &ProcessGrid {
        &self.grid
    }

    /// The communicator of these ranks. *Local.*
    pub fn communicator(&self) -> &Communicator {
        self.grid.communicator()
    }

    /// The shape of this rank's part. *Local.*
    pub fn local_shape(&self) -> D {
        self.layout.local_shape(self.communicator().rank())
    }

    /// The global indices that this rank has along `axis`. *Local.*
    pub fn local_runs(&self, axis: usize) -> Runs {
        self.layout.local_runs(self.communicator().rank(), axis)
    }

    /// The global indices that this rank has along `axis`, where they are one range. *Local.*
    pub fn local_range(&self, axis: usize) -> Option<Range<usize>> {
        self.local_runs(axis).as_range()
    }

    /// This rank's part. *Local.*
    ///
    /// With a halo around it, it is a view that is not contiguous.
    pub fn local(&self) -> ArrayView<'_, A, D> {
        let owned = self.owned_in_storage();
        let mut view = self.storage.view();
        view.slice_each_axis_inplace(|axis| Slice::from(owned[axis.axis.index()].clone()));
        view
    }

    /// This rank's part, to be changed. *Local.*
    ///
    /// What neighbours' halos show of it is out of date from then on: views of a filled halo
    /// ([`Haloed`](super::Haloed)) end here.
    pub fn local_mut(&mut self) -> ArrayViewMut<'_, A, D> {
        let owned = self.owned_in_storage();
        let mut view = self.storage.view_mut();
        view.slice_each_axis_inplace(|axis| Slice::from(owned[axis.axis.index()].clone()));
        view
    }

    /// Where the owned block lies within the storage.
    pub(super) fn owned_in_storage(&self) -> Vec<Range<usize>> {
        let lengths = self.local_shape();
        (0..self.ndim())
            .map(|axis| {
                let lower = self.halo.as_ref().map_or(0, |halo| halo.lower(axis));
                lower..lower + lengths[axis]
            })
            .collect()
    }
}
