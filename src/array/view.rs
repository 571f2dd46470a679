//! Views: what is cut over the ranks without being stored by itself.

use ndarray::{Array, ArrayView, ArrayViewMut, Ix1};

use super::{DistArray, ProcessGrid};
use crate::comm::{Communicator, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, GlobalIndices, Layout, Runs};

/// What is cut over the ranks of a grid: an array, or a view of one.
///
/// It is what the second operand of elementwise work may be, and what has [`Reductions`](crate::Reductions).
pub trait Distributed {
    /// Its elements.
    type Element: Element;
    /// Its number of axes.
    type Dim: Axes;

    /// Who owns which index. *Local.*
    fn layout(&self) -> &Layout<Self::Dim>;

    /// The ranks that hold it. *Local.*
    fn grid(&self) -> &ProcessGrid;

    /// This rank's part. *Local.*
    fn local(&self) -> ArrayView<'_, Self::Element, Self::Dim>;

    /// All elements in C order, as an array of one axis in blocks. *Collective.*
    ///
    /// # Cost
    /// Two all-to-alls: of the elements, and of two numbers for each run of consecutive ones.
    ///
    /// # Errors
    /// [`Error::Memory`], on every rank, when a rank cannot hold its block.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Distributed;
    /// let line = u.flatten()?;
    /// assert_eq!(line.shape(), [u.len()]);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn flatten(&self) -> Result<DistArray<Self::Element, Ix1>>
    where
        Self: Sized,
    {
        super::flatten::flatten(self)
    }

    /// All elements in C order, the first `lengths[0]` of them on rank 0, and so on. *Collective.*
    ///
    /// # Shapes
    /// One length a rank, the same on every rank; together the number of elements.
    ///
    /// # Cost
    /// As [`flatten`](Self::flatten).
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the lengths are not like that, [`Error::Memory`] when a rank
    /// cannot hold its elements.
    #[track_caller]
    fn in_order(&self, lengths: &[usize]) -> Result<Vec<Self::Element>>
    where
        Self: Sized,
    {
        super::flatten::in_order(self, lengths)
    }
}

/// Unless both have the same parts, on one rank: would have them on several, too. Replicated: layouts and the number of
/// ranks are the same everywhere.
pub(super) fn check_same_layout<D: Axes>(
    operation: &str,
    (one_grid, one): (&ProcessGrid, &Layout<D>),
    (other_grid, other): (&ProcessGrid, &Layout<D>),
) -> Result<()> {
    let same = one.has_same_parts(other);
    let alone = one.grid().size() == 1;
    // What is an error on several ranks is found on a laptop, too.
    if same && (!alone || one.is_like(other)) {
        return one_grid.check_same_ranks(operation, other_grid);
    }
    let remedy = match one.shape() == other.shape() {
        true => "`redistribute` brings one into the other's layout",
        false => "`broadcast_to` repeats axes of length 1",
    };
    let scope = if same { " on several ranks" } else { "" };
    let detail = format!("layouts differ{scope}: {one} and {other}; {remedy}");
    Err(Error::shape(operation, detail))
}

/// A view of a distributed array: a slice of it, or the array repeated along axes. Each rank sees what it
/// owns, where it is; nothing is moved.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// # use partita::prelude::*;
/// use ndarray::s;
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let u = DistArray::from_fn(&grid, [40, 30], |[i, j]| (i * j) as f64)?;
/// let every_other_row = u.slice(s![1..-1;2, ..])?;
/// assert_eq!(every_other_row.shape(), [19, 30]);
/// let total = every_other_row.map(f64::sqrt).sum()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DistView<'array, A: Element, D: Axes> {
    pub(super) grid: ProcessGrid,
    pub(super) layout: Layout<D>,
    /// Of length 1 along axes on which it is repeated.
    pub(super) part: ArrayView<'array, A, D>,
}

