//! Non-blocking messages whose buffers belong to the request until it is complete.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;

use mpi::ffi;

use super::buffer::{Description, count};
use super::check::check;
use super::environment::is_running;
use super::handle::Handle;
use super::status::{Status, raw_source, raw_tag};
use crate::comm::Element;
use crate::error::Result;

/// A message under way that owns its buffer. [`wait`](Request::wait) gives the buffer back.
///
/// Dropping a request that is not complete never frees memory MPI still uses: a receive is
/// cancelled, a send is set aside with its buffer until it is complete.
#[must_use = "a request must be waited for"]
pub struct Request<T: Element> {
    raw: ffi::MPI_Request,
    buffer: Vec<T>,
    receives: bool,
    /// How it ended, when `test` was told.
    ended: Option<Result<()>>,
}

thread_local! {
    /// Sends dropped before they were complete, with the buffers MPI may still read.
    static ORPHANS: RefCell<Vec<(ffi::MPI_Request, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) };
}

impl Handle {
    /// Starts sending `buffer` to `destination`. Local.
    pub(crate) fn start_send<T: Element>(
        self,
        buffer: Vec<T>,
        destination: usize,
        tag: i32,
    ) -> Result<Request<T>> {
        let description = Description::<T>::of(buffer.len())?;
        let destination = count(destination, "MPI_Isend")?;
        // SAFETY: the request keeps `buffer`, unmoved on the heap and unwritten, until MPI is done.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = ffi::MPI_Isend(
                buffer.as_ptr().cast(),
                description.count,
                description.datatype,
                destination,
                tag,
                self.0,
                &mut raw,
            );
            check(code, "MPI_Isend")?;
            Ok(Request {
                raw,
                buffer,
                receives: false,
                ended: None,
            })
        }
    }

    /// Starts receiving exactly `buffer.len()` elements from `source`. Local.
    pub(crate) fn start_receive<T: Element>(
        self,
        mut buffer: Vec<T>,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Request<T>> {
        let description = Description::<T>::of(buffer.len())?;
        let source = raw_source(source, "MPI_Irecv")?;
        // SAFETY: the request keeps `buffer`, unmoved on the heap and unread, until MPI is done.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = ffi::MPI_Irecv(
                buffer.as_mut_ptr().cast(),
                description.count,
                description.datatype,
                source,
                raw_tag(tag),
                self.0,
                &mut raw,
            );
            check(code, "MPI_Irecv")?;
            Ok(Request {
                raw,
                buffer,
                receives: true,
                ended: None,
            })
        }
    }
}

/// A barrier under way.
pub(crate) struct Arrival(ffi::MPI_Request);

impl Handle {
    /// Tells the others that this rank is there, without waiting. Collective.
    pub(crate) fn start_barrier(self) -> Result<Arrival> {
        // SAFETY: a live communicator; a barrier has no buffer.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            check(ffi::MPI_Ibarrier(self.0, &mut raw), "MPI_Ibarrier")?;
            Ok(Arrival(raw))
        }
    }
}

impl Arrival {
    /// Whether every rank is there by now. Never blocks.
    pub(crate) fn is_complete(&mut self) -> Result<bool> {
        let mut done: c_int = 0;
        // SAFETY: this request's handle; a null request tests as complete.
        let code = unsafe { ffi::MPI_Test(&mut self.0, &mut done, ffi::RSMPI_STATUS_IGNORE) };
        check(code, "MPI_Test")?;
        Ok(done != 0)
    }
}

