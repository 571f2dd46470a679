//! From x-pencils to y-pencils to z-pencils, as three-dimensional FFTs go: whatever is done along an axis is
//! done on ranks that have whole lines of it.
//!
//!     cargo xtask run transpose --ranks 4 -- --shape 256,192,128
//!
//! Here it is sums: of f(i, j, k) = i + 2j + 3k over all i' ≤ i, then all j' ≤ j, then all k' ≤ k, each along
//! the axis that is whole. What comes out has a formula, against which every element is checked:
//!
//!     S(i, j, k) = (i + 1)(j + 1)(k + 1) (i/2 + j + 3k/2)
//!
//! Nothing moves but between the ranks of one row, or one column, of the process grid. The plans know how
//! much, before anything moves; it prints
//!
//!     transpose  256×192×128 of i64 on 4 ranks (2×2)
//!     x → y      24.0 of 48.0 MiB change ranks; a rank sends at most 6.0 MiB to 1 other
//!     y → z      24.0 of 48.0 MiB change ranks; a rank sends at most 6.0 MiB to 1 other
//!     z → y → x  and back again
//!     checked    every element, S(255, 191, 127) = 3202351104

use ndarray::{Axis, Ix3};
use partita::layout::Transfer;
use partita::prelude::*;
use partita::{Redistribution, layout::Distribution::*};

/// Sums along x, y and z, each on ranks that have whole lines of it
#[derive(clap::Parser)]
#[command(name = "transpose", version)]
struct Arguments {
    /// The lengths of x, y and z
    #[arg(long, value_delimiter = ',', default_value = "256,192,128")]
    shape: Vec<usize>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// What changes ranks on the way from one kind of pencils to the next.
struct Movement {
    name: &'static str,
    bytes: usize,
    most_sent: usize,
    most_peers: usize,
}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let shape: [usize; 3] = arguments.shape[..]
            .try_into()
            .map_err(|_| Error::usage("--shape: three lengths are needed, as 256,192,128"))?;
        let grid = ProcessGrid::balanced(world, 2)?;
        // Whole along one axis, the others cut over the axes of the grid. From one to the next, one axis of
        // the grid changes hands.
        let pencils = |over: [Option<usize>; 3]| {
            let cuts = over.map(|place| place.map_or(Replicated, |_| Block));
            Layout::mapped(shape, grid.shape().clone(), &cuts, &over)
        };
        let x = pencils([None, Some(0), Some(1)])?;
        let y = pencils([Some(0), None, Some(1)])?;
        let z = pencils([Some(0), Some(1), None])?;
        let to_y = Redistribution::plan(&grid, &x, &y)?;
        let to_z = Redistribution::plan(&grid, &y, &z)?;
        let movements = [movement("x → y", &to_y)?, movement("y → z", &to_z)?];

        let f = |[i, j, k]: [usize; 3]| (i + 2 * j + 3 * k) as i64;
        let start = DistArray::from_fn(&grid, &x, f)?;
        let mut sums = start.clone();
        sum_along(&mut sums, 0);
        let mut sums = to_y.forward(&sums)?;
        sum_along(&mut sums, 1);
        let mut sums = to_z.forward(&sums)?;
        sum_along(&mut sums, 2);

        let sums = to_y.backward(&to_z.backward(&sums)?)?;
        let wrong = sums.indexed_iter();
        let wrong = wrong.filter(|(index, value)| **value != sum_up_to(*index));
        let wrong = wrong.count() as u64;
        let wrong = world.all_reduce_value(wrong, Operation::Sum)?;
        if wrong > 0 {
            let detail = format!("{wrong} elements are not what the formula says");
            return Err(Error::numerical("transpose", detail));
        }
        if arguments.json {
            root_println!(world, "{}", as_json(shape, &grid, &movements));
        } else {
            report(world, shape, &grid, &movements);
        }
        Ok(())
    })
}

/// Each element becomes the sum of those up to it, along an axis that every rank has whole.
fn sum_along(array: &mut DistArray<i64, Ix3>, axis: usize) {
    array
        .local_mut()
        .accumulate_axis_inplace(Axis(axis), |before, here| *here += before);
}

/// The sum of f over the box from the origin to here.
fn sum_up_to([i, j, k]: [usize; 3]) -> i64 {
    let volume = (i + 1) * (j + 1) * (k + 1);
    (volume * (i + 2 * j + 3 * k) / 2) as i64
}

/// From the plans of all ranks, which any rank can make.
fn movement(name: &'static str, plan: &Redistribution<Ix3>) -> Result<Movement> {
    let mut movement = Movement {
        name,
        bytes: 0,
        most_sent: 0,
        most_peers: 0,
    };
    for rank in 0..plan.source().grid().size() {
        let transfer = Transfer::new(plan.source(), plan.target(), &[0, 1, 2], rank)?;
        let cost = transfer.cost(size_of::<i64>(), None);
        movement.bytes += cost.bytes_sent;
        movement.most_sent = movement.most_sent.max(cost.bytes_sent);
        movement.most_peers = movement.most_peers.max(cost.messages_sent);
    }
    Ok(movement)
}

fn report(world: &Communicator, shape: [usize; 3], grid: &ProcessGrid, movements: &[Movement]) {
    let [x, y, z] = shape;
    let (ranks, grid) = (world.size(), grid.shape());
    root_println!(
        world,
        "transpose  {x}×{y}×{z} of i64 on {ranks} ranks ({grid})"
    );
    let mebibytes = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let all = mebibytes(x * y * z * size_of::<i64>());
    for movement in movements {
        let (name, peers) = (movement.name, movement.most_peers);
        let (bytes, most) = (mebibytes(movement.bytes), mebibytes(movement.most_sent));
        root_println!(
            world,
            "{name}      {bytes:.1} of {all:.1} MiB change ranks; a rank sends at most {most:.1} MiB to {peers} other{}",
            if peers == 1 { "" } else { "s" }
        );
    }
    root_println!(world, "z → y → x  and back again");
    match shape.map(|length| length.checked_sub(1)) {
        [Some(i), Some(j), Some(k)] => {
            let sum = sum_up_to([i, j, k]);
            root_println!(world, "checked    every element, S({i}, {j}, {k}) = {sum}");
        }
        _ => root_println!(world, "checked    there are no elements"),
    }
}

fn as_json(shape: [usize; 3], grid: &ProcessGrid, movements: &[Movement]) -> String {
    let steps: Vec<String> = movements
        .iter()
        .map(|movement| {
            format!(
                r#"{{"step":"{}","bytes_moved":{},"most_sent":{},"most_peers":{}}}"#,
                movement.name, movement.bytes, movement.most_sent, movement.most_peers
            )
        })
        .collect();
    let (steps, grid) = (steps.join(","), grid.shape().parts());
    format!(r#"{{"shape":{shape:?},"grid":{grid:?},"steps":[{steps}],"correct":true}}"#)
}
