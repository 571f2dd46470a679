//! Which grid multiplies: chosen by what it moves, before anything moves.

use std::fmt;
use std::ops::Range;

use ndarray::Ix2;
use partita::layout::{AxisLayout, Distribution, GridShape, Layout, Overlap, Runs, block_range};
use partita::{Error, Result};

use super::algorithm::Algorithm;
use super::problem::Problem;
use super::{Mode, PANEL};

/// Elements of a panel of A and one of B together, where they travel: they stay in a core's caches, and are
/// long enough for the local multiplication. Wider ones were no faster (AMD EPYC, 2 ranks, 2026).
const PANEL_ELEMENTS: usize = 1 << 20;

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
    operands: Operands,
    problem: Problem,
    grid: [usize; 3],
    mode: Mode,
    /// Where k is cut into ranges that are multiplied one after the other.
    cuts: Vec<usize>,
    words: Words,
    memory: usize,
    in_place: bool,
    /// The best grid of each other family, and what it would move.
    others: Vec<(Algorithm, [usize; 3], usize)>,
}

impl Plan {
    /// The plan of the grid that moves the fewest words, of those that `algorithm` and `mode` allow; of
    /// several the one that adds up the fewest partial sums.
    ///
    /// With a limit of elements that a rank may hold beyond the operands, k is cut into ranges that are
    /// short enough.
    ///
    /// # Errors
    /// [`Error::Usage`] when no such grid exists for the number of ranks, [`Error::Memory`] when even
    /// short ranges are above the limit.
    pub fn new(
        operands: &Operands,
        algorithm: Algorithm,
        mode: Mode,
        limit: Option<usize>,
    ) -> Result<Self> {
        let ranks = operands.c.grid().size();
        let allowed: Vec<[usize; 3]> = grids(ranks)
            .filter(|grid| mode == Mode::Fast || grid[2] == 1)
            .collect();
        if !allowed.iter().any(|&grid| algorithm.takes(grid)) {
            let text = format!("matmul: no {mode} grid of {ranks} ranks is {algorithm}");
            return Err(Error::usage(text));
        }
        let plans: Result<Vec<Plan>> = allowed
            .into_iter()
            .filter(|&grid| algorithm == Algorithm::Automatic || algorithm.takes(grid))
            .map(|grid| Plan::on_grid(operands, grid, mode, limit))
            .collect();
        let mut plans = plans?;
        let least = plans.iter().map(|plan| plan.memory).min().unwrap_or(0);
        plans.retain(|plan| limit.is_none_or(|limit| plan.memory <= limit));
        let best = |family: Algorithm| {
            let family_of = plans.iter().filter(|plan| family.takes(plan.grid));
            family_of.min_by_key(|plan| plan.price(family))
        };
        let Some(chosen) = best(algorithm) else {
            let limit = limit.unwrap_or_default();
            return Err(Error::Memory {
                operation: format!("matmul within {limit} elements a rank, of {least} at least"),
                bytes: (least * size_of::<f64>()) as u64,
            });
        };
        let others = Algorithm::NAMED[1..].iter().filter_map(|&family| {
            let plan = best(family)?;
            Some((family, plan.grid, plan.words.total()))
        });
        Ok(Plan {
            others: others.collect(),
            ..chosen.clone()
        })
    }

    fn on_grid(
        operands: &Operands,
        grid: [usize; 3],
        mode: Mode,
        limit: Option<usize>,
    ) -> Result<Self> {
        let problem = Problem {
            m: operands.c.shape()[0],
            n: operands.c.shape()[1],
            k: operands.a.shape()[1],
        };
        let mut plan = Plan {
            operands: operands.clone(),
            problem,
            grid,
            mode,
            cuts: vec![0, problem.k],
            words: Words::default(),
            memory: 0,
            in_place: false,
            others: vec![],
        };
        plan.in_place = grid[2] == 1 && operands.c.has_same_parts(&plan.layout_of_c()?);
        plan.words = plan.busiest_words()?;
        let longest = plan.longest_range(limit);
        plan.memory = plan.elements_held(longest);
        plan.cuts = plan.cuts_of_k(longest);
        Ok(plan)
    }

