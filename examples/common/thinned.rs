//! A plane of an array with few enough points to be drawn; shared by the examples that draw.

use ndarray::Array2;
use partita::prelude::*;

/// No picture has more points than this a side, however large the array.
pub const LARGEST: usize = 512;

/// A thinned-out plane of the array on the root (the middle one of a block, a bar as one row); `None`
/// elsewhere. *Collective.*
pub fn sample<A: partita::Element, D: Axes>(array: &DistArray<A, D>) -> Result<Option<Array2<A>>> {
    let (plane, rows, columns) = match *array.shape() {
        [columns] => (0, 1, columns),
        [rows, columns] => (0, rows, columns),
        [planes, rows, columns] => (planes / 2, rows, columns),
        _ => return Err(Error::shape("picture", "1 to 3 axes can be drawn")),
    };
    let stride = rows.max(columns).div_ceil(LARGEST).max(1);
    let (rows, columns) = (rows.div_ceil(stride), columns.div_ceil(stride));
    let (mut pixels, mut values) = (vec![], vec![]);
    for (index, &value) in array.indexed_iter() {
        let (in_plane, row, column) = match *index.as_ref() {
            [column] => (true, 0, column),
            [row, column] => (true, row, column),
            [at, row, column] => (at == plane, row, column),
            _ => (false, 0, 0),
        };
        if in_plane && row.is_multiple_of(stride) && column.is_multiple_of(stride) {
            pixels.push((row / stride * columns + column / stride) as u64);
            values.push(value);
        }
    }
    let communicator = array.communicator();
    let (pixels, values) = (
        communicator.gatherv(0, &pixels)?,
        communicator.gatherv(0, &values)?,
    );
    let (Some(pixels), Some(values)) = (pixels, values) else {
        return Ok(None);
    };
    let mut image = vec![A::default(); rows * columns];
    for (pixel, value) in pixels.into_vec().into_iter().zip(values.into_vec()) {
        image[pixel as usize] = value;
    }
    Ok(Some(Array2::from_shape_vec((rows, columns), image)?))
}
