//! The program `heat`, as its users meet it: started under `mpiexec`, looked at from outside.
//!
//! What it writes is read with h5py and `h5dump`, which know nothing of partita.

mod bits;
mod broken_inputs;
mod full_disk;
mod inputs;
mod interrupted;
mod job;
mod memory;
mod numerics;
mod picture;
mod printing;
mod readers;
mod reference;
mod refusal;
mod resumed;
mod targets;
mod tools;
mod usage;
