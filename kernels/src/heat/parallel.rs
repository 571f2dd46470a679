//! The heat equation on a distributed array: each rank steps its block, neighbours exchange edges.

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
        match self.temperature.ndim() {
            1 => self.step_of::<3>()?,
            2 => self.step_of::<5>()?,
            _ => self.step_of::<7>()?,
        }
        std::mem::swap(&mut self.temperature, &mut self.next);
        Ok(())
    }

    /// The step of a star of so many cells: two an axis and the one in the middle.
    fn step_of<const STAR: usize>(&mut self) -> Result<()> {
        let ratio = self.ratio;
        self.temperature
            .stencil_rows(&mut self.next, star::<D, STAR>(), |row| {
                update_row(row.cells, row.next, ratio);
            })
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

/// The cell itself, then along each axis the ones before and after it.
fn star<D: Axes, const STAR: usize>() -> [D::Offset; STAR] {
    std::array::from_fn(|place| {
        let mut offset = D::no_offset();
        if let Some(neighbour) = place.checked_sub(1) {
            offset.as_mut()[neighbour / 2] = if neighbour % 2 == 0 { -1 } else { 1 };
        }
        offset
    })
}

/// One row of cells from those of the star around each.
#[multiversion::multiversion(targets = "simd")]
fn update_row<const STAR: usize>(star: [&[f64]; STAR], next: &mut [f64], ratio: f64) {
    let star = star.map(|cells| &cells[..next.len()]);
    for (place, next) in next.iter_mut().enumerate() {
        let cells = star.map(|cells| cells[place]);
        let along = |axis: usize| {
            let (before, after) = (cells[1 + 2 * axis], cells[2 + 2 * axis]);
            ratio * ((before + after) - 2.0 * cells[0])
        };
        // The order of the serial reference: axis after axis.
        let change = (1..STAR / 2).fold(along(0), |change, axis| change + along(axis));
        *next = cells[0] + change;
    }
}
