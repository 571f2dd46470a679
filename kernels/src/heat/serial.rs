//! The heat equation on one process: the reference, to be read rather than to be fast.

use ndarray::{Array, ArrayView};
use partita::layout::Axes;
use partita::{Boundary, Result};

use super::Parameters;

/// `steps` steps from the `initial` temperatures. *Local.*
///
/// # Cost
/// Some 5 operations an axis, cell and step.
///
/// # Errors
/// As [`Parameters::ratio`].
pub fn run<D: Axes>(
    initial: ArrayView<'_, f64, D>,
    parameters: &Parameters,
    steps: usize,
) -> Result<Array<f64, D>> {
    let ratio = parameters.ratio(initial.ndim())?;
    let mut temperature = initial.to_owned();
    for _ in 0..steps {
        temperature = step(&temperature, ratio, parameters.edges);
    }
    Ok(temperature)
}

fn step<D: Axes>(temperature: &Array<f64, D>, ratio: f64, edges: Boundary<f64>) -> Array<f64, D> {
    let mut next = temperature.clone();
    for (flat, value) in next.iter_mut().enumerate() {
        let index = unravel(flat, temperature.shape());
        let here = *value;
        let along = |axis: usize| {
            let before = neighbour(temperature, &index, axis, -1, edges);
            let after = neighbour(temperature, &index, axis, 1, edges);
            ratio * ((before + after) - 2.0 * here)
        };
        let change = (1..index.len()).fold(along(0), |change, axis| change + along(axis));
        *value = here + change;
    }
    next
}

/// The index of the element that comes `flat`-th in C order.
fn unravel(flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = flat;
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = rest % shape[axis];
        rest /= shape[axis];
    }
    index
}

fn neighbour<D: Axes>(
    temperature: &Array<f64, D>,
    index: &[usize],
    axis: usize,
    offset: isize,
    edges: Boundary<f64>,
) -> f64 {
    let length = temperature.shape()[axis] as isize;
    let moved = index[axis] as isize + offset;
    let moved = match edges {
        Boundary::Fixed(value) if !(0..length).contains(&moved) => return value,
        Boundary::Reflecting => moved.clamp(0, length - 1) as usize,
        _ => moved.rem_euclid(length) as usize,
    };
    let mut there = index.to_vec();
    there[axis] = moved;
    temperature.view().into_dyn()[&there[..]]
}
