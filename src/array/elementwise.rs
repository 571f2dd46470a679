//! Work on each element by itself: no communication.

use ndarray::Zip;

use super::DistArray;
use crate::comm::Element;
use crate::error::{Error, Result};
use crate::layout::{Axes, for_each_index};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// `f` of every element, as a new array of the same layout. *Local.*
    pub fn map<B: Element>(&self, f: impl FnMut(A) -> B) -> DistArray<B, D> {
        let mut f = f;
        let values = self.local().map(|&value| f(value));
        DistArray::from_parts(&self.grid, self.layout.clone(), values)
    }

    /// Calls `visit` with the global index and the value of every element of this rank's part, in C
    /// order. *Local.*
    pub fn for_each(&self, mut visit: impl FnMut(D::Index, A)) {
        let runs = self.layout.all_local_runs(self.communicator().rank());
        let local = self.local();
        let mut values = local.iter();
        for_each_index::<D>(&runs, |index| {
            if let Some(&value) = values.next() {
                visit(index, value);
            }
        });
    }

    /// Replaces every element by `f` of it. *Local.*
    pub fn map_inplace(&mut self, mut f: impl FnMut(A) -> A) {
        self.local_mut().mapv_inplace(&mut f);
    }

    /// `f` of the elements of two arrays at the same index, as a new array. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, unless both have one shape, layout and grid of ranks; it
    /// names both.
    pub fn zip_with<B: Element, C: Element>(
        &self,
        other: &DistArray<B, D>,
        mut f: impl FnMut(A, B) -> C,
    ) -> Result<DistArray<C, D>> {
        self.check_same_layout("zip_with", other)?;
        let values = Zip::from(self.local())
            .and(other.local())
            .map_collect(|&a, &b| f(a, b));
        Ok(DistArray::from_parts(
            &self.grid,
            self.layout.clone(),
            values,
        ))
    }

    /// Replicated: shapes, grids and the number of ranks are the same everywhere.
    fn check_same_layout<B: Element>(
        &self,
        operation: &str,
        other: &DistArray<B, D>,
    ) -> Result<()> {
        if self.layout.has_same_parts(&other.layout) {
            return Ok(());
        }
        let detail = format!("layouts differ: {} and {}", self.layout, other.layout);
        Err(Error::shape(operation, detail))
    }
}
