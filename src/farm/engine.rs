//! Handing tasks out on rank 0, doing them elsewhere.
//!
//! A rank that is free says so by a message with the results of its last chunk, at first an empty one;
//! rank 0 answers with the next chunk. When there is none, the rank is left waiting until every result
//! has come, and then all ranks are told of the end at once: they leave together, and with one error.

use std::ops::ControlFlow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Farm;
use crate::comm::Call;
use crate::comm::object::{decode, encode, encode_outcome};
use crate::error::{Error, Result};
use crate::runtime::{Progress, contain_panic};

/// From a free rank to rank 0: what it has done.
const DONE: i32 = 0x5002;

/// From rank 0: what to do next.
const ORDER: i32 = 0x5003;

/// A task's number, and the task or its outcome as bytes.
type Numbered = (usize, Vec<u8>);

#[derive(Serialize, Deserialize)]
enum Order {
    Do(Vec<Numbered>),
    /// The end of the farm, with the error of all ranks if there is one.
    End(Option<Error>),
}

impl Farm<'_> {
    /// All ranks are in the same farm. Not a collective under way: tasks take the time they take.
    #[track_caller]
    pub(super) fn begin<Task>(&self) -> Result<()> {
        drop(
            self.communicator
                .enter(Call::new("farm").element::<Task>())?,
        );
        Ok(())
    }

    /// Rank 0's part: `receive` gets every outcome, and says whether to hand out more.
    pub(super) fn hand_out<Task, Output>(
        &self,
        tasks: Option<&[Task]>,
        mut work: impl FnMut(Task) -> Result<Output>,
        mut receive: impl FnMut(usize, Result<Output>) -> ControlFlow<()>,
    ) -> Result<()>
    where
        Task: Serialize + DeserializeOwned,
        Output: Serialize + DeserializeOwned,
    {
        let given = tasks.ok_or_else(|| Error::usage("farm: rank 0 gives no tasks"));
        // Without tasks too: the others' first messages must not be left for the next farm.
        let mut hand = Hand::new(tasks.unwrap_or_default(), self.chunk);
        let progress = self.progress_bar(hand.tasks.len());
        let mut take_in = |hand: &mut Hand<Task>, done: Vec<Numbered>| {
            for (task, outcome) in done {
                if let Some(progress) = &progress {
                    progress.advance(1);
                }
                if receive(task, decode(&outcome)).is_break() {
                    hand.close();
                }
            }
        };
        let mut working = self.communicator.size() - 1;
        if working == 0 {
            while let Some(chunk) = hand.next_chunk() {
                take_in(&mut hand, perform(chunk, &mut work, 0));
            }
        }
        while working > 0 {
            let (bytes, worker) = self.communicator.receive_bytes_patiently(DONE)?;
            take_in(&mut hand, decode(&bytes)?);
            match hand.next_chunk() {
                Some(chunk) => self.order(&Order::Do(chunk), worker)?,
                None => working -= 1,
            }
        }
        given.map(|_| ())
    }

    fn progress_bar(&self, tasks: usize) -> Option<Progress> {
        self.unit
            .map(|unit| Progress::new(self.communicator, tasks as u64, unit))
    }

    fn order(&self, order: &Order, worker: usize) -> Result<()> {
        self.communicator.send_bytes(&encode(order)?, worker, ORDER)
    }

    /// Tells all ranks the end, which is theirs too.
    pub(super) fn dismiss<T>(&self, end: Result<T>) -> Result<T> {
        let end = end.map_err(|error| error.on_rank(0));
        let order = Order::End(end.as_ref().err().cloned());
        for worker in 1..self.communicator.size() {
            self.order(&order, worker)?;
        }
        end
    }

    /// Every other rank's part.
    pub(super) fn work_for_root<Task, Output>(
        &self,
        mut work: impl FnMut(Task) -> Result<Output>,
    ) -> Result<()>
    where
        Task: DeserializeOwned,
        Output: Serialize,
    {
        let mut done: Vec<Numbered> = Vec::new();
        loop {
            self.communicator.send_bytes(&encode(&done)?, 0, DONE)?;
            let (bytes, _) = self.communicator.receive_bytes_patiently(ORDER)?;
            match decode(&bytes)? {
                Order::Do(chunk) => done = perform(chunk, &mut work, self.communicator.rank()),
                Order::End(None) => return Ok(()),
                Order::End(Some(error)) => return Err(error),
            }
        }
    }
}

/// The tasks that nobody has yet.
struct Hand<'a, Task> {
    tasks: &'a [Task],
    next: usize,
    chunk: usize,
}

impl<'a, Task: Serialize> Hand<'a, Task> {
    fn new(tasks: &'a [Task], chunk: usize) -> Self {
        Hand {
            tasks,
            next: 0,
            chunk,
        }
    }

    /// Some tasks as bytes, while there are any. One that cannot be encoded travels as the reason.
    fn next_chunk(&mut self) -> Option<Vec<Numbered>> {
        let first = self.next;
        self.next = first.saturating_add(self.chunk).min(self.tasks.len());
        let chunk = (first..self.next)
            .map(|task| (task, encode_outcome(Ok(&self.tasks[task]), 0).into_vec()));
        (first < self.next).then(|| chunk.collect())
    }

    /// Keeps what is left.
    fn close(&mut self) {
        self.next = self.tasks.len();
    }
}

/// Does a chunk of tasks. Whatever happens to one of them is its outcome.
fn perform<Task: DeserializeOwned, Output: Serialize>(
    chunk: Vec<Numbered>,
    work: &mut impl FnMut(Task) -> Result<Output>,
    rank: usize,
) -> Vec<Numbered> {
    let mut perform_one = |bytes: &[u8]| {
        let outcome = decode(bytes).and_then(|task| match contain_panic(|| work(task)) {
            Ok(outcome) => outcome,
            Err(message) => Err(Error::other(format!("panicked {message}"))),
        });
        encode_outcome(outcome.as_ref().map_err(Error::clone), rank).into_vec()
    };
    chunk
        .into_iter()
        .map(|(task, bytes)| (task, perform_one(&bytes)))
        .collect()
}
