//! The heat kernel against its serial reference and against theory.

use std::f64::consts::PI;

use ndarray::{Array, Ix1, Ix2, Ix3};
use partita::layout::Axes;
use partita::{Boundary, Communicator, DistArray, Error, ProcessGrid, Reductions, Result};
use partita_kernels::heat::{Parameters, parallel, serial};
use partita_testing::spmd_test;

fn parameters(diffusivity: f64, edges: Boundary<f64>) -> Parameters {
    Parameters {
        diffusivity,
        time_step: 1.0,
        spacing: 1.0,
        edges,
    }
}

/// Some temperature of each cell, with every bit of the mantissa in use.
fn initial(index: &[usize]) -> f64 {
    let number = index.iter().fold(7, |number, index| number * 31 + index);
    (number as f64).sin() * 100.0
}

fn equals_serial<D: Axes>(world: &Communicator, shape: D, edges: Boundary<f64>) -> Result<()>
where
    D::Index: AsRef<[usize]>,
{
    let parameters = parameters(0.15, edges);
    for grid in grids(world, shape.slice())? {
        let u = DistArray::from_fn(&grid, shape.clone(), |index| initial(index.as_ref()))?;
        let start: Array<f64, D> = u.all_gather()?;
        let expected = serial::run(start.view(), &parameters, 5)?;
        let found = parallel::run(u, &parameters, 5)?.all_gather()?;
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.to_bits(), expected.to_bits(), "{shape:?} on {grid:?}");
        }
    }
    Ok(())
}

/// Every grid of all ranks in as many axes as the shape.
fn grids(world: &Communicator, shape: &[usize]) -> Result<Vec<ProcessGrid>> {
    let size = world.size();
    let parts = ndarray::indices(vec![size + 1; shape.len()]);
    parts
        .into_iter()
        .map(|parts| ndarray::Dimension::slice(&parts).to_vec())
        .filter(|parts| parts.iter().product::<usize>() == size)
        .map(|parts| ProcessGrid::new(world, &parts))
        .collect()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn every_grid_gives_the_bits_of_the_serial_reference(world: &Communicator) -> Result<()> {
    for edges in [Boundary::Periodic, Boundary::Fixed(25.5)] {
        for length in [1, 2, 7, 64] {
            equals_serial(world, Ix1(length), edges)?;
        }
        for shape in [[1, 1], [5, 9], [16, 3], [0, 4], [7, 0], [2, 31]] {
            equals_serial(world, Ix2(shape[0], shape[1]), edges)?;
        }
        for shape in [[4, 5, 6], [1, 8, 2], [3, 0, 2]] {
            equals_serial(world, Ix3(shape[0], shape[1], shape[2]), edges)?;
        }
    }
    Ok(())
}

/// Oracle: the discrete theory. sin(2πkx/N) is an eigenvector of the periodic step, with the
/// eigenvalue 1 − 4r·sin²(πk/N).
#[spmd_test(ranks = [1, 2, 3])]
fn an_eigenmode_decays_as_the_discrete_theory_says(world: &Communicator) -> Result<()> {
    let (length, mode, ratio) = (256, 3, 0.4);
    let grid = ProcessGrid::balanced(world, 1)?;
    let angle = 2.0 * PI * mode as f64 / length as f64;
    let wave = |[x]: [usize; 1]| (angle * x as f64).sin();
    let eigenvalue = 1.0 - 4.0 * ratio * (angle / 2.0).sin().powi(2);
    for steps in [1, 10, 1000] {
        let start: DistArray<f64, Ix1> = DistArray::from_fn(&grid, [length], wave)?;
        let end = parallel::run(start, &parameters(ratio, Boundary::Periodic), steps)?;
        let expected =
            DistArray::from_fn(&grid, [length], |x| eigenvalue.powi(steps as i32) * wave(x))?;
        let bound = 64.0 * f64::EPSILON * steps as f64;
        let wrong = end.zip_with(&expected, |found, expected: f64| (found - expected).abs())?;
        let worst = wrong
            .local()
            .fold(0.0, |worst: f64, &error| worst.max(error));
        assert!(
            worst <= bound,
            "after {steps} steps off by {worst:e}, bound {bound:e}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4])]
fn a_periodic_plate_keeps_its_heat(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let start = DistArray::from_fn(&grid, [40, 30], |[i, j]| (i * j) as f64)?;
    let before = start.sum()?;
    let after = parallel::run(start, &parameters(0.25, Boundary::Periodic), 100)?.sum()?;
    assert!((after - before).abs() <= 100.0 * f64::EPSILON * before);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn an_unstable_step_is_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let start: DistArray<f64, Ix2> = DistArray::zeros(&grid, [8, 8])?;
    let refused = parallel::run(start, &parameters(0.3, Boundary::Periodic), 1);
    match refused {
        Err(Error::Numerical { detail, .. }) => assert!(detail.contains("unstable"), "{detail}"),
        other => panic!("an unstable step gave {other:?}"),
    }
    Ok(())
}
