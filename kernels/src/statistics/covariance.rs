//! How columns vary together.

use ndarray::{Array2, ArrayView2, Ix2};
use partita::layout::block_range;
use partita::sum::{Reproducible, Wide, scale};
use partita::{Distributed, Operation, Result};

/// Sums of the columns, and of the products of each two of them.
type Sums = (Vec<Reproducible>, Vec<Reproducible>);

/// A covariance matrix, of columns each in units of a power of two.
struct Scaled {
    matrix: Array2<f64>,
    exponents: Vec<i32>,
}

/// The covariance matrix of the columns: each row is one observation of all variables. *Collective.*
///
/// Σ(x − x̄)(y − ȳ)/(n − 1), NaN of less than two rows. Means first, then the products of what is left, with their
/// rounding errors: some units in the last place of what the standard deviations multiply to. No product overflows or
/// underflows but where the result does.
///
/// # Shapes
/// (n, k) to (k, k), which every rank gets.
///
/// # Cost
/// The rows are brought together on their ranks (two all-to-alls); k(k + 1)/2 passes over two columns each, and two
/// all-reduces of some 60 bytes for each of these pairs.
///
/// # Errors
/// [`Error::Memory`](partita::Error::Memory), on every rank, when a rank cannot hold its rows twice.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let matrix = partita_kernels::statistics::covariance(u)?;
/// assert_eq!(matrix.nrows(), u.shape()[1]);
/// # Ok(()) }
/// ```
#[track_caller]
pub fn covariance<T>(array: &T) -> Result<Array2<f64>>
where
    T: Distributed<Element: Into<f64>, Dim = Ix2>,
{
    let Scaled { matrix, exponents } = scaled(array)?;
    let exponent = |(i, j): (usize, usize)| exponents[i] + exponents[j];
    let of = |place| scale(matrix[place], exponent(place));
    Ok(Array2::from_shape_fn(matrix.dim(), of))
}

/// The correlation matrix of the columns: [`covariance`] over the standard deviations, within −1..=1; of columns about
/// 1e±300 too. *Collective.*
///
/// # Shapes, cost, errors
/// As [`covariance`].
#[track_caller]
pub fn correlation<T>(array: &T) -> Result<Array2<f64>>
where
    T: Distributed<Element: Into<f64>, Dim = Ix2>,
{
    let covariance = scaled(array)?.matrix;
    let deviation = covariance.diag().map(|variance| variance.sqrt());
    let of = |(i, j)| match i == j {
        // Of a column that does not vary it is not defined.
        true if deviation[i] > 0.0 => 1.0,
        true => f64::NAN,
        // Rounded, it may be beyond them.
        false => (covariance[(i, j)] / (deviation[i] * deviation[j])).clamp(-1.0, 1.0),
    };
    Ok(Array2::from_shape_fn(covariance.dim(), of))
}

fn scaled<T>(array: &T) -> Result<Scaled>
where
    T: Distributed<Element: Into<f64>, Dim = Ix2>,
{
    let [rows, columns] = [array.layout().shape()[0], array.layout().shape()[1]];
    let communicator = array.grid().communicator();
    let of_rank = |rank| block_range(rows, communicator.size(), rank).len();
    let lengths: Vec<usize> = (0..communicator.size())
        .map(|rank| of_rank(rank) * columns)
        .collect();
    let own = array.in_order(&lengths)?;
    let own = ArrayView2::from_shape((of_rank(communicator.rank()), columns), &own)?;
    let column = |of| own.column(of).iter().map(|&value| value.into()).collect();
    let mut centred: Vec<Vec<f64>> = (0..columns).map(column).collect();
    let sums = communicator.all_reduce_objects(column_sums(&centred), merged)?;
    for (column, sum) in centred.iter_mut().zip(&sums.0) {
        let mean = super::mean::over(rows as u64, sum.to_wide()).unwrap_or(sum.to_f64());
        column.iter_mut().for_each(|value| *value -= mean);
    }
    let sizes: Vec<i32> = centred.iter().map(|column| size(column)).collect();
    let sizes = communicator.all_reduce(&sizes, Operation::Max)?;
    let exponents: Vec<i32> = sizes.into_iter().map(unit).collect();
    for (column, &exponent) in centred.iter_mut().zip(&exponents) {
        column
            .iter_mut()
            .for_each(|value| *value = scale(*value, -exponent));
    }
    let own = (column_sums(&centred).0, product_sums(&centred));
    let all: Sums = communicator.all_reduce_objects(own, merged)?;
    let matrix = matrix(rows, columns, &all);
    Ok(Scaled { matrix, exponents })
}

/// ⌊log₂⌋ of the largest magnitude, below all of zeros.
fn size(column: &[f64]) -> i32 {
    let largest = column
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    Wide::from_f64(largest).exponent().unwrap_or(i32::MIN)
}

/// The unit of a column of numbers of this size: 1, unless their products would be near the ends of the range.
fn unit(size: i32) -> i32 {
    match size {
        -200..200 | i32::MIN => 0,
        _ => size,
    }
}

fn column_sums(columns: &[Vec<f64>]) -> Sums {
    let sum = |column: &Vec<f64>| {
        let mut sum = Reproducible::default();
        sum.add(column);
        sum
    };
    (columns.iter().map(sum).collect(), vec![])
}

/// Of each two columns i ≤ j, row after row of the matrix.
fn product_sums(columns: &[Vec<f64>]) -> Vec<Reproducible> {
    let pairs = columns
        .iter()
        .enumerate()
        .flat_map(|(i, left)| columns[i..].iter().map(move |right| (left, right)));
    pairs
        .map(|(left, right)| {
            let mut sum = Reproducible::default();
            sum.add_products(left, right);
            sum
        })
        .collect()
}

fn merged(mut left: Sums, right: Sums) -> Sums {
    let all = left.0.iter_mut().chain(&mut left.1);
    for (sum, other) in all.zip(right.0.iter().chain(&right.1)) {
        sum.merge(other);
    }
    left
}

fn matrix(rows: usize, columns: usize, (sums, products): &Sums) -> Array2<f64> {
    let mut matrix = Array2::from_elem((columns, columns), f64::NAN);
    if rows < 2 {
        return matrix;
    }
    let count = Wide::from_integer(rows as i128);
    let divisor = count.times(&Wide::from_integer(rows as i128 - 1));
    let mut products = products.iter();
    for i in 0..columns {
        for j in i..columns {
            let product = products.next().and_then(Reproducible::to_wide);
            let sums = sums[i].to_wide().zip(sums[j].to_wide());
            let value = product.zip(sums).map(|(product, (left, right))| {
                count
                    .times(&product)
                    .minus(&left.times(&right))
                    .ratio(&divisor)
            });
            matrix[(i, j)] = value.unwrap_or(f64::NAN);
            matrix[(j, i)] = matrix[(i, j)];
        }
    }
    matrix
}
