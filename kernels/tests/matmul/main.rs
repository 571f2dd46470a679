//! Products of distributed matrices against the serial ones: random shapes, layouts, grids and operations.

mod bits;
mod cases;
mod pblas;
mod plans;
mod products;
mod rank_k;
mod vector;
