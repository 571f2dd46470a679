//! What most programs use: `use partita::prelude::*;`

pub use crate::layout::{Axes, Distribution, Layout};
pub use crate::{
    Boundary, Communicator, DistArray, DistView, DistViewMut, Distributed, Error, Halo, Operation,
    ProcessGrid, Progress, Result, root_println,
};
