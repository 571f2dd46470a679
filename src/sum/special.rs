//! Values that are not finite: counted, because a count does not depend on the order.

use serde::{Deserialize, Serialize};

/// How many values were not finite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Specials {
    not_a_number: u64,
    infinite: u64,
    negative_infinite: u64,
}

impl Specials {
    /// Counts what is not finite among the values, and leaves zeros there.
    pub fn take(&mut self, values: &mut [f64]) {
        for value in values.iter_mut().filter(|value| !value.is_finite()) {
            if value.is_nan() {
                self.not_a_number += 1;
            } else if *value > 0.0 {
                self.infinite += 1;
            } else {
                self.negative_infinite += 1;
            }
            *value = 0.0;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.not_a_number += other.not_a_number;
        self.infinite += other.infinite;
        self.negative_infinite += other.negative_infinite;
    }

    pub fn are_none(&self) -> bool {
        *self == Specials::default()
    }

    /// What IEEE addition makes of them, in any order.
    pub fn sum(&self) -> f64 {
        match (self.not_a_number, self.infinite, self.negative_infinite) {
            (0, 0, 0) => 0.0,
            (0, _, 0) => f64::INFINITY,
            (0, 0, _) => f64::NEG_INFINITY,
            _ => f64::NAN,
        }
    }
}
