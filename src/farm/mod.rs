//! A task farm: many independent tasks, each done by whichever rank is free.
//!
//! `engine` hands the tasks out and does them; this file is what becomes of their results.

mod engine;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::comm::Communicator;
use crate::error::{Error, Result};

/// Many independent tasks, each done by whichever rank is free: what a pool of processes does.
///
/// Made by [`Communicator::farm`]; [`map`](Self::map), [`outcomes`](Self::outcomes) or
/// [`for_each`](Self::for_each) runs the tasks. These are *collective*: every rank calls them. The
/// tasks are those of rank 0 (`Some(&tasks)` there, anything elsewhere), and the results come to
/// rank 0; `broadcast_object` hands them on where all ranks want them.
///
/// Rank 0 hands out tasks, in their order, and collects results; it does tasks itself only when it is
/// alone. Meanwhile it leaves its core to others most of the time, so that one rank more than there
/// are cores is a good number.
///
/// A task may fail, by an `Err` or a panic: that is its result, and no end of the job. What a task
/// must not do is to call a collective.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// let tasks: Vec<u64> = (0..1000).collect();
/// let squares = world.farm().chunk(10).map(Some(&tasks), |task: u64| Ok(task * task))?;
/// if let Some(squares) = squares {
///     println!("{squares:?}"); // on rank 0, in the order of the tasks
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a farm does nothing before it is given tasks"]
pub struct Farm<'a> {
    communicator: &'a Communicator,
    chunk: usize,
    unit: Option<&'a str>,
}

impl Communicator {
    /// A farm of these ranks, for tasks that do not need each other. *Local.*
    pub fn farm(&self) -> Farm<'_> {
        Farm {
            communicator: self,
            chunk: 1,
            unit: None,
        }
    }
}

impl<'a> Farm<'a> {
    /// Hands out this many tasks at a time, 1 unless said otherwise: more where tasks take less time
    /// than a message, some ten microseconds.
    pub fn chunk(mut self, tasks: usize) -> Self {
        self.chunk = tasks.max(1);
        self
    }

    /// Shows a progress bar that counts tasks as `unit`; see [`Progress`](crate::Progress).
    pub fn progress(mut self, unit: &'a str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The results of all tasks, in their order, on rank 0; `None` elsewhere. *Collective.*
    ///
    /// When a task fails no more are handed out, and those under way are finished.
    ///
    /// # Cost
    /// Two messages a chunk, with the encoded tasks and results.
    ///
    /// # Errors
    /// The same on every rank: [`Error::OnTask`] with the first task that failed, in their order,
    /// which does not depend on the number of ranks; [`Error::Usage`] when rank 0 gives no tasks.
    #[track_caller]
    pub fn map<Task, Output>(
        self,
        tasks: Option<&[Task]>,
        work: impl FnMut(Task) -> Result<Output>,
    ) -> Result<Option<Vec<Output>>>
    where
        Task: Serialize + DeserializeOwned,
        Output: Serialize + DeserializeOwned,
    {
        self.collect(tasks, work, ControlFlow::Break(()), |outcomes| {
            // Every task before the first that failed was handed out before it, and is done.
            let named = |(task, outcome): (usize, Result<Output>)| {
                outcome.map_err(|error| Error::OnTask {
                    task,
                    error: Box::new(error),
                })
            };
            outcomes.map(named).collect()
        })
    }

    /// What became of each task, in their order, on rank 0; `None` elsewhere. *Collective.*
    ///
    /// A task that fails is an `Err` in its place, and the rest is carried on.
    ///
    /// # Cost
    /// Two messages a chunk, with the encoded tasks and results.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when rank 0 gives no tasks. A task's own error is
    /// [`Error::OnRank`], of the rank that tried it.
    #[track_caller]
    pub fn outcomes<Task, Output>(
        self,
        tasks: Option<&[Task]>,
        work: impl FnMut(Task) -> Result<Output>,
    ) -> Result<Option<Vec<Result<Output>>>>
    where
        Task: Serialize + DeserializeOwned,
        Output: Serialize + DeserializeOwned,
    {
        self.collect(tasks, work, ControlFlow::Continue(()), |outcomes| {
            Ok(outcomes.map(|(_, outcome)| outcome).collect())
        })
    }

    /// Gives `receive` on rank 0 each task's number and outcome as they come. *Collective.*
    ///
    /// After `ControlFlow::Break` no more tasks are handed out; those under way are finished, and
    /// received. `receive` is not called on other ranks.
    ///
    /// # Cost
    /// Two messages a chunk, with the encoded tasks and results.
    ///
    /// # Errors
    /// As [`outcomes`](Self::outcomes).
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use std::ops::ControlFlow;
    /// let names = ["a.txt".to_owned(), "b.txt".to_owned()];
    /// let length = |name: String| std::fs::read(name).map(|text| text.len()).map_err(partita::Error::other);
    /// world.farm().for_each(Some(&names), length, |task, outcome| {
    ///     println!("{}: {outcome:?}", names[task]);
    ///     match outcome {
    ///         Ok(_) => ControlFlow::Continue(()),
    ///         Err(_) => ControlFlow::Break(()),
    ///     }
    /// })
    /// # }
    /// ```
    #[track_caller]
    pub fn for_each<Task, Output>(
        self,
        tasks: Option<&[Task]>,
        work: impl FnMut(Task) -> Result<Output>,
        receive: impl FnMut(usize, Result<Output>) -> ControlFlow<()>,
    ) -> Result<()>
    where
        Task: Serialize + DeserializeOwned,
        Output: Serialize + DeserializeOwned,
    {
        self.begin::<Task>()?;
        if !self.communicator.is_root() {
            return self.work_for_root(work);
        }
        let end = self.hand_out(tasks, work, receive);
        self.dismiss(end)
    }
    /// `summary` of the numbers and outcomes of all tasks that were handed out, in their order.
    #[track_caller]
    fn collect<Task, Output, Results>(
        self,
        tasks: Option<&[Task]>,
        work: impl FnMut(Task) -> Result<Output>,
        after_a_failure: ControlFlow<()>,
        summary: impl FnOnce(Numbered<'_, Output>) -> Result<Results>,
    ) -> Result<Option<Results>>
    where
        Task: Serialize + DeserializeOwned,
        Output: Serialize + DeserializeOwned,
    {
        self.begin::<Task>()?;
        if !self.communicator.is_root() {
            return self.work_for_root(work).map(|()| None);
        }
        let mut outcomes = BTreeMap::new();
        let end = self.hand_out(tasks, work, |task, outcome| {
            let failed = outcome.is_err();
            outcomes.insert(task, outcome);
            match failed {
                true => after_a_failure,
                false => ControlFlow::Continue(()),
            }
        });
        let end = end.and_then(|()| summary(&mut outcomes.into_iter()));
        self.dismiss(end).map(Some)
    }
}

/// Tasks' numbers and outcomes, in the tasks' order.
type Numbered<'a, Output> = &'a mut dyn Iterator<Item = (usize, Result<Output>)>;
