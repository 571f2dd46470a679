//! What a rank calls, as a hash to compare and as words to read.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// As many as an `ndarray` can count.
const MOST_AXES: usize = 6;

/// No length of an axis.
const NO_AXIS: usize = usize::MAX;

/// One call of a collective: all that has to be the same on every rank.
///
/// ```ignore
/// let _call = self.enter(Call::new("gather").slice(part).root(root))?;
/// ```
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    operation: &'static str,
    detail: &'static str,
    element: &'static str,
    count: Option<usize>,
    /// The global shape of an array, filled up with `NO_AXIS`.
    shape: [usize; MOST_AXES],
    root: Option<usize>,
    seed: Option<u64>,
    /// A hash of a layout, or of several.
    layout: Option<u64>,
    /// A hash of other arguments.
    arguments: Option<u64>,
    site: Option<&'static Location<'static>>,
}

impl Call {
    /// A call of which nothing but its name is the same on every rank.
    pub(crate) const fn new(operation: &'static str) -> Self {
        Call {
            operation,
            detail: "",
            element: "",
            count: None,
            shape: [NO_AXIS; MOST_AXES],
            root: None,
            seed: None,
            layout: None,
            arguments: None,
            site: None,
        }
    }

    /// Not a call: the end of the program.
    pub(super) const fn end() -> Self {
        Call::new("the end of the program")
    }

    /// With elements of type `T`, of which each rank may have another number.
    pub(crate) fn element<T: ?Sized>(mut self) -> Self {
        self.element = std::any::type_name::<T>();
        self
    }

    /// With as many elements of type `T` on every rank.
    pub(crate) fn slice<T>(self, elements: &[T]) -> Self {
        self.counted::<T>(elements.len())
    }

    /// With this number of elements of type `T` on every rank.
    pub(crate) fn counted<T>(mut self, count: usize) -> Self {
        self.count = Some(count);
        self.element::<T>()
    }

    /// On an array of this global shape, with elements of type `T`.
    pub(crate) fn array<T>(mut self, shape: &[usize]) -> Self {
        for (place, &length) in self.shape.iter_mut().zip(shape) {
            *place = length;
        }
        self.count = Some(shape.iter().product());
        self.element::<T>()
    }

    /// With this root.
    pub(crate) fn root(mut self, root: usize) -> Self {
        self.root = Some(root);
        self
    }

    /// With this seed of random numbers.
    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// With this layout, or these, of arrays; too long to be told, but looked at.
    pub(crate) fn layout(mut self, layout: &impl Hash) -> Self {
        self.layout = Some(hash_of(layout));
        self
    }

    /// With these arguments, too long to be told, but looked at: an axis, a slice, a distribution.
    pub(crate) fn given(mut self, arguments: &(impl Hash + ?Sized)) -> Self {
        self.arguments = Some(hash_of(arguments));
        self
    }

    /// With something else that must not differ, such as the name of a reduction's operation.
    pub(crate) fn detail(mut self, detail: &'static str) -> Self {
        self.detail = detail;
        self
    }

    /// In the line that called the caller.
    #[track_caller]
    pub(crate) fn here(self) -> Self {
        self.at(Location::caller())
    }

    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    pub(super) fn at(mut self, site: &'static Location<'static>) -> Self {
        self.site = Some(site);
        self
    }

    /// The same on every rank that makes this call; where `strict`, in this line. Never 0.
    pub(super) fn hash(&self, strict: bool) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.operation, self.detail, self.element).hash(&mut hasher);
        (self.count, self.shape, self.root, self.seed).hash(&mut hasher);
        (self.layout, self.arguments).hash(&mut hasher);
        if let Some(site) = self.site.filter(|_| strict) {
            (site.file(), site.line(), site.column()).hash(&mut hasher);
        }
        hasher.finish().max(1)
    }
}

fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    // Its keys are constants: the same program hashes alike on every rank.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// `all_reduce (Sum) of 4 f64 at src/main.rs:12`
impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.operation)?;
        if !self.detail.is_empty() {
            write!(formatter, " ({})", self.detail)?;
        }
        let axes = self.shape.iter().filter(|&&length| length != NO_AXIS);
        let axes: Vec<String> = axes.map(usize::to_string).collect();
        match (self.count, self.element) {
            (None, "") => {}
            (None, element) => write!(formatter, " of {element}")?,
            (Some(_), element) if !axes.is_empty() => {
                write!(formatter, " of {} {element}", axes.join("×"))?;
            }
            (Some(count), element) => write!(formatter, " of {count} {element}")?,
        }
        if let Some(root) = self.root {
            write!(formatter, ", root {root}")?;
        }
        if let Some(seed) = self.seed {
            write!(formatter, ", seed {seed}")?;
        }
        if let Some(layout) = self.layout {
            write!(formatter, ", layout #{layout:016x}")?;
        }
        if let Some(arguments) = self.arguments {
            write!(formatter, ", arguments #{arguments:016x}")?;
        }
        match self.site {
            Some(site) => write!(formatter, " at {}:{}", site.file(), site.line()),
            None => Ok(()),
        }
    }
}

