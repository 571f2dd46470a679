//! Files by HDF5's own C interface, and by plain system calls.

use std::ffi::{CString, c_char, c_int};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use mpi::ffi::MPI_Comm;
use partita::{Communicator, Error, Result};

unsafe extern "C" {
    fn peer_settle(folder: *const c_char, bytes: usize) -> c_int;
    fn peer_pwrite(
        communicator: MPI_Comm,
        path: *const c_char,
        bytes: *const f64,
        length: usize,
        offset: usize,
        total: usize,
        over: c_int,
        sync: c_int,
    ) -> f64;
    fn peer_pread(
        communicator: MPI_Comm,
        path: *const c_char,
        bytes: *mut f64,
        length: usize,
        offset: usize,
    ) -> f64;
    fn peer_h5dwrite(
        communicator: MPI_Comm,
        path: *const c_char,
        block: *const f64,
        shape: *const u64,
        start: *const u64,
        count: *const u64,
        chunk: *const u64,
        sync: c_int,
    ) -> f64;
    fn peer_h5dread(
        communicator: MPI_Comm,
        path: *const c_char,
        block: *mut f64,
        start: *const u64,
        count: *const u64,
    ) -> f64;
}

/// A matrix in a file, and the rank's block of it.
pub struct Block<'a> {
    /// The ranks.
    pub communicator: &'a Communicator,
    /// The file.
    pub path: &'a Path,
    /// The matrix's shape.
    pub shape: [usize; 2],
    /// This rank's rows and columns.
    pub region: [Range<usize>; 2],
}

/// Into which file plain calls write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pwrite {
    /// One that they make, and take room for.
    New,
    /// One that is there, over what it holds.
    Over,
}

/// Waits till the disk has all that was written and knows of removed files, and leaves the system with memory at hand
/// for a file of so many bytes. *Local.*
///
/// # Errors
/// [`Error::Other`] when the system refuses.
pub fn settle(folder: &Path, bytes: usize) -> Result<()> {
    let folder = CString::new(folder.as_os_str().as_bytes()).map_err(Error::usage)?;
    // SAFETY: a C string that outlives the call.
    match unsafe { peer_settle(folder.as_ptr(), bytes) } {
        0 => Ok(()),
        _ => Err(Error::other(
            "the disk of the benchmark's folder cannot be synced",
        )),
    }
}

impl Block<'_> {
    /// Seconds to write whole rows by `pwrite` into a new file, or over what is there, of the slowest rank.
    /// *Collective.*
    ///
    /// # Errors
    /// [`Error::Other`] when a call fails.
    pub fn pwrite(&self, elements: &[f64], how: Pwrite, sync: bool) -> Result<f64> {
        self.check(elements.len())?;
        let (path, raw) = (self.c_path()?, self.communicator.as_raw_library());
        let row = size_of::<f64>() * self.shape[1];
        let total = row * self.shape[0];
        let offset = row * self.region[0].start;
        // SAFETY: a live communicator, a C string, and a buffer of the length that is said.
        let seconds = unsafe {
            let length = size_of_val(elements);
            let memory = elements.as_ptr();
            peer_pwrite(
                raw,
                path.as_ptr(),
                memory,
                length,
                offset,
                total,
                (how == Pwrite::Over).into(),
                sync.into(),
            )
        };
        outcome("pwrite", seconds)
    }

    /// Seconds to read whole rows by `pread`, of the slowest rank. *Collective.*
    ///
    /// # Errors
    /// As [`pwrite`](Self::pwrite).
    pub fn pread(&self, elements: &mut [f64]) -> Result<f64> {
        self.check(elements.len())?;
        let (path, raw) = (self.c_path()?, self.communicator.as_raw_library());
        let offset = size_of::<f64>() * self.shape[1] * self.region[0].start;
        // SAFETY: as above; the buffer is borrowed exclusively, and any bytes are doubles.
        let seconds = unsafe {
            let length = size_of_val(elements);
            peer_pread(raw, path.as_ptr(), elements.as_mut_ptr(), length, offset)
        };
        outcome("pread", seconds)
    }

    /// Seconds to write the blocks by a collective `H5Dwrite`, file and all. *Collective.*
    ///
    /// # Errors
    /// As [`pwrite`](Self::pwrite).
    pub fn h5dwrite(&self, elements: &[f64], chunk: Option<[usize; 2]>, sync: bool) -> Result<f64> {
        self.check(elements.len())?;
        let (path, raw) = (self.c_path()?, self.communicator.as_raw_library());
        let (shape, [start, count]) = (self.shape.map(|length| length as u64), self.selection());
        let chunk = chunk.map(|chunk| chunk.map(|length| length as u64));
        let chunk = chunk
            .as_ref()
            .map_or(std::ptr::null(), |chunk| chunk.as_ptr());
        // SAFETY: a live communicator, a C string, arrays of two numbers that outlive the call, and a buffer of
        // as many elements as the block has.
        let seconds = unsafe {
            peer_h5dwrite(
                raw,
                path.as_ptr(),
                elements.as_ptr(),
                shape.as_ptr(),
                start.as_ptr(),
                count.as_ptr(),
                chunk,
                sync.into(),
            )
        };
        outcome("H5Dwrite", seconds)
    }

    /// Seconds to read the blocks by a collective `H5Dread`, file and all. *Collective.*
    ///
    /// # Errors
    /// As [`pwrite`](Self::pwrite).
    pub fn h5dread(&self, elements: &mut [f64]) -> Result<f64> {
        self.check(elements.len())?;
        let (path, raw) = (self.c_path()?, self.communicator.as_raw_library());
        let [start, count] = self.selection();
        // SAFETY: as above; the buffer is borrowed exclusively.
        let seconds = unsafe {
            let memory = elements.as_mut_ptr();
            peer_h5dread(raw, path.as_ptr(), memory, start.as_ptr(), count.as_ptr())
        };
        outcome("H5Dread", seconds)
    }

    fn check(&self, elements: usize) -> Result<()> {
        let [rows, columns] = &self.region;
        match elements == rows.len() * columns.len() {
            true => Ok(()),
            false => Err(Error::usage("the buffer is not as long as the block")),
        }
    }

    fn selection(&self) -> [[u64; 2]; 2] {
        let [rows, columns] = &self.region;
        [
            [rows.start as u64, columns.start as u64],
            [rows.len() as u64, columns.len() as u64],
        ]
    }

    fn c_path(&self) -> Result<CString> {
        CString::new(self.path.as_os_str().as_bytes()).map_err(Error::usage)
    }
}

fn outcome(call: &str, seconds: f64) -> Result<f64> {
    match seconds > 0.0 {
        true => Ok(seconds),
        false => Err(Error::other(format!("{call} failed in the C driver"))),
    }
}
