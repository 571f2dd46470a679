//! What partita's product is held against.

use std::time::Duration;

use ndarray::Array2;
use partita::prelude::*;
use partita_kernels::matmul::Mode;
use partita_kernels::matmul::local::Library;

use super::limit::slowest;
use super::python::Python;

/// A product to be measured: m×k by k×n, the first factor stored as its transpose or not.
#[derive(Clone, Copy)]
pub struct Shape {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub transposed: bool,
}

impl Shape {
    pub fn name(&self) -> String {
        let Shape { m, n, k, .. } = self;
        match self.transposed {
            true => format!("({k}×{m})ᵀ · {k}×{n}"),
            false => format!("{m}×{k} · {k}×{n}"),
        }
    }

    pub fn flops(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }
}

/// Local products of one rank's share, with nothing moved.
pub struct Limit {
    a: Array2<f64>,
    b: Array2<f64>,
    c: Array2<f64>,
    library: Library,
}

impl Limit {
    /// A share as the grid cuts it, by the library that is quicker at it. *Collective.*
    pub fn new(
        communicator: &Communicator,
        shape: Shape,
        [pm, pn, pk]: [usize; 3],
    ) -> Result<Self> {
        let [m, n, k] = [shape.m / pm, shape.n / pn, shape.k / pk];
        let a = match shape.transposed {
            true => Array2::from_elem([k, m], 0.5).reversed_axes(),
            false => Array2::from_elem([m, k], 0.5),
        };
        let mut limit = Limit {
            a,
            b: Array2::from_elem([k, n], 0.5),
            c: Array2::zeros([m, n]),
            library: Library::Blas,
        };
        let mut best = f64::INFINITY;
        let mut quicker = Library::Blas;
        for library in [Library::Blas, Library::PureRust].repeat(2) {
            limit.library = library;
            let seconds = limit.seconds(communicator)?;
            if seconds < best {
                (best, quicker) = (seconds, library);
            }
        }
        limit.library = quicker;
        Ok(limit)
    }

    /// *Collective.*
    pub fn seconds(&mut self, communicator: &Communicator) -> Result<f64> {
        let library = self.library.for_mode::<f64>(Mode::Fast)?;
        slowest(communicator, || {
            let (a, b, c) = (self.a.view(), self.b.view(), self.c.view_mut());
            library.multiply((1.0, 0.0), a, b, c);
            Ok(())
        })
    }
}

/// ScaLAPACK, with the block that suits it best.
pub struct ScaLapack {
    product: partita_peers::Product,
    grid: [usize; 2],
    block: usize,
}

impl ScaLapack {
    /// *Collective.*
    pub fn new(communicator: &Communicator, shape: Shape) -> Result<Self> {
        let grid = ProcessGrid::balanced(communicator, 2)?;
        let mut peer = ScaLapack {
            product: partita_peers::Product {
                m: shape.m,
                n: shape.n,
                k: shape.k,
                transposed: shape.transposed,
            },
            grid: [grid.shape().parts()[0], grid.shape().parts()[1]],
            block: 256,
        };
        // One rank alone has whole matrices, whatever the block.
        let blocks: &[usize] = match communicator.size() {
            1 => &[256],
            _ => &[64, 128, 256, 512],
        };
        let mut best = (f64::INFINITY, peer.block);
        for &block in blocks {
            peer.block = block;
            let seconds = peer.seconds(communicator)?;
            if seconds < best.0 {
                best = (seconds, block);
            }
        }
        peer.block = best.1;
        Ok(peer)
    }

    /// Not a number where it is absent. *Collective.*
    pub fn seconds(&self, communicator: &Communicator) -> Result<f64> {
        let seconds = partita_peers::pdgemm(communicator, self.product, self.block, self.grid)?;
        communicator.all_reduce_value(seconds.unwrap_or(f64::NAN), Operation::Max)
    }
}

/// numpy in a process of its own, with as many threads as there are ranks.
pub struct Numpy(Option<Python>);

impl Numpy {
    /// *Collective.*
    pub fn start(communicator: &Communicator) -> Result<Self> {
        let python = match communicator.is_root() {
            true => Python::start("matmul.py", communicator.size()),
            false => None,
        };
        Ok(Numpy(python))
    }

    /// Not a number where it is absent. *Collective*: the other ranks sleep, because numpy has their cores.
    pub fn seconds(&mut self, communicator: &Communicator, shape: Shape) -> Result<f64> {
        let mut seconds = [f64::NAN];
        if communicator.is_root() {
            let Shape { m, n, k, .. } = shape;
            let question = format!("{m} {n} {k} {}", u8::from(shape.transposed));
            if let Some(python) = &mut self.0 {
                seconds = [python.seconds(&question)?];
            }
            for rank in 1..communicator.size() {
                communicator.send(&seconds, rank)?;
            }
        } else {
            while communicator.try_probe::<f64>(0)?.is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            communicator.receive(&mut seconds, 0)?;
        }
        Ok(seconds[0])
    }
}
