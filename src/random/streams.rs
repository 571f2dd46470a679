//! A seed as 2^64 families of 2^64 streams, each reached at once.

use rand_xoshiro::rand_core::{Rng, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

use super::jump::Jump;
use super::lanes::{LANES, Lanes, State, WORDS};
use crate::error::{Error, Result};

/// The streams of a seed: pieces of the one sequence of xoshiro256++ that do not overlap.
///
/// Stream n of family f begins n·2^128 + f·2^192 outputs after the seed's beginning, and is 2^128 long: the
/// published `jump` and `long_jump`, repeated. Kernels that must not share numbers take different families.
///
/// ```
/// use partita::random::{Rng, Streams};
/// let streams = Streams::new(42);
/// let mut last = streams.stream(1_000_000_007); // without the billion before it
/// let mut same = streams.stream(1_000_000_006);
/// same.jump();
/// assert_eq!(last.next_u64(), same.next_u64());
/// ```
///
/// # Cost
/// To reach a stream: a multiplication of polynomials for each bit that is set in its number (0.3 µs each) and
/// one jump (0.5 µs).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streams {
    origin: State<1>,
}

impl Streams {
    /// The streams of a seed, which SplitMix64 spreads over the generator's state. *Local.*
    ///
    /// Stream 0 of family 0 is `Xoshiro256PlusPlus::seed_from_u64(seed)`.
    pub fn new(seed: u64) -> Self {
        let mut words = SplitMix64::seed_from_u64(seed);
        Streams {
            origin: State(std::array::from_fn(|_| [words.next_u64()])),
        }
    }

    /// The streams that begin at a state of the generator. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] for the state of zeros, which the generator never leaves.
    pub fn from_state(state: [u64; WORDS]) -> Result<Self> {
        if state == [0; WORDS] {
            return Err(Error::usage("random: a state of zeros gives zeros only"));
        }
        Ok(Streams {
            origin: State(state.map(|word| [word])),
        })
    }

    /// Another family of 2^64 streams; of the seed's own, `family(0)`, every other family is apart. *Local.*
    ///
    /// Families of families add up: `family(2).family(3)` is `family(5)`.
    pub fn family(&self, number: u64) -> Self {
        let mut origin = self.origin.clone();
        if number > 0 {
            origin.jump(&Jump::over(0, number));
        }
        Streams { origin }
    }

    /// One stream, as the `rand` crates' generator. *Local.*
    pub fn stream(&self, number: u64) -> Xoshiro256PlusPlus {
        let State(words) = self.at(number);
        let mut seed = [0; 8 * WORDS];
        for (bytes, [word]) in seed.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Xoshiro256PlusPlus::from_seed(seed)
    }

    /// The streams `first..first + LANES`, side by side. *Local.*
    pub fn lanes(&self, first: u64) -> Lanes {
        let next = Jump::over(1, 0);
        let mut lane = self.at(first);
        let mut words = [[0; LANES]; WORDS];
        for l in 0..LANES {
            for (word, lane) in words.iter_mut().zip(&lane.0) {
                word[l] = lane[0];
            }
            lane.jump(&next);
        }
        Lanes(State(words))
    }

    fn at(&self, number: u64) -> State<1> {
        let mut state = self.origin.clone();
        if number > 0 {
            state.jump(&Jump::over(number, 0));
        }
        state
    }
}

/// A distance in streams that is jumped many times.
///
/// ```
/// use partita::random::{Streams, Stride};
/// let streams = Streams::new(42);
/// let stride = Stride::new(24);
/// let mut lanes = streams.lanes(8);
/// lanes.advance(&stride);
/// assert_eq!(lanes, streams.lanes(32));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stride(pub(super) Jump);

impl Stride {
    /// The distance of so many streams. *Local.*
    pub fn new(streams: u64) -> Self {
        Stride(Jump::over(streams, 0))
    }
}
