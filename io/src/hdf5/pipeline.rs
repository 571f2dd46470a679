//! What was done to the chunks of a dataset before they were stored, undone within bounds.
//!
//! HDF5's own deflate filter takes as much memory as a stream unpacks to. Here nothing becomes longer than the filters
//! can have made it of the chunk's elements.

use flate2::Decompress;
use serde::{Deserialize, Serialize};

use super::codecs::{unpack, unshuffle, without_checksum};
use super::ffi::StoredFilter;

/// A filter, in HDF5's numbering of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Filter {
    /// 1: a zlib stream.
    Deflate,
    /// 2: the first bytes of all units of this size, then the second ones, and so on.
    Shuffle(usize),
    /// 3: four bytes of checksum behind the data.
    Fletcher32,
    /// 4: szip's stream, behind its length when unpacked.
    Szip,
    /// 5 and 6: n-bit and scale-offset, which make so many bytes of whatever there is.
    Fixed(usize),
    /// Code that this program was allowed to load.
    Loaded(i32),
}

/// The filters of a dataset, in the order in which they were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pipeline(Vec<Filter>);

/// Why a chunk is not unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is not what its dataset says, in words.
    Damaged(String),
    /// So many bytes of memory are not there.
    Memory(usize),
}

/// Memory for one chunk, taken once for all of them, and the state of the zlib streams.
pub(super) struct Workspace {
    /// The chunk is at the beginning of this.
    pub bytes: Vec<u8>,
    spare: Vec<u8>,
    inflate: Decompress,
}

impl Pipeline {
    /// These filters, as HDF5 reads what they were told.
    pub fn of(stored: &[StoredFilter]) -> Self {
        let filters = stored
            .iter()
            .map(|filter| match (filter.id, &*filter.values) {
                (1, _) => Filter::Deflate,
                (2, [size, ..]) if *size > 0 => Filter::Shuffle(*size as usize),
                (3, _) => Filter::Fletcher32,
                (4, _) => Filter::Szip,
                (5 | 6, [_, _, elements, _, size, ..]) => {
                    Filter::Fixed((*elements as usize).saturating_mul(*size as usize))
                }
                (id, _) => Filter::Loaded(id),
            });
        Pipeline(filters.collect())
    }

    /// Whether nothing of it needs HDF5.
    pub fn is_undone_here(&self) -> bool {
        self.0.iter().all(|filter| filter.is_undone_here())
    }

    /// Whether code that was loaded sees the chunks first: what that makes of them is its own.
    pub fn is_told_nothing(&self) -> bool {
        matches!(self.0.last(), Some(Filter::Loaded(_)))
    }

    /// What cannot be bounded of it, in words: a stream within what only HDF5 unpacks.
    pub fn unbounded(&self) -> Option<String> {
        let last = self.0.iter().rposition(|filter| !filter.is_undone_here())?;
        let mut inner = self.0[..last].iter();
        let stream = inner.find(|filter| matches!(filter, Filter::Deflate | Filter::Szip))?;
        let outer = self.0[last];
        Some(format!(
            "a filter ({outer:?}) behind a compression ({stream:?})"
        ))
    }

    /// How many bytes `bytes` of elements can have at most, once they are stored.
    pub fn most_stored(&self, bytes: usize) -> usize {
        self.before(self.0.len(), u32::MIN, bytes).1
    }

    /// Of `bytes` of elements, how many come to the filter of this number: at least and at most.
    fn before(&self, number: usize, mask: u32, bytes: usize) -> (usize, usize) {
        let earlier = self.applied(mask).filter(|&(place, _)| place < number);
        earlier.fold((bytes, bytes), |(least, most), (_, filter)| match filter {
            Filter::Deflate => (0, longest(most)),
            Filter::Shuffle(_) => (least, most),
            Filter::Szip | Filter::Fixed(_) | Filter::Loaded(_) => (0, longest(most)),
            Filter::Fletcher32 => (least.saturating_add(4), most.saturating_add(4)),
        })
    }

    fn applied(&self, mask: u32) -> impl DoubleEndedIterator<Item = (usize, Filter)> + '_ {
        let skipped = move |number: usize| number < 32 && mask >> number & 1 == 1;
        let filters = self.0.iter().copied().enumerate();
        filters.filter(move |&(number, _)| !skipped(number))
    }

    /// Unpacks a chunk of `stored` bytes into its `bytes` of elements, at the beginning of the workspace before as after;
    /// without the filters whose bits are set in `mask`. Where a filter needs HDF5, what that would make of the rest is
    /// all that is looked at.
    pub fn undo(
        &self,
        mask: u32,
        stored: usize,
        bytes: usize,
        workspace: &mut Workspace,
    ) -> Result<(), Broken> {
        let mut length = stored;
        for (number, filter) in self.applied(mask).rev() {
            let (least, most) = self.before(number, mask, bytes);
            length = match filter {
                Filter::Deflate => workspace.inflate(length, least, most)?,
                Filter::Shuffle(size) => workspace.unshuffle(length, size)?,
                Filter::Fletcher32 => without_checksum(&workspace.bytes[..length])?,
                Filter::Loaded(_) => return Ok(()),
                Filter::Fixed(made) => return within(made, most),
                Filter::Szip => {
                    let head = workspace.bytes[..length].first_chunk();
                    let made = head.map_or(0, |head| u32::from_le_bytes(*head));
                    return within(made as usize, most);
                }
            };
        }
        match length == bytes {
            true => Ok(()),
            false => Err(Broken::Damaged(format!(
                "it has {length} bytes, not {bytes}"
            ))),
        }
    }
}

