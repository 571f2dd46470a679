//! The reductions by MPI's own operations, on slices: collective, and in pieces of at most an MPI count,
//! because reductions do not work on derived datatypes.

use std::ffi::{c_int, c_void};

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{count, count_limit, vector_filled_by, vector_overwritten_by};
use super::check::check;
use super::collective::read;
use super::handle::Handle;
use crate::comm::{Element, Operation};
use crate::error::{Error, Result};

impl Handle {
    pub(crate) fn all_reduce<T: Element>(self, send: &[T], operation: Operation) -> Result<Vec<T>> {
        let operation = operation.on::<T>("MPI_Allreduce")?;
        let datatype = T::equivalent_datatype();
        let limit = count_limit();
        // SAFETY: every piece of the result is written by its own call, and the pieces cover it.
        unsafe {
            vector_filled_by(send.len(), |receive: *mut T| {
                for (piece_number, piece) in send.chunks(limit).enumerate() {
                    let code = ffi::MPI_Allreduce(
                        read(piece),
                        receive.add(piece_number * limit).cast(),
                        count(piece.len(), "MPI_Allreduce")?,
                        datatype.as_raw(),
                        operation,
                        self.0,
                    );
                    check(code, "MPI_Allreduce")?;
                }
                Ok(())
            })
        }
    }

    /// The result on the root, which says so.
    pub(crate) fn reduce<T: Element>(
        self,
        root: usize,
        is_root: bool,
        send: &[T],
        operation: Operation,
    ) -> Result<Option<Vec<T>>> {
        let operation = operation.on::<T>("MPI_Reduce")?;
        let datatype = T::equivalent_datatype();
        let root = count(root, "MPI_Reduce")?;
        let limit = count_limit();
        let length = if is_root { send.len() } else { 0 };
        let reduced = vector_overwritten_by(length, |receive: *mut T| {
            for (piece_number, piece) in send.chunks(limit).enumerate() {
                let offset = if is_root { piece_number * limit } else { 0 };
                // SAFETY: on the root the result is as long as `send`, so that it has room for this
                // piece; elsewhere the receiving argument is not looked at.
                let code = unsafe {
                    ffi::MPI_Reduce(
                        read(piece),
                        receive.add(offset).cast(),
                        count(piece.len(), "MPI_Reduce")?,
                        datatype.as_raw(),
                        operation,
                        root,
                        self.0,
                    )
                };
                check(code, "MPI_Reduce")?;
            }
            Ok(())
        })?;
        Ok(is_root.then_some(reduced))
    }

    /// Rank r's `counts[r]` consecutive elements of the sum of all; `None` when they do not fit MPI's
    /// counts. `send` holds the sum of `counts`.
    pub(crate) fn reduce_scatter<T: Element>(
        self,
        rank: usize,
        send: &[T],
        counts: &[usize],
        operation: Operation,
    ) -> Result<Option<Vec<T>>> {
        let operation = operation.on::<T>("MPI_Reduce_scatter")?;
        if send.len() > count_limit() {
            return Ok(None);
        }
        assert_eq!(send.len(), counts.iter().sum::<usize>());
        let datatype = T::equivalent_datatype();
        let narrow: Vec<c_int> = counts
            .iter()
            .map(|&length| count(length, "MPI_Reduce_scatter"))
            .collect::<Result<_>>()?;
        vector_overwritten_by(counts[rank], |receive: *mut T| {
            // SAFETY: `send` holds the sum of the counts, and the result this rank's.
            let code = unsafe {
                ffi::MPI_Reduce_scatter(
                    read(send),
                    receive.cast(),
                    narrow.as_ptr(),
                    datatype.as_raw(),
                    operation,
                    self.0,
                )
            };
            check(code, "MPI_Reduce_scatter")
        })
        .map(Some)
    }

    /// The reduction over the ranks up to this one.
    pub(crate) fn scan<T: Element>(self, send: &[T], operation: Operation) -> Result<Vec<T>> {
        self.scan_pieces(send, operation, "MPI_Scan", ffi::MPI_Scan)
    }

    /// The reduction over the ranks before this one; on rank 0 nothing of meaning.
    pub(crate) fn exclusive_scan<T: Element>(
        self,
        send: &[T],
        operation: Operation,
    ) -> Result<Vec<T>> {
        self.scan_pieces(send, operation, "MPI_Exscan", ffi::MPI_Exscan)
    }

