//! MPI's built-in operations of a reduction.

/// What a reduction does with two elements; MPI applies it in an order of its own.
///
/// On floating-point numbers `Sum` and `Product` therefore depend on the number of ranks, and `Min`
/// and `Max` may lose a NaN: [`sum`](crate::Reductions::sum) does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `MPI_SUM`: numbers.
    Sum,
    /// `MPI_PROD`: numbers.
    Product,
    /// `MPI_MIN`: real numbers.
    Min,
    /// `MPI_MAX`: real numbers.
    Max,
    /// `MPI_LAND`: integers and `bool`.
    LogicalAnd,
    /// `MPI_LOR`: integers and `bool`.
    LogicalOr,
    /// `MPI_LXOR`: integers and `bool`.
    LogicalXor,
    /// `MPI_BAND`: integers.
    BitwiseAnd,
    /// `MPI_BOR`: integers.
    BitwiseOr,
    /// `MPI_BXOR`: integers.
    BitwiseXor,
}

impl Operation {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::Sum => "Sum",
            Operation::Product => "Product",
            Operation::Min => "Min",
            Operation::Max => "Max",
            Operation::LogicalAnd => "LogicalAnd",
            Operation::LogicalOr => "LogicalOr",
            Operation::LogicalXor => "LogicalXor",
            Operation::BitwiseAnd => "BitwiseAnd",
            Operation::BitwiseOr => "BitwiseOr",
            Operation::BitwiseXor => "BitwiseXor",
        }
    }
}
