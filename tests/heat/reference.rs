//! What the numbers have to be: those of the serial kernel.

use ndarray::{Array, Ix1, Ix2, Ix3};
use partita::Boundary;
use partita::layout::Axes;
use partita_kernels::heat::{Parameters, serial};

/// One run, as the program is told of it and as the reference is.
#[derive(Clone, Debug)]
pub struct Physics {
    pub shape: Vec<usize>,
    pub parameters: Parameters,
}

impl Physics {
    /// With numbers that are no round ones in binary.
    pub fn new(shape: &[usize], edges: Boundary<f64>) -> Self {
        let parameters = Parameters {
            diffusivity: 0.3,
            time_step: 0.7,
            spacing: 1.3,
            edges,
        };
        Physics {
            shape: shape.to_vec(),
            parameters,
        }
    }

    /// As the program takes them, without the shape.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--alpha={}", self.parameters.diffusivity),
            format!("--time-step={}", self.parameters.time_step),
            format!("--spacing={}", self.parameters.spacing),
        ];
        arguments.push(match self.parameters.edges {
            Boundary::Periodic => "--periodic".into(),
            Boundary::Fixed(value) => format!("--edge={value}"),
            other => panic!("the program has no flag for {other:?}"),
        });
        arguments
    }

    /// `--shape`, for runs without an input.
    pub fn shape_argument(&self) -> String {
        let lengths: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        format!("--shape={}", lengths.join(","))
    }

    /// The temperatures after `steps` steps from the initial ones, both in C order.
    pub fn serial(&self, initial: &[f64], steps: usize) -> Vec<f64> {
        match self.shape.len() {
            1 => self.run::<Ix1>(initial, steps),
            2 => self.run::<Ix2>(initial, steps),
            _ => self.run::<Ix3>(initial, steps),
        }
    }

    fn run<D: Axes>(&self, initial: &[f64], steps: usize) -> Vec<f64> {
        let shape = D::from_slice(&self.shape).expect("as many axes");
        let initial = Array::from_shape_vec(shape, initial.to_vec()).expect("of this shape");
        let end = serial::run(initial.view(), &self.parameters, steps).expect("stable");
        end.into_iter().collect()
    }
}

/// Panics with the first number whose bits differ.
#[track_caller]
pub fn assert_same_bits(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "the length of {what}");
    let differs = |(found, expected): (&f64, &f64)| found.to_bits() != expected.to_bits();
    if let Some(at) = found.iter().zip(expected).position(differs) {
        let (found, expected) = (found[at], expected[at]);
        panic!("{what}: element {at} is {found:e}, in the reference {expected:e}");
    }
}
