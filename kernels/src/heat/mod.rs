//! The heat equation ∂u/∂t = α ∇²u on a regular grid, by explicit steps (FTCS: forward in time,
//! central in space).
//!
//! A step replaces every cell by
//!
//! ```text
//! u + Σ r_a ((u₋ + u₊) − 2u),    r_a = α Δt / Δx_a²
//! ```
//!
//! with u₋ and u₊ its neighbours along axis a. It is stable as long as Σ r_a ≤ 1/2. The error is of
//! first order in Δt and of second in Δx.
//!
//! [`serial`] and [`parallel`] do the same operations on every cell in the same order, and so give
//! the same bits.
//!
//! Source: K. W. Morton and D. F. Mayers, *Numerical Solution of Partial Differential Equations*,
//! 2nd ed. (2005), sections 2.4–2.7 and 3.1.

pub mod parallel;
pub mod serial;

use partita::{Boundary, Error, Result};

/// The physics and the discretisation of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Thermal diffusivity α, in length² / time.
    pub diffusivity: f64,
    /// Δt.
    pub time_step: f64,
    /// Δx, the same along every axis.
    pub spacing: f64,
    /// What lies beyond the edges: the opposite edge, a fixed temperature, or an insulated wall (reflecting).
    pub edges: Boundary<f64>,
}

impl Parameters {
    /// r = α Δt / Δx², checked for `ndim` axes.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there are 1, 2 or 3 axes. [`Error::Numerical`] when α is negative, Δt or
    /// Δx is not positive, any of them or the temperature beyond the edges is not finite, the edges are
    /// open, or the step is unstable; it names the largest stable Δt.
    ///
    /// ```
    /// use partita::Boundary;
    /// use partita_kernels::heat::Parameters;
    /// let parameters = Parameters {
    ///     diffusivity: 0.3,
    ///     time_step: 1.0,
    ///     spacing: 1.0,
    ///     edges: Boundary::Periodic,
    /// };
    /// assert_eq!(parameters.ratio(1)?, 0.3);
    /// assert!(parameters.ratio(2).unwrap_err().to_string().contains("8.3333e-1"));
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn ratio(&self, ndim: usize) -> Result<f64> {
        if !(1..=3).contains(&ndim) {
            let detail = format!("the array has {ndim} axes; 1, 2 or 3 are possible");
            return Err(Error::shape("heat", detail));
        }
        let finite = [self.diffusivity, self.time_step, self.spacing];
        let sensible = finite.iter().all(|value| value.is_finite())
            && self.diffusivity >= 0.0
            && self.time_step > 0.0
            && self.spacing > 0.0;
        if !sensible {
            let detail = format!(
                "diffusivity {} must not be negative, time step {} and spacing {} must be positive",
                self.diffusivity, self.time_step, self.spacing
            );
            return Err(Error::numerical("heat", detail));
        }
        if matches!(self.edges, Boundary::Open) {
            let detail = "open edges: nothing tells the temperature beyond them";
            return Err(Error::numerical("heat", detail));
        }
        if let Boundary::Fixed(value) = self.edges
            && !value.is_finite()
        {
            let detail = format!("the temperature beyond the edges, {value}, is not finite");
            return Err(Error::numerical("heat", detail));
        }
        let ratio = self.diffusivity * self.time_step / (self.spacing * self.spacing);
        let sum = ratio * ndim as f64;
        if sum > 0.5 {
            let largest = 0.5 * self.spacing * self.spacing / (self.diffusivity * ndim as f64);
            let detail = format!(
                "unstable: the sum over {ndim} axes of alpha*dt/dx^2 is {sum:.4}, above 1/2; \
                 a time step of at most {largest:.4e} is stable"
            );
            return Err(Error::numerical("heat", detail));
        }
        Ok(ratio)
    }
}
