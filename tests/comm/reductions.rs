//! `all_reduce`: each operation on each type it is defined for, against a fold over the ranks' values.

use num_complex::Complex;
use partita::{Communicator, Error, Operation, Result};
use partita_testing::{Sample, cases, error_of_all, spmd_test, with_every_element_type};
use proptest::prelude::*;

pub const OPERATIONS: [Operation; 10] = [
    Operation::Sum,
    Operation::Product,
    Operation::Min,
    Operation::Max,
    Operation::LogicalAnd,
    Operation::LogicalOr,
    Operation::LogicalXor,
    Operation::BitwiseAnd,
    Operation::BitwiseOr,
    Operation::BitwiseXor,
];

/// The oracle: what the operation does with two elements, where MPI's table of types defines it.
pub trait Reduced: Sample {
    /// A small number, so that no sum or product of eight overflows or is rounded.
    fn small(number: u8) -> Self;

    fn reduced(self, other: Self, operation: Operation) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl Reduced for $integer {
            fn small(number: u8) -> Self {
                number as $integer
            }

            fn reduced(self, other: Self, operation: Operation) -> Option<Self> {
                let (left, right) = (self != 0, other != 0);
                Some(match operation {
                    Operation::Sum => self + other,
                    Operation::Product => self * other,
                    Operation::Min => self.min(other),
                    Operation::Max => self.max(other),
                    Operation::LogicalAnd => (left && right).into(),
                    Operation::LogicalOr => (left || right).into(),
                    Operation::LogicalXor => (left != right).into(),
                    Operation::BitwiseAnd => self & other,
                    Operation::BitwiseOr => self | other,
                    Operation::BitwiseXor => self ^ other,
                })
            }
        })*
    };
}

integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

macro_rules! floats {
    ($($float:ty),*) => {
        $(impl Reduced for $float {
            fn small(number: u8) -> Self {
                <$float>::from(number) / 2.0
            }

            fn reduced(self, other: Self, operation: Operation) -> Option<Self> {
                match operation {
                    Operation::Sum => Some(self + other),
                    Operation::Product => Some(self * other),
                    Operation::Min => Some(self.min(other)),
                    Operation::Max => Some(self.max(other)),
                    _ => None,
                }
            }
        }

        impl Reduced for Complex<$float> {
            fn small(number: u8) -> Self {
                Complex::new(<$float>::from(number), 1.0)
            }

            fn reduced(self, other: Self, operation: Operation) -> Option<Self> {
                match operation {
                    Operation::Sum => Some(self + other),
                    Operation::Product => Some(self * other),
                    _ => None,
                }
            }
        })*
    };
}

floats!(f32, f64);

impl Reduced for bool {
    fn small(number: u8) -> Self {
        number != 0
    }

    fn reduced(self, other: Self, operation: Operation) -> Option<Self> {
        match operation {
            Operation::LogicalAnd => Some(self && other),
            Operation::LogicalOr => Some(self || other),
            Operation::LogicalXor => Some(self != other),
            _ => None,
        }
    }
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn every_operation_reduces_every_type_it_is_defined_for(world: &Communicator) -> Result<()> {
    fn check<A: Reduced>(world: &Communicator, numbers: &[[u8; 8]]) -> Result<()> {
        let of_rank = |rank: usize| numbers.iter().map(move |place| A::small(place[rank]));
        let own: Vec<A> = of_rank(world.rank()).collect();
        for operation in OPERATIONS {
            let expected =
                (1..world.size()).try_fold(of_rank(0).collect(), |so_far: Vec<A>, rank| {
                    so_far
                        .into_iter()
                        .zip(of_rank(rank))
                        .map(|(left, right)| left.reduced(right, operation))
                        .collect::<Option<Vec<A>>>()
                });
            // On one rank nothing is folded that could say that the operation is not defined.
            let defined = A::small(0).reduced(A::small(0), operation).is_some();
            if let (Some(expected), true) = (expected, defined) {
                let reduced = world.all_reduce(&own, operation)?;
                assert_eq!(reduced, expected, "{operation:?} of {own:?} and others");
            }
        }
        Ok(())
    }
    // Few numbers above 1, so that the largest product, 3 · 3 · 3, fits every type.
    let number = || prop_oneof![4 => 0..=1u8, 4 => Just(1u8)];
    let place = (prop::array::uniform8(number()), 0..8usize, 0..=3u8).prop_map(
        |(mut numbers, rank, larger)| {
            numbers[rank] = larger;
            numbers[(rank + 3) % 8] = larger;
            numbers
        },
    );
    for numbers in cases(6, prop::collection::vec(place, 0..12)) {
        with_every_element_type!(check(world, &numbers));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn an_operation_that_mpi_does_not_define_is_its_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    fn check<A: Reduced>(world: &Communicator) -> Result<()> {
        let undefined = |operation: &Operation| {
            let zero = A::small(0);
            zero.reduced(zero, *operation).is_none()
        };
        for operation in OPERATIONS.into_iter().filter(undefined) {
            let error = error_of_all(world, world.all_reduce_value(A::small(1), operation))?;
            assert!(
                matches!(&error, Error::Mpi { call, class, .. } if call == "MPI_Allreduce" && class == "MPI_ERR_OP"),
                "{operation:?}: {error:?}"
            );
        }
        Ok(())
    }
    with_every_element_type!(check(world));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn one_value_a_rank_is_reduced_to_one_value(world: &Communicator) -> Result<()> {
    let size = world.size();
    let sum = world.all_reduce_value(world.rank(), Operation::Sum)?;
    assert_eq!(sum, size * (size - 1) / 2);
    let highest = world.all_reduce_value(world.rank() as f64, Operation::Max)?;
    assert_eq!(highest, (size - 1) as f64);
    Ok(())
}
