//! The points of a block, tile by tile: units of 0 < u < 1 first, then points of the domain with their weights.

use multiversion::multiversion;
use partita::random::{LANES, Lanes, Rng, Streams};

use super::domain::Domain;
use super::sobol::{Sobol, scrambled};
use crate::monte_carlo::family;

/// How the points of an integral are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sampling {
    /// Independently: the error falls as n^(-1/2), whatever the function and the number of axes.
    #[default]
    Random,
    /// In pairs that lie opposite each other; smaller errors where the function rises or falls throughout.
    Antithetic,
    /// One in each of equal cells, anew in each block of samples; smaller errors with few axes.
    Stratified,
    /// Points of the Sobol sequence under 16 independent scramblings; the error falls nearly as 1/n for smooth functions,
    /// as n^(-3/2) for very smooth ones.
    Sobol,
}

impl Sampling {
    /// The independent parts that the error is told by, where a block is none by itself.
    pub(super) fn replicates(self) -> u64 {
        match self {
            Sampling::Sobol => 16,
            _ => 1,
        }
    }

    /// Whether a block is one observation, not each of its samples.
    pub(super) fn is_even_in_a_block(self) -> bool {
        matches!(self, Sampling::Stratified | Sampling::Sobol)
    }
}

/// The most samples that a function is asked for at once.
pub(super) const TILE: usize = 256;

/// The middle of one of 2^52 equal parts of 0 to 1, chosen by the highest bits.
#[inline(always)]
pub(super) fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

/// A unit in the cell of the axis in which sample `sample` of a block of 2^`power` lies.
///
/// The bits of the sample's number are dealt out to the axes; those of an axis are the first bits of its unit.
pub(super) fn stratified(
    bits: u64,
    sample: usize,
    power: u32,
    (axis, ndim): (usize, usize),
) -> f64 {
    let (axis, ndim) = (axis as u32, ndim as u32);
    let width = power / ndim + u32::from(axis < power % ndim);
    let before = power / ndim * axis + axis.min(power % ndim);
    let cell = sample as u64 >> before & ((1 << width) - 1);
    match width {
        0 => unit(bits),
        _ => unit(cell << (64 - width) | bits >> width),
    }
}

/// Samples side by side: the coordinates along each axis, one after the other.
#[derive(Debug)]
pub struct Points {
    coordinates: Vec<f64>,
    /// From one axis to the next in `coordinates`.
    stride: usize,
    length: usize,
}

impl Points {
    fn new(ndim: usize, stride: usize) -> Self {
        Points {
            coordinates: vec![0.0; ndim * stride],
            stride,
            length: 0,
        }
    }

    /// How many points there are. *Local.*
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none. *Local.*
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The number of axes. *Local.*
    pub fn ndim(&self) -> usize {
        self.coordinates.len() / self.stride
    }

    /// The coordinates of all points along an axis. *Local.*
    pub fn axis(&self, axis: usize) -> &[f64] {
        &self.coordinates[axis * self.stride..][..self.length]
    }

    fn axis_mut(&mut self, axis: usize) -> &mut [f64] {
        &mut self.coordinates[axis * self.stride..][..self.length]
    }

    /// One point. *Local.*
    pub fn point(&self, number: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.ndim()).map(move |axis| self.axis(axis)[number])
    }
}

