//! Every index of a part, in C order: as a loop, and as an iterator.

use super::axes::Axes;
use super::runs::{Indices, Runs};

/// Calls `visit` with every global index of a part, in C order.
pub(crate) fn for_each_index<D: Axes>(runs: &[Runs], mut visit: impl FnMut(D::Index)) {
    let mut axes: Vec<_> = runs.iter().map(Runs::indices).collect();
    let mut index = D::origin();
    for (value, indices) in index.as_mut().iter_mut().zip(&mut axes) {
        match indices.next() {
            Some(first) => *value = first,
            None => return,
        }
    }
    loop {
        visit(index);
        let mut axis = runs.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            let value = &mut index.as_mut()[axis];
            if let Some(next) = axes[axis].next() {
                *value = next;
                break;
            }
            axes[axis] = runs[axis].indices();
            *value = axes[axis].next().unwrap_or_default();
        }
    }
}

/// Every global index of a part, in C order.
#[derive(Debug, Clone)]
pub struct GlobalIndices<D: Axes> {
    runs: Vec<Runs>,
    axes: Vec<Indices>,
    next: Option<D::Index>,
}

impl<D: Axes> GlobalIndices<D> {
    /// The indices of the part that has `runs` along each axis.
    pub(crate) fn new(runs: Vec<Runs>) -> Self {
        let mut axes: Vec<_> = runs.iter().map(Runs::indices).collect();
        let mut first = D::origin();
        let places = first.as_mut().iter_mut().zip(&mut axes);
        let found = places.map(|(place, indices)| {
            *place = indices.next()?;
            Some(())
        });
        let next = found.collect::<Option<()>>().map(|()| first);
        GlobalIndices { runs, axes, next }
    }

    /// The index after another one.
    fn after(&mut self, mut index: D::Index) -> Option<D::Index> {
        let places = index.as_mut();
        for axis in (0..places.len()).rev() {
            if let Some(next) = self.axes[axis].next() {
                places[axis] = next;
                return Some(index);
            }
            self.axes[axis] = self.runs[axis].indices();
            places[axis] = self.axes[axis].next()?;
        }
        None
    }
}

impl<D: Axes> Iterator for GlobalIndices<D> {
    type Item = D::Index;

    fn next(&mut self) -> Option<D::Index> {
        let index = self.next?;
        self.next = self.after(index);
        Some(index)
    }
}
