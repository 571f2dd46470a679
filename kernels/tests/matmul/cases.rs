//! Products of random shapes, layouts and operations, the same ones on every rank.

use ndarray::{Array2, Ix2};
use partita::layout::{Distribution, GridShape, Layout};
use partita::random::{Sequence, Uniform};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_kernels::matmul::{Gemm, Op, Scalar, serial};

/// Lengths that hurt, and ordinary ones.
pub const LENGTHS: [usize; 10] = [0, 1, 2, 3, 5, 7, 8, 13, 31, 64];

/// Pseudo-random choices, the same ones on every rank.
pub struct Cases {
    numbers: Sequence<Uniform<f64>>,
    next: u64,
}

impl Cases {
    pub fn new(seed: u64) -> Self {
        let numbers = Sequence::new(seed, Uniform::new(0.0..1.0).expect("a range"));
        Cases { numbers, next: 0 }
    }

    /// Between −1 and 1.
    pub fn real(&mut self) -> f64 {
        self.next += 1;
        2.0 * self.numbers.at(self.next) - 1.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        ((self.real() + 1.0) / 2.0 * end as f64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Any distributions over a grid of one to three axes, with copies where an axis is left.
    pub fn layout(&mut self, shape: [usize; 2], ranks: usize) -> Layout<Ix2> {
        let mut grid = vec![];
        let mut rest = ranks;
        for _ in 0..self.below(3) {
            let factors: Vec<usize> = (1..=rest).filter(|f| rest.is_multiple_of(*f)).collect();
            grid.push(self.one_of(&factors));
            rest /= grid[grid.len() - 1];
        }
        grid.push(rest);
        let mut places: Vec<usize> = (0..grid.len()).collect();
        let chosen: [(Distribution, Option<usize>); 2] = std::array::from_fn(|_| {
            let block = 1 + self.below(4);
            let cut = self.one_of(&[0, 1, 2, 3]);
            if cut == 3 || places.is_empty() {
                return (Distribution::Replicated, None);
            }
            let place = places.swap_remove(self.below(places.len()));
            let dealt = [
                Distribution::Block,
                Distribution::Cyclic,
                Distribution::BlockCyclic(block),
            ];
            (dealt[cut].clone(), Some(place))
        });
        let (distributions, over): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
        Layout::mapped(shape, GridShape::new(&grid), &distributions, &over).expect("fits")
    }

    pub fn matrix<A: Scalar>(
        &mut self,
        shape: [usize; 2],
        mut value: impl FnMut(&mut Self) -> A,
    ) -> Array2<A> {
        Array2::from_shape_simple_fn(shape, || value(self))
    }
}

pub fn distributed<A: Scalar>(
    world: &Communicator,
    whole: &Array2<A>,
    layout: &Layout<Ix2>,
) -> Result<DistArray<A, Ix2>> {
    let grid = ProcessGrid::new(world, layout.grid().parts())?;
    DistArray::from_fn(&grid, layout, |index| whole[index])
}

/// One product of random shape, layouts and operations, computed both ways.
pub struct Case<A: Scalar> {
    pub a: Array2<A>,
    pub b: Array2<A>,
    pub before: Array2<A>,
    pub expected: Array2<A>,
    pub actual: Array2<A>,
    pub gemm: Gemm<A>,
    pub plan: String,
}

pub fn run<A: Scalar>(
    world: &Communicator,
    cases: &mut Cases,
    value: fn(&mut Cases) -> A,
    options: Gemm<A>,
) -> Result<Case<A>> {
    let [m, n, k] = std::array::from_fn(|_| cases.one_of(&LENGTHS));
    let ops = [Op::Plain, Op::Transpose, Op::Adjoint];
    let gemm = Gemm {
        op_a: cases.one_of(&ops),
        op_b: cases.one_of(&ops),
        alpha: value(cases),
        beta: cases.one_of(&[A::zero(), A::one(), A::one() + A::one()]),
        ..options
    };
    let a = cases.matrix(gemm.op_a.shape([m, k]), value);
    let b = cases.matrix(gemm.op_b.shape([k, n]), value);
    let before = cases.matrix([m, n], value);
    let ranks = world.size();
    let layouts = [[a.nrows(), a.ncols()], [b.nrows(), b.ncols()], [m, n]]
        .map(|shape| cases.layout(shape, ranks));
    let [of_a, of_b, of_c] = &layouts;
    let mut c = distributed(world, &before, of_c)?;
    let (left, right) = (distributed(world, &a, of_a)?, distributed(world, &b, of_b)?);
    let plan = gemm.plan(&left, &right, of_c)?.to_string();
    gemm.apply(&mut c, &left, &right)?;
    let mut expected = before.clone();
    serial::gemm(
        (gemm.alpha, gemm.beta),
        (a.view(), gemm.op_a),
        (b.view(), gemm.op_b),
        expected.view_mut(),
    );
    Ok(Case {
        actual: c.all_gather()?,
        a,
        b,
        before,
        expected,
        gemm,
        plan,
    })
}

pub fn small<A: Scalar>(cases: &mut Cases) -> A {
    (0..cases.below(9)).fold(A::zero() - A::one() - A::one(), |value, _| value + A::one())
}
