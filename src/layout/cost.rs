//! What a transfer costs one rank, told before it begins.

use std::fmt;

use super::transfer::{Shipment, Transfer};

/// Elements of a message are packed into buffers of so many bytes: a core's own cache holds several.
pub(crate) const BUFFER_BYTES: usize = 256 << 10;

/// So many bytes are under way at once in each direction, unless a limit is set. With 16 MiB messages reached 0.36 of
/// `memcpy`, `MPI_Alltoallw` 0.42 (8192² f64, two ranks of one machine).
pub(crate) const WINDOW_BYTES: usize = 1 << 20;

/// How a message is cut, and how much of it is under way at once. The same on every rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Elements of one buffer, at most.
    pub(crate) buffer: usize,
    /// Elements of all buffers of one direction, at most.
    pub(crate) all: usize,
    /// Elements of the buffer in which what a rank keeps is turned over; none within a limit.
    pub(crate) scratch: usize,
}

impl Window {
    /// `None` when there is no room for one element each way.
    pub(crate) fn new(element_bytes: usize, memory_limit: Option<usize>) -> Option<Self> {
        let bytes = element_bytes.max(1);
        let one_way = memory_limit.map_or(WINDOW_BYTES, |limit| limit / 2);
        let all = match memory_limit {
            Some(_) => one_way / bytes,
            // An element that is larger than any buffer still travels.
            None => (one_way / bytes).max(2),
        };
        // Two, so that one is packed while the other is under way.
        let buffer = (BUFFER_BYTES / bytes).min(all / 2).max(1);
        let scratch = if memory_limit.is_none() { buffer } else { 0 };
        (all > 0).then_some(Window {
            buffer,
            all,
            scratch,
        })
    }
}

/// How what moves goes from rank to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// As messages.
    #[default]
    Messages,
    /// Through memory that the ranks of one machine share.
    SharedMemory,
    /// One of both: the first large array that these ranks redistribute will tell, or
    /// [`Redistribution::prepare`](crate::Redistribution::prepare) before it, for then they look whether they are on
    /// one machine that has room.
    Undecided,
}

/// What one rank does in a transfer.
///
/// ```
/// use partita::layout::{Distribution::*, GridShape, Layout, Transfer};
/// let rows = Layout::new([4096, 4096], GridShape::new(&[4]), &[Block, Replicated])?;
/// let columns = Layout::new([4096, 4096], GridShape::new(&[4]), &[Replicated, Block])?;
/// let cost = Transfer::new(&rows, &columns, &[0, 1], 0)?.cost(8, Some(1 << 20));
/// assert_eq!((cost.messages_sent, cost.bytes_sent), (3, 24 << 20));
/// assert_eq!((cost.peak_memory, cost.rounds), (1 << 20, 48));
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Ranks to which something goes.
    pub messages_sent: usize,
    /// Ranks from which something comes.
    pub messages_received: usize,
    /// Bytes that go.
    pub bytes_sent: usize,
    /// Bytes that come.
    pub bytes_received: usize,
    /// Bytes that are copied within the rank.
    pub bytes_kept: usize,
    /// Bytes of buffers, beyond the two arrays, at most.
    pub peak_memory: usize,
    /// How often the buffers are filled.
    pub rounds: usize,
    /// Which way it goes.
    pub route: Route,
}

impl Cost {
    pub(super) fn of(
        transfer: &Transfer,
        element_bytes: usize,
        memory_limit: Option<usize>,
    ) -> Self {
        let bytes = |shipments: &[Shipment]| -> usize {
            let volumes = shipments.iter().map(Shipment::volume);
            volumes.sum::<usize>() * element_bytes
        };
        let (sent, received) = (bytes(&transfer.sends), bytes(&transfer.receives));
        let window = Window::new(element_bytes, memory_limit);
        let in_bytes = |elements: fn(Window) -> usize| {
            window.map_or(usize::MAX, |it| elements(it).saturating_mul(element_bytes))
        };
        let most = in_bytes(|window| window.all);
        let kept = bytes(transfer.kept.as_slice());
        let turned_over = kept.min(in_bytes(|window| window.scratch));
        Cost {
            messages_sent: transfer.sends.len(),
            messages_received: transfer.receives.len(),
            bytes_sent: sent,
            bytes_received: received,
            bytes_kept: kept,
            peak_memory: sent.min(most) + received.min(most) + turned_over,
            rounds: sent.max(received).div_ceil(most.max(1)),
            route: Route::Messages,
        }
    }

    /// The same by another route; `shared` bytes are what this rank brings to the memory that ranks share.
    pub(crate) fn by(mut self, route: Route, shared: usize) -> Self {
        // One buffer for what is kept, one for what is sent, where they are turned over.
        let turned_over = self.bytes_kept.min(BUFFER_BYTES) + self.bytes_sent.min(BUFFER_BYTES);
        self.peak_memory = match route {
            Route::Messages => self.peak_memory,
            Route::SharedMemory => shared + turned_over,
            Route::Undecided => self.peak_memory.max(shared + turned_over),
        };
        self.route = route;
        self
    }
}

/// `sends 24.0 MiB in 3 messages, receives 24.0 MiB in 3, keeps 8.0 MiB; 1.0 MiB of buffers, 48 rounds`, and how
/// it goes where that is not as messages.
impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "sends {} in {} messages, receives {} in {}, keeps {}; {} of buffers, {} rounds",
            binary(self.bytes_sent),
            self.messages_sent,
            binary(self.bytes_received),
            self.messages_received,
            binary(self.bytes_kept),
            binary(self.peak_memory),
            self.rounds
        )?;
        formatter.write_str(match self.route {
            Route::Messages => "",
            Route::SharedMemory => ", through shared memory",
            Route::Undecided => ", or through shared memory",
        })
    }
}

/// Bytes in words: `24.0 MiB`.
fn binary(bytes: usize) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            let digits = usize::from(unit != "bytes");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}