/// What cannot be compressed becomes longer by a few bytes every 16 KiB.
fn longest(bytes: usize) -> usize {
    bytes.saturating_add(bytes / 512).saturating_add(4096)
}

impl Filter {
    fn is_undone_here(self) -> bool {
        matches!(
            self,
            Filter::Deflate | Filter::Shuffle(_) | Filter::Fletcher32
        )
    }
}

impl Workspace {
    pub fn new() -> Self {
        Workspace {
            bytes: Vec::new(),
            spare: Vec::new(),
            inflate: Decompress::new(true),
        }
    }

    /// Makes the memory at least so long.
    pub fn reserve(&mut self, length: usize) -> Result<(), Broken> {
        lengthen(&mut self.bytes, length)
    }

    fn inflate(&mut self, length: usize, least: usize, most: usize) -> Result<usize, Broken> {
        lengthen(&mut self.spare, most)?;
        self.inflate.reset(true);
        let (packed, room) = (&self.bytes[..length], &mut self.spare[..most]);
        let found = unpack(&mut self.inflate, packed, room)?;
        if found < least {
            let detail = format!("it unpacks to {found} bytes, not {least}");
            return Err(Broken::Damaged(detail));
        }
        std::mem::swap(&mut self.bytes, &mut self.spare);
        Ok(found)
    }

    fn unshuffle(&mut self, length: usize, size: usize) -> Result<usize, Broken> {
        if size > 1 && length >= 2 * size {
            lengthen(&mut self.spare, length)?;
            unshuffle(&self.bytes[..length], size, &mut self.spare[..length]);
            std::mem::swap(&mut self.bytes, &mut self.spare);
        }
        Ok(length)
    }
}

fn within(made: usize, most: usize) -> Result<(), Broken> {
    match made <= most {
        true => Ok(()),
        false => Err(Broken::Damaged(format!(
            "it unpacks to {made} bytes, not {most}"
        ))),
    }
}

