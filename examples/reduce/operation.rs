//! What is made of the numbers.

use std::fmt;

use ndarray::RemoveAxis;
use partita::layout::Axes;
use partita::reduce::{ArgMax, ArgMin, Max, Min, Reducer, Sum, SumExact, SumFast};
use partita::{DistArray, Element, Error, Result};
use partita_kernels::statistics::{Mean, Variance, median, moments, shape};

#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
pub enum Operation {
    /// Of all elements
    Sum,
    /// Arithmetic
    Mean,
    /// Σ(x − mean)²/(n − 1)
    Var,
    /// Its root
    Std,
    /// m₃/m₂^(3/2)
    Skewness,
    /// m₄/m₂² − 3
    Kurtosis,
    /// The smallest; a NaN if there is one
    Min,
    /// The largest; a NaN if there is one
    Max,
    /// Where the smallest is first
    Argmin,
    /// Where the largest is first
    Argmax,
    /// The one in the middle
    Median,
    /// Σ|x|
    Norm1,
    /// √Σx², without overflow
    Norm2,
    /// max|x|
    Norminf,
    /// A hash of shape and values
    Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
pub enum Mode {
    /// Plain sums, whose last bits depend on the number of ranks
    Fast,
    /// The same bits on any number of ranks
    Reproducible,
    /// Sums that are rounded once; the mean as reproducible
    Exact,
}

/// A result.
pub enum Value {
    Number(f64),
    Index(Vec<usize>),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // As few digits as tell it from all others, and a power of ten where there would be many.
            Value::Number(number) => write!(formatter, "{number:?}"),
            Value::Index(index) => {
                let index: Vec<String> = index.iter().map(usize::to_string).collect();
                formatter.write_str(&index.join(","))
            }
            Value::Text(text) => formatter.write_str(text),
        }
    }
}

impl Value {
    pub fn as_json(&self, hex: bool) -> String {
        match self {
            Value::Number(number) if hex => format!("\"{}\"", super::hex::hex_float(*number)),
            // JSON has finite numbers only.
            Value::Number(number) if !number.is_finite() => "null".to_string(),
            Value::Number(number) => format!("{number:?}"),
            Value::Index(index) => format!("{index:?}"),
            Value::Text(text) => format!("\"{text}\""),
        }
    }
}

impl Operation {
    pub fn has_modes(self) -> bool {
        matches!(self, Operation::Sum | Operation::Mean)
    }

    pub fn goes_along_axes(self) -> bool {
        use Operation::{Argmax, Argmin, Max, Mean, Min, Std, Sum, Var};
        matches!(self, Sum | Mean | Var | Std | Min | Max | Argmin | Argmax)
    }

    /// One value of the whole array.
    pub fn of_all<D: Axes>(self, array: &DistArray<f64, D>, mode: Mode) -> Result<Value> {
        let index = |index: D::Index| Value::Index(index.as_ref().to_vec());
        Ok(match self {
            Operation::Sum => Value::Number(sum(array, mode)?),
            Operation::Mean => Value::Number(match mode {
                Mode::Fast => sum(array, mode)? / array.len() as f64,
                Mode::Reproducible | Mode::Exact => moments(array)?.mean,
            }),
            Operation::Var => Value::Number(moments(array)?.variance()),
            Operation::Std => Value::Number(moments(array)?.standard_deviation()),
            Operation::Skewness => Value::Number(shape(array)?.skewness()),
            Operation::Kurtosis => Value::Number(shape(array)?.excess_kurtosis()),
            Operation::Min => Value::Number(array.min()?),
            Operation::Max => Value::Number(array.max()?),
            Operation::Argmin => index(array.argmin()?),
            Operation::Argmax => index(array.argmax()?),
            Operation::Median => Value::Number(median(array)?),
            Operation::Norm1 => Value::Number(array.norm1()?),
            Operation::Norm2 => Value::Number(array.norm2()?),
            Operation::Norminf => Value::Number(array.norm_inf()?),
            Operation::Digest => Value::Text(array.digest()?.to_string()),
        })
    }

    /// A value for each line along an axis, in C order.
    pub fn along<D: Axes + RemoveAxis>(
        self,
        array: &DistArray<f64, D>,
        mode: Mode,
        axis: usize,
    ) -> Result<Vec<Value>>
    where
        D::Smaller: Axes,
    {
        match (self, mode) {
            (Operation::Sum, Mode::Fast) => numbers(array, axis, &SumFast, |sum| sum),
            (Operation::Sum, Mode::Reproducible) => numbers(array, axis, &Sum, |sum| sum),
            (Operation::Sum, Mode::Exact) => numbers(array, axis, &SumExact, |sum| sum),
            (Operation::Mean, Mode::Reproducible | Mode::Exact) => {
                numbers(array, axis, &Mean, |mean| mean)
            }
            (Operation::Mean, mode) => {
                let length = array
                    .shape()
                    .get(axis)
                    .map_or(f64::NAN, |&length| length as f64);
                let sums = Operation::Sum.along(array, mode, axis)?.into_iter();
                let mean = |sum| match sum {
                    Value::Number(sum) => Value::Number(sum / length),
                    other => other,
                };
                Ok(sums.map(mean).collect())
            }
            (Operation::Var, _) => numbers(array, axis, &Variance, |variance| variance),
            (Operation::Std, _) => numbers(array, axis, &Variance, f64::sqrt),
            (Operation::Min, _) => numbers(array, axis, &Min, |least| least),
            (Operation::Max, _) => numbers(array, axis, &Max, |most| most),
            (Operation::Argmin, _) => lines(array, axis, &ArgMin, |at| Value::Index(vec![at])),
            (Operation::Argmax, _) => lines(array, axis, &ArgMax, |at| Value::Index(vec![at])),
            (other, _) => Err(Error::usage(format!("{other:?} does not go along an axis"))),
        }
    }
}

fn sum<D: Axes>(array: &DistArray<f64, D>, mode: Mode) -> Result<f64> {
    match mode {
        Mode::Fast => array.sum_fast(),
        Mode::Reproducible => array.sum(),
        Mode::Exact => array.sum_exact(),
    }
}

fn numbers<D: Axes + RemoveAxis>(
    array: &DistArray<f64, D>,
    axis: usize,
    reducer: &impl Reducer<f64, Output = f64>,
    number: impl Fn(f64) -> f64,
) -> Result<Vec<Value>>
where
    D::Smaller: Axes,
{
    lines(array, axis, reducer, |result| Value::Number(number(result)))
}

fn lines<D: Axes + RemoveAxis, R: Reducer<f64>>(
    array: &DistArray<f64, D>,
    axis: usize,
    reducer: &R,
    value: impl Fn(R::Output) -> Value,
) -> Result<Vec<Value>>
where
    D::Smaller: Axes,
    R::Output: Element,
{
    let results = array.reduce_axis_by(axis, reducer)?.gather(0)?;
    Ok(results.into_iter().flatten().map(value).collect())
}
