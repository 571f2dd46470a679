//! Files through MPI, open for one operation at a time.

use std::ffi::{CString, c_int};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{address, count, count_limit};
use super::check::check;
use super::handle::Handle;
use crate::comm::Number;
use crate::error::{Error, Result};

/// The most bytes a rank a call: beyond 2 GiB the MPI libraries have lost data without a word.
const BYTES_LIMIT: usize = 1 << 30;

/// What a file is opened for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// Who takes part in a transfer.
#[derive(Clone, Copy)]
pub(crate) enum Together {
    /// All ranks that opened the file, in this number of calls.
    Collective { rounds: usize },
    /// This rank alone.
    Independent,
}

/// An open file. Closing is collective over those who opened it, therefore nothing but `close` closes it.
#[must_use = "a file must be closed"]
pub(crate) struct OpenFile(ffi::MPI_File);

impl Handle {
    /// The communicator of this rank alone.
    pub(crate) fn of_this_rank() -> Self {
        // SAFETY: reading a constant handle of the MPI library.
        Handle(unsafe { ffi::RSMPI_COMM_SELF })
    }

    /// Opens an existing file. Collective.
    pub(crate) fn open_file(self, path: &Path, purpose: Purpose) -> Result<OpenFile> {
        let name = CString::new(path.as_os_str().as_bytes()).map_err(Error::other)?;
        let mode = match purpose {
            Purpose::Read => ffi::MPI_MODE_RDONLY,
            Purpose::Write => ffi::MPI_MODE_WRONLY,
        };
        // SAFETY: a live communicator, a C string, a valid place for the result.
        unsafe {
            let mut file = ffi::RSMPI_FILE_NULL;
            let code = ffi::MPI_File_open(
                self.0,
                name.as_ptr(),
                mode as c_int,
                ffi::RSMPI_INFO_NULL,
                &mut file,
            );
            check(code, "MPI_File_open")?;
            let code = ffi::MPI_File_set_errhandler(file, ffi::RSMPI_ERRORS_RETURN);
            check(code, "MPI_File_set_errhandler")?;
            Ok(OpenFile(file))
        }
    }
}

/// How many calls a transfer of `length` elements of `T` takes.
pub(crate) fn rounds<T>(length: usize) -> usize {
    length.div_ceil(piece_length::<T>())
}

fn piece_length<T>() -> usize {
    count_limit().min(BYTES_LIMIT / size_of::<T>()).max(1)
}

impl OpenFile {
    /// Writes `data` at `offset` bytes.
    pub(crate) fn write<T: Number>(
        &self,
        offset: u64,
        data: &[T],
        together: Together,
    ) -> Result<()> {
        let (call, name): (Transfer<*const _>, _) = match together {
            Together::Collective { .. } => (ffi::MPI_File_write_at_all, "MPI_File_write_at_all"),
            Together::Independent => (ffi::MPI_File_write_at, "MPI_File_write_at"),
        };
        let datatype = T::equivalent_datatype();
        self.pieces::<T>(
            offset,
            data.len(),
            together,
            name,
            |start, offset, count, status| {
                let piece = &data[start..start + count as usize];
                // SAFETY: `piece` has `count` elements of the datatype.
                unsafe {
                    let place = address(piece.as_ptr(), piece.len()).cast();
                    call(self.0, offset, place, count, datatype.as_raw(), status)
                }
            },
        )
    }

    /// Reads `buffer` from `offset` bytes on. Fewer elements than that are an error.
    pub(crate) fn read<T: Number>(
        &self,
        offset: u64,
        buffer: &mut [T],
        together: Together,
    ) -> Result<()> {
        let within = self.expect_within::<T>(offset, buffer.len());
        let (call, name): (Transfer<*mut _>, _) = match together {
            Together::Collective { .. } => (ffi::MPI_File_read_at_all, "MPI_File_read_at_all"),
            Together::Independent => (ffi::MPI_File_read_at, "MPI_File_read_at"),
        };
        let datatype = T::equivalent_datatype();
        let length = buffer.len();
        let done = self.pieces::<T>(
            offset,
            length,
            together,
            name,
            |start, offset, count, status| {
                let piece = &mut buffer[start..start + count as usize];
                // SAFETY: `piece` has room for `count` elements of the datatype, and any bytes are a `Number`.
                unsafe {
                    let place = address(piece.as_mut_ptr(), piece.len()).cast_mut().cast();
                    call(self.0, offset, place, count, datatype.as_raw(), status)
                }
            },
        );
        within.and(done)
    }

