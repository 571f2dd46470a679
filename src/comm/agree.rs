//! One outcome for all ranks: the primitive behind "no hang, one error".

use super::{Call, Communicator, Operation};
use crate::error::{Error, Result};

impl Communicator {
    /// Makes one rank's failure everyone's. *Collective.*
    ///
    /// Returns the rank's own value where all ranks come with `Ok`. Otherwise every rank returns the
    /// same error: [`Error::OnRank`] with the lowest failing rank and its error, or
    /// [`Error::OnEveryRank`] when all of several ranks failed alike. To be called wherever something
    /// can fail on one rank alone, before the next collective.
    ///
    /// # Cost
    /// One all-reduce of one integer; on failure two broadcasts and an all-reduce more.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Error;
    /// let text = std::fs::read_to_string("parameters.toml")
    ///     .map_err(|cause| Error::io("read", "parameters.toml".as_ref(), cause));
    /// let text = world.agree(text)?; // all ranks go on, or none
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn agree<T>(&self, outcome: Result<T>) -> Result<T> {
        let _call = self.enter(Call::new("agree"))?;
        let library = self.inner.library;
        let own = if outcome.is_ok() {
            self.size()
        } else {
            self.rank()
        };
        let first = library.all_reduce(&[own], Operation::Min)?[0];
        if first == self.size() {
            return outcome;
        }
        let own = outcome.err();
        let offered = (self.rank() == first).then(|| own.clone().ok_or_else(unexpected));
        let told: Error = self.broadcast_outcome(first, offered)?;
        let alike = own.as_ref() == Some(&told);
        let all_alike = library.all_reduce(&[alike], Operation::LogicalAnd)?[0];
        Err(match told {
            told if told.is_agreed() => told,
            told if all_alike && self.size() > 1 => Error::OnEveryRank(Box::new(told)),
            told => told.on_rank(first),
        })
    }
}

fn unexpected() -> Error {
    Error::other("agree: the failing rank holds no error")
}
