//! New local arrays of what a function makes of others: in large memory on huge pages, as the system hands it over
//! some times as fast.

use ndarray::{Array, ArrayView};

use crate::comm::ffi::vector_with_room;
use crate::layout::Axes;

/// `f` of every element, in the order in memory that the elements have.
pub(in crate::array) fn mapped<A, B, D: Axes>(
    elements: ArrayView<'_, A, D>,
    f: impl FnMut(&A) -> B,
) -> Array<B, D> {
    let order = order_in_memory(&elements);
    let elements = elements.permuted_axes(order.clone());
    let mut values = vector_with_room(elements.len());
    match elements.as_slice() {
        Some(all) => values.extend(all.iter().map(f)),
        None => {
            let mut f = f;
            for row in elements.rows() {
                match row.as_slice() {
                    Some(row) => values.extend(row.iter().map(&mut f)),
                    None => values.extend(row.iter().map(&mut f)),
                }
            }
        }
    }
    in_order(values, elements.raw_dim(), &order)
}

/// `f` of the elements of both at the same index, in the order in memory of the first.
pub(in crate::array) fn zipped<A, B, C, D: Axes>(
    elements: ArrayView<'_, A, D>,
    others: ArrayView<'_, B, D>,
    mut f: impl FnMut(&A, &B) -> C,
) -> Array<C, D> {
    let order = order_in_memory(&elements);
    let elements = elements.permuted_axes(order.clone());
    let others = others.permuted_axes(order.clone());
    let mut values = vector_with_room(elements.len());
    match elements.as_slice().zip(others.as_slice()) {
        Some((all, others)) => values.extend(all.iter().zip(others).map(|(a, b)| f(a, b))),
        None => {
            for (row, other) in elements.rows().into_iter().zip(others.rows()) {
                match row.as_slice().zip(other.as_slice()) {
                    Some((row, other)) => {
                        values.extend(row.iter().zip(other).map(|(a, b)| f(a, b)));
                    }
                    None => values.extend(row.iter().zip(other).map(|(a, b)| f(a, b))),
                }
            }
        }
    }
    in_order(values, elements.raw_dim(), &order)
}

/// The same elements as an array of their own, without gaps.
pub(in crate::array) fn copied<A: Copy, D: Axes>(elements: ArrayView<'_, A, D>) -> Array<A, D> {
    mapped(elements, |value| *value)
}

/// The axes from that of the longest stride to that of the shortest; as they are where some are repeated.
fn order_in_memory<A, D: Axes>(elements: &ArrayView<'_, A, D>) -> D {
    let mut order = D::zeros(elements.ndim());
    let axes = order.slice_mut();
    axes.iter_mut()
        .enumerate()
        .for_each(|(place, axis)| *axis = place);
    let strides = elements.strides();
    if !elements.is_standard_layout() && !strides.contains(&0) {
        axes.sort_by_key(|&axis| std::cmp::Reverse(strides[axis].unsigned_abs()));
    }
    order
}

/// The array of these values in C order of a shape whose axis i is its axis `order[i]`.
fn in_order<B, D: Axes>(values: Vec<B>, shape: D, order: &D) -> Array<B, D> {
    let mut inverse = order.clone();
    for (place, &axis) in order.slice().iter().enumerate() {
        inverse[axis] = place;
    }
    let ordered = Array::from_shape_vec(shape, values).expect("a value for each element");
    ordered.permuted_axes(inverse)
}
