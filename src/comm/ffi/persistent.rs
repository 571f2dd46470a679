//! Messages that are sent or received again and again.

use super::handle::Handle;
use super::message::{Message, Times};
use crate::comm::Element;
use crate::error::{Error, Result};

/// A message between the same two ranks, of the same length, sent or received again and again: what MPI
/// prepares once.
///
/// It owns its buffer, which can be read and changed whenever the message is not under way.
pub struct Persistent<T: Element>(Message<T>);

impl Handle {
    /// Prepares to send `buffer` to `destination`. Local.
    pub(crate) fn persistent_send<T: Element>(
        self,
        buffer: Vec<T>,
        destination: usize,
        tag: i32,
    ) -> Result<Persistent<T>> {
        Message::to(self, buffer, (destination, tag), Times::Again).map(Persistent)
    }

    /// Prepares to receive exactly `buffer.len()` elements. Local.
    pub(crate) fn persistent_receive<T: Element>(
        self,
        buffer: Vec<T>,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Persistent<T>> {
        Message::from(self, buffer, (source, tag), Times::Again).map(Persistent)
    }
}

impl<T: Element> Persistent<T> {
    /// What was received last, or will be sent next. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the message is under way.
    pub fn buffer(&mut self) -> Result<&mut [T]> {
        self.check_idle("buffer")?;
        Ok(&mut self.0.buffer)
    }

    /// Starts to send or receive once more. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the message is under way.
    pub fn start(&mut self) -> Result<()> {
        self.check_idle("start")?;
        self.0.start()
    }

    /// Waits until the message that was started is sent or received. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] when none was started; those of [`Request::wait`](super::Request::wait).
    pub fn wait(&mut self) -> Result<()> {
        if !self.0.under_way {
            return Err(Error::usage("wait: the persistent message was not started"));
        }
        self.0.wait()
    }

    fn check_idle(&self, operation: &str) -> Result<()> {
        if !self.0.under_way {
            return Ok(());
        }
        let message = format!("{operation}: the persistent message is under way");
        Err(Error::usage(message))
    }
}

/// Two messages that travel together again and again: one that is sent, and one that is received meanwhile.
pub struct PersistentExchange<T: Element> {
    sent: Persistent<T>,
    received: Persistent<T>,
}

impl<T: Element> PersistentExchange<T> {
    pub(crate) fn of(sent: Persistent<T>, received: Persistent<T>) -> Self {
        PersistentExchange { sent, received }
    }

    /// What will be sent next. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the exchange is under way.
    pub fn to_send(&mut self) -> Result<&mut [T]> {
        self.sent.buffer()
    }

    /// What was received last. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the exchange is under way.
    pub fn received(&mut self) -> Result<&mut [T]> {
        self.received.buffer()
    }

    /// Starts the exchange once more. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] while the exchange is under way.
    pub fn start(&mut self) -> Result<()> {
        self.received.start()?;
        self.sent.start()
    }

    /// Waits until the exchange that was started is complete, both ways. *Local to the partners.*
    ///
    /// # Errors
    /// [`Error::Usage`] when none was started; those of [`Request::wait`](super::Request::wait).
    pub fn wait(&mut self) -> Result<()> {
        let received = self.received.wait();
        // Also after an error: both are to be idle.
        self.sent.wait().and(received)
    }
}
