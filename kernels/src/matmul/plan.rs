//! Which grid multiplies: chosen by what it moves, before anything moves.

use std::fmt;

use ndarray::Ix2;
use partita::layout::{Distribution, GridShape, Layout, Overlap, Runs};
use partita::{Error, Result};

use super::{Mode, PANEL};

/// The lengths of the three loops: C is m×n, the sum runs over k.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Rows of op(A) and of C.
    pub m: usize,
    /// Columns of op(B) and of C.
    pub n: usize,
    /// Columns of op(A), rows of op(B).
    pub k: usize,
}

impl Problem {
    /// The operations, a multiplication and an addition each counted as one.
    pub fn flops(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }

    /// Words that some rank must receive, however the work is arranged, when each holds at most
    /// `memory` words: 2·m·n·k / (P·√S).
    ///
    /// Source: G. Kwasniewski et al. (COSMA, 2019), theorem 2, its leading term.
    pub fn lower_bound(&self, ranks: usize, memory: f64) -> f64 {
        self.flops() / (ranks as f64 * memory.sqrt())
    }
}

/// A family of grids, by the name it has in the literature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Whichever moves the fewest words.
    #[default]
    Automatic,
    /// pk = 1: C stays, panels of A travel along rows of ranks and of B along columns.
    Summa,
    /// pn = 1: A stays, for a B of few columns.
    StationaryA,
    /// pm = 1: B stays, for an A of few rows.
    StationaryB,
    /// pm = pn = 1: nothing but the sums of C travels, for long k.
    InnerProduct,
    /// This grid, pm × pn × pk.
    Grid([usize; 3]),
}

impl Algorithm {
    fn takes(self, [pm, pn, pk]: [usize; 3]) -> bool {
        match self {
            Algorithm::Automatic => true,
            Algorithm::Summa => pk == 1,
            Algorithm::StationaryA => pn == 1,
            Algorithm::StationaryB => pm == 1,
            Algorithm::InnerProduct => pm == 1 && pn == 1,
            Algorithm::Grid(grid) => grid == [pm, pn, pk],
        }
    }

    /// The name of what this grid does.
    fn name_of(grid: [usize; 3]) -> &'static str {
        match grid {
            [1, 1, 1] => "one rank",
            [1, 1, _] => "inner product",
            [_, _, 1] => "SUMMA",
            [_, 1, _] => "stationary A",
            [1, _, _] => "stationary B",
            _ => "2.5D",
        }
    }
}

/// The layouts that a product starts from and ends in.
#[derive(Debug, Clone)]
pub struct Operands {
    /// Of op(A).
    pub a: Layout<Ix2>,
    /// Of op(B).
    pub b: Layout<Ix2>,
    /// Of C.
    pub c: Layout<Ix2>,
}

/// What travels, in elements that the busiest rank receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words {
    /// Of op(A).
    pub a: usize,
    /// Of op(B).
    pub b: usize,
    /// Partial sums of C, and C on its way to its layout.
    pub c: usize,
}

impl Words {
    /// All of them.
    pub fn total(&self) -> usize {
        self.a + self.b + self.c
    }
}

/// How a product is going to be computed: a description, made without communication. It prints itself.
#[derive(Debug, Clone)]
pub struct Plan {
    problem: Problem,
    grid: [usize; 3],
    mode: Mode,
    /// Along k, of the whole product.
    chunk: usize,
    words: Words,
    memory: usize,
}

impl Plan {
    /// The plan of the grid that moves the fewest words, of those that `algorithm` and `mode` allow; of
    /// several the one that adds up the fewest partial sums.
    ///
    /// With a limit of elements that a rank may hold beyond the operands, k is cut into chunks that are
    /// multiplied one after the other.
    ///
    /// # Errors
    /// [`Error::Usage`] when no such grid exists for the number of ranks, [`Error::Memory`] when even
    /// short chunks are above the limit.
    pub fn new(
        operands: &Operands,
        algorithm: Algorithm,
        mode: Mode,
        limit: Option<usize>,
    ) -> Result<Self> {
        let ranks = operands.c.grid().size();
        let problem = Problem {
            m: operands.c.shape()[0],
            n: operands.c.shape()[1],
            k: operands.a.shape()[1],
        };
        let candidates: Vec<[usize; 3]> = grids(ranks)
            .filter(|&grid| algorithm.takes(grid) && (mode == Mode::Fast || grid[2] == 1))
            .collect();
        if candidates.is_empty() {
            let text = format!("matmul: no {mode} grid of {ranks} ranks is {algorithm:?}");
            return Err(Error::usage(text));
        }
        let plans: Result<Vec<Plan>> = candidates
            .into_iter()
            .map(|grid| Plan::on_grid(operands, problem, grid, mode, limit))
            .collect();
        plans?
            .into_iter()
            .filter(|plan| limit.is_none_or(|limit| plan.memory <= limit))
            .min_by_key(|plan| (plan.words.total(), plan.grid[2], plan.grid[1]))
            .ok_or_else(|| Error::Memory {
                operation: format!(
                    "matmul within {} elements a rank",
                    limit.unwrap_or_default()
                ),
                bytes: 0,
            })
    }

