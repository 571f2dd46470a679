//! Where the elements of a rank's part lie.

use std::borrow::Cow;

use ndarray::{Array, ArrayRef, Dimension};

use super::strided::Place;
use crate::array::DistArray;
use crate::array::construct::copied;
use crate::comm::Element;
use crate::comm::ffi::SharedParts;
use crate::error::Result;
use crate::layout::Axes;

/// The elements of a part to be read.
pub(in crate::array) struct Source<'array, A: Clone> {
    pub(super) elements: Cow<'array, [A]>,
    pub(super) place: Place,
    /// The parts of all ranks, where they all see them.
    pub(super) shared: Option<&'array SharedParts<A>>,
}

/// The elements of a part to be written.
pub(super) struct Target<'array, A> {
    pub(super) elements: &'array mut [A],
    pub(super) place: Place,
}

impl<'array, A: Element> Source<'array, A> {
    /// A whole array, wherever its elements lie. One that has gaps in memory is copied first.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory), on this rank alone.
    pub(in crate::array) fn of<D: Axes>(array: &'array Array<A, D>) -> Result<Self> {
        let Some(elements) = array.as_slice_memory_order() else {
            let without_gaps = copied(array)?;
            return Ok(Source {
                place: place_of(&without_gaps),
                elements: Cow::Owned(without_gaps.into_raw_vec_and_offset().0),
                shared: None,
            });
        };
        Ok(Source {
            elements: Cow::Borrowed(elements),
            place: place_of(array),
            shared: None,
        })
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
        Source {
            elements: Cow::Borrowed(self.storage.elements()),
            place: self.place(),
            shared: self.storage.shared(),
        }
    }

    /// This rank's part, to be written.
    pub(super) fn target(&mut self) -> Target<'_, A> {
        let place = self.place();
        Target {
            elements: self.storage.elements_mut(),
            place,
        }
    }

    /// Where this rank's part lies in the memory of its storage, which has no gaps.
    fn place(&self) -> Place {
        let mut place = place_of(&self.storage.view());
        for (owned, stride) in self.owned_in_storage().iter().zip(&place.strides) {
            place.offset = place
                .offset
                .wrapping_add_signed(owned.start as isize * stride);
        }
        place
    }
}

impl<'array, A> Target<'array, A> {
    /// The elements of a part of this shape, in C order.
    pub(super) fn packed(elements: &'array mut [A], shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis] as isize;
        }
        let place = Place { offset: 0, strides };
        Target { elements, place }
    }
}

/// Where the elements of an array without gaps lie in its memory; an axis of one index has no stride to speak
/// of.
fn place_of<A, D: Dimension>(array: &ArrayRef<A, D>) -> Place {
    let axes = array.shape().iter().zip(array.strides());
    let strides: Vec<isize> = axes
        .map(|(&length, &stride)| if length > 1 { stride } else { 0 })
        .collect();
    let axes = array.shape().iter().zip(&strides);
    // The first index of an axis that runs backwards comes last in memory.
    let before = axes
        .filter(|(_, stride)| **stride < 0)
        .map(|(length, stride)| (length - 1) * stride.unsigned_abs());
    Place {
        offset: before.sum(),
        strides,
    }
}
