//! Two datasets, element by element.

use std::fmt;

use partita::{Error, Operation, Result};
use serde::{Deserialize, Serialize};

use super::dataset::Place;
use super::dtype::{self, Conversion};
use super::file::{Access, File};
use super::form::{self, Form};
use super::hyperslab::Selection;
use super::printable;
use super::read::share;
use super::slab::slabs;
use super::tolerance::{Difference, Tolerance};
use super::transfer::{BUFFER_LIMIT, Part, Target};

/// How far two datasets are from each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many elements each has.
    pub elements: usize,
    /// How many differ by more than was allowed.
    pub different: usize,
    /// The largest difference there is; infinite where one is no number and the other is.
    pub largest: f64,
    /// The index of the first element, in C order, that differs by more than was allowed.
    pub first: Option<Vec<usize>>,
    /// Which part of that element, if it is a struct or an array: `.position[2]`.
    pub part: Option<String>,
    /// What is there in the one and in the other.
    pub values: Option<[String; 2]>,
}

impl<Mode: Access> File<Mode> {
    /// Compares a dataset with one of another file, by value: elements that differ by more than the
    /// [`Tolerance`], or a number that is one, count as different. *Collective.*
    ///
    /// Numbers are compared with numbers of any type, and texts with texts. Enumerations are compared by the names of
    /// their members, structs by the names of their fields, arrays of the same length part by part; of such an element
    /// the part counts that differs most. Texts, members and `bool`s are equal or differ by 1.
    ///
    /// # Cost
    /// Every byte of both once, in bounded memory; a few all-reduces. Texts of any length are compared by the root.
    ///
    /// # Errors
    /// [`Error::Usage`] when the tolerance is negative or not a number; [`Error::Shape`] when they have different
    /// shapes; [`Error::Format`] when their elements are of kinds that have nothing in common, and as
    /// [`read`](Self::read).
    pub fn compare<Other: Access>(
        &self,
        name: &str,
        other: &File<Other>,
        other_name: &str,
        tolerance: impl Into<Tolerance>,
    ) -> Result<Comparison> {
        let tolerance = tolerance.into();
        if let Some(flaw) = tolerance.flaw() {
            // Replicated: the tolerance is.
            return Err(Error::usage(format!("compare: {flaw}")));
        }
        if let Some(texts) = self.compare_texts(name, other, other_name, &tolerance)? {
            return Ok(texts);
        }
        let one = describe(self, name, &tolerance)?;
        let others = describe(other, other_name, &tolerance)?;
        // Replicated: what datasets are is told to every rank.
        if one.shape != others.shape {
            return Err(self.unlike(&one.shape, &others.shape));
        }
        let pair = one.form.as_ref().zip(others.form.as_ref());
        let Some((form, other_form)) = pair.filter(|(one, other)| one.is_comparable(other)) else {
            let there = other.path.display();
            let (own, element) = (&one.element, &others.element);
            let detail = format!(
                "its elements are {own}, those of {there}:{other_name} {element}: they have nothing in common"
            );
            return Err(Error::format(
                format!("compare {name:?} of"),
                &self.path,
                detail,
            ));
        };
        let pair = Pair {
            one: Side::new(self, name, &one, form),
            other: Side::new(other, other_name, &others, other_form),
            tolerance,
        };
        pair.compare(&one.shape)
    }

    pub(super) fn unlike(&self, shape: &[usize], other: &[usize]) -> Error {
        let detail = format!("the shapes are {shape:?} and {other:?}");
        Error::shape(self.on_path("compare"), detail)
    }
}

/// What all ranks must know of a dataset before they compare it together.
#[derive(Serialize, Deserialize)]
struct Described {
    shape: Vec<usize>,
    /// `None` where elements are not their bytes.
    form: Option<Form>,
    element: String,
    is_complete: bool,
    place: Option<Place>,
}

fn describe<Mode: Access>(
    file: &File<Mode>,
    name: &str,
    tolerance: &Tolerance,
) -> Result<Described> {
    file.ask_and_release("compare", &(name, tolerance), |source| {
        let dataset = source.dataset(name)?;
        let shape = source.shape(&dataset)?;
        let element = source.element(&dataset)?;
        let form = Form::of(&element);
        if form.is_none() && source.kind_of_text(&dataset).is_none() {
            let what = dtype::name(&element);
            return Err(source.unsupported(format!("the element type {what}")));
        }
        source.check_storage(&dataset)?;
        Ok(Described {
            shape,
            form,
            element: dtype::name(&element),
            is_complete: source.is_complete(&dataset),
            place: source.elsewhere(&dataset)?,
        })
    })
}

/// One of two datasets.
struct Side<'a, Mode> {
    file: &'a File<Mode>,
    name: &'a str,
    described: &'a Described,
    form: &'a Form,
    /// This rank's elements of a slab.
    bytes: Vec<u8>,
}

impl<'a, Mode: Access> Side<'a, Mode> {
    fn new(file: &'a File<Mode>, name: &'a str, described: &'a Described, form: &'a Form) -> Self {
        Side {
            file,
            name,
            described,
            form,
            bytes: Vec::new(),
        }
    }