/// Makes the points of one block after another.
pub(super) struct Tiles<'a> {
    domain: &'a Domain,
    sampling: Sampling,
    /// The samples of a whole block: a power of two.
    block: usize,
    streams: Streams,
    lanes: Lanes,
    sobol: Sobol,
    /// Of each replicate, a key for each axis.
    keys: Vec<Vec<u64>>,
    bits: Vec<u64>,
    digits: Vec<u32>,
    pub(super) points: Points,
    /// The inverse density of each point.
    pub(super) weights: Vec<f64>,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(domain: &'a Domain, sampling: Sampling, block: usize, seed: u64) -> Self {
        let streams = Streams::new(seed).family(family::INTEGRATE);
        let tile = TILE.min(block);
        Tiles {
            domain,
            sampling,
            block,
            lanes: streams.lanes(0),
            streams,
            sobol: Sobol::new(domain.ndim()),
            keys: keys(seed, sampling, domain.ndim()),
            bits: vec![0; tile],
            digits: vec![0; tile],
            points: Points::new(domain.ndim(), tile),
            weights: Vec::with_capacity(tile),
        }
    }

    /// Before the first tile of a block.
    pub(super) fn begin(&mut self, block: u64) {
        if self.sampling != Sampling::Sobol {
            self.lanes = self.streams.lanes(block * LANES as u64);
        }
    }

    /// The next tile of a block: the points of `length` samples from `first` on, which is a multiple of the tile.
    pub(super) fn next(&mut self, block: u64, first: usize, length: usize) {
        self.points.length = length;
        for axis in 0..self.domain.ndim() {
            match self.sampling {
                Sampling::Sobol => self.scrambled_units(block, first, axis),
                Sampling::Antithetic => self.opposite_units(axis),
                Sampling::Random => self.random_units(axis),
                Sampling::Stratified => self.stratified_units(first, axis),
            }
        }
        self.weights.clear();
        self.weights.resize(length, 1.0);
        for (number, axis) in self.domain.axes().iter().enumerate() {
            let units = self.points.axis_mut(number);
            for (coordinate, weight) in units.iter_mut().zip(&mut self.weights) {
                let (point, inverse_density) = axis.point(*coordinate);
                *coordinate = point;
                *weight *= inverse_density;
            }
        }
    }

    fn random_units(&mut self, axis: usize) {
        fill_bits(&mut self.lanes, &mut self.bits);
        for (value, &bits) in self.points.axis_mut(axis).iter_mut().zip(&self.bits) {
            *value = unit(bits);
        }
    }

    /// Of each pair the first in the first half of the tile, the second in the second.
    fn opposite_units(&mut self, axis: usize) {
        let half = self.bits.len() / 2;
        fill_bits(&mut self.lanes, &mut self.bits[..half]);
        let values = self.points.axis_mut(axis);
        let (one, other) = values.split_at_mut(values.len() / 2);
        for ((value, opposite), &bits) in one.iter_mut().zip(other).zip(&self.bits) {
            *value = unit(bits);
            *opposite = unit(!bits);
        }
    }

    fn stratified_units(&mut self, first: usize, axis: usize) {
        fill_bits(&mut self.lanes, &mut self.bits);
        let (power, place) = (self.block.ilog2(), (axis, self.domain.ndim()));
        let values = self.points.axis_mut(axis).iter_mut().zip(&self.bits);
        for (offset, (value, &bits)) in values.enumerate() {
            *value = stratified(bits, first + offset, power, place);
        }
    }

    fn scrambled_units(&mut self, block: u64, first: usize, axis: usize) {
        let replicates = self.sampling.replicates();
        let start = block / replicates * self.block as u64 + first as u64;
        let key = self.keys[(block % replicates) as usize][axis];
        self.sobol.fill(axis, start as u32, &mut self.digits);
        scramble(&self.digits, key, self.points.axis_mut(axis));
    }
}

/// A key for each axis, of each replicate.
pub(super) fn keys(seed: u64, sampling: Sampling, ndim: usize) -> Vec<Vec<u64>> {
    let streams = Streams::new(seed).family(family::SCRAMBLING);
    (0..sampling.replicates())
        .map(|replicate| {
            let mut keys = streams.stream(replicate);
            (0..ndim).map(|_| keys.next_u64()).collect()
        })
        .collect()
}

#[multiversion(targets = "simd")]
fn fill_bits(lanes: &mut Lanes, bits: &mut [u64]) {
    for group in bits.as_chunks_mut::<LANES>().0 {
        *group = lanes.next_outputs();
    }
}

#[multiversion(targets = "simd")]
fn scramble(digits: &[u32], key: u64, units: &mut [f64]) {
    for (unit, &digits) in units.iter_mut().zip(digits) {
        *unit = scrambled(digits, key);
    }
}