    /// What a family looks at first: its stationary matrix, then everything, then the partial sums.
    fn price(&self, family: Algorithm) -> [usize; 4] {
        let stays = match family {
            Algorithm::StationaryA => self.words.a,
            Algorithm::StationaryB => self.words.b,
            Algorithm::StationaryC => self.words.c,
            _ => 0,
        };
        [stays, self.words.total(), self.grid[2], self.grid[1]]
    }

    /// The grid, pm × pn × pk.
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// The lengths of the loops.
    pub fn problem(&self) -> Problem {
        self.problem
    }

    /// The layouts that it starts from and ends in.
    pub fn operands(&self) -> &Operands {
        &self.operands
    }

    /// What the busiest rank receives.
    pub fn words(&self) -> Words {
        self.words
    }

    /// Elements that a rank holds beyond its parts of the operands, at most.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Elements that a rank holds in all, its parts of the operands included: the S of the lower bound.
    pub fn held(&self) -> f64 {
        self.memory as f64 + self.problem.share(self.grid.iter().product())
    }

    /// Whether C is added up where it is.
    pub fn in_place(&self) -> bool {
        self.in_place
    }

    /// The ranges along k that are multiplied one after the other.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let ranges = self.cuts.windows(2).map(|cut| cut[0]..cut[1]);
        ranges.filter(|range| !range.is_empty())
    }

    /// Where a range of op(A)'s columns is multiplied: A\[r, s\], with copies along the columns of ranks.
    pub fn layout_of_a(&self, k: usize) -> Result<Layout<Ix2>> {
        self.layout([self.problem.m, k], [Some(0), Some(1)])
    }

    /// Where a range of op(B)'s rows is multiplied: B\[s, c\], with copies along the rows of ranks.
    pub fn layout_of_b(&self, k: usize) -> Result<Layout<Ix2>> {
        self.layout([k, self.problem.n], [Some(1), Some(2)])
    }

    /// Where C is added up: C\[r, c\], pk partial sums of it.
    pub fn layout_of_c(&self) -> Result<Layout<Ix2>> {
        self.layout([self.problem.m, self.problem.n], [Some(0), Some(2)])
    }

    /// Where the sums of the partial sums are: the rows of C\[r, c\] cut over the pk ranks that hold it.
    pub fn layout_of_sums(&self) -> Result<Layout<Ix2>> {
        let [pm, pn, pk] = self.grid;
        let rows = (0..pm).flat_map(|r| {
            let block = block_range(self.problem.m, pm, r).len();
            (0..pk).map(move |s| block_range(block, pk, s).len())
        });
        Layout::new(
            [self.problem.m, self.problem.n],
            GridShape::new(&[pm * pk, pn]),
            &[Distribution::Parts(rows.collect()), Distribution::Block],
        )
    }

    /// The ranks' numbers go along n first, then k, then m: so C\[r, c\], cut over k by rows, is a matrix in
    /// blocks over (pm·pk) × pn.
    fn layout(&self, shape: [usize; 2], over: [Option<usize>; 2]) -> Result<Layout<Ix2>> {
        let blocks = [Distribution::Block, Distribution::Block];
        let [pm, pn, pk] = self.grid;
        Layout::mapped(shape, GridShape::new(&[pm, pk, pn]), &blocks, &over)
    }

    /// As many indices along k at once as the limit, and the caches, have room for.
    fn longest_range(&self, limit: Option<usize>) -> usize {
        let k = self.problem.k;
        let step = PANEL * self.grid[2];
        let limited = |limit: usize, held: &dyn Fn(usize) -> usize| {
            let fits = |steps: &usize| held(steps * step) <= limit;
            match held(k) <= limit {
                true => k,
                false => (1..=k / step).rev().find(fits).unwrap_or(1) * step,
            }
        };
        // Cut over k, each range would be other indices than those that a rank has.
        let cached = match self.grid[2] {
            1 => limited(PANEL_ELEMENTS, &|k| self.elements_of_panels(k)),
            _ => k,
        };
        let limited = limit.map(|limit| limited(limit, &|k| self.elements_held(k)));
        limited.map_or(cached, |limited| limited.min(cached))
    }

    /// Elements of panels so long, where they travel.
    fn elements_of_panels(&self, k: usize) -> usize {
        let [pm, pn, pk] = self.grid;
        let along = |length: usize, words: usize| match words {
            0 => 0,
            _ => length * k.div_ceil(pk),
        };
        along(self.problem.m.div_ceil(pm), self.words.a)
            + along(self.problem.n.div_ceil(pn), self.words.b)
    }

    /// One panel each, or, where there are more, the next one too.
    fn elements_held(&self, k: usize) -> usize {
        let [pm, pn, _] = self.grid;
        let sums = self.problem.m.div_ceil(pm) * self.problem.n.div_ceil(pn);
        let panels = if k < self.problem.k { 2 } else { 1 };
        panels * self.elements_of_panels(k) + if self.in_place { 0 } else { sums }
    }

    /// Where bits are promised whole panels; else so that what lies together on one rank is not cut in
    /// vain, because a rank is lent what it has.
    fn cuts_of_k(&self, longest: usize) -> Vec<usize> {
        let (k, longest) = (self.problem.k, longest.max(1));
        let mut cuts = vec![0];
        if longest >= k || self.mode == Mode::Reproducible || self.grid[2] > 1 {
            cuts.extend((longest..k).step_by(longest).chain([k]));
            return cuts;
        }
        let mut borders = borders_of(&self.operands.a.axes()[1]);
        borders.extend(borders_of(&self.operands.b.axes()[0]));
        borders.push(k);
        borders.sort_unstable();
        for border in borders {
            let last = cuts[cuts.len() - 1];
            if border < k && border - last < longest.div_ceil(4) {
                continue;
            }
            let pieces = (border - last).div_ceil(longest);
            let ends =
                (0..pieces).map(|piece| last + block_range(border - last, pieces, piece).end);
            cuts.extend(ends);
        }
        cuts
    }

    fn busiest_words(&self) -> Result<Words> {
        let (k, operands) = (self.problem.k, &self.operands);
        let (a, b) = (self.layout_of_a(k)?, self.layout_of_b(k)?);
        let (c, sums) = (self.layout_of_c()?, self.layout_of_sums()?);
        let most = |words: &dyn Fn(usize) -> usize| (0..c.grid().size()).map(words).max();
        let partial = |rank: usize| (self.grid[2] - 1) * volume(&sums.all_local_runs(rank));
        let arriving = |from: &Layout<Ix2>, to: &Layout<Ix2>, rank: usize| {
            let to = to.all_local_runs(rank);
            volume(&to) - shared(&from.all_local_runs(rank), &to)
        };
        Ok(Words {
            a: most(&|rank| arriving(&operands.a, &a, rank)).unwrap_or(0),
            b: most(&|rank| arriving(&operands.b, &b, rank)).unwrap_or(0),
            c: most(&|rank| partial(rank) + arriving(&sums, &operands.c, rank)).unwrap_or(0),
        })
    }

    /// What was chosen, what it is expected to move, and what the other families would. *Local.*
    pub fn explain(&self) -> String {
        let mut lines = vec![self.to_string()];
        for (family, [pm, pn, pk], words) in &self.others {
            let mark = if self.grid == [*pm, *pn, *pk] {
                " *"
            } else {
                ""
            };
            lines.push(format!(
                "  {family:<14} {:>12} {:.3e} elements{mark}",
                format!("{pm}×{pn}×{pk}"),
                *words as f64
            ));
        }
        lines.join("\n")
    }
}

/// Where the parts of an axis begin that are one range.
fn borders_of(axis: &AxisLayout) -> Vec<usize> {
    let ranges = (0..axis.parts()).filter_map(|part| axis.runs(part).as_range());
    let ranges = ranges.filter(|range| !range.is_empty());
    ranges.map(|range| range.start).collect()
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
        writeln!(
            formatter,
            "{m}×{k} · {k}×{n} on {ranks} ranks: {name}, {pm}×{pn}×{pk} (rows × columns × k), {}",
            self.mode
        )?;
        writeln!(
            formatter,
            "the busiest rank receives {:.3e} elements (A {:.3e}, B {:.3e}, C {:.3e}); at least {:.3e} on any grid",
            self.words.total() as f64,
            self.words.a as f64,
            self.words.b as f64,
            self.words.c as f64,
            self.problem.least_received(ranks)
        )?;
        write!(
            formatter,
            "{} along k, {:.3e} elements a rank beyond the operands; 2mnk/(P√S) = {:.3e} with its own",
            match self.ranges().count() {
                1 => "1 panel".to_string(),
                panels => format!("{panels} panels"),
            },
            self.memory as f64,
            self.problem.lower_bound(ranks, self.held())
        )
    }
}