fn lengthen(memory: &mut Vec<u8>, length: usize) -> Result<(), Broken> {
    let missing = length.saturating_sub(memory.len());
    if missing > 0 {
        let reserved = memory.try_reserve_exact(missing);
        reserved.map_err(|_| Broken::Memory(length))?;
        memory.resize(length, 0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;

    use super::super::codecs::fletcher32;
    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn shuffled(bytes: &[u8], size: usize) -> Vec<u8> {
        let number = bytes.len() / size;
        let place = |at: usize| bytes[at % number * size + at / number];
        let mut shuffled: Vec<u8> = (0..number * size).map(place).collect();
        shuffled.extend(&bytes[number * size..]);
        shuffled
    }

    /// As the filters store it, but for those of the mask.
    fn applied(filters: &[Filter], mask: u32, bytes: &[u8]) -> Vec<u8> {
        let filters = filters.iter().enumerate();
        let filters = filters.filter(|(number, _)| mask >> number & 1 == 0);
        filters.fold(bytes.to_vec(), |bytes, (_, filter)| match *filter {
            Filter::Deflate => deflated(&bytes),
            Filter::Szip | Filter::Fixed(_) | Filter::Loaded(_) => bytes,
            Filter::Shuffle(size) => shuffled(&bytes, size),
            Filter::Fletcher32 => {
                let sum = fletcher32(&bytes).to_le_bytes();
                [&bytes, &sum[..]].concat()
            }
        })
    }

    fn undone(
        filters: &[Filter],
        mask: u32,
        stored: &[u8],
        bytes: usize,
    ) -> Result<Vec<u8>, Broken> {
        let mut workspace = Workspace::new();
        workspace.bytes = stored.to_vec();
        let pipeline = Pipeline(filters.to_vec());
        pipeline.undo(mask, stored.len(), bytes, &mut workspace)?;
        workspace.bytes.truncate(bytes);
        Ok(workspace.bytes)
    }

    fn words(outcome: Result<Vec<u8>, Broken>) -> String {
        match outcome {
            Err(Broken::Damaged(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_checksum_in_the_order_of_old_versions_is_one() {
        let bytes = *b"abcdef";
        let [a, b, c, d] = fletcher32(&bytes).to_le_bytes();
        let old = [&bytes[..], &[b, a, d, c]].concat();
        let filters = [Filter::Fletcher32];
        assert_eq!(undone(&filters, 0, &old, 6), Ok(bytes.to_vec()));
        let other = [&bytes[..], &[c, d, a, b]].concat();
        assert!(words(undone(&filters, 0, &other, 6)).contains("Fletcher32 checksum is"));
    }

    #[test]
    fn streams_that_are_not_of_their_length_are_told() {
        let filters = [Filter::Deflate];
        let stream = deflated(&[7; 1000]);
        assert_eq!(undone(&filters, 0, &stream, 1000), Ok(vec![7; 1000]));
        let long = words(undone(&filters, 0, &stream, 999));
        assert_eq!(long, "it unpacks to more than its 999 bytes");
        let short = words(undone(&filters, 0, &stream, 1001));
        assert_eq!(short, "it unpacks to 1000 bytes, not 1001");
        let cut = words(undone(&filters, 0, &stream[..stream.len() - 1], 1000));
        assert_eq!(cut, "its zlib stream has no end");
        let mut flipped = stream.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let flipped = words(undone(&filters, 0, &flipped, 1000));
        assert_eq!(flipped, "its zlib stream is damaged");
        let behind = [&stream[..], b"anything"].concat();
        assert_eq!(undone(&filters, 0, &behind, 1000), Ok(vec![7; 1000]));
        assert_eq!(
            words(undone(&filters, 0, &[], 8)),
            "its zlib stream has no end"
        );
        // Skipped by the mask, the bytes are the stream's.
        let raw = words(undone(&filters, 1, &stream, 1000));
        assert_eq!(raw, format!("it has {} bytes, not 1000", stream.len()));
    }

    #[test]
    fn a_stream_in_a_stream_takes_no_more_memory_than_its_chunk() {
        let filters = [Filter::Deflate, Filter::Deflate];
        let bomb = deflated(&deflated(&vec![0; 64 << 20]));
        assert!(bomb.len() < 1000);
        let mut workspace = Workspace::new();
        workspace.bytes = bomb.clone();
        let pipeline = Pipeline(filters.to_vec());
        let undone = pipeline.undo(0, bomb.len(), 1000, &mut workspace);
        assert!(matches!(undone, Err(Broken::Damaged(_))), "{undone:?}");
        assert!(workspace.bytes.capacity() + workspace.spare.capacity() < 20_000);
    }

    #[test]
    fn what_hdf5_unpacks_is_looked_at_before() {
        let head = |length: u32| [&length.to_le_bytes()[..], b"szip"].concat();
        let of = |filters: &[Filter], stored: &[u8]| {
            let mut workspace = Workspace::new();
            workspace.bytes = stored.to_vec();
            Pipeline(filters.to_vec()).undo(0, stored.len(), 1000, &mut workspace)
        };
        let packed = deflated(&head(1000));
        assert_eq!(of(&[Filter::Szip, Filter::Deflate], &packed), Ok(()));
        let packed = deflated(&head(1001));
        assert!(of(&[Filter::Szip, Filter::Deflate], &packed).is_err());
        assert_eq!(of(&[Filter::Fixed(1000)], b"any"), Ok(()));
        assert!(of(&[Filter::Fixed(1001)], b"any").is_err());
        assert_eq!(of(&[Filter::Loaded(7)], b"any"), Ok(()));
        let bomb = deflated(&vec![0; 1 << 20]);
        assert!(of(&[Filter::Fixed(1000), Filter::Deflate], &bomb).is_err());
        let within = Pipeline(vec![Filter::Deflate, Filter::Shuffle(8), Filter::Loaded(7)]);
        assert!(!within.is_undone_here() && within.unbounded().is_some());
        let outside = Pipeline(vec![Filter::Fixed(8), Filter::Loaded(7), Filter::Deflate]);
        assert_eq!(outside.unbounded(), None);
    }

    fn filter() -> impl Strategy<Value = Filter> {
        prop_oneof![
            Just(Filter::Deflate),
            (1usize..20).prop_map(Filter::Shuffle),
            Just(Filter::Fletcher32),
        ]
    }

    proptest! {
        #[test]
        fn what_filters_did_is_undone_in_any_order(
            filters in prop::collection::vec(filter(), 0..6),
            mask in any::<u32>(),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let stored = applied(&filters, mask, &bytes);
            prop_assert!(stored.len() <= Pipeline(filters.clone()).most_stored(bytes.len()));
            prop_assert_eq!(undone(&filters, mask, &stored, bytes.len()), Ok(bytes));
        }

        #[test]
        fn any_bytes_at_all_are_a_chunk_or_an_error(
            filters in prop::collection::vec(filter(), 1..4),
            stored in prop::collection::vec(any::<u8>(), 0..100),
            bytes in 0usize..100,
        ) {
            if let Ok(elements) = undone(&filters, 0, &stored, bytes) {
                prop_assert_eq!(elements.len(), bytes);
            }
        }
    }
}