    /// Reads this rank's elements of a slab. *Collective.*
    fn read(&mut self, own: &Selection) -> Result<()> {
        let length = own.volume().saturating_mul(self.form.size());
        self.bytes.clear();
        // Local: another rank may have more memory.
        let room = self.bytes.try_reserve(length).map_err(|_| Error::Memory {
            operation: self.file.on_path("compare"),
            bytes: length as u64,
        });
        self.file.communicator.agree(room)?;
        self.bytes.resize(length, 0);
        let place = self.described.place.as_ref();
        let session = self.file.session_at("compare", place)?;
        let part = Part {
            dataset: place.map_or(self.name, |place| &place.name),
            selection: own,
        };
        let target = Target {
            memory: &self.form.in_memory(),
            conversion: Conversion::ByType,
        };
        let session = session.for_chunks(self.described.is_complete);
        session.read(part, target, &mut self.bytes).map(drop)
    }

    /// The bytes of so many elements, of as many as there are.
    fn elements(&self, start: usize, length: usize) -> &[u8] {
        let size = self.form.size();
        let end = (start + length) * size;
        &self.bytes[start * size..end.min(self.bytes.len())]
    }
}

/// Two datasets of one shape, whose elements can be compared.
struct Pair<'a, One, Other> {
    one: Side<'a, One>,
    other: Side<'a, Other>,
    tolerance: Tolerance,
}

impl<One: Access, Other: Access> Pair<'_, One, Other> {
    fn compare(mut self, shape: &[usize]) -> Result<Comparison> {
        let communicator = &self.one.file.communicator;
        let (rank, ranks) = (communicator.rank(), communicator.size());
        let size = self.one.form.size().max(self.other.form.size()).max(1);
        let mut seen = Seen::default();
        for slab in slabs(shape, 1, BUFFER_LIMIT * ranks / size) {
            let own = slab.selection(&share(&slab.shape(), rank, ranks));
            self.one.read(&own)?;
            self.other.read(&own)?;
            if own.volume() == 0 {
                continue;
            }
            let mut done = 0;
            own.for_each_run(shape, |run| {
                self.compare_run(done, run.start, run.len(), &mut seen);
                done += run.len();
            });
        }
        seen.agree(self.one.file, shape)
    }

    /// Compares so many elements, from the `start`-th of this rank's and the `number`-th of the datasets'.
    fn compare_run(&self, start: usize, number: usize, length: usize, seen: &mut Seen) {
        let (one, other) = (self.one.form, self.other.form);
        let (own, others) = (
            self.one.elements(start, length),
            self.other.elements(start, length),
        );
        if one == other && own == others {
            return;
        }
        let each = own.chunks_exact(one.size().max(1));
        let each = each.zip(others.chunks_exact(other.size().max(1)));
        for (place, (bytes, other_bytes)) in each.enumerate() {
            let part = form::Part { form: one, bytes };
            let other = form::Part {
                form: other,
                bytes: other_bytes,
            };
            let difference = form::difference(part, other, &self.tolerance);
            seen.add(number + place, difference, || {
                form::first(part, other, &self.tolerance)
            });
        }
    }
}

/// What a rank found.
#[derive(Default)]
struct Seen {
    different: u64,
    largest: f64,
    /// By its number in C order.
    first: Option<(u64, Option<form::Found>)>,
}

impl Seen {
    fn add(
        &mut self,
        number: usize,
        difference: Difference,
        found: impl FnOnce() -> Option<form::Found>,
    ) {
        self.largest = self.largest.max(difference.largest);
        if !difference.counts {
            return;
        }
        self.different += 1;
        let number = number as u64;
        if self.first.as_ref().is_none_or(|(first, _)| number < *first) {
            self.first = Some((number, found()));
        }
    }

    /// What all ranks found. *Collective.*
    fn agree<Mode: Access>(self, file: &File<Mode>, shape: &[usize]) -> Result<Comparison> {
        let communicator = &file.communicator;
        let own = self.first.as_ref().map_or(u64::MAX, |(number, _)| *number);
        let firsts = communicator.all_gather(&[own])?;
        // Replicated from here on. Elements are of one rank each.
        let first = { firsts.iter().copied().enumerate() }
            .min_by_key(|(_, number)| *number)
            .filter(|(_, number)| *number != u64::MAX);
        let found = match first {
            None => None,
            Some((owner, _)) => {
                let own = self.first.and_then(|(_, found)| found);
                let own = own.map(|found| (found.part, found.values));
                communicator
                    .broadcast_object(owner, (communicator.rank() == owner).then_some(own))?
            }
        };
        let (part, values) = found.unzip();
        let different = communicator.all_reduce_value(self.different, Operation::Sum)?;
        Ok(Comparison {
            elements: shape.iter().product(),
            different: different as usize,
            largest: communicator.all_reduce_value(self.largest, Operation::Max)?,
            first: first.map(|(_, number)| index_of(number as usize, shape)),
            part: part.filter(|part| !part.is_empty()),
            values,
        })
    }
}

pub(super) fn index_of(number: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = number;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let index = rest % length;
            rest /= length;
            index
        })
        .collect();
    index.reverse();
    index
}

/// More characters of a value are not read by anyone.
const LONGEST_SHOWN: usize = 100;

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (different, elements, largest) = (self.different, self.elements, self.largest);
        let Some(first) = &self.first else {
            return write!(
                formatter,
                "{elements} elements, largest difference {largest:e}"
            );
        };
        write!(
            formatter,
            "{different} of {elements} elements differ, the first at {first:?}"
        )?;
        if let Some([one, other]) = &self.values {
            let part = printable(self.part.as_deref().unwrap_or_default(), LONGEST_SHOWN);
            let [one, other] = [one, other].map(|value| printable(value, LONGEST_SHOWN));
            write!(formatter, "{part} ({one} and {other})")?;
        }
        write!(formatter, ", by {largest:e} at most")
    }
}
