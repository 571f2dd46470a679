//! Where the elements of a rank's part lie.

use std::borrow::Cow;

use ndarray::{Array, Dimension};

use super::strided::Place;
use crate::array::DistArray;
use crate::array::construct::try_default;
use crate::comm::Element;
use crate::error::Result;
use crate::layout::Axes;

/// The elements of a part to be read.
pub(in crate::array) struct Source<'array, A: Clone> {
    pub(super) elements: Cow<'array, [A]>,
    pub(super) place: Place,
}

/// The elements of a part to be written.
pub(super) struct Target<'array, A> {
    pub(super) elements: &'array mut [A],
    pub(super) place: Place,
}

impl<'array, A: Element> Source<'array, A> {
    /// A whole array. One whose axes run backwards is copied first.
    pub(in crate::array) fn of<D: Dimension>(array: &'array Array<A, D>) -> Self {
        let strides = forward_strides(array.shape(), array.strides());
        match array.as_slice_memory_order().zip(strides) {
            Some((elements, strides)) => Source {
                elements: Cow::Borrowed(elements),
                place: Place { offset: 0, strides },
            },
            None => Source::copied(array.iter().copied().collect(), array.shape()),
        }
    }

    fn copied(elements: Vec<A>, shape: &[usize]) -> Self {
        let place = Place {
            offset: 0,
            strides: packed_strides(shape),
        };
        Source {
            elements: Cow::Owned(elements),
            place,
        }
    }

    /// With its axes in the order of the target's.
    pub(super) fn permuted(mut self, permutation: &[usize]) -> Self {
        let strides = permutation.iter().map(|&axis| self.place.strides[axis]);
        self.place.strides = strides.collect();
        self
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// This rank's part, inside its halo where there is one.
    pub(super) fn source(&self) -> Source<'_, A> {
        let whole = Source::of(&self.storage);
        if let Cow::Owned(_) = whole.elements {
            return Source::copied(self.local().iter().copied().collect(), self.local().shape());
        }
        Source {
            place: self.inside(whole.place),
            ..whole
        }
    }

    /// Has `fill` write this rank's part; where its axes run backwards, by way of another array.
    pub(super) fn fill_memory<R>(
        &mut self,
        fill: impl FnOnce(Target<'_, A>) -> Result<R>,
    ) -> Result<R> {
        let strides = forward_strides(self.storage.shape(), self.storage.strides());
        if let (Some(strides), true) = (strides, self.storage.as_slice_memory_order().is_some()) {
            let place = self.inside(Place { offset: 0, strides });
            let elements = self.storage.as_slice_memory_order_mut().unwrap_or_default();
            return fill(Target { elements, place });
        }
        let mut other = try_default(self.local_shape(), "redistribute")?;
        let filled = fill(Target::of(&mut other))?;
        self.local_mut().assign(&other);
        Ok(filled)
    }

    fn inside(&self, mut storage: Place) -> Place {
        let owned = self.owned_in_storage();
        let lower = owned.iter().map(|range| range.start);
        storage.offset += lower
            .zip(&storage.strides)
            .map(|(lower, stride)| lower * stride)
            .sum::<usize>();
        storage
    }
}

impl<'array, A: Element> Target<'array, A> {
    /// A whole array in C order.
    pub(super) fn of<D: Dimension>(array: &'array mut Array<A, D>) -> Self {
        let strides = packed_strides(array.shape());
        Target {
            elements: array.as_slice_mut().unwrap_or_default(),
            place: Place { offset: 0, strides },
        }
    }
}

/// The strides where none runs backwards; an axis of one index has none to speak of.
fn forward_strides(shape: &[usize], strides: &[isize]) -> Option<Vec<usize>> {
    let axes = shape.iter().zip(strides);
    axes.map(|(&length, &stride)| match length {
        0 | 1 => Some(0),
        _ => usize::try_from(stride).ok(),
    })
    .collect()
}

fn packed_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}
