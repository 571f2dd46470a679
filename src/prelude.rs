//! What most programs use: `use partita::prelude::*;`

pub use crate::layout::{Axes, Distribution, Layout};
pub use crate::{
    Boundary, Communicator, DistArray, DistView, DistViewMut, Distributed, Error, Halo, Lines,
    Operation, ProcessGrid, Progress, Reductions, Result, root_println,
};