    /// An error unless the file has `length` elements at `offset`: some MPI libraries call a collective
    /// read that ends too early a whole one.
    fn expect_within<T: Number>(&self, offset: u64, length: usize) -> Result<()> {
        let mut size: ffi::MPI_Offset = 0;
        // SAFETY: an open file, and a valid place for the result.
        let code = unsafe { ffi::MPI_File_get_size(self.0, &mut size) };
        check(code, "MPI_File_get_size")?;
        let after = (size as u64).saturating_sub(offset) / size_of::<T>() as u64;
        if length as u64 <= after {
            return Ok(());
        }
        Err(shortfall(length, offset, after))
    }

    /// Calls `transfer` for each piece (of no elements, where the others have more pieces), whether or not
    /// one before it failed: the others make the same number of calls. The first failure is the outcome.
    fn pieces<T: Number>(
        &self,
        offset: u64,
        length: usize,
        together: Together,
        call: &str,
        mut transfer: impl FnMut(usize, ffi::MPI_Offset, c_int, *mut ffi::MPI_Status) -> c_int,
    ) -> Result<()> {
        let rounds = match together {
            Together::Collective { rounds } => rounds,
            Together::Independent => rounds::<T>(length),
        };
        let mut outcome = Ok(());
        for round in 0..rounds {
            let start = (round * piece_length::<T>()).min(length);
            let piece = piece_length::<T>().min(length - start);
            let place = offset + (start * size_of::<T>()) as u64;
            let mut status = MaybeUninit::zeroed();
            let code = transfer(
                start,
                place as ffi::MPI_Offset,
                count(piece, call)?,
                status.as_mut_ptr(),
            );
            let done = check(code, call).and_then(|()| expect_whole::<T>(&status, piece, place));
            outcome = outcome.and(done);
        }
        outcome
    }

    /// Cuts or extends the file. Collective.
    pub(crate) fn set_size(&self, bytes: u64) -> Result<()> {
        // SAFETY: an open file.
        let code = unsafe { ffi::MPI_File_set_size(self.0, bytes as ffi::MPI_Offset) };
        check(code, "MPI_File_set_size")
    }

    /// Has the system write the file to its disk. Collective.
    pub(crate) fn sync(&self) -> Result<()> {
        // SAFETY: an open file.
        check(unsafe { ffi::MPI_File_sync(self.0) }, "MPI_File_sync")
    }

    /// Collective over those who opened it.
    pub(crate) fn close(mut self) -> Result<()> {
        // SAFETY: an open file, not used afterwards.
        let code = unsafe { ffi::MPI_File_close(&mut self.0) };
        check(code, "MPI_File_close")
    }
}

/// MPI's function for one piece of a transfer, in one direction.
type Transfer<Place> = unsafe extern "C" fn(
    ffi::MPI_File,
    ffi::MPI_Offset,
    Place,
    c_int,
    ffi::MPI_Datatype,
    *mut ffi::MPI_Status,
) -> c_int;

/// MPI calls it a success when a file ends too early, or a disk.
fn expect_whole<T: Number>(
    status: &MaybeUninit<ffi::MPI_Status>,
    expected: usize,
    offset: u64,
) -> Result<()> {
    let datatype = T::equivalent_datatype();
    let mut done: c_int = 0;
    // SAFETY: the status was zeroed, then written by MPI.
    let code = unsafe { ffi::MPI_Get_count(status.as_ptr(), datatype.as_raw(), &mut done) };
    check(code, "MPI_Get_count")?;
    if usize::try_from(done) == Ok(expected) {
        return Ok(());
    }
    // Not even a whole number of elements is "undefined", a negative number.
    Err(shortfall(
        expected,
        offset,
        u64::try_from(done).unwrap_or(0),
    ))
}

fn shortfall(expected: usize, offset: u64, done: u64) -> Error {
    Error::other(format!(
        "of the {expected} elements at byte {offset} there are {done}"
    ))
}

/// Takes the room for `length` bytes at `offset`, so that writing them cannot run out of space: MPI does not
/// always tell. `Ok` on file systems that cannot reserve. Local.
pub(crate) fn reserve(file: &std::fs::File, offset: u64, length: u64) -> std::io::Result<()> {
    if length == 0 {
        return Ok(());
    }
    let (offset, length) = (offset as libc::off_t, length as libc::off_t);
    // SAFETY: an open file's descriptor; the call touches no memory of ours.
    let outcome =
        unsafe { libc::fallocate(file.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, offset, length) };
    let cause = std::io::Error::last_os_error();
    match cause.raw_os_error() {
        _ if outcome == 0 => Ok(()),
        Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::EINVAL) => Ok(()),
        _ => Err(cause),
    }
}
