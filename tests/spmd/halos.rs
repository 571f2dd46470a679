//! Halos against the padded array that one rank makes of the whole.

use ndarray::{ArrayView, Axis, Ix1, Ix2, Ix3, Slice};
use partita::layout::Axes;
use partita::{Boundary, Communicator, DistArray, Halo, ProcessGrid, Result};
use partita_testing::spmd_test;
use proptest::prelude::*;

use crate::grids::{all_grids, position, shape_of};
use crate::sample::Sample;
use crate::shared::cases;

/// One axis of an array and its margin.
#[derive(Debug, Clone, Copy)]
struct Margin {
    length: usize,
    lower: usize,
    upper: usize,
    /// The number of a sample that stands beyond the edges; none where the axis is periodic.
    fixed: Option<usize>,
}

fn margin() -> impl Strategy<Value = Margin> {
    // Most widths are small; some are wider than blocks, and than the whole axis.
    let width = || prop_oneof![4 => 0..4usize, 1 => 4..9usize];
    let length = prop_oneof![1 => Just(0), 6 => 1..8usize, 1 => Just(13)];
    let fixed = prop::option::of(200..230usize);
    (length, width(), width(), fixed).prop_map(|(length, lower, upper, fixed)| Margin {
        length,
        lower,
        upper,
        fixed,
    })
}

/// An array with these margins whose elements differ from step to step.
struct Case<'grid> {
    grid: &'grid ProcessGrid,
    margins: Vec<Margin>,
    corners: bool,
}

impl Case<'_> {
    fn shape(&self) -> Vec<usize> {
        self.margins.iter().map(|margin| margin.length).collect()
    }

    fn halo<A: Sample>(&self) -> Halo<A> {
        let none = Halo::uniform(self.margins.len(), 0, Boundary::Periodic);
        let halo = self
            .margins
            .iter()
            .enumerate()
            .fold(none, |halo, (axis, margin)| {
                let boundary = match margin.fixed {
                    None => Boundary::Periodic,
                    Some(number) => Boundary::Fixed(A::sample(number)),
                };
                halo.axis(axis, margin.lower, margin.upper, boundary)
            });
        if self.corners {
            halo.with_corners()
        } else {
            halo
        }
    }

    fn value<A: Sample>(&self, step: usize, index: &[usize]) -> A {
        A::sample(position(&self.shape(), index) + 31 * step)
    }

    fn array<A: Sample, D: Axes>(&self) -> Result<DistArray<A, D>> {
        let values = |index: D::Index| self.value(0, index.as_ref());
        DistArray::from_fn(self.grid, shape_of::<D>(&self.shape()), values)?.with_halo(self.halo())
    }

    /// Gives every element its value of another step.
    fn set<A: Sample, D: Axes>(&self, array: &mut DistArray<A, D>, step: usize) {
        let starts = starts(array);
        let shape = array.local_shape();
        let mut local = array.local_mut();
        for (index, element) in ndarray::indices(shape).into_iter().zip(local.iter_mut()) {
            use ndarray::IntoDimension;
            let index = index.into_dimension();
            let global = index.slice().iter().zip(&starts);
            let global: Vec<usize> = global.map(|(index, start)| index + start).collect();
            *element = self.value(step, &global);
        }
    }

    /// The oracle: what stands in a cell of the padded block that starts at `starts`. `None` where
    /// nothing is promised: beyond several faces of the block when corners were not asked for.
    fn expected<A: Sample>(
        &self,
        step: usize,
        starts: &[usize],
        owned: &[usize],
        cell: &[usize],
    ) -> Option<A> {
        let mut source = Vec::new();
        let mut beyond_faces = 0;
        for (axis, margin) in self.margins.iter().enumerate() {
            let index = (starts[axis] + cell[axis]) as isize - margin.lower as isize;
            let length = margin.length as isize;
            if let (false, Some(number)) = ((0..length).contains(&index), margin.fixed) {
                return Some(A::sample(number));
            }
            source.push(index.rem_euclid(length) as usize);
            let own = margin.lower..margin.lower + owned[axis];
            beyond_faces += usize::from(!own.contains(&cell[axis]));
        }
        (self.corners || beyond_faces < 2).then(|| self.value(step, &source))
    }

    #[track_caller]
    fn assert_padded<A: Sample, D: Axes>(
        &self,
        step: usize,
        starts: &[usize],
        local: ArrayView<'_, A, D>,
        padded: ArrayView<'_, A, D>,
    ) {
        use ndarray::IntoDimension;
        for (axis, margin) in self.margins.iter().enumerate() {
            let length = margin.lower + local.shape()[axis] + margin.upper;
            assert_eq!(padded.shape()[axis], length);
        }
        if local.is_empty() {
            return;
        }
        for (cell, value) in ndarray::indices_of(&padded).into_iter().zip(&padded) {
            let cell = cell.into_dimension();
            let expected: Option<A> = self.expected(step, starts, local.shape(), cell.slice());
            assert!(
                expected.is_none_or(|expected| expected == *value),
                "step {step}, cell {cell:?} of the block from {starts:?} on {} is {value:?}, not \
                 {expected:?}; {:?}, corners {}",
                self.grid.shape(),
                self.margins,
                self.corners,
            );
        }
    }
}

fn starts<A: Sample, D: Axes>(array: &DistArray<A, D>) -> Vec<usize> {
    (0..array.ndim())
        .map(|axis| array.local_range(axis).expect("a block").start)
        .collect()
}

fn exchange_and_check<A: Sample, D: Axes>(
    case: &Case,
    array: &mut DistArray<A, D>,
    step: usize,
) -> Result<()> {
    let starts = starts(array);
    let haloed = array.halo_exchange()?;
    case.assert_padded(step, &starts, haloed.local(), haloed.padded());
    Ok(())
}

