//! What depends on where each element is: users' functions, and digests.

use ndarray::Ix2;
use num_complex::Complex;
use partita::{Communicator, DistArray, ProcessGrid, Reductions, Result};
use partita_testing::{any_layout, cases, position, spmd_test};
use proptest::prelude::*;

use partita_kernels::statistics::serial;

use super::cases::{distributed, odd, value};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_users_function_meets_the_elements_in_one_tree(world: &Communicator) -> Result<()> {
    for (layout, seed) in cases(24, (any_layout::<Ix2>(world.size()), any::<u64>())) {
        let (array, whole) = distributed(world, &layout, |place| value(seed, place, false) * 0.7)?;
        let values = whole.as_slice().expect("standard");
        let (found, expected) = (array.reduce(odd)?, serial::reduce(values, &odd));
        assert_eq!(
            found.map(f64::to_bits),
            expected.map(f64::to_bits),
            "{array:?}"
        );
        let first = array.reduce(|left, _| left)?;
        assert_eq!(
            first.map(f64::to_bits),
            values.first().map(|value| value.to_bits())
        );
        let last = array.reduce(|_, right| right)?;
        assert_eq!(
            last.map(f64::to_bits),
            values.last().map(|value| value.to_bits())
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_digest_is_the_same_in_every_layout_and_no_other_arrays(world: &Communicator) -> Result<()> {
    for (layout, seed) in cases(24, (any_layout::<Ix2>(world.size()), any::<u64>())) {
        let (array, whole) = distributed(world, &layout, |place| value(seed, place, true))?;
        let alone = world
            .split(Some(world.rank() as u32), 0)?
            .expect("every rank has a colour");
        let grid = ProcessGrid::new(&alone, &[1, 1])?;
        let there = DistArray::from_local(&grid, layout.raw_dim(), whole.clone())?;
        let digest = array.digest()?;
        assert_eq!(digest, there.digest()?, "{array:?}");
        assert_eq!(digest.to_string().len(), 32);
        for place in 0..whole.len().min(3) {
            let mut changed = whole.clone();
            let value = changed.iter_mut().nth(place).expect("it is there");
            *value = f64::from_bits(value.to_bits() ^ 1);
            let changed = DistArray::from_local(&grid, layout.raw_dim(), changed)?;
            assert_ne!(digest, changed.digest()?);
        }
    }
    // Two elements that change places, and the same elements in another shape.
    let grid = ProcessGrid::balanced(world, 2)?;
    let digest = |shape: [usize; 2], swap: bool| {
        DistArray::from_fn(&grid, shape, |index| {
            let place = position(&shape, &index);
            let place = if swap && place < 2 { 1 - place } else { place };
            Complex::new(place as f32, 1.0)
        })?
        .digest()
    };
    let digests = [
        digest([6, 5], false)?,
        digest([6, 5], true)?,
        digest([5, 6], false)?,
    ];
    assert!(digests[0] != digests[1] && digests[0] != digests[2] && digests[1] != digests[2]);
    Ok(())
}
