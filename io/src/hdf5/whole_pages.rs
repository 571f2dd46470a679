//! Writing in calls that end where the page cache's large pages do.

use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt;

use super::placed::Extent;

/// The system keeps what one call writes on pages as large as the call allows, up to about this. Calls that begin and
/// end anywhere leave it many small ones: slower to write, and to be read later (ext4, Linux 6.18: by a third and a
/// fifth at least).
const LARGE_PAGE: u64 = 1 << 20;

/// Elements on their way from memory, where they lie in one run, to extents of a file: extents that follow
/// each other are one, and what has not reached the end of a large page waits.
pub(super) struct WholePages<'a> {
    file: &'a File,
    /// What is not written yet.
    rest: &'a [u8],
    /// Where the first of that belongs.
    address: u64,
    /// How much of it was added.
    waiting: usize,
}

impl<'a> WholePages<'a> {
    pub fn new(file: &'a File, bytes: &'a [u8]) -> Self {
        WholePages {
            file,
            rest: bytes,
            address: 0,
            waiting: 0,
        }
    }

    /// The place of the next bytes in memory.
    pub fn add(&mut self, extent: Extent) -> Result<()> {
        if self.address + self.waiting as u64 != extent.address {
            self.write(self.waiting)?;
            self.address = extent.address;
        }
        self.waiting += extent.bytes;
        let end = self.address + self.waiting as u64;
        let whole = (end / LARGE_PAGE * LARGE_PAGE).saturating_sub(self.address);
        self.write(whole as usize)
    }

    /// Writes what waits.
    pub fn finish(mut self) -> Result<()> {
        self.write(self.waiting)
    }

    fn write(&mut self, length: usize) -> Result<()> {
        if length == 0 {
            return Ok(());
        }
        let (next, rest) = self.rest.split_at(length);
        self.file.write_all_at(next, self.address)?;
        self.rest = rest;
        self.address += length as u64;
        self.waiting -= length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_byte_comes_to_its_extent(
            pairs in prop::collection::vec((prop::sample::select(vec![0u64, 0, 1, 4096, 1 << 20]), 0usize..700_000), 0..6),
        ) {
            let mut end = 2048;
            let extents: Vec<Extent> = pairs.iter().map(|&(gap, bytes)| {
                let address = end + gap;
                end = address + bytes as u64;
                Extent { address, bytes }
            }).collect();
            let total = extents.iter().map(|extent| extent.bytes).sum();
            let bytes: Vec<u8> = (0..total).map(|at| (at % 251) as u8 + 1).collect();
            let path = std::env::temp_dir().join(format!("partita-pages-{}", std::process::id()));
            let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
            let mut pages = WholePages::new(&file, &bytes);
            for &extent in &extents {
                pages.add(extent).unwrap();
            }
            pages.finish().unwrap();
            let mut expected = Vec::new();
            let mut rest = bytes.as_slice();
            for extent in extents.iter().filter(|extent| extent.bytes > 0) {
                expected.resize(extent.address as usize, 0);
                expected.extend(rest.split_off(..extent.bytes).unwrap());
            }
            let found = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            prop_assert!(found == expected);
        }
    }
}