/// Calls `check` with `count` cases for every grid of as many axes as `D` has.
fn on_every_grid<D: Axes>(
    world: &Communicator,
    count: usize,
    check: impl Fn(&Case) -> Result<()>,
) -> Result<()> {
    let ndim = D::NDIM.unwrap_or(0);
    for grid in all_grids(world, ndim)? {
        for (margins, corners) in cases(
            count,
            (prop::collection::vec(margin(), ndim), any::<bool>()),
        ) {
            check(&Case {
                grid: &grid,
                margins,
                corners,
            })?;
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_halo_shows_what_a_padded_array_has_however_often_values_change(
    world: &Communicator,
) -> Result<()> {
    fn check<A: Sample, D: Axes>(case: &Case) -> Result<()> {
        let mut array = case.array::<A, D>()?;
        for step in 0..3 {
            case.set(&mut array, step);
            exchange_and_check(case, &mut array, step)?;
        }
        Ok(())
    }
    on_every_grid::<Ix1>(world, 30, check::<f64, Ix1>)?;
    on_every_grid::<Ix1>(world, 10, check::<u8, Ix1>)?;
    on_every_grid::<Ix2>(world, 20, check::<f32, Ix2>)?;
    on_every_grid::<Ix2>(world, 10, check::<num_complex::Complex<f64>, Ix2>)?;
    on_every_grid::<Ix3>(world, 5, check::<i32, Ix3>)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_exchange_that_was_dropped_does_not_confuse_the_next(world: &Communicator) -> Result<()> {
    fn check<D: Axes>(case: &Case) -> Result<()> {
        let mut array = case.array::<f64, D>()?;
        for step in 0..4 {
            case.set(&mut array, step);
            if step % 2 == 0 {
                drop(array.start_halo_exchange()?);
                case.set(&mut array, 100 + step);
                exchange_and_check(case, &mut array, 100 + step)?;
            } else {
                exchange_and_check(case, &mut array, step)?;
            }
        }
        Ok(())
    }
    on_every_grid::<Ix1>(world, 8, check::<Ix1>)?;
    on_every_grid::<Ix2>(world, 8, check::<Ix2>)
}

/// Messages so long that they are under way until both sides care for them.
#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_dropped_exchange_of_long_messages_does_not_confuse_the_next(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let margin = |length, fixed| Margin {
        length,
        lower: 1,
        upper: 1,
        fixed,
    };
    let case = Case {
        grid: &grid,
        margins: vec![margin(2 * world.size(), None), margin(60_000, Some(3))],
        corners: false,
    };
    let mut array = case.array::<f64, Ix2>()?;
    for step in 0..3 {
        case.set(&mut array, step);
        drop(array.start_halo_exchange()?);
        drop(array.start_halo_exchange()?);
        case.set(&mut array, 10 + step);
        exchange_and_check(&case, &mut array, 10 + step)?;
    }
    drop(array.start_halo_exchange()?);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn two_arrays_exchange_at_once_and_finish_in_any_order(world: &Communicator) -> Result<()> {
    fn check<D: Axes>(case: &Case) -> Result<()> {
        let mut first = case.array::<f64, D>()?;
        let mut second = case.array::<f64, D>()?;
        let starts = starts(&first);
        for step in 0..3 {
            case.set(&mut first, step);
            case.set(&mut second, 40 + step);
            let exchanging_first = first.start_halo_exchange()?;
            let exchanging_second = second.start_halo_exchange()?;
            let haloed_second = exchanging_second.finish()?;
            let haloed_first = exchanging_first.finish()?;
            case.assert_padded(step, &starts, haloed_first.local(), haloed_first.padded());
            let (local, padded) = (haloed_second.local(), haloed_second.padded());
            case.assert_padded(40 + step, &starts, local, padded);
        }
        Ok(())
    }
    on_every_grid::<Ix1>(world, 10, check::<Ix1>)?;
    on_every_grid::<Ix2>(world, 10, check::<Ix2>)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn work_on_the_interior_goes_on_while_halos_travel(world: &Communicator) -> Result<()> {
    // The sum over each cell and its two neighbours, on a ring of 23 cells.
    const LENGTH: usize = 23;
    let grid = ProcessGrid::balanced(world, 1)?;
    let halo = Halo::uniform(1, 1, Boundary::Periodic);
    let mut ring = DistArray::from_fn(&grid, [LENGTH], |[i]| i * i)?.with_halo(halo)?;
    let mut serial: Vec<usize> = (0..LENGTH).map(|i| i * i).collect();
    for _ in 0..5 {
        let of_three = |view: ArrayView<'_, usize, Ix1>| -> Vec<usize> {
            view.windows(3)
                .into_iter()
                .map(|three| three.sum())
                .collect()
        };
        let exchange = ring.start_halo_exchange()?;
        let interior = of_three(exchange.local());
        let haloed = exchange.finish()?;
        let padded = haloed.padded();
        let count = haloed.local().len();
        let edge = |start: isize, end: isize| {
            of_three(padded.slice_axis(Axis(0), Slice::new(start, Some(end), 1)))
        };
        let next: Vec<usize> = match count {
            0 => vec![],
            1 => edge(0, 3),
            _ => {
                let last = edge(count as isize - 1, count as isize + 2);
                [edge(0, 3), interior, last].concat()
            }
        };
        ring.local_mut().assign(&ndarray::Array1::from(next));
        serial = (0..LENGTH)
            .map(|i| serial[(i + LENGTH - 1) % LENGTH] + serial[i] + serial[(i + 1) % LENGTH])
            .collect();
        assert_eq!(ring.all_gather()?.to_vec(), serial);
    }
    Ok(())
}
