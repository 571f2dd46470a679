//! PETSc's `VecSum` and `VecNorm`, where it is installed.

use partita::{Communicator, Error, Result};

/// Runs `work` on a PETSc vector whose parts are the ranks' `values`; `None`, on every rank, where PETSc was not installed when
/// this was built. *Collective* over all ranks of the job, and once in a process.
///
/// # Errors
/// That of `work`; [`Error::Other`] when PETSc does not start, or makes no vector.
#[cfg(petsc)]
pub fn with_vector<R>(
    communicator: &Communicator,
    values: &[f64],
    work: impl FnOnce(&Vector) -> Result<R>,
) -> Result<Option<R>> {
    let count = super::count(values.len())?;
    // SAFETY: MPI is running, and all ranks come here.
    communicator.agree(told(unsafe { driver::peer_petsc_start() }, "start"))?;
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator; the values outlive the vector, which nothing writes to.
    let vector = Vector(unsafe { driver::peer_petsc_vector(raw, values.as_ptr(), count) });
    communicator.agree(told(i32::from(!vector.0.is_null()), "make a vector"))?;
    let result = work(&vector);
    // SAFETY: the vector is there, and used no more.
    let done = unsafe { driver::peer_petsc_destroy(vector.0) };
    told(done, "destroy a vector")?;
    // SAFETY: nothing of PETSc is left.
    let done = unsafe { driver::peer_petsc_end() };
    told(done, "end")?;
    result.map(Some)
}

/// `None`: PETSc was not installed when this was built.
///
/// # Errors
/// None.
#[cfg(not(petsc))]
pub fn with_vector<R>(
    _communicator: &Communicator,
    _values: &[f64],
    _work: impl FnOnce(&Vector) -> Result<R>,
) -> Result<Option<R>> {
    Ok(None)
}

/// A vector of PETSc's.
#[cfg_attr(not(petsc), allow(dead_code))]
pub struct Vector(*mut std::ffi::c_void);

#[cfg(petsc)]
impl Vector {
    /// `VecSum`. *Collective.*
    ///
    /// # Errors
    /// [`Error::Other`] when PETSc has one.
    pub fn sum(&self) -> Result<f64> {
        let mut sum = 0.0;
        // SAFETY: the vector is there, and there is room for the result.
        let done = unsafe { driver::peer_petsc_sum(self.0, &mut sum) };
        told(done, "sum up")?;
        Ok(sum)
    }

    /// `VecNorm` of `NORM_2`. *Collective.*
    ///
    /// # Errors
    /// [`Error::Other`] when PETSc has one.
    pub fn norm(&self) -> Result<f64> {
        let mut norm = 0.0;
        // SAFETY: the vector is there, and there is room for the result.
        let done = unsafe { driver::peer_petsc_norm(self.0, &mut norm) };
        told(done, "take a norm")?;
        Ok(norm)
    }
}

#[cfg(not(petsc))]
impl Vector {
    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub fn sum(&self) -> Result<f64> {
        told(0, "sum up").map(|()| f64::NAN)
    }

    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub fn norm(&self) -> Result<f64> {
        self.sum()
    }
}

fn told(done: i32, what: &str) -> Result<()> {
    match done {
        0 => Err(Error::other(format!("PETSc does not {what}"))),
        _ => Ok(()),
    }
}

#[cfg(petsc)]
mod driver {
    use std::ffi::{c_int, c_void};

    use mpi::ffi::MPI_Comm;

    unsafe extern "C" {
        pub fn peer_petsc_start() -> c_int;
        pub fn peer_petsc_end() -> c_int;
        pub fn peer_petsc_vector(comm: MPI_Comm, values: *const f64, count: c_int) -> *mut c_void;
        pub fn peer_petsc_sum(vector: *mut c_void, result: *mut f64) -> c_int;
        pub fn peer_petsc_norm(vector: *mut c_void, result: *mut f64) -> c_int;
        pub fn peer_petsc_destroy(vector: *mut c_void) -> c_int;
    }
}