impl<T: Element> Request<T> {
    /// Waits until the message is sent or received; gives the buffer back. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) of class `MPI_ERR_TRUNCATE` when the message is longer than the
    /// buffer, [`Error::Shape`](crate::Error::Shape) when it is shorter.
    pub fn wait(mut self) -> Result<Vec<T>> {
        if let Some(ended) = self.ended.take() {
            ended?;
            return Ok(std::mem::take(&mut self.buffer));
        }
        let mut status = Status::new();
        // SAFETY: `raw` is this request's handle; MPI sets it to null, so that `drop` leaves it.
        let code = unsafe { ffi::MPI_Wait(&mut self.raw, status.place()) };
        check(code, "MPI_Wait")?;
        self.check_length(&status)?;
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Whether the message is sent or received, so that [`wait`](Self::wait) would not wait. *Local.*
    pub fn test(&mut self) -> bool {
        if self.ended.is_none() {
            let mut status = Status::new();
            let mut done: c_int = 0;
            // SAFETY: as in `wait`.
            let code = unsafe { ffi::MPI_Test(&mut self.raw, &mut done, status.place()) };
            self.ended = match check(code, "MPI_Test") {
                Ok(()) if done == 0 => None,
                outcome => Some(outcome.and_then(|()| self.check_length(&status))),
            };
        }
        self.ended.is_some()
    }

    /// Waits for all of them, and gives their buffers back in their order.
    ///
    /// # Errors
    /// The first of those of [`wait`](Self::wait).
    pub fn wait_all(requests: impl IntoIterator<Item = Self>) -> Result<Vec<Vec<T>>> {
        requests.into_iter().map(Self::wait).collect()
    }

    /// Waits until one of them is complete, takes it out, and gives its former place and its buffer;
    /// `None` when there are none.
    ///
    /// # Errors
    /// Those of [`wait`](Self::wait), of that one.
    pub fn wait_any(requests: &mut Vec<Self>) -> Result<Option<(usize, Vec<T>)>> {
        while !requests.is_empty() {
            if let Some(place) = requests.iter_mut().position(Self::test) {
                return Ok(Some((place, requests.remove(place).wait()?)));
            }
            std::thread::yield_now();
        }
        Ok(None)
    }

    fn check_length(&self, status: &Status) -> Result<()> {
        if self.receives {
            status.expect::<T>(self.buffer.len())?;
        }
        Ok(())
    }
}

impl<T: Element> Drop for Request<T> {
    fn drop(&mut self) {
        // SAFETY: comparing with a constant handle of the MPI library.
        if self.raw == unsafe { ffi::RSMPI_REQUEST_NULL } {
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        if !is_running() || std::thread::panicking() {
            // The job is ending: memory MPI might write to is better leaked than freed.
            std::mem::forget(buffer);
            return;
        }
        if self.receives {
            // SAFETY: a cancelled receive completes locally, whatever the sender does.
            unsafe {
                ffi::MPI_Cancel(&mut self.raw);
                ffi::MPI_Wait(&mut self.raw, ffi::RSMPI_STATUS_IGNORE);
            }
            return;
        }
        set_aside(self.raw, Box::new(buffer));
    }
}

/// Keeps the buffer of a send that nobody waits for until it is complete.
pub(super) fn set_aside(raw: ffi::MPI_Request, buffer: Box<dyn Any>) {
    ORPHANS.with_borrow_mut(|orphans| orphans.push((raw, buffer)));
    release_completed_orphans();
}

/// Frees the buffers of dropped sends that have completed since.
pub(crate) fn release_completed_orphans() {
    ORPHANS.with_borrow_mut(|orphans| {
        orphans.retain_mut(|(raw, _buffer)| {
            let mut done: c_int = 0;
            // SAFETY: a live request's handle; its buffer is dropped only once it is complete.
            let code = unsafe { ffi::MPI_Test(raw, &mut done, ffi::RSMPI_STATUS_IGNORE) };
            code != ffi::MPI_SUCCESS as c_int || done == 0
        });
    });
}

/// Leaks the buffers of sends that never completed; MPI may read them until it ends.
pub(crate) fn leak_orphans() {
    release_completed_orphans();
    ORPHANS.with_borrow_mut(|orphans| std::mem::forget(std::mem::take(orphans)));
}
