//! Arrays with margins of all kinds, and what stands in every cell of them.

use ndarray::{ArrayView, IntoDimension};
use partita::layout::{Axes, Layout};
use partita::{Boundary, Communicator, DistArray, Halo, ProcessGrid, Result};
use partita_testing::{Sample, all_grids, any_boxes, cases, position, shape_of};
use proptest::prelude::*;

/// The margin of one axis.
#[derive(Debug, Clone)]
pub struct Margin {
    pub lower: usize,
    pub upper: usize,
    /// A fixed edge has the number of a sample.
    pub edges: [Boundary<usize>; 2],
}

/// What an axis shows at an index.
enum Seen {
    Cell(usize),
    Fixed(usize),
    Open,
}

impl Margin {
    /// The definition of a padded axis, one edge at a time.
    fn seen(&self, index: isize, length: usize) -> Seen {
        let length = length as isize;
        if (0..length).contains(&index) {
            return Seen::Cell(index as usize);
        }
        let before = index < 0;
        let again = |index| self.seen(index, length as usize);
        match self.edges[usize::from(!before)] {
            Boundary::Fixed(number) => Seen::Fixed(number),
            Boundary::Open => Seen::Open,
            Boundary::Periodic if before => again(index + length),
            Boundary::Periodic => again(index - length),
            Boundary::Reflecting if before => again(-1 - index),
            Boundary::Reflecting => again(2 * length - 1 - index),
        }
    }
}

fn boundary() -> impl Strategy<Value = Boundary<usize>> {
    prop_oneof![
        2 => Just(Boundary::Periodic),
        2 => (200..230usize).prop_map(Boundary::Fixed),
        1 => Just(Boundary::Reflecting),
        1 => Just(Boundary::Open),
    ]
}

/// Of one of `ndim` axes.
pub fn margin(ndim: usize) -> impl Strategy<Value = Margin> {
    // Most widths are small; some are wider than blocks, and than the whole axis. Many axes have many cells.
    let width = move || match ndim {
        0..5 => prop_oneof![4 => 0..4usize, 1 => 4..9usize].boxed(),
        _ => (0..3usize).boxed(),
    };
    (width(), width(), [boundary(), boundary()]).prop_map(|(lower, upper, edges)| Margin {
        lower,
        upper,
        edges,
    })
}

/// An array with margins whose elements differ from step to step.
#[derive(Debug)]
pub struct Case<D: Axes> {
    pub grid: ProcessGrid,
    pub layout: Layout<D>,
    pub margins: Vec<Margin>,
    pub corners: bool,
}

impl<D: Axes> Case<D> {
    fn halo<A: Sample>(&self) -> Halo<A> {
        let none = Halo::uniform(self.margins.len(), 0, Boundary::Open);
        let axes = self.margins.iter().enumerate();
        let halo = axes.fold(none, |halo, (axis, margin)| {
            let boundary = |boundary| match boundary {
                Boundary::Fixed(number) => Boundary::Fixed(A::sample(number)),
                Boundary::Periodic => Boundary::Periodic,
                Boundary::Reflecting => Boundary::Reflecting,
                Boundary::Open => Boundary::Open,
            };
            halo.axis(axis, margin.lower, margin.upper, Boundary::Open)
                .edges(axis, margin.edges.map(boundary))
        });
        if self.corners {
            halo.with_corners()
        } else {
            halo
        }
    }

    pub fn value<A: Sample>(&self, step: usize, index: &[usize]) -> A {
        A::sample(position(self.layout.shape(), index) + 31 * step)
    }

    /// The array of step 0, with a value in every open cell.
    pub fn array<A: Sample>(&self) -> Result<DistArray<A, D>> {
        let values = |index: D::Index| self.value(0, index.as_ref());
        let array = DistArray::from_fn(&self.grid, &self.layout, values)?;
        let mut array = array.with_halo(self.halo())?;
        let starts = starts(&array);
        for (cell, value) in array.padded_mut().indexed_iter_mut() {
            let cell = cell.into_dimension();
            if !self.layout.shape().contains(&0)
                && let Some(open) = self.open(&starts, cell.slice())
            {
                assert!(
                    *value == A::default(),
                    "an open cell has the default at first"
                );
                *value = open;
            }
        }
        Ok(array)
    }

    /// Gives every element its value of another step.
    pub fn set<A: Sample>(&self, array: &mut DistArray<A, D>, step: usize) {
        let starts = starts(array);
        for (index, element) in array.local_mut().indexed_iter_mut() {
            let index = index.into_dimension();
            let global = index.slice().iter().zip(&starts);
            let global: Vec<usize> = global.map(|(index, start)| index + start).collect();
            *element = self.value(step, &global);
        }
    }

