//! Work on each element by itself: no communication.

mod arithmetic;
mod broadcast;
mod cast;
mod choose;
mod collect;

use ndarray::Zip;

use super::DistArray;
use super::view::{DistViewMut, Distributed, check_same_layout};
use crate::comm::Element;
use crate::error::Result;
use crate::layout::Axes;

pub(super) use collect::{copied, mapped, zipped};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// `f` of every element, as a new array of the same layout. *Local.*
    pub fn map<B: Element>(&self, f: impl FnMut(A) -> B) -> DistArray<B, D> {
        let mut f = f;
        let values = mapped(self.local(), |&value| f(value));
        DistArray::from_parts(&self.grid, self.layout.clone(), values)
    }

    /// Replaces every element by `f` of it. *Local.*
    pub fn map_inplace(&mut self, mut f: impl FnMut(A) -> A) {
        self.local_mut().mapv_inplace(&mut f);
    }

    /// `f` of the elements of both at the same index, as a new array. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), on every rank, unless each rank has the same indices of both;
    /// it names both layouts. On one rank, which has all indices of any, layouts are told apart as far as they would
    /// differ on every grid of several: by axes that are blocks here and cyclic there, or by having no axis that
    /// both cut (rows and columns; a copy and blocks); slices count as equal there. Nothing is moved in silence: `redistribute` does that, and
    /// [`broadcast_to`](Self::broadcast_to) repeats axes of length 1.
    pub fn zip_with<T: Distributed<Dim = D>, C: Element>(
        &self,
        other: &T,
        f: impl FnMut(A, T::Element) -> C,
    ) -> Result<DistArray<C, D>> {
        zip("zip_with", self, other, f)
    }

    /// Replaces every element by `f` of it and that of `other` at the same index. *Local.*
    ///
    /// ```no_run
    /// # fn example(u: &mut partita::DistArray<f64, ndarray::Ix2>, v: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// u.zip_inplace(v, |u, v| u + 0.1 * v)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`zip_with`](Self::zip_with).
    pub fn zip_inplace<T: Distributed<Dim = D>>(
        &mut self,
        other: &T,
        f: impl FnMut(A, T::Element) -> A,
    ) -> Result<()> {
        zip_inplace("zip_inplace", &mut self.view_mut(), other, f)
    }

    /// Sets every element to that of `values` at the same index. *Local.*
    ///
    /// # Errors
    /// As [`zip_with`](Self::zip_with).
    pub fn assign(&mut self, values: &impl Distributed<Element = A, Dim = D>) -> Result<()> {
        self.view_mut().assign(values)
    }
}

/// `f` of both, for an operation of this name.
pub(super) fn zip<T, U, C: Element>(
    operation: &str,
    one: &T,
    other: &U,
    mut f: impl FnMut(T::Element, U::Element) -> C,
) -> Result<DistArray<C, T::Dim>>
where
    T: Distributed,
    U: Distributed<Dim = T::Dim>,
{
    check_same_layout(
        operation,
        (one.grid(), one.layout()),
        (other.grid(), other.layout()),
    )?;
    let values = zipped(one.local(), other.local(), |&a, &b| f(a, b));
    Ok(DistArray::from_parts(
        one.grid(),
        one.layout().clone(),
        values,
    ))
}

pub(super) fn zip_inplace<A: Element, T: Distributed>(
    operation: &str,
    changed: &mut DistViewMut<'_, A, T::Dim>,
    other: &T,
    mut f: impl FnMut(A, T::Element) -> A,
) -> Result<()> {
    check_same_layout(
        operation,
        (changed.grid(), changed.layout()),
        (other.grid(), other.layout()),
    )?;
    Zip::from(changed.local_mut())
        .and(other.local())
        .for_each(|a, &b| *a = f(*a, b));
    Ok(())
}
