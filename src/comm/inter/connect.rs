//! Two groups of one program.

use super::InterCommunicator;
use crate::comm::{Call, Communicator, Purpose};
use crate::error::{Error, Result};

impl Communicator {
    /// The way from this group of ranks to another one, which calls this too. *Collective* over both groups.
    ///
    /// Both groups are parts of `common`, without a rank in both; `leader` is the number in `common` of the other
    /// group's rank 0. [`InterCommunicator::merge`] puts the group first whose rank 0 is first in `common`.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// // The first half computes, the second one writes.
    /// let half = world.size() / 2;
    /// let computes = world.rank() < half;
    /// if let Some(group) = world.split(Some(computes.into()), 0)? {
    ///     let others = group.connect(world, if computes { half } else { 0 })?;
    ///     println!("{others:?}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// Some agreements in the groups, and messages between their ranks 0.
    ///
    /// # Errors
    /// The same on every rank of this group: [`Error::Usage`] when `leader` is no rank of `common`, or is in this
    /// group, or not the same on every rank; [`Error::Mpi`].
    #[track_caller]
    pub fn connect(&self, common: &Communicator, leader: usize) -> Result<InterCommunicator> {
        let _call = self.enter(Call::new("connect"))?;
        let own: Vec<u64> = self
            .inner
            .library
            .all_gather(&[common.rank() as u64, leader as u64], self.size())?;
        let (numbers, leaders): (Vec<u64>, Vec<u64>) = own
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[number, leader]| (number, leader))
            .unzip();
        let usage = |text: String| Err(Error::usage(format!("connect: {text}")));
        // Replicated: every rank has the numbers of all.
        match () {
            () if leaders.iter().any(|&one| one != leaders[0]) => {
                usage(format!("the ranks name different leaders, {leaders:?}"))?
            }
            () if leader >= common.size() => usage(format!(
                "rank {leader} is not one of {} ranks",
                common.size()
            ))?,
            () if numbers.contains(&leaders[0]) => usage(format!(
                "rank {leader} is in this group, not in the other one"
            ))?,
            () => {}
        }
        let (group, common) = (self.inner.user, common.inner.library);
        let connected = group.connect(common, leader, Purpose::Connection.tag());
        InterCommunicator::new(self.agree(connected)?, self, numbers[0] < leaders[0])
    }
}
