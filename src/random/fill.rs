//! Numbers by their global position: the same ones however the positions are cut.

use rand_xoshiro::rand_core::Rng;

use super::distribution::Distribution;
use super::lanes::{LANES, Lanes};
use super::streams::{Streams, Stride};

/// The groups of [`LANES`] positions in a block. Larger blocks mean fewer jumps along a range; smaller ones,
/// fewer steps to a position alone.
const GROUPS: usize = 512;

/// The positions that one set of lanes serves.
const BLOCK: u64 = (GROUPS * LANES) as u64;

/// The family of the streams from which rejected bits are replaced: stream g for position g.
const REPLACEMENTS: u64 = 1 << 63;

/// The numbers of a distribution and a seed, addressed by a global position.
///
/// Position p is served by lane p mod 16 of block p / 8192, whose lanes are the streams 16·(p / 8192) and up: its
/// number depends on the seed and on p only.
///
/// ```
/// use partita::random::{Sequence, Uniform};
/// let mut sequence = Sequence::new(42, Uniform::new(0.0..1.0)?);
/// let mut whole = [0.0; 10_000];
/// sequence.fill(0, &mut whole);
/// let mut part = [0.0; 3];
/// sequence.fill(8190, &mut part);
/// assert_eq!(part, whole[8190..8193]);
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Cost
/// Along a range, the generator's vectorised speed and a jump (0.5 µs) in 8192 positions. A position by itself, far
/// from the one before: about a microsecond.
#[derive(Debug, Clone)]
pub struct Sequence<Dist> {
    streams: Streams,
    replacements: Streams,
    distribution: Dist,
    block: u64,
    /// The lanes at the beginning of the block.
    beginning: Lanes,
    /// The lanes before the group `next` of the block.
    lanes: Lanes,
    next: usize,
    /// The outputs of the group before `next`, where they are still known.
    outputs: Option<[u64; LANES]>,
    /// The last distance in blocks that was jumped.
    stride: (u64, Stride),
}

impl<Dist: Distribution> Sequence<Dist> {
    /// The numbers of this distribution and seed. *Local.*
    pub fn new(seed: u64, distribution: Dist) -> Self {
        let streams = Streams::new(seed);
        let lanes = streams.lanes(0);
        Sequence {
            replacements: streams.family(REPLACEMENTS),
            streams,
            distribution,
            block: 0,
            beginning: lanes.clone(),
            lanes,
            next: 0,
            outputs: None,
            stride: (1, Stride::new(LANES as u64)),
        }
    }

    /// The numbers at `start` and the positions after it. *Local.*
    ///
    /// Ascending calls are the cheapest.
    pub fn fill(&mut self, start: u64, values: &mut [Dist::Value]) {
        let (mut position, mut rest) = (start, values);
        while !rest.is_empty() {
            let left_in_block = (BLOCK - position % BLOCK).min(rest.len() as u64);
            let (values, later) = rest.split_at_mut(left_in_block as usize);
            self.fill_in_block(position, values);
            position = position.wrapping_add(left_in_block);
            rest = later;
        }
    }

    /// The number at one position. *Local.*
    pub fn at(&mut self, position: u64) -> Dist::Value {
        let group = (position % BLOCK) as usize / LANES;
        let outputs = self.outputs_of(position / BLOCK, group);
        let bits = outputs[(position % LANES as u64) as usize];
        draw(&self.replacements, &self.distribution, position, bits)
    }

    /// Whole groups at once, what is before and after them one by one.
    fn fill_in_block(&mut self, start: u64, values: &mut [Dist::Value]) {
        let before = (start.next_multiple_of(LANES as u64) - start) as usize;
        let (head, rest) = values.split_at_mut(before.min(values.len()));
        let (groups, tail) = rest.as_chunks_mut::<LANES>();
        for (position, value) in (start..).zip(head) {
            *value = self.at(position);
        }
        let start = start + before as u64;
        if !groups.is_empty() {
            self.seek(start / BLOCK, (start % BLOCK) as usize / LANES);
            fill_groups(
                &mut self.lanes,
                &self.replacements,
                &self.distribution,
                start,
                groups,
            );
            self.next += groups.len();
            self.outputs = None;
        }
        let start = start + (groups.len() * LANES) as u64;
        for (position, value) in (start..).zip(tail) {
            *value = self.at(position);
        }
    }

    fn outputs_of(&mut self, block: u64, group: usize) -> [u64; LANES] {
        if let Some(outputs) = self.outputs
            && self.block == block
            && self.next == group + 1
        {
            return outputs;
        }
        self.seek(block, group);
        let outputs = self.lanes.next_outputs();
        self.next += 1;
        self.outputs = Some(outputs);
        outputs
    }

    /// Moves the lanes before a group.
    fn seek(&mut self, block: u64, group: usize) {
        if block != self.block {
            self.move_beginning(block);
        }
        if block != self.block || group < self.next {
            self.block = block;
            self.lanes = self.beginning.clone();
            self.next = 0;
        }
        self.lanes.skip(group - self.next);
        self.next = group;
        self.outputs = None;
    }

    fn move_beginning(&mut self, block: u64) {
        match block.checked_sub(self.block) {
            None => self.beginning = self.streams.lanes(block * LANES as u64),
            Some(distance) => {
                if self.stride.0 != distance {
                    self.stride = (distance, Stride::new(distance * LANES as u64));
                }
                self.beginning.advance(&self.stride.1);
            }
        }
    }
}

#[multiversion::multiversion(targets = "simd")]
fn fill_groups<Dist: Distribution>(
    lanes: &mut Lanes,
    replacements: &Streams,
    distribution: &Dist,
    start: u64,
    groups: &mut [[Dist::Value; LANES]],
) {
    for (number, group) in groups.iter_mut().enumerate() {
        let outputs = lanes.next_outputs();
        for (lane, (value, bits)) in group.iter_mut().zip(outputs).enumerate() {
            let position = start + (number * LANES + lane) as u64;
            *value = draw(replacements, distribution, position, bits);
        }
    }
}

#[inline(always)]
fn draw<Dist: Distribution>(
    replacements: &Streams,
    distribution: &Dist,
    position: u64,
    bits: u64,
) -> Dist::Value {
    let mut of_this_position = None;
    distribution.draw(bits, || {
        of_this_position
            .get_or_insert_with(|| replacements.stream(position))
            .next_u64()
    })
}
