//! The smallest program that does something with a distributed array and a file.
//!
//!     cargo xtask run square --ranks 4
//!
//! prints the sum of sin²(i·j) over a 4000 × 3000 array, the same to the last bit for any number of ranks,
//! and writes the array to `square.h5`.

use partita::prelude::*;
use partita_io::hdf5::File;

fn main() -> std::process::ExitCode {
    partita::run(|world| {
        let grid = ProcessGrid::balanced(world, 2)?;
        let u = DistArray::from_fn(&grid, [4000, 3000], |[i, j]| ((i * j) as f64).sin())?;
        let square = u.map(|value| value * value);
        let total = square.sum()?;

        let mut file = File::create(world, "square.h5")?;
        file.write("square", &square)?;
        file.attribute("total", total)?;
        file.close()?;

        root_println!(world, "{total:e}");
        Ok(())
    })
}
