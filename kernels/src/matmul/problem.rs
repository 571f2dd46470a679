//! The product as numbers: how much there is to do, and what must travel.

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

    /// Elements of A, B and C that each of so many ranks has, spread evenly.
    pub fn share(&self, ranks: usize) -> f64 {
        let [m, n, k] = [self.m, self.n, self.k].map(|length| length as f64);
        (m * k + k * n + m * n) / ranks as f64
    }

    /// Words that some rank must bring into a memory of `memory` words, its own share of the matrices
    /// included, however the work is arranged: 2·m·n·k / (P·√S).
    ///
    /// # Source
    /// G. Kwasniewski et al. (COSMA, 2019), theorem 2, its leading term.
    pub fn lower_bound(&self, ranks: usize, memory: f64) -> f64 {
        let flops = self.flops();
        if flops == 0.0 {
            return 0.0;
        }
        flops / (ranks as f64 * memory.sqrt())
    }

    /// Words that some rank must receive from others, however the work is arranged and however much memory
    /// there is, where each begins and ends with its share of the matrices.
    ///
    /// ```
    /// use partita_kernels::matmul::Problem;
    /// let square = Problem { m: 1024, n: 1024, k: 1024 };
    /// // 64 ranks: three faces of a cube of 256³, without what a rank has of them.
    /// assert_eq!(square.least_received(64), 3.0 * 256.0 * 256.0 - 3.0 * 1024.0 * 1024.0 / 64.0);
    /// ```
    ///
    /// # Source
    /// H. Al Daas, G. Ballard, L. Grigori, S. Kumar, K. Rouse, *Tight memory-independent parallel matrix
    /// multiplication communication lower bounds*, SPAA (2022), theorem 3.
    pub fn least_received(&self, ranks: usize) -> f64 {
        let mut lengths = [self.m, self.n, self.k].map(|length| length as f64);
        lengths.sort_by(|one, other| other.total_cmp(one));
        let ([m, n, k], ranks) = (lengths, ranks as f64);
        let touched = if k == 0.0 {
            0.0
        } else if ranks <= m / n {
            (m * n + m * k) / ranks + n * k
        } else if ranks <= m * n / (k * k) {
            2.0 * (m * n * k * k / ranks).sqrt() + m * n / ranks
        } else {
            3.0 * (m * n * k / ranks).cbrt().powi(2)
        };
        (touched - self.share(ranks as usize)).max(0.0)
    }
}
