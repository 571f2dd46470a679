//! Non-blocking messages whose buffers belong to the request until it is complete.

use std::ffi::c_int;

use mpi::ffi;

use super::check::check;
use super::handle::Handle;
use super::message::{Message, Times};
use crate::comm::Element;
use crate::error::Result;

/// A message under way that owns its buffer. [`wait`](Request::wait) gives the buffer back.
///
/// Dropping a request that is not complete never frees memory MPI still uses: a receive is
/// cancelled, a send is set aside with its buffer until it is complete.
#[must_use = "a request must be waited for"]
pub struct Request<T: Element> {
    message: Message<T>,
    /// How it ended, when `test` was told.
    ended: Option<Result<()>>,
}

impl Handle {
    /// Starts sending `buffer` to `destination`. Local.
    pub(crate) fn start_send<T: Element>(
        self,
        buffer: Vec<T>,
        destination: usize,
        tag: i32,
    ) -> Result<Request<T>> {
        Message::to(self, buffer, (destination, tag), Times::Once).map(Request::of)
    }

    /// Starts receiving exactly `buffer.len()` elements from `source`. Local.
    pub(crate) fn start_receive<T: Element>(
        self,
        buffer: Vec<T>,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Request<T>> {
        Message::from(self, buffer, (source, tag), Times::Once).map(Request::of)
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
    fn of(message: Message<T>) -> Self {
        Request {
            message,
            ended: None,
        }
    }

    /// Waits until the message is sent or received; gives the buffer back. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) of class `MPI_ERR_TRUNCATE` when the message is longer than the
    /// buffer, [`Error::Shape`](crate::Error::Shape) when it is shorter or what came is no `T`.
    pub fn wait(mut self) -> Result<Vec<T>> {
        match self.ended.take() {
            Some(ended) => ended?,
            None => self.message.wait()?,
        }
        Ok(std::mem::take(&mut self.message.buffer))
    }

    /// Whether the message is sent or received, so that [`wait`](Self::wait) would not wait. *Local.*
    pub fn test(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.message.test();
        }
        self.ended.is_some()
    }

    /// Waits for all of them, also after an error of one, and gives their buffers back in their order.
    ///
    /// # Errors
    /// The first of those of [`wait`](Self::wait).
    pub fn wait_all(requests: impl IntoIterator<Item = Self>) -> Result<Vec<Vec<T>>> {
        let ended: Vec<Result<Vec<T>>> = requests.into_iter().map(Self::wait).collect();
        ended.into_iter().collect()
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
}
