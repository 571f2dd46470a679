//! The heat equation on a distributed array: each rank steps its block, neighbours exchange edges.

use ndarray::{ArrayView, ArrayViewMut, Axis};
use partita::layout::Axes;
use partita::{DistArray, Halo, Result};

use super::Parameters;

/// A run that can be looked at between steps.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::{Boundary, DistArray, ProcessGrid, Reductions};
/// use partita_kernels::heat::{Parameters, parallel::Solver};
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let initial = DistArray::from_fn(&grid, [512, 512], |[i, j]| f64::from(u8::from(i > j)))?;
/// let parameters = Parameters {
///     diffusivity: 0.2,
///     time_step: 1.0,
///     spacing: 1.0,
///     edges: Boundary::Periodic,
/// };
/// let mut solver = Solver::new(initial, &parameters)?;
/// for _ in 0..100 {
///     solver.step()?;
/// }
/// let heat = solver.temperature().sum()?;
/// # Ok(()) }
/// ```
pub struct Solver<D: Axes> {
    temperature: DistArray<f64, D>,
    next: DistArray<f64, D>,
    ratio: f64,
}

impl<D: Axes> Solver<D> {
    /// A run from the `initial` temperatures. *Collective.*
    ///
    /// # Cost
    /// Memory for two blocks with their halos.
    ///
    /// # Errors
    /// The same on every rank: as [`Parameters::ratio`], and
    /// [`Error::Memory`](partita::Error::Memory).
    pub fn new(initial: DistArray<f64, D>, parameters: &Parameters) -> Result<Self> {
        // Replicated: every rank has the same parameters and shape.
        let ratio = parameters.ratio(initial.ndim())?;
        let halo = Halo::uniform(initial.ndim(), 1, parameters.edges);
        let temperature = initial.with_halo(halo)?;
        Ok(Solver {
            next: temperature.clone(),
            temperature,
            ratio,
        })
    }

    /// One step. *Collective.*
    ///
    /// # Cost
    /// One halo exchange of width 1 (a message to each neighbour across a face); 16 bytes of memory
    /// traffic and some 5 operations an axis for each cell.
    ///
    /// # Errors
    /// [`Error::Mpi`](partita::Error::Mpi) when a message is lost.
    pub fn step(&mut self) -> Result<()> {
        let haloed = self.temperature.halo_exchange()?;
        update(haloed.padded(), self.next.local_mut(), self.ratio);
        std::mem::swap(&mut self.temperature, &mut self.next);
        Ok(())
    }

    /// The temperatures now.
    pub fn temperature(&self) -> &DistArray<f64, D> {
        &self.temperature
    }
}

/// `steps` steps from the `initial` temperatures. *Collective.*
///
/// # Cost, errors
/// As [`Solver`].
pub fn run<D: Axes>(
    initial: DistArray<f64, D>,
    parameters: &Parameters,
    steps: usize,
) -> Result<DistArray<f64, D>> {
    let mut solver = Solver::new(initial, parameters)?;
    for _ in 0..steps {
        solver.step()?;
    }
    Ok(solver.temperature)
}

/// One step of a block: `padded` has one cell more than `next` on every side.
fn update<D: Axes>(padded: ArrayView<'_, f64, D>, mut next: ArrayViewMut<'_, f64, D>, ratio: f64) {
    if next.is_empty() {
        return;
    }
    let rows_in_plane = match *next.shape() {
        [_, rows, _] => rows,
        _ => next.len_of(Axis(0)),
    };
    let ndim = next.ndim();
    let cells = Rows::of(&padded);
    for (number, mut next) in next.rows_mut().into_iter().enumerate() {
        let next = next.as_slice_mut().expect("rows of a block are contiguous");
        let (plane, row) = (number / rows_in_plane, number % rows_in_plane);
        match ndim {
            1 => update_row(cells.row(0, 0), [], next, ratio),
            2 => {
                let rows = [cells.row(0, row), cells.row(0, row + 2)];
                update_row(cells.row(0, row + 1), [rows], next, ratio);
            }
            _ => {
                let planes = [cells.row(plane, row + 1), cells.row(plane + 2, row + 1)];
                let rows = [cells.row(plane + 1, row), cells.row(plane + 1, row + 2)];
                update_row(cells.row(plane + 1, row + 1), [planes, rows], next, ratio);
            }
        }
    }
}

/// The rows of a padded block of up to three axes, as slices.
struct Rows<'block> {
    cells: &'block [f64],
    rows: usize,
    columns: usize,
}

impl<'block> Rows<'block> {
    fn of<D: Axes>(padded: &'block ArrayView<'_, f64, D>) -> Self {
        let (rows, columns) = match *padded.shape() {
            [_, rows, columns] | [rows, columns] => (rows, columns),
            _ => (1, padded.len()),
        };
        Rows {
            cells: padded.as_slice().expect("a padded block is contiguous"),
            rows,
            columns,
        }
    }

    fn row(&self, plane: usize, row: usize) -> &'block [f64] {
        &self.cells[(plane * self.rows + row) * self.columns..][..self.columns]
    }
}

/// One row of cells: `here` with a neighbour at each end, and along the axes before the last the two
/// rows beside it, which carry the ends too.
#[multiversion::multiversion(targets = "simd")]
fn update_row<const OUTER: usize>(
    here: &[f64],
    beside: [[&[f64]; 2]; OUTER],
    next: &mut [f64],
    ratio: f64,
) {
    let length = next.len();
    let (before, after) = (&here[..length], &here[2..][..length]);
    let here = &here[1..][..length];
    let beside = beside.map(|pair| pair.map(|row| &row[1..][..length]));
    for i in 0..length {
        let along = |before: f64, after: f64| ratio * ((before + after) - 2.0 * here[i]);
        let last = along(before[i], after[i]);
        let outer = beside.map(|[before, after]| along(before[i], after[i]));
        // The order of the serial reference: axis after axis.
        let change = outer
            .into_iter()
            .chain([last])
            .reduce(|change, axis| change + axis);
        next[i] = here[i] + change.unwrap_or(0.0);
    }
}
