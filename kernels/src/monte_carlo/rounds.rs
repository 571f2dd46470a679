//! Where a run is looked at.

/// The end of the round that begins after `done` units of work: a multiple of `granule`, the same for any way there,
/// and independent of the ranks.
///
/// Rounds grow with what is done, four to each doubling, and end at `total`.
///
/// ```
/// use partita_kernels::monte_carlo::round_end;
/// let ends = std::iter::successors(Some(0), |&done| (done < 100).then(|| round_end(done, 16, 100)));
/// assert_eq!(ends.collect::<Vec<_>>(), [0, 16, 32, 48, 64, 80, 96, 100]);
/// assert_eq!(round_end(1 << 20, 16, u64::MAX), (1 << 20) + (1 << 18));
/// ```
pub fn round_end(done: u64, granule: u64, total: u64) -> u64 {
    // A quarter of the power of two below, in whole granules.
    let quarter = done
        .checked_ilog2()
        .map_or(1, |power| 1 << power.saturating_sub(2));
    let step = granule
        .max(1)
        .saturating_mul((quarter / granule.max(1)).max(1));
    (done / step)
        .saturating_add(1)
        .saturating_mul(step)
        .min(total)
}
