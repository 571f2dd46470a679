//! The process under MPI: whether it runs, ending it at once, threads of the local BLAS.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use mpi::ffi;

use crate::error::{Error, Result};

/// Whether MPI calls may be made now: started, and not ended.
pub(crate) fn is_running() -> bool {
    let (mut started, mut ended): (c_int, c_int) = (0, 0);
    // SAFETY: both calls are allowed at any time, and write one integer each.
    unsafe {
        ffi::MPI_Initialized(&mut started);
        ffi::MPI_Finalized(&mut ended);
    }
    started != 0 && ended == 0
}

/// What keeps Open MPI from moving messages by get or put: it then writes one that is longer than its buffer
/// beyond the buffer's end, from 4 KiB on, and tells of it afterwards (4.1.4; MPICH cuts off the rest).
const WITHIN_BUFFERS: [(&str, &str); 2] = [
    ("OMPI_MCA_btl_vader_single_copy_mechanism", "none"),
    ("OMPI_MCA_btl_tcp_flags", "send,inplace"),
];

/// Has messages stay within their buffers, unless the user chose how they move. To be called before MPI
/// starts; does nothing where other threads run, which may be reading the environment.
pub(crate) fn keep_messages_within_buffers() {
    let threads = std::fs::read_dir("/proc/self/task").map(Iterator::count);
    if !matches!(threads, Ok(1)) {
        return;
    }
    for (name, value) in WITHIN_BUFFERS {
        if std::env::var_os(name).is_none() {
            // SAFETY: this is the process's only thread.
            unsafe { std::env::set_var(name, value) };
        }
    }
}

static ENDED: AtomicBool = AtomicBool::new(false);

/// From here on no MPI call is made.
pub(crate) fn note_end() {
    ENDED.store(true, Ordering::Relaxed);
}

/// An error once MPI has ended, for communicators that outlive it: what [`is_running`] asks MPI, remembered.
pub(crate) fn check_running() -> Result<()> {
    if ENDED.load(Ordering::Relaxed) {
        return Err(Error::usage(
            "MPI has ended, and with it every communicator",
        ));
    }
    Ok(())
}

static BEFORE_ABORT: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Has `cleanup` called before this process aborts the job: no destructor runs then. It must neither
/// communicate nor wait.
pub fn before_abort(cleanup: fn()) {
    let mut cleanups = BEFORE_ABORT.lock().unwrap_or_else(PoisonError::into_inner);
    cleanups.push(cleanup);
}

/// Ends every process of the job with `code`, from any thread, whatever the others wait for.
pub(crate) fn abort(code: u8) -> ! {
    let cleanups = BEFORE_ABORT
        .lock()
        .map_or_else(|_| vec![], |cleanups| cleanups.clone());
    cleanups.iter().for_each(|cleanup| cleanup());
    if is_running() {
        // SAFETY: MPI is running. The call does not return where the launcher does its part.
        unsafe { ffi::MPI_Abort(ffi::RSMPI_COMM_WORLD, c_int::from(code)) };
    }
    std::process::exit(i32::from(code))
}

/// Ends this process alone, at once: no exit handlers, no `MPI_Finalize`.
pub(crate) fn exit_without_finalize(code: u8) -> ! {
    // SAFETY: `_exit` takes any code and runs no code of ours.
    unsafe { libc::_exit(c_int::from(code)) }
}

/// Sets the number of threads of whichever BLAS is in this program, if it is one that has threads.
pub(crate) fn set_blas_threads(threads: u8) {
    type Setter = unsafe extern "C" fn(c_int);
    let setters = [
        c"openblas_set_num_threads",
        c"MKL_Set_Num_Threads",
        c"bli_thread_set_num_threads",
    ];
    for name in setters {
        // SAFETY: `name` ends in a zero byte; a symbol of these names is a C function that takes an
        // integer of at most the size of `c_int` in the libraries' default builds.
        unsafe {
            let symbol = libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr());
            if !symbol.is_null() {
                std::mem::transmute::<*mut c_void, Setter>(symbol)(c_int::from(threads));
            }
        }
    }
}

#[cfg(all(test, feature = "blas"))]
mod tests {
    use super::*;

    #[test]
    fn openblas_is_linked_and_takes_its_number_of_threads() {
        // The product keeps the linker from dropping the library.
        let ones = ndarray::Array2::<f64>::ones((40, 40));
        assert_eq!(ones.dot(&ones)[[0, 0]], 40.0);
        set_blas_threads(1);
        // SAFETY: the name ends in a zero byte; OpenBLAS declares `int openblas_get_num_threads(void)`.
        let threads = unsafe {
            let symbol = libc::dlsym(libc::RTLD_DEFAULT, c"openblas_get_num_threads".as_ptr());
            assert!(!symbol.is_null(), "OpenBLAS is not in this program");
            std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(symbol)()
        };
        assert_eq!(threads, 1);
    }
}