/// A view through which a distributed array is written.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// # use partita::prelude::*;
/// use ndarray::s;
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let mut u = DistArray::zeros(&grid, [40, 30])?;
/// u.slice_mut(s![.., 0..1])?.fill(1.0); // the first column, on the ranks that have it
/// # Ok(()) }
/// ```
pub struct DistViewMut<'array, A: Element, D: Axes> {
    pub(super) grid: ProcessGrid,
    pub(super) layout: Layout<D>,
    pub(super) part: ArrayViewMut<'array, A, D>,
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// A view of the whole array. *Local.*
    pub fn view(&self) -> DistView<'_, A, D> {
        DistView {
            grid: self.grid.clone(),
            layout: self.layout.clone(),
            part: self.local(),
        }
    }

    /// A view of the whole array through which it is written. *Local.*
    pub fn view_mut(&mut self) -> DistViewMut<'_, A, D> {
        DistViewMut {
            grid: self.grid.clone(),
            layout: self.layout.clone(),
            part: self.local_mut(),
        }
    }

    /// The global index and the value of every element of this rank's part, in C order. *Local.*
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) {
    /// let trace_here: f64 = u.indexed_iter().filter(|([i, j], _)| i == j).map(|(_, value)| value).sum();
    /// # }
    /// ```
    pub fn indexed_iter(&self) -> impl Iterator<Item = (D::Index, &A)> + use<'_, A, D> {
        let runs = self.layout.all_local_runs(self.communicator().rank());
        GlobalIndices::<D>::new(runs).zip(self.local())
    }

    /// The global index and the value, to be changed, of every element of this rank's part, in C order.
    /// *Local.*
    ///
    /// ```no_run
    /// # fn example(u: &mut partita::DistArray<f64, ndarray::Ix2>) {
    /// for ([i, j], value) in u.indexed_iter_mut() {
    ///     *value += (i + j) as f64;
    /// }
    /// # }
    /// ```
    pub fn indexed_iter_mut(&mut self) -> impl Iterator<Item = (D::Index, &mut A)> + use<'_, A, D> {
        let runs = self.layout.all_local_runs(self.communicator().rank());
        GlobalIndices::<D>::new(runs).zip(self.local_mut())
    }
}

/// What views have in common.
macro_rules! view {
    ($View:ident) => {
        impl<A: Element, D: Axes> $View<'_, A, D> {
            /// The global shape of the view. *Local.*
            pub fn shape(&self) -> &[usize] {
                self.layout.shape()
            }

            /// The global number of elements of the view. *Local.*
            pub fn len(&self) -> usize {
                self.shape().iter().product()
            }

            /// Whether it has no elements. *Local.*
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Who owns which index of the view. *Local.*
            pub fn layout(&self) -> &Layout<D> {
                &self.layout
            }

            /// The ranks that hold it. *Local.*
            pub fn grid(&self) -> &ProcessGrid {
                &self.grid
            }

            /// The communicator of these ranks. *Local.*
            pub fn communicator(&self) -> &Communicator {
                self.grid.communicator()
            }

            /// The indices of the view that this rank has along `axis`. *Local.*
            pub fn local_runs(&self, axis: usize) -> Runs {
                self.layout.local_runs(self.communicator().rank(), axis)
            }

            /// The index within the view and the value of every element of this rank's part, in C order.
            /// *Local.*
            pub fn indexed_iter(&self) -> impl Iterator<Item = (D::Index, &A)> + use<'_, A, D> {
                let runs = self.layout.all_local_runs(self.communicator().rank());
                GlobalIndices::<D>::new(runs).zip(self.local())
            }

            /// The same elements as an array of their own, each on the rank where it is. *Local.*
            ///
            /// # Cost
            /// A copy of the part.
            pub fn to_owned(&self) -> DistArray<A, D> {
                self.map(|value| value)
            }

            /// `f` of every element, as a new array of the view's layout. *Local.*
            pub fn map<B: Element>(&self, mut f: impl FnMut(A) -> B) -> DistArray<B, D> {
                let values = super::elementwise::mapped(self.local(), |&value| f(value));
                DistArray::from_parts(&self.grid, self.layout.clone(), values)
            }

            /// Every element as a `B`, as [`DistArray::cast`]. *Local.*
            pub fn cast<B: Element>(&self) -> DistArray<B, D>
            where
                A: num_traits::AsPrimitive<B>,
            {
                self.map(|value| value.as_())
            }

            /// `f` of the elements of both at the same index, as a new array. *Local.*
            ///
            /// # Errors
            /// As [`DistArray::zip_with`].
            pub fn zip_with<T: Distributed<Dim = D>, C: Element>(
                &self,
                other: &T,
                f: impl FnMut(A, T::Element) -> C,
            ) -> Result<DistArray<C, D>> {
                super::elementwise::zip("zip_with", self, other, f)
            }

            /// The view in another layout, as an array of its own. *Collective.*
            ///
            /// # Errors
            /// As [`DistArray::redistribute`].
            #[track_caller]
            pub fn redistribute(&self, target: &Layout<D>) -> Result<DistArray<A, D>> {
                self.to_owned().redistribute(target)
            }

            /// The whole view on `root`; `None` elsewhere. *Collective.*
            ///
            /// # Errors
            /// As [`DistArray::gather`].
            #[track_caller]
            pub fn gather(&self, root: usize) -> Result<Option<Array<A, D>>> {
                self.to_owned().gather(root)
            }

            /// The whole view on every rank. *Collective.*
            ///
            /// # Errors
            /// As [`DistArray::all_gather`].
            #[track_caller]
            pub fn all_gather(&self) -> Result<Array<A, D>> {
                self.to_owned().all_gather()
            }
        }

        impl<A: Element, D: Axes> Distributed for $View<'_, A, D> {
            type Element = A;
            type Dim = D;

            fn layout(&self) -> &Layout<D> {
                &self.layout
            }

            fn grid(&self) -> &ProcessGrid {
                &self.grid
            }

            fn local(&self) -> ArrayView<'_, A, D> {
                $View::local(self)
            }
        }
    };
}