    fn seen(&self, starts: &[usize], cell: &[usize]) -> Vec<Seen> {
        let axes = self.margins.iter().enumerate();
        axes.map(|(axis, margin)| {
            let index = (starts[axis] + cell[axis]) as isize - margin.lower as isize;
            margin.seen(index, self.layout.shape()[axis])
        })
        .collect()
    }

    /// What the program put into a cell of the padded block, if it is an open one.
    fn open<A: Sample>(&self, starts: &[usize], cell: &[usize]) -> Option<A> {
        let open = |seen: &Seen| matches!(seen, Seen::Open);
        let number = cell.iter().fold(90, |number, index| number * 3 + index);
        let seen = self.seen(starts, cell);
        seen.iter().any(open).then(|| A::sample(number))
    }

    /// The oracle: what stands in a cell of the padded block that starts at `starts`. `None` where
    /// nothing is promised: beyond several faces of the block when corners were not asked for.
    pub fn expected<A: Sample>(
        &self,
        step: usize,
        starts: &[usize],
        owned: &[usize],
        cell: &[usize],
    ) -> Option<A> {
        if let Some(open) = self.open(starts, cell) {
            return Some(open);
        }
        let (mut source, mut beyond_faces) = (vec![], 0);
        for (axis, seen) in self.seen(starts, cell).into_iter().enumerate() {
            match seen {
                Seen::Cell(index) => source.push(index),
                Seen::Fixed(number) => return Some(A::sample(number)),
                Seen::Open => unreachable!("open cells are told before"),
            }
            let lower = self.margins[axis].lower;
            let own = lower..lower + owned[axis];
            beyond_faces += usize::from(!own.contains(&cell[axis]));
        }
        (self.corners || beyond_faces < 2).then(|| self.value(step, &source))
    }

    #[track_caller]
    pub fn assert_padded<A: Sample>(
        &self,
        step: usize,
        starts: &[usize],
        local: ArrayView<'_, A, D>,
        padded: ArrayView<'_, A, D>,
    ) {
        for (axis, margin) in self.margins.iter().enumerate() {
            let length = margin.lower + local.shape()[axis] + margin.upper;
            assert_eq!(padded.shape()[axis], length);
        }
        if local.is_empty() {
            return;
        }
        for (cell, value) in padded.indexed_iter() {
            let cell = cell.into_dimension();
            let expected: Option<A> = self.expected(step, starts, local.shape(), cell.slice());
            assert!(
                expected.is_none_or(|expected| expected == *value),
                "step {step}, cell {cell:?} of the block from {starts:?} is {value:?}, not \
                 {expected:?}; {self:?}"
            );
        }
    }
}

pub fn exchange_and_check<A: Sample, D: Axes>(
    case: &Case<D>,
    array: &mut DistArray<A, D>,
    step: usize,
) -> Result<()> {
    let starts = starts(array);
    let haloed = array.halo_exchange()?;
    case.assert_padded(step, &starts, haloed.local(), haloed.padded());
    Ok(())
}

pub fn starts<A: Sample, D: Axes>(array: &DistArray<A, D>) -> Vec<usize> {
    (0..array.ndim())
        .map(|axis| array.local_range(axis).expect("a block").start)
        .collect()
}

/// Calls `check` with `count` cases for every grid of as many axes as `D` has.
pub fn on_every_grid<D: Axes>(
    world: &Communicator,
    count: usize,
    check: impl Fn(&Case<D>) -> Result<()>,
) -> Result<()> {
    let ndim = D::NDIM.unwrap_or(0);
    let length = prop_oneof![1 => Just(0), 6 => 1..8usize, 1 => Just(13)];
    let axes = prop::collection::vec((length, margin(ndim)), ndim);
    for grid in all_grids(world, ndim)? {
        for (axes, corners) in cases(count, (&axes, any::<bool>())) {
            let (lengths, margins): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
            check(&Case {
                layout: Layout::block(shape_of::<D>(&lengths), grid.shape().clone())?,
                grid: grid.clone(),
                margins,
                corners,
            })?;
        }
    }
    Ok(())
}

/// Calls `check` with `count` cases of layouts with copies, explicit parts and axes that are not cut.
pub fn in_layouts_of_boxes<D: Axes>(
    world: &Communicator,
    count: usize,
    check: impl Fn(&Case<D>) -> Result<()>,
) -> Result<()> {
    cases_of_boxes(world, count)?.iter().try_for_each(check)
}

pub fn cases_of_boxes<D: Axes>(world: &Communicator, count: usize) -> Result<Vec<Case<D>>> {
    let ndim = D::NDIM.unwrap_or(0);
    let margins = prop::collection::vec(margin(ndim), ndim);
    let drawn = cases(
        count,
        (any_boxes::<D>(world.size()), margins, any::<bool>()),
    );
    drawn
        .into_iter()
        .map(|(layout, margins, corners)| {
            Ok(Case {
                grid: ProcessGrid::new(world, layout.grid().parts())?,
                layout,
                margins,
                corners,
            })
        })
        .collect()
}
