//! One number of a file of many: sums, moments, extremes and digests, with the same bits on any number of ranks.
//!
//!     cargo xtask run reduce --ranks 4 -- --input heat.h5:/u --op sum --mode exact --hex
//!
//! prints the value and nothing else, here as C's `%a` writes it:
//!
//!     0x1.5a2eee019a34fp+22
//!
//! The input is a dataset of an HDF5 file (any real type, read as f64) or a file of little-endian f64 and nothing
//! else, `NAME.f64le`. `--axis 0` reduces along an axis and prints a value a line; `--skip-nan` passes over what is no number;
//! `--json` tells more.

mod hex;
mod input;
mod operation;
mod value;

use std::process::ExitCode;

use clap::ValueEnum;
use input::Input;
use ndarray::{Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};
use operation::{Mode, Operation, Task};
use partita::prelude::{Communicator, DistArray, Error, ProcessGrid, Result, root_println};
use partita::reduce::Along;
use value::Value;

/// Reduces a dataset to one value, the same on any number of ranks
#[derive(Debug, clap::Parser)]
#[command(name = "reduce", version)]
struct Arguments {
    /// What to read: FILE.h5:/dataset, or FILE.f64le, which holds little-endian f64 and nothing else
    #[arg(long)]
    input: Input,
    /// What to make of it
    #[arg(long, value_enum)]
    op: Operation,
    /// How sums are added up; of `sum` and `mean` only
    #[arg(long, value_enum, default_value_t = Mode::Reproducible)]
    mode: Mode,
    /// Along this axis, one value for each line of elements
    #[arg(long)]
    axis: Option<usize>,
    /// Probabilities of quantiles, such as 0.25,0.5,0.75
    #[arg(long, value_delimiter = ',')]
    at: Vec<f64>,
    /// As if NaNs were not there
    #[arg(long)]
    skip_nan: bool,
    /// Print numbers as C99 hexadecimal floats, every bit of them
    #[arg(long)]
    hex: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// What clap cannot see.
    fn check(&self) -> Result<()> {
        let name = name(&self.op);
        if self.mode != Mode::Reproducible && !self.op.has_modes() {
            let mode = name_of_mode(self.mode);
            return Err(Error::usage(format!(
                "--op {name} has no --mode {mode}: sum and mean have"
            )));
        }
        if self.axis.is_some() && !self.op.goes_along_axes() {
            return Err(Error::usage(format!(
                "--op {name} does not go along an --axis"
            )));
        }
        if self.skip_nan && !self.op.skips_nan() {
            return Err(Error::usage(format!("--op {name} cannot --skip-nan")));
        }
        if !self.at.is_empty() && self.op != Operation::Quantiles {
            return Err(Error::usage(format!(
                "--op {name} has no --at: quantiles have"
            )));
        }
        Ok(())
    }
}

fn name(op: &Operation) -> String {
    op.to_possible_value()
        .map_or(String::new(), |value| value.get_name().to_string())
}

fn name_of_mode(mode: Mode) -> String {
    mode.to_possible_value()
        .map_or(String::new(), |value| value.get_name().to_string())
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        arguments.check()?;
        let opened = arguments.input.open(world)?;
        match opened.shape.len() {
            1 => reduce::<Ix1>(world, &arguments, &opened),
            2 => reduce::<Ix2>(world, &arguments, &opened),
            3 => reduce::<Ix3>(world, &arguments, &opened),
            4 => reduce::<Ix4>(world, &arguments, &opened),
            5 => reduce::<Ix5>(world, &arguments, &opened),
            6 => reduce::<Ix6>(world, &arguments, &opened),
            ndim => {
                let detail = format!("{} has {ndim} axes; 1 to 6 are possible", arguments.input);
                Err(Error::shape("reduce", detail))
            }
        }
    })
}

fn reduce<D: Along>(
    world: &Communicator,
    arguments: &Arguments,
    opened: &input::Opened,
) -> Result<()> {
    let grid = ProcessGrid::for_shape(world, &opened.shape)?;
    let array: DistArray<f64, D> = opened.read(&grid)?;
    let task = Task {
        array: &array,
        mode: arguments.mode,
        axis: arguments.axis,
        skip_nan: arguments.skip_nan,
        probabilities: arguments.at.clone(),
    };
    let values = task.values(arguments.op)?;
    let text = match arguments.json {
        true => as_json(arguments, &opened.shape, world.size(), &values),
        false => as_lines(arguments, &values),
    };
    root_println!(world, "{text}");
    Ok(())
}

fn as_lines(arguments: &Arguments, values: &[Value]) -> String {
    let line = |value: &Value| match (value, arguments.hex) {
        (Value::Number(number), true) => hex::hex_float(*number),
        (value, _) => value.to_string(),
    };
    values.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_json(arguments: &Arguments, shape: &[usize], ranks: usize, values: &[Value]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| value.as_json(arguments.hex))
        .collect();
    let several = arguments.axis.is_some() || arguments.op == Operation::Quantiles;
    let value = match several {
        false => values.join(""),
        true => format!("[{}]", values.join(",")),
    };
    format!(
        "{{\"op\":\"{}\",\"mode\":\"{}\",\"shape\":{shape:?},\"ranks\":{ranks},\"value\":{value}}}",
        name(&arguments.op),
        name_of_mode(arguments.mode)
    )
}