view!(DistView);
view!(DistViewMut);

impl<A: Element, D: Axes> DistView<'_, A, D> {
    /// This rank's part. *Local.*
    pub fn local(&self) -> ArrayView<'_, A, D> {
        let shape = self.layout.local_shape(self.communicator().rank());
        // It has the shape, or length 1 where it is to be repeated.
        let repeated = self.part.broadcast(shape);
        repeated.unwrap_or_else(|| self.part.view())
    }
}

impl<A: Element, D: Axes> DistViewMut<'_, A, D> {
    /// This rank's part. *Local.*
    pub fn local(&self) -> ArrayView<'_, A, D> {
        self.part.view()
    }

    /// This rank's part, to be changed. *Local.*
    pub fn local_mut(&mut self) -> ArrayViewMut<'_, A, D> {
        self.part.view_mut()
    }

    /// A view of the same elements. *Local.*
    pub fn view(&self) -> DistView<'_, A, D> {
        DistView {
            grid: self.grid.clone(),
            layout: self.layout.clone(),
            part: self.part.view(),
        }
    }

    /// Sets every element to `value`. *Local.*
    pub fn fill(&mut self, value: A) {
        self.part.fill(value);
    }

    /// Sets every element to that of `values` at the same index. *Local.*
    ///
    /// # Errors
    /// As [`DistArray::zip_with`].
    pub fn assign(&mut self, values: &impl Distributed<Element = A, Dim = D>) -> Result<()> {
        super::elementwise::zip_inplace("assign", self, values, |_, value| value)
    }

    /// Replaces every element by `f` of it. *Local.*
    pub fn map_inplace(&mut self, f: impl FnMut(A) -> A) {
        self.part.mapv_inplace(f);
    }

    /// Replaces every element by `f` of it and that of `other` at the same index. *Local.*
    ///
    /// # Errors
    /// As [`DistArray::zip_with`].
    pub fn zip_inplace<T: Distributed<Dim = D>>(
        &mut self,
        other: &T,
        f: impl FnMut(A, T::Element) -> A,
    ) -> Result<()> {
        super::elementwise::zip_inplace("zip_inplace", self, other, f)
    }
}

impl<A: Element, D: Axes> Distributed for DistArray<A, D> {
    type Element = A;
    type Dim = D;

    fn layout(&self) -> &Layout<D> {
        DistArray::layout(self)
    }

    fn grid(&self) -> &ProcessGrid {
        DistArray::grid(self)
    }

    fn local(&self) -> ArrayView<'_, A, D> {
        DistArray::local(self)
    }
}
