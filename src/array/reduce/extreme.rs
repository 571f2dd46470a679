//! The smallest and the largest element, and where they are.

use super::{Ordered, Reducer};
use crate::error::{Error, Result};
use crate::layout::Axes;

/// The smallest or the largest element, as a [`Reducer`].
///
/// A NaN among the elements is the result, wherever it is; with `SKIP_NAN`, it counts as not there. Of zeros,
/// −0 is the smaller one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extreme<const LARGEST: bool, const SKIP_NAN: bool>;

/// The position of the smallest or the largest element, in C order, as a [`Reducer`]: of several equal ones (zeros of
/// either sign are equal), and of several NaNs, the first.
#[derive(Debug, Clone, Copy, Default)]
pub struct ArgExtreme<const LARGEST: bool, const SKIP_NAN: bool>;

/// See [`min`](super::Reductions::min).
pub type Min = Extreme<false, false>;
/// See [`max`](super::Reductions::max).
pub type Max = Extreme<true, false>;
/// See [`nan_min`](super::Reductions::nan_min).
pub type NanMin = Extreme<false, true>;
/// See [`nan_max`](super::Reductions::nan_max).
pub type NanMax = Extreme<true, true>;
/// See [`argmin`](super::Reductions::argmin).
pub type ArgMin = ArgExtreme<false, false>;
/// See [`argmax`](super::Reductions::argmax).
pub type ArgMax = ArgExtreme<true, false>;
/// See [`nan_argmin`](super::Reductions::nan_argmin).
pub type NanArgMin = ArgExtreme<false, true>;
/// See [`nan_argmax`](super::Reductions::nan_argmax).
pub type NanArgMax = ArgExtreme<true, true>;

macro_rules! unit_values {
    ($($name:ident: $type:ident<$largest:literal, $skip:literal>),*) => {
        $(#[allow(non_upper_case_globals)]
        #[doc = concat!("The only value of the type.")]
        pub const $name: $type<$largest, $skip> = $type;)*
    };
}

unit_values!(
    Min: Extreme<false, false>, Max: Extreme<true, false>,
    NanMin: Extreme<false, true>, NanMax: Extreme<true, true>,
    ArgMin: ArgExtreme<false, false>, ArgMax: ArgExtreme<true, false>,
    NanArgMin: ArgExtreme<false, true>, NanArgMax: ArgExtreme<true, true>
);

/// The key by which a value competes: a NaN with the best or the worst there is.
#[inline(always)]
fn key_of<A: Ordered, const LARGEST: bool, const SKIP_NAN: bool>(value: A) -> A::Key {
    match value.is_nan() {
        true if LARGEST != SKIP_NAN => A::MOST,
        true => A::LEAST,
        false => value.key(),
    }
}

#[inline(always)]
fn better<Key: Ord, const LARGEST: bool>(one: Key, other: Key) -> Key {
    if LARGEST {
        one.max(other)
    } else {
        one.min(other)
    }
}

/// The best key of the values, which are some.
#[multiversion::multiversion(targets = "simd")]
fn best_key<A: Ordered, const LARGEST: bool, const SKIP_NAN: bool>(values: &[A]) -> A::Key {
    const LANES: usize = 32;
    let worst = if LARGEST { A::LEAST } else { A::MOST };
    let mut best = [worst; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let key = key_of::<A, LARGEST, SKIP_NAN>(chunk[lane]);
            best[lane] = better::<_, LARGEST>(best[lane], key);
        }
    }
    for (best, &value) in best.iter_mut().zip(tail) {
        *best = better::<_, LARGEST>(*best, key_of::<A, LARGEST, SKIP_NAN>(value));
    }
    best.into_iter().fold(worst, better::<_, LARGEST>)
}

fn none_there(name: &str, skips: bool) -> Error {
    let detail = if skips {
        "there is no number"
    } else {
        "there are no elements"
    };
    Error::shape(name, detail)
}

const fn name(largest: bool) -> &'static str {
    if largest { "max" } else { "min" }
}

impl<A: Ordered, const LARGEST: bool, const SKIP_NAN: bool> Reducer<A>
    for Extreme<LARGEST, SKIP_NAN>
{
    type State = Option<A::Key>;
    type Output = A;
    const NAME: &'static str = name(LARGEST);

    fn start(&self) -> Self::State {
        None
    }

    fn add(&self, state: &mut Self::State, _position: usize, values: &[A]) {
        if !values.is_empty() {
            self.merge_key(state, best_key::<A, LARGEST, SKIP_NAN>(values));
        }
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        if let Some(other) = other {
            self.merge_key(state, other);
        }
    }

    fn finish(&self, state: Self::State) -> Result<A> {
        let worst = if LARGEST { A::LEAST } else { A::MOST };
        let found = state.filter(|key| !(SKIP_NAN && A::HAS_NAN && *key == worst));
        found
            .map(A::from_key)
            .ok_or_else(|| none_there(name(LARGEST), SKIP_NAN))
    }
}

impl<const LARGEST: bool, const SKIP_NAN: bool> Extreme<LARGEST, SKIP_NAN> {
    fn merge_key<Key: Ord + Copy>(self, state: &mut Option<Key>, key: Key) {
        *state = Some(state.map_or(key, |best| better::<_, LARGEST>(best, key)));
    }
}

impl<A: Ordered, const LARGEST: bool, const SKIP_NAN: bool> Reducer<A>
    for ArgExtreme<LARGEST, SKIP_NAN>
{
    type State = Option<(A::Key, usize)>;
    type Output = usize;
    const NAME: &'static str = if LARGEST { "argmax" } else { "argmin" };
    const POSITIONED: bool = true;

    fn start(&self) -> Self::State {
        None
    }

    fn add(&self, state: &mut Self::State, position: usize, values: &[A]) {
        let key = |value: &A| key_of::<A, LARGEST, SKIP_NAN>(value.without_sign_of_zero());
        if values.is_empty() {
            return;
        }
        // The zeros of the best key may be of either sign.
        let best = A::from_key(best_key::<A, LARGEST, SKIP_NAN>(values));
        let best = match best.is_nan() {
            true => best_key::<A, LARGEST, SKIP_NAN>(values),
            false => best.without_sign_of_zero().key(),
        };
        let improves = state.is_none_or(|(held, at)| {
            let better = better::<_, LARGEST>(held, best) == best;
            better && (held != best || position < at)
        });
        if improves && let Some(place) = values.iter().position(|value| key(value) == best) {
            Reducer::<A>::merge(self, state, Some((best, position + place)));
        }
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        let Some((key, position)) = other else { return };
        let wins = state.is_none_or(|(held, at)| match held == key {
            true => position < at,
            false => better::<_, LARGEST>(held, key) == key,
        });
        if wins {
            *state = other;
        }
    }

    fn finish(&self, state: Self::State) -> Result<usize> {
        let worst = if LARGEST { A::LEAST } else { A::MOST };
        let found = state.filter(|(key, _)| !(SKIP_NAN && A::HAS_NAN && *key == worst));
        found
            .map(|(_, position)| position)
            .ok_or_else(|| none_there(<Self as Reducer<A>>::NAME, SKIP_NAN))
    }
}

/// The index of a position in C order.
pub(super) fn index_of<D: Axes>(shape: &[usize], position: usize) -> D::Index {
    let (mut index, mut rest) = (D::origin(), position);
    for (index, &length) in index.as_mut().iter_mut().zip(shape).rev() {
        *index = rest % length;
        rest /= length;
    }
    index
}
