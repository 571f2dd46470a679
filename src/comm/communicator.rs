//! The communicator itself: who is in it, and what it is made of.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use mpi::topology::SimpleCommunicator;

use super::checker::Checker;
use super::ffi::{Gate, Handle, environment};
use super::reclaim::{Children, Legacy};
use super::sharing::Sharing;
use crate::error::{Error, Result};

/// A group of ranks that talk to each other, as each of them sees it.
///
/// A handle: cloning it is cheap and local, and gives the same communicator. It belongs to the
/// thread that runs the program, and cannot leave [`run`](crate::run), which ends MPI; one that is kept
/// in a thread-local variable nevertheless is good for nothing afterwards: all it returns are errors.
///
/// Underneath are four MPI communicators: for the buffers and for the objects that users send, for partita's
/// own messages, so that these are never mistaken for each other, and one in which the ranks of a collective meet
/// before it. `MPI_ERRORS_RETURN` is set on all, and every return code becomes an [`Error::Mpi`].
///
/// # How it ends
/// Giving a communicator back to MPI is collective, and a drop happens on one rank alone when that rank
/// fails. Those that all ranks have dropped are given back when the communicator that they were made of
/// makes others, now and then; [`close`](Self::close) gives one back at once.
#[derive(Clone)]
pub struct Communicator {
    pub(super) inner: Rc<Inner>,
}

pub(super) struct Inner {
    pub(super) user: Handle,
    pub(super) library: Handle,
    pub(super) objects: Handle,
    /// Where the ranks meet before a collective; nothing else is said here.
    pub(super) meetings: Handle,
    as_mpi: ManuallyDrop<SimpleCommunicator>,
    rank: usize,
    size: usize,
    sequence: Cell<u16>,
    pub(super) checker: Option<Checker>,
    /// Collectives that were started, and that not all ranks are known to have started.
    pub(super) gates: RefCell<VecDeque<Rc<Gate>>>,
    name: RefCell<String>,
    pub(super) children: Children,
    pub(super) legacy: Legacy,
    /// Which way large arrays go between its ranks; told when the first does.
    pub(super) sharing: RefCell<Option<Sharing>>,
    /// What it was made of, by the how-manieth call that makes communicators. After the fields above,
    /// because it is what keeps the parent.
    pub(super) parent: Option<(Communicator, u64)>,
}

impl Communicator {
    /// One that nothing was made of, and that lives until MPI ends, or is closed. Collective.
    pub(crate) fn from_handle(user: Handle) -> Result<Self> {
        Communicator::assemble(user, None)
    }

    pub(super) fn assemble(user: Handle, parent: Option<(Communicator, u64)>) -> Result<Self> {
        let (rank, size) = (user.rank()?, user.size()?);
        let meetings = user.duplicate()?;
        // Those without a parent may be of several programs, checked in their own ways.
        let ask = parent.is_none();
        Ok(Communicator {
            inner: Rc::new(Inner {
                library: user.duplicate()?,
                objects: user.duplicate()?,
                checker: Checker::of(meetings, rank, size, ask)?,
                meetings,
                as_mpi: user.as_mpi(),
                rank,
                size,
                sequence: Cell::new(0),
                gates: RefCell::default(),
                name: RefCell::default(),
                children: Children::default(),
                legacy: Legacy::default(),
                sharing: RefCell::default(),
                parent,
                user,
            }),
        })
    }

    /// One communicator for all purposes: whoever shares it makes each of its calls in plain MPI.
    pub(super) fn plain(handle: Handle) -> Result<Self> {
        Ok(Communicator {
            inner: Rc::new(Inner {
                library: handle,
                objects: handle,
                checker: None,
                meetings: handle,
                as_mpi: handle.as_mpi(),
                rank: handle.rank()?,
                size: handle.size()?,
                sequence: Cell::new(0),
                gates: RefCell::default(),
                name: RefCell::default(),
                children: Children::default(),
                legacy: Legacy::default(),
                sharing: RefCell::default(),
                parent: None,
                user: handle,
            }),
        })
    }

    /// This rank's number, from 0. *Local.*
    pub fn rank(&self) -> usize {
        self.inner.rank
    }

    /// Whether `other` has the same ranks in the same order, as a duplicate has. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) once MPI has ended.
    pub fn has_same_ranks(&self, other: &Self) -> Result<bool> {
        self.inner.library.is_congruent(other.inner.library)
    }

    /// The number of ranks. *Local.*
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// Whether this is rank 0, which prints and reports for all. *Local.*
    pub fn is_root(&self) -> bool {
        self.rank() == 0
    }

    /// Names the communicator, for those who read of it: in its `Debug` text, in [`Error::Mismatch`] and in
    /// what is told of ranks that wait in vain, and in debuggers that know MPI. *Local*, and to be the same on
    /// every rank.
    ///
    /// # Errors
    /// [`Error::Usage`] when the name holds a zero byte.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let halo = world.duplicate()?;
    /// halo.set_name("halo")?;
    /// println!("{halo:?}"); // Communicator(halo, rank 0 of 4)
    /// # Ok(()) }
    /// ```
    pub fn set_name(&self, name: &str) -> Result<()> {
        environment::check_running()?;
        self.inner.user.set_name(name)?;
        self.inner.library.set_name(&format!("{name}, partita's"))?;
        if let Some(checker) = &self.inner.checker {
            checker.set_name(name);
        }
        *self.inner.name.borrow_mut() = name.to_owned();
        Ok(())
    }

    /// The name that it was given; none at first. *Local.*
    pub fn name(&self) -> String {
        self.inner.name.borrow().clone()
    }

    /// The `mpi` crate's communicator of the same ranks, for what partita does not wrap. *Local.*
    ///
    /// Its errors return as codes, which that crate's own methods drop: check them.
    pub fn as_mpi(&self) -> &SimpleCommunicator {
        &self.inner.as_mpi
    }

    /// MPI's handle of partita's own communicator of these ranks: a plain duplicate, never a
    /// Cartesian one, for libraries that do collective work on partita's behalf. *Local.*
    pub fn as_raw_library(&self) -> mpi::ffi::MPI_Comm {
        self.inner.library.raw()
    }

    /// A number that is the same on every rank, and different for the next 65 535 calls.
    pub(crate) fn next_sequence_number(&self) -> u16 {
        let next = self.inner.sequence.get().wrapping_add(1);
        self.inner.sequence.set(next);
        next
    }

    /// `root` as an error unless it is a rank of this communicator: the same on every rank.
    pub(crate) fn check_rank(&self, operation: &str, rank: usize) -> Result<()> {
        environment::check_running()?;
        if rank < self.size() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{operation}: rank {rank} is not in a communicator of {} ranks",
            self.size()
        )))
    }
}

impl fmt::Debug for Communicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.inner.name.borrow();
        let comma = if name.is_empty() { "" } else { ", " };
        let (rank, size) = (self.rank(), self.size());
        write!(
            formatter,
            "Communicator({name}{comma}rank {rank} of {size})"
        )
    }
}
