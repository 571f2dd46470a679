//! How columns vary together.

use ndarray::{Array2, ArrayView2, Ix2};
use partita::layout::block_range;
use partita::sum::{Reproducible, Wide};
use partita::{DistArray, Element, Result};

/// Sums of the columns, and of the products of each two of them.
type Sums = (Vec<Reproducible>, Vec<Reproducible>);

/// The covariance matrix of the columns: each row is one observation of all variables. *Collective.*
///
/// Σ(x − x̄)(y − ȳ)/(n − 1), NaN of less than two rows. Means first, then the products of what is left, with their
/// rounding errors: some units in the last place of what the standard deviations multiply to.
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
pub fn covariance<A>(array: &DistArray<A, Ix2>) -> Result<Array2<f64>>
where
    A: Element + Into<f64>,
{
    let [rows, columns] = [array.shape()[0], array.shape()[1]];
    let communicator = array.communicator();
    let of_rank = |rank| block_range(rows, communicator.size(), rank).len();
    let lengths: Vec<usize> = (0..communicator.size())
        .map(|rank| of_rank(rank) * columns)
        .collect();
    let own = array.in_order(&lengths)?;
    let own = ArrayView2::from_shape((of_rank(communicator.rank()), columns), &own)?;
    let mut centred: Vec<Vec<f64>> = (0..columns)
        .map(|column| {
            own.column(column)
                .iter()
                .map(|&value| value.into())
                .collect()
        })
        .collect();
    let sums = communicator.all_reduce_objects(column_sums(&centred), merged)?;
    for (column, sum) in centred.iter_mut().zip(&sums.0) {
        let mean = super::moments::mean(rows as u64, sum);
        column.iter_mut().for_each(|value| *value -= mean);
    }
    let (mut totals, _) = column_sums(&centred);
    let products = product_sums(&centred);
    let all: Sums =
        communicator.all_reduce_objects((std::mem::take(&mut totals), products), merged)?;
    Ok(matrix(rows, columns, &all))
}

/// The correlation matrix of the columns: [`covariance`] over the standard deviations. *Collective.*
///
/// # Shapes, cost, errors
/// As [`covariance`].
#[track_caller]
pub fn correlation<A>(array: &DistArray<A, Ix2>) -> Result<Array2<f64>>
where
    A: Element + Into<f64>,
{
    let covariance = covariance(array)?;
    let deviation = covariance.diag().map(|variance| variance.sqrt());
    let of = |(i, j)| match i == j {
        // Of a column that does not vary it is not defined.
        true if deviation[i] > 0.0 => 1.0,
        true => f64::NAN,
        false => covariance[(i, j)] / (deviation[i] * deviation[j]),
    };
    Ok(Array2::from_shape_fn(covariance.dim(), of))
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
