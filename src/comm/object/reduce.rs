use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{REDUCTION_TAG, encode_failure};
use crate::comm::{Call, Communicator};
use crate::error::Result;

impl Communicator {
    /// Folds the ranks' values into one, `combine(combine(v₀, v₁), …)`, which the root gets; `None`
    /// elsewhere. *Collective.*
    ///
    /// The values are combined in rank order, so that `combine` need not be commutative; it must be
    /// associative, because in which pairs they are combined depends on the number of ranks.
    ///
    /// # Cost
    /// At most log₂(size) messages after each other (a binomial tree), one more where the root is
    /// not rank 0, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`](crate::Error::Usage) when `root` is no rank,
    /// [`Error::Other`](crate::Error::Other) when a value cannot be encoded or decoded.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let names = format!("{} ", world.rank());
    /// let all = world.reduce_objects(0, names, |left, right| left + &right)?; // "0 1 2 "
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn reduce_objects<T, F>(&self, root: usize, value: T, combine: F) -> Result<Option<T>>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(T, T) -> T,
    {
        let _call = self.enter(Call::new("reduce_objects").element::<T>().root(root))?;
        self.check_rank("reduce_objects", root)?;
        let folded = self.fold_to_first(value, combine);
        let at_root = match (self.rank(), root) {
            (0, 0) => folded,
            (0, _) => self.hand_on(folded, root),
            (rank, _) if rank == root => {
                // In any case: what rank 0 sends must not be there for the next reduction.
                let came = self.receive_own_object(REDUCTION_TAG, 0);
                folded.and(came.map(Some))
            }
            _ => folded,
        };
        self.agree(at_root)
    }

    /// [`reduce_objects`](Self::reduce_objects) whose result every rank gets. *Collective.*
    ///
    /// # Cost
    /// A reduction to rank 0 and a broadcast.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Other`](crate::Error::Other) when a value cannot be encoded
    /// or decoded.
    #[track_caller]
    pub fn all_reduce_objects<T, F>(&self, value: T, combine: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(T, T) -> T,
    {
        let _call = self.enter(Call::new("all_reduce_objects").element::<T>())?;
        let folded = self.fold_to_first(value, combine).transpose();
        self.agree(self.broadcast_outcome(0, folded))
    }

    /// The binomial tree: in the step of width w, each rank whose number is an odd multiple of w
    /// gives what it holds, ranks [r, r + w), to rank r − w, which holds [r − w, r).
    ///
    /// The result is on rank 0, `None` elsewhere. A rank that failed sends its error up in place of
    /// a value, so that nobody waits.
    fn fold_to_first<T, F>(&self, value: T, mut combine: F) -> Result<Option<T>>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(T, T) -> T,
    {
        let mut held = Ok(Some(value));
        let mut width = 1;
        while width < self.size() {
            if !self.rank().is_multiple_of(2 * width) {
                return self.hand_on(held, self.rank() - width);
            }
            let partner = self.rank() + width;
            if partner < self.size() {
                let came = self.receive_own_object::<T>(REDUCTION_TAG, partner);
                held = held.and_then(|left| Ok(left.zip(Some(came?)).map(|(l, r)| combine(l, r))));
            }
            width *= 2;
        }
        held
    }

    /// Sends what is held, value or failure, to `destination`.
    fn hand_on<T: Serialize>(&self, held: Result<Option<T>>, to: usize) -> Result<Option<T>> {
        match held {
            Ok(None) => Ok(None),
            Ok(Some(value)) => {
                let (bytes, outcome) = self.encode_or_failure(&value);
                self.send_bytes(&bytes, to, REDUCTION_TAG)?;
                outcome.map(|()| None)
            }
            Err(error) => {
                let bytes = encode_failure(error.clone(), self.rank());
                self.send_bytes(&bytes, to, REDUCTION_TAG)?;
                Err(error)
            }
        }
    }
}