    fn on_grid(
        operands: &Operands,
        problem: Problem,
        grid: [usize; 3],
        mode: Mode,
        limit: Option<usize>,
    ) -> Result<Self> {
        let mut plan = Plan {
            problem,
            grid,
            mode,
            chunk: problem.k,
            words: Words::default(),
            memory: 0,
        };
        plan.chunk = plan.longest_chunk(limit);
        plan.memory = plan.elements_held(plan.chunk);
        plan.words = plan.busiest_words(operands)?;
        Ok(plan)
    }

    /// The grid, pm × pn × pk.
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// The lengths of the loops.
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// What the busiest rank receives.
    pub fn words(&self) -> Words {
        self.words
    }

    /// Elements that a rank holds beyond its parts of the operands, at most.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// The ranges along k that are multiplied one after the other.
    pub fn chunks(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (k, chunk) = (self.problem.k, self.chunk.max(1));
        (0..k)
            .step_by(chunk)
            .map(move |first| first..k.min(first + chunk))
    }

    /// Where a range of op(A)'s columns is multiplied: A\[r, s\], with copies along the columns of ranks.
    pub fn layout_of_a(&self, k: usize) -> Result<Layout<Ix2>> {
        self.layout([self.problem.m, k], [Some(0), Some(2)])
    }

    /// Where a range of op(B)'s rows is multiplied: B\[s, c\], with copies along the rows of ranks.
    pub fn layout_of_b(&self, k: usize) -> Result<Layout<Ix2>> {
        self.layout([k, self.problem.n], [Some(2), Some(1)])
    }

    /// Where C is added up: C\[r, c\], pk partial sums of it.
    pub fn layout_of_c(&self) -> Result<Layout<Ix2>> {
        self.layout([self.problem.m, self.problem.n], [Some(0), Some(1)])
    }

    fn layout(&self, shape: [usize; 2], over: [Option<usize>; 2]) -> Result<Layout<Ix2>> {
        let blocks = [Distribution::Block, Distribution::Block];
        Layout::mapped(shape, GridShape::new(&self.grid), &blocks, &over)
    }

    /// As many indices along k at once as `limit` elements allow, whole panels a rank.
    fn longest_chunk(&self, limit: Option<usize>) -> usize {
        let k = self.problem.k;
        let step = PANEL * self.grid[2];
        let Some(limit) = limit else { return k };
        let fits = (1..=k / step)
            .rev()
            .find(|&steps| self.elements_held(steps * step) <= limit);
        if self.elements_held(k) <= limit {
            return k;
        }
        fits.unwrap_or(1) * step
    }

    fn elements_held(&self, chunk: usize) -> usize {
        let [m, n, k] = [
            self.problem.m.div_ceil(self.grid[0]),
            self.problem.n.div_ceil(self.grid[1]),
            chunk.div_ceil(self.grid[2]),
        ];
        m * k + k * n + m * n
    }

    fn busiest_words(&self, operands: &Operands) -> Result<Words> {
        let (a, b) = (
            self.layout_of_a(self.problem.k)?,
            self.layout_of_b(self.problem.k)?,
        );
        let c = self.layout_of_c()?;
        let most = |words: &dyn Fn(usize) -> usize| (0..c.grid().size()).map(words).max();
        let partial = |rank: usize| {
            let block = volume(&c.all_local_runs(rank));
            2 * block * (self.grid[2] - 1) / self.grid[2]
        };
        let arriving = |from: &Layout<Ix2>, to: &Layout<Ix2>, rank: usize| {
            let to = to.all_local_runs(rank);
            volume(&to) - shared(&from.all_local_runs(rank), &to)
        };
        Ok(Words {
            a: most(&|rank| arriving(&operands.a, &a, rank)).unwrap_or(0),
            b: most(&|rank| arriving(&operands.b, &b, rank)).unwrap_or(0),
            c: most(&|rank| partial(rank) + arriving(&c, &operands.c, rank)).unwrap_or(0),
        })
    }
}

/// Every pm × pn × pk of so many ranks.
fn grids(ranks: usize) -> impl Iterator<Item = [usize; 3]> {
    let divisors = move |of: usize| (1..=of).filter(move |part| of.is_multiple_of(*part));
    divisors(ranks)
        .flat_map(move |pm| divisors(ranks / pm).map(move |pn| [pm, pn, ranks / pm / pn]))
}

fn volume(runs: &[Runs]) -> usize {
    runs.iter().map(Runs::len).product()
}

fn shared(one: &[Runs], other: &[Runs]) -> usize {
    let along = |(one, other): (&Runs, &Runs)| Overlap::between(one, other).len();
    one.iter().zip(other).map(along).product()
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { m, n, k } = self.problem;
        let [pm, pn, pk] = self.grid;
        let ranks = pm * pn * pk;
        let name = Algorithm::name_of(self.grid);
        let bound = self.problem.lower_bound(ranks, self.memory as f64);
        writeln!(
            formatter,
            "{m}×{k} · {k}×{n} on {ranks} ranks: {name}, {pm}×{pn}×{pk} (rows × columns × k), {}",
            self.mode
        )?;
        writeln!(
            formatter,
            "the busiest rank receives {:.3e} elements (A {:.3e}, B {:.3e}, C {:.3e}); bound {bound:.3e}",
            self.words.total() as f64,
            self.words.a as f64,
            self.words.b as f64,
            self.words.c as f64
        )?;
        write!(
            formatter,
            "{} chunks along k, {:.3e} elements a rank beyond the operands",
            self.chunks().count(),
            self.memory as f64
        )
    }
}