    fn scan_pieces<T: Element>(
        self,
        send: &[T],
        operation: Operation,
        call: &str,
        scan: Scan,
    ) -> Result<Vec<T>> {
        let operation = operation.on::<T>(call)?;
        let datatype = T::equivalent_datatype();
        let limit = count_limit();
        vector_overwritten_by(send.len(), |receive: *mut T| {
            for (piece_number, piece) in send.chunks(limit).enumerate() {
                // SAFETY: the result is as long as `send`, so that it has room for this piece.
                let code = unsafe {
                    scan(
                        read(piece),
                        receive.add(piece_number * limit).cast(),
                        count(piece.len(), call)?,
                        datatype.as_raw(),
                        operation,
                        self.0,
                    )
                };
                check(code, call)?;
            }
            Ok(())
        })
    }
}

/// `MPI_Scan` or `MPI_Exscan`.
type Scan = unsafe extern "C" fn(
    *const c_void,
    *mut c_void,
    c_int,
    ffi::MPI_Datatype,
    ffi::MPI_Op,
    ffi::MPI_Comm,
) -> c_int;

impl Operation {
    /// MPI's operation, where the standard defines it on elements of `T`; else the error of `call`.
    ///
    /// Looked at here because MPICH 4.0 takes some of the others: it ends the job, or an epoch never ends.
    pub(super) fn on<T: Element>(self, call: &str) -> Result<ffi::MPI_Op> {
        let kind = Kind::of(T::equivalent_datatype().as_raw());
        if kind.is_some_and(|kind| kind.has(self)) {
            return Ok(self.raw());
        }
        Err(Error::Mpi {
            call: call.to_string(),
            class: "MPI_ERR_OP".to_string(),
            message: format!(
                "{} is not defined on {}",
                self.name(),
                std::any::type_name::<T>()
            ),
        })
    }

    fn raw(self) -> ffi::MPI_Op {
        // SAFETY: reading constant handles of the MPI library.
        unsafe {
            match self {
                Operation::Sum => ffi::RSMPI_SUM,
                Operation::Product => ffi::RSMPI_PROD,
                Operation::Min => ffi::RSMPI_MIN,
                Operation::Max => ffi::RSMPI_MAX,
                Operation::LogicalAnd => ffi::RSMPI_LAND,
                Operation::LogicalOr => ffi::RSMPI_LOR,
                Operation::LogicalXor => ffi::RSMPI_LXOR,
                Operation::BitwiseAnd => ffi::RSMPI_BAND,
                Operation::BitwiseOr => ffi::RSMPI_BOR,
                Operation::BitwiseXor => ffi::RSMPI_BXOR,
            }
        }
    }
}

/// The standard's kinds of elements (section 6.9.2), of those that Rust has.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Integer,
    Real,
    Complex,
    Logical,
}

impl Kind {
    /// `None` for what users made of others: reductions are not defined on that.
    fn of(datatype: ffi::MPI_Datatype) -> Option<Self> {
        // SAFETY: reading constant handles of the MPI library.
        let kinds = unsafe {
            [
                (ffi::RSMPI_DOUBLE, Kind::Real),
                (ffi::RSMPI_FLOAT, Kind::Real),
                (ffi::RSMPI_UINT64_T, Kind::Integer),
                (ffi::RSMPI_INT64_T, Kind::Integer),
                (ffi::RSMPI_UINT32_T, Kind::Integer),
                (ffi::RSMPI_INT32_T, Kind::Integer),
                (ffi::RSMPI_UINT16_T, Kind::Integer),
                (ffi::RSMPI_INT16_T, Kind::Integer),
                (ffi::RSMPI_UINT8_T, Kind::Integer),
                (ffi::RSMPI_INT8_T, Kind::Integer),
                (ffi::RSMPI_DOUBLE_COMPLEX, Kind::Complex),
                (ffi::RSMPI_FLOAT_COMPLEX, Kind::Complex),
                (ffi::RSMPI_C_BOOL, Kind::Logical),
            ]
        };
        let found = kinds.into_iter().find(|(handle, _)| *handle == datatype);
        found.map(|(_, kind)| kind)
    }

    fn has(self, operation: Operation) -> bool {
        use Operation as Is;
        match operation {
            Is::Sum | Is::Product => self != Kind::Logical,
            Is::Min | Is::Max => matches!(self, Kind::Integer | Kind::Real),
            Is::LogicalAnd | Is::LogicalOr | Is::LogicalXor => {
                matches!(self, Kind::Integer | Kind::Logical)
            }
            Is::BitwiseAnd | Is::BitwiseOr | Is::BitwiseXor => self == Kind::Integer,
        }
    }
}
