//! Every index of a part, in C order.

use super::axes::Axes;
use super::runs::Runs;

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
