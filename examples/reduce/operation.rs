//! What is made of the numbers.

use partita::reduce::{
    Along, ArgMax, ArgMin, Count, Max, Min, Norm1, Norm2, NormInf, Reducer, SkipNan, Sum, SumExact,
    SumFast,
};
use partita::{DistArray, Element, Error, Reductions, Result};
use partita_kernels::statistics::{
    Mean, MeanExact, StandardDeviation, Variance, kurtosis_axis, moments, nan_moments,
    nan_quantiles, nan_quantiles_axis, quantiles, quantiles_axis, shape, skewness_axis,
};

use crate::value::Value;

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
    /// Those at the probabilities --at
    Quantiles,
    /// How many elements there are
    Count,
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
    /// Sums and means that are rounded once
    Exact,
}

impl Operation {
    pub fn has_modes(self) -> bool {
        matches!(self, Operation::Sum | Operation::Mean)
    }

    pub fn goes_along_axes(self) -> bool {
        self != Operation::Digest
    }

    pub fn skips_nan(self) -> bool {
        use Operation::{Digest, Kurtosis, Skewness};
        !matches!(self, Skewness | Kurtosis | Digest)
    }
}

/// How an array is to be reduced.
pub struct Task<'array, D: Along> {
    pub array: &'array DistArray<f64, D>,
    pub mode: Mode,
    pub axis: Option<usize>,
    pub skip_nan: bool,
    /// Of quantiles.
    pub probabilities: Vec<f64>,
}

impl<D: Along> Task<'_, D> {
    /// One value of the whole array, a value for each line along an axis, in C order, or one for each probability.
    pub fn values(&self, operation: Operation) -> Result<Vec<Value>> {
        match (operation, self.mode) {
            (Operation::Sum, Mode::Fast) => self.number(SumFast),
            (Operation::Sum, Mode::Reproducible) => self.number(Sum),
            (Operation::Sum, Mode::Exact) => self.number(SumExact),
            (Operation::Mean, Mode::Fast) => self.number(MeanFast),
            (Operation::Mean, Mode::Reproducible) => self.number(Mean),
            (Operation::Mean, Mode::Exact) => self.number(MeanExact),
            (Operation::Min, _) => self.number(Min),
            (Operation::Max, _) => self.number(Max),
            (Operation::Norm1, _) => self.number(Norm1),
            (Operation::Norm2, _) => self.number(Norm2),
            (Operation::Norminf, _) => self.number(NormInf),
            (Operation::Var | Operation::Std, _) => self.spread(operation),
            (Operation::Skewness | Operation::Kurtosis, _) => self.shape(operation),
            (Operation::Count, _) => self.reduced(Count(|_| true), Value::Count),
            (Operation::Argmin, _) => self.place(ArgMin),
            (Operation::Argmax, _) => self.place(ArgMax),
            (Operation::Median, _) => self.quantiles(&[0.5]),
            (Operation::Quantiles, _) => self.quantiles(&self.probabilities),
            (Operation::Digest, _) => Ok(vec![Value::Text(self.array.digest()?.to_string())]),
        }
    }

    fn number(&self, reducer: impl Reducer<f64, Output = f64>) -> Result<Vec<Value>> {
        self.reduced(reducer, Value::Number)
    }

    fn reduced<R>(&self, reducer: R, value: impl Fn(R::Output) -> Value) -> Result<Vec<Value>>
    where
        R: Reducer<f64, Output: Element>,
    {
        let (array, skipping) = (self.array, SkipNan(&reducer));
        Ok(match (self.axis, self.skip_nan) {
            (None, false) => vec![value(array.reduce_by(&reducer)?)],
            (None, true) => vec![value(array.reduce_by(&skipping)?)],
            (Some(axis), false) => listed(&array.reduce_axis_by(axis, &reducer)?, value)?,
            (Some(axis), true) => listed(&array.reduce_axis_by(axis, &skipping)?, value)?,
        })
    }

    fn spread(&self, operation: Operation) -> Result<Vec<Value>> {
        match (self.axis, operation) {
            (Some(_), Operation::Var) => return self.number(Variance),
            (Some(_), _) => return self.number(StandardDeviation),
            (None, _) => {}
        }
        let spread = match self.skip_nan {
            true => nan_moments(self.array)?,
            false => moments(self.array)?,
        };
        Ok(vec![Value::Number(match operation {
            Operation::Var => spread.variance(),
            _ => spread.standard_deviation(),
        })])
    }

    fn shape(&self, operation: Operation) -> Result<Vec<Value>> {
        match (self.axis, operation) {
            (Some(axis), Operation::Skewness) => {
                return listed(&skewness_axis(self.array, axis)?, Value::Number);
            }
            (Some(axis), _) => return listed(&kurtosis_axis(self.array, axis)?, Value::Number),
            (None, _) => {}
        }
        let shape = shape(self.array)?;
        Ok(vec![Value::Number(match operation {
            Operation::Skewness => shape.skewness(),
            _ => shape.excess_kurtosis(),
        })])
    }

    fn place(&self, reducer: impl Reducer<f64, Output = usize>) -> Result<Vec<Value>> {
        // Of the whole array the place in C order stands for an index of each axis.
        let shape = self.array.shape();
        self.reduced(reducer, |place| match self.axis {
            Some(_) => Value::Index(vec![place]),
            None => Value::Index(index_of(place, shape)),
        })
    }

    fn quantiles(&self, probabilities: &[f64]) -> Result<Vec<Value>> {
        if probabilities.is_empty() {
            return Err(Error::usage("--op quantiles wants --at P,P,…"));
        }
        let array = self.array;
        let found = match (self.axis, self.skip_nan) {
            (None, false) => quantiles(array, probabilities)?,
            (None, true) => nan_quantiles(array, probabilities)?,
            (Some(axis), false) => {
                return listed(&quantiles_axis(array, axis, probabilities)?, Value::Number);
            }
            (Some(axis), true) => {
                return listed(
                    &nan_quantiles_axis(array, axis, probabilities)?,
                    Value::Number,
                );
            }
        };
        Ok(found.into_iter().map(Value::Number).collect())
    }
}

/// All elements in C order, on rank 0, which prints them.
fn listed<A: Element, D: partita::layout::Axes>(
    array: &DistArray<A, D>,
    value: impl Fn(A) -> Value,
) -> Result<Vec<Value>> {
    Ok(array.gather(0)?.into_iter().flatten().map(value).collect())
}

fn index_of(place: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let along = rest % length;
            rest /= length;
            along
        })
        .collect();
    index.reverse();
    index
}

/// A plain sum over the number of elements: a reducer that is the program's own.
struct MeanFast;

impl Reducer<f64> for MeanFast {
    type State = (u64, <SumFast as Reducer<f64>>::State);
    type Output = f64;
    const NAME: &'static str = "mean, fast";

    fn start(&self) -> Self::State {
        (0, Reducer::<f64>::start(&SumFast))
    }

    fn add(&self, (count, sum): &mut Self::State, position: usize, values: &[f64]) {
        *count += values.len() as u64;
        SumFast.add(sum, position, values);
    }

    fn merge(&self, (count, sum): &mut Self::State, other: Self::State) {
        *count += other.0;
        Reducer::<f64>::merge(&SumFast, sum, other.1);
    }

    fn finish(&self, (count, sum): Self::State) -> Result<f64> {
        let sum: f64 = SumFast.finish(sum)?;
        Ok(sum / count as f64)
    }
}
