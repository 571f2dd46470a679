//! The collectives: every rank of the communicator calls them, in the same order.

mod all_to_all;
mod broadcast;
mod gather;
mod location;
mod ordered;
mod reduce;
mod reduce_scatter;
mod scan;
mod scatter;
mod start;
mod start_ordered;
mod start_parts;
mod start_scan;

pub(super) use reduce::lengths_differ;