/// What a rank tells the others when they differ.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Record {
    /// The call, in words.
    Call(String),
    /// The program has ended there, with this error if it failed.
    End(Option<Error>),
}

impl Record {
    pub(super) fn is_end(&self) -> bool {
        matches!(self, Record::End(_))
    }
}

/// The error of ranks that do not meet: what a rank failed with, or who called what.
pub(super) fn mismatch(records: &[Record]) -> Error {
    let failed = records.iter().enumerate().find_map(|(rank, record)| {
        let Record::End(Some(error)) = record else {
            return None;
        };
        Some(error.clone().on_rank(rank))
    });
    failed.unwrap_or_else(|| {
        let words = records.iter().enumerate().map(|(rank, record)| {
            let text = match record {
                Record::Call(call) => call.as_str(),
                Record::End(_) => "the end of the program",
            };
            (rank, text)
        });
        Error::Mismatch {
            calls: in_groups(words).join("; "),
        }
    })
}

/// Ranks with the same words together, in the order of their first ranks:
/// `ranks 0, 2–3: barrier at src/main.rs:12`.
pub(super) fn in_groups<'a>(words: impl Iterator<Item = (usize, &'a str)>) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (rank, text) in words {
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, ranks)) => ranks.push(rank),
            None => groups.push((text, vec![rank])),
        }
    }
    groups
        .into_iter()
        .map(|(text, ranks)| format!("{}: {text}", name(&ranks)))
        .collect()
}

/// `rank 3`, or `ranks 0, 2–3`; the ranks ascend.
pub(super) fn name(ranks: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &rank in ranks {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == rank => *last = rank,
            _ => runs.push((rank, rank)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => format!("{first}"),
            1 => format!("{first}, {last}"),
            _ => format!("{first}–{last}"),
        })
        .collect();
    let word = if ranks.len() == 1 { "rank" } else { "ranks" };
    format!("{word} {}", runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_named_in_runs() {
        assert_eq!(name(&[3]), "rank 3");
        assert_eq!(name(&[0, 1]), "ranks 0, 1");
        assert_eq!(name(&[0, 2, 3, 4, 7]), "ranks 0, 2–4, 7");
    }

    #[test]
    fn a_call_reads_as_it_was_written() {
        let call = Call::new("all_reduce").detail("Sum").slice(&[0.0f64; 4]);
        assert_eq!(call.to_string(), "all_reduce (Sum) of 4 f64");
        let call = Call::new("gatherv").element::<u8>().root(2);
        assert_eq!(call.to_string(), "gatherv of u8, root 2");
        let call = Call::new("sum").array::<f64>(&[40, 30]);
        assert_eq!(call.to_string(), "sum of 40×30 f64");
        assert_eq!(Call::new("barrier").to_string(), "barrier");
    }

    #[test]
    fn everything_that_must_not_differ_is_in_the_hash() {
        let base = || Call::new("broadcast").slice(&[0.0f64; 4]).root(0);
        let hash = base().hash(false);
        assert_eq!(hash, base().at(Location::caller()).hash(false));
        for other in [
            Call::new("gather").slice(&[0.0f64; 4]).root(0),
            base().slice(&[0.0f64; 3]),
            base().slice(&[0u64; 4]),
            base().root(1),
            base().detail("Sum"),
            base().array::<f64>(&[2, 2]),
            base().layout(&[2, 2]),
            base().given(&[2, 2]),
        ] {
            assert_ne!(hash, other.hash(false), "{other}");
        }
        assert_ne!(hash, base().at(Location::caller()).hash(true));
    }

    #[test]
    fn the_error_of_the_lowest_rank_that_failed_comes_before_a_mismatch() {
        let call = |words: &str| Record::Call(words.to_owned());
        let records = [call("barrier"), Record::End(None), call("barrier")];
        let calls = "ranks 0, 2: barrier; rank 1: the end of the program".to_owned();
        assert_eq!(mismatch(&records), Error::Mismatch { calls });
        let failed = |text| Record::End(Some(Error::other(text)));
        let records = [call("barrier"), failed("one"), failed("two")];
        assert_eq!(mismatch(&records), Error::other("one").on_rank(1));
    }
}
