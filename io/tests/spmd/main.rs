//! The SPMD tests of files.

mod attributes;
mod checkpoints;
mod checksums;
mod comparisons;
mod copies;
mod direct;
mod disagreements;
mod elsewhere;
mod faults;
mod growing;
mod injected;
mod inputs;
mod layouts;
mod old_or_new;
mod readers;
mod records;
mod refusals;
mod refused_writes;
mod round_trip;
mod slices;
mod storage;
mod structure;
mod texts;
mod tools;
mod types;
mod xdmf;
