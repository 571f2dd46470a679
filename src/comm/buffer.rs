//! What may be handed to a communicator as a buffer: slices, vectors, arrays, and views of any strides.

use std::borrow::Cow;

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewMut, Data, DataMut, Dimension};

use super::Element;
use super::ffi::vector_of_defaults;
use crate::error::Result;

/// Elements to be sent: a slice, a `Vec`, an array, or an `ndarray` view of any number of axes and any
/// strides (stepped, reversed, transposed).
///
/// They travel in the order of their indices, the last axis fastest. What does not lie in memory like
/// that is packed first: a copy of the elements. What arrives at the other end may have another shape
/// of as many elements.
pub trait SendBuffer<T: Element> {
    /// The elements in the order of their indices, as they are or packed.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) when there is no room for the copy.
    fn packed(&self) -> Result<Cow<'_, [T]>>;
}

/// Elements to be overwritten by a message: what a [`SendBuffer`] may be, if it can be changed.
///
/// A view that is not contiguous is received into a copy and unpacked from it.
pub trait ReceiveBuffer<T: Element>: SendBuffer<T> {
    /// The elements as one slice; `None` where they do not lie in memory in the order of their indices.
    fn as_contiguous(&mut self) -> Option<&mut [T]>;

    /// Overwrites the elements, in the order of their indices, with as many others.
    fn unpack(&mut self, elements: &[T]);
}

/// Has `fill` overwrite the buffer's elements. What it leaves as it was stays so, also when it fails.
pub(crate) fn overwrite<T: Element, R>(
    buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
    fill: impl FnOnce(&mut [T]) -> Result<R>,
) -> Result<R> {
    if let Some(contiguous) = buffer.as_contiguous() {
        return fill(contiguous);
    }
    let mut elements = buffer.packed()?.into_owned();
    let outcome = fill(&mut elements);
    buffer.unpack(&elements);
    outcome
}

impl<T: Element> SendBuffer<T> for [T] {
    fn packed(&self) -> Result<Cow<'_, [T]>> {
        Ok(Cow::Borrowed(self))
    }
}

impl<T: Element> ReceiveBuffer<T> for [T] {
    fn as_contiguous(&mut self) -> Option<&mut [T]> {
        Some(self)
    }

    fn unpack(&mut self, elements: &[T]) {
        self.copy_from_slice(elements);
    }
}

impl<T: Element, D: Dimension> SendBuffer<T> for ArrayRef<T, D> {
    fn packed(&self) -> Result<Cow<'_, [T]>> {
        if let Some(contiguous) = self.as_slice() {
            return Ok(Cow::Borrowed(contiguous));
        }
        let mut packed = vector_of_defaults(self.len())?;
        ArrayViewMut::from_shape(self.raw_dim(), &mut packed)?.assign(self);
        Ok(Cow::Owned(packed))
    }
}

impl<T: Element, D: Dimension> ReceiveBuffer<T> for ArrayRef<T, D> {
    fn as_contiguous(&mut self) -> Option<&mut [T]> {
        self.as_slice_mut()
    }

    fn unpack(&mut self, elements: &[T]) {
        let elements = ArrayView::from_shape(self.raw_dim(), elements);
        self.assign(&elements.expect("as many elements as the array has"));
    }
}

/// What lends another buffer is one itself.
macro_rules! by_borrowing {
    ($(($($generics:tt)*) $buffer:ty as $inner:ty;)*) => {
        $(impl<T: Element, $($generics)*> SendBuffer<T> for $buffer {
            fn packed(&self) -> Result<Cow<'_, [T]>> {
                <$inner as SendBuffer<T>>::packed(self)
            }
        })*
    };
}

macro_rules! by_borrowing_mutably {
    ($(($($generics:tt)*) $buffer:ty as $inner:ty;)*) => {
        $(impl<T: Element, $($generics)*> ReceiveBuffer<T> for $buffer {
            fn as_contiguous(&mut self) -> Option<&mut [T]> {
                <$inner as ReceiveBuffer<T>>::as_contiguous(self)
            }

            fn unpack(&mut self, elements: &[T]) {
                <$inner as ReceiveBuffer<T>>::unpack(self, elements);
            }
        })*
    };
}

by_borrowing! {
    (const N: usize) [T; N] as [T];
    () Vec<T> as [T];
    () Box<[T]> as [T];
    () Cow<'_, [T]> as [T];
    (S: Data<Elem = T>, D: Dimension) ArrayBase<S, D> as ArrayRef<T, D>;
    (B: SendBuffer<T> + ?Sized) &B as B;
    (B: SendBuffer<T> + ?Sized) &mut B as B;
}

by_borrowing_mutably! {
    (const N: usize) [T; N] as [T];
    () Vec<T> as [T];
    () Box<[T]> as [T];
    (S: DataMut<Elem = T>, D: Dimension) ArrayBase<S, D> as ArrayRef<T, D>;
    (B: ReceiveBuffer<T> + ?Sized) &mut B as B;
}
