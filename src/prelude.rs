//! What most programs use: `use partita::prelude::*;`

pub use crate::layout::{Axes, Distribution, Layout};
pub use crate::{
    Boundary, Communicator, DistArray, Error, Halo, Operation, ProcessGrid, Progress, Result,
    root_println,
};
