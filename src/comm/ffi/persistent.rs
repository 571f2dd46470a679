//! Messages that are sent or received again and again.

use mpi::ffi;

use super::buffer::{Description, count};
use super::check::check;
use super::environment::is_running;
use super::handle::Handle;
use super::request::set_aside;
use super::status::{Status, raw_source, raw_tag};
use crate::comm::Element;
use crate::error::{Error, Result};

/// A message between the same two ranks, of the same length, sent or received again and again: what MPI
/// prepares once.
///
/// It owns its buffer, which can be read and changed whenever the message is not under way.
pub struct Persistent<T: Element> {
    raw: ffi::MPI_Request,
    buffer: Vec<T>,
    receives: bool,
    under_way: bool,
}

impl Handle {
    /// Prepares to send `buffer` to `destination`. Local.
    pub(crate) fn persistent_send<T: Element>(
        self,
        buffer: Vec<T>,
        destination: usize,
        tag: i32,
    ) -> Result<Persistent<T>> {
        let description = Description::<T>::of(buffer.len())?;
        let destination = count(destination, "MPI_Send_init")?;
        // SAFETY: the result keeps `buffer`, unmoved on the heap, as long as the request.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = ffi::MPI_Send_init(
                buffer.as_ptr().cast(),
                description.count,
                description.datatype,
                destination,
                tag,
                self.0,
                &mut raw,
            );
            check(code, "MPI_Send_init")?;
            Ok(Persistent::new(raw, buffer, false))
        }
    }

    /// Prepares to receive exactly `buffer.len()` elements. Local.
    pub(crate) fn persistent_receive<T: Element>(
        self,
        mut buffer: Vec<T>,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Persistent<T>> {
        let description = Description::<T>::of(buffer.len())?;
        let source = raw_source(source, "MPI_Recv_init")?;
        // SAFETY: as in `persistent_send`.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = ffi::MPI_Recv_init(
                buffer.as_mut_ptr().cast(),
                description.count,
                description.datatype,
                source,
                raw_tag(tag),
                self.0,
                &mut raw,
            );
            check(code, "MPI_Recv_init")?;
            Ok(Persistent::new(raw, buffer, true))
        }
    }
}

impl<T: Element> Persistent<T> {
    fn new(raw: ffi::MPI_Request, buffer: Vec<T>, receives: bool) -> Self {
        Persistent {
            raw,
            buffer,
            receives,
            under_way: false,
        }
    }

    /// What was received last, or will be sent next. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the message is under way.
    pub fn buffer(&mut self) -> Result<&mut [T]> {
        self.check_idle("buffer")?;
        Ok(&mut self.buffer)
    }

    /// Starts to send or receive once more. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the message is under way.
    pub fn start(&mut self) -> Result<()> {
        self.check_idle("start")?;
        // SAFETY: a live request that is not active; nobody gets at the buffer until `wait`.
        let code = unsafe { ffi::MPI_Start(&mut self.raw) };
        check(code, "MPI_Start")?;
        self.under_way = true;
        Ok(())
    }

    /// Waits until the message that was started is sent or received. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] when none was started; those of [`Request::wait`](super::Request::wait).
    pub fn wait(&mut self) -> Result<()> {
        if !self.under_way {
            return Err(Error::usage("wait: the persistent message was not started"));
        }
        let mut status = Status::new();
        self.under_way = false;
        // SAFETY: a live, active request; afterwards it is inactive.
        let code = unsafe { ffi::MPI_Wait(&mut self.raw, status.place()) };
        check(code, "MPI_Wait")?;
        if self.receives {
            status.expect::<T>(self.buffer.len())?;
        }
        Ok(())
    }

    fn check_idle(&self, operation: &str) -> Result<()> {
        if !self.under_way {
            return Ok(());
        }
        let message = format!("{operation}: the persistent message is under way");
        Err(Error::usage(message))
    }
}

impl<T: Element> Drop for Persistent<T> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        if !is_running() || std::thread::panicking() {
            // The job is ending: memory MPI might write to is better leaked than freed.
            std::mem::forget(buffer);
            return;
        }
        if self.under_way && !self.receives {
            return set_aside(self.raw, Box::new(buffer));
        }
        // SAFETY: a live request; a cancelled receive completes locally, and an inactive one is freed.
        unsafe {
            if self.under_way {
                ffi::MPI_Cancel(&mut self.raw);
                ffi::MPI_Wait(&mut self.raw, ffi::RSMPI_STATUS_IGNORE);
            }
            ffi::MPI_Request_free(&mut self.raw);
        }
    }
}
