//! Reductions of arrays in every kind of layout, against what one rank makes of the whole array in C order.

use ndarray::{Array, ArrayView1, Axis, Ix1, Ix2, Ix3, Zip, s};
use num_complex::Complex;
use partita::layout::Axes;
use partita::reduce::{Along, ArgMax, Max, Min, NanMin, Norm2, SkipNan, Sum};
use partita::sum::{Exact, Reproducible, Squares};
use partita::{
    Communicator, DistArray, Distributed, Error, Lines, ProcessGrid, Reductions, Result,
};
use partita_testing::{any_layout, cases, error_of_all, position, spmd_test};
use proptest::prelude::*;

use partita_kernels::statistics::serial;

use super::cases::{distributed, odd, same, value};

/// The first of those that no other one beats; `None` of none.
fn first_best(values: &[f64], beats: impl Fn(f64, f64) -> bool) -> Option<usize> {
    (0..values.len()).find(|&place| !values.iter().any(|&other| beats(other, values[place])))
}

fn less(one: f64, other: f64) -> bool {
    one < other || one.is_nan() && !other.is_nan()
}

fn greater(one: f64, other: f64) -> bool {
    one > other || one.is_nan() && !other.is_nan()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn reductions_are_those_of_the_whole_array_in_every_layout(world: &Communicator) -> Result<()> {
    let case = (any_layout::<Ix3>(world.size()), any::<u64>(), any::<bool>());
    for (layout, seed, with_specials) in cases(24, case) {
        let (array, whole) =
            distributed(world, &layout, |place| value(seed, place, with_specials))?;
        let values = whole.as_slice().expect("standard");
        check_all(world, &array, values)?;
        // Of views as of arrays; some layouts have not every slice.
        check_all(
            world,
            &array.slice(s![..;-1, .., ..;-1])?,
            &flat(&whole.slice(s![..;-1, .., ..;-1])),
        )?;
        let from = |axis: usize| usize::from(array.shape()[axis] > 0) as isize;
        let part = s![.., from(1)..;2, from(2)..];
        if let Ok(view) = array.slice(part) {
            check_all(world, &view, &flat(&whole.slice(part)))?;
        }
    }
    Ok(())
}

fn flat(values: &ndarray::ArrayView3<f64>) -> Vec<f64> {
    values.iter().copied().collect()
}

fn check_all<T>(world: &Communicator, array: &T, values: &[f64]) -> Result<()>
where
    T: Distributed<Element = f64, Dim = Ix3>,
{
    let mut product = Reproducible::default();
    product.add_products(values, values);
    let told = format!("{}", array.layout());
    assert!(same(array.sum()?, reproducible(values)), "{told}");
    assert!(same(array.sum_exact()?, exact(values)), "{told}");
    assert!(same(array.dot(array)?, product.to_f64()), "{told}");
    assert!(same(array.norm2()?, norm2(values)), "{told}");
    assert!(
        same(array.nan_sum()?, reproducible(&serial::numbers(values))),
        "{told}"
    );
    let negative = values.iter().filter(|&&value| value < 0.0).count();
    assert_eq!(array.count(|value| value < 0.0)?, negative as u64);
    assert_eq!(array.any(|value| value == 1e300)?, values.contains(&1e300));
    assert_eq!(array.all(|value| value != 1e300)?, !values.contains(&1e300));
    let first = array.reduce(|left, _| left)?;
    assert_eq!(
        first.map(f64::to_bits),
        values.first().map(|value| value.to_bits())
    );
    if values.is_empty() {
        let error = error_of_all(world, array.min())?;
        assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        error_of_all(world, array.argmax())?;
        return Ok(());
    }
    check_extremes(array, values)
}

fn check_extremes<T>(array: &T, values: &[f64]) -> Result<()>
where
    T: Distributed<Element = f64, Dim = Ix3>,
{
    let place = |index: [usize; 3]| position(array.layout().shape(), &index);
    let least = first_best(values, less).expect("some");
    let most = first_best(values, greater).expect("some");
    assert_eq!(place(array.argmin()?), least);
    assert_eq!(place(array.argmax()?), most);
    // IEEE's minimum and maximum tell zeros apart.
    let zero = |zero: f64, value: f64| {
        let there = values.iter().any(|other| other.to_bits() == zero.to_bits());
        if value == 0.0 && there { zero } else { value }
    };
    assert!(same(array.min()?, zero(-0.0, values[least])));
    assert!(same(array.max()?, zero(0.0, values[most])));
    let numbers = serial::numbers(values);
    match numbers.is_empty() {
        true => assert!(array.nan_min().is_err() && array.nan_argmax().is_err()),
        false => {
            let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(array.nan_min()?, least);
            let index = place(array.nan_argmin()?);
            assert_eq!(Some(index), values.iter().position(|&value| value == least));
            // What is passed over still counts where places are told.
            assert_eq!(
                array.reduce_by(&SkipNan(ArgMax))?,
                place(array.nan_argmax()?)
            );
            assert_eq!(
                array.nan_max()?,
                numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            );
        }
    }
    let (least, most, at, sum) = array.reduce_by(&(Min, Max, ArgMax, Sum))?;
    assert!(same(least, array.min()?) && same(most, array.max()?) && same(sum, array.sum()?));
    assert_eq!(at, place(array.argmax()?));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn along_an_axis_each_line_is_reduced_in_every_layout(world: &Communicator) -> Result<()> {
    fn check<D: Along>(world: &Communicator, count: usize) -> Result<()> {
        let case = (any_layout::<D>(world.size()), any::<u64>(), any::<bool>());
        for (layout, seed, with_specials) in cases(count, case) {
            let (array, whole) =
                distributed(world, &layout, |place| value(seed, place, with_specials))?;
            for axis in 0..array.ndim() {
                check_axis(&array, &whole, axis)?;
            }
            let refused = array.sum_axis(array.ndim()).map(|_| ());
            assert!(matches!(refused, Err(Error::Shape { .. })));
            let refused = array.map_lines(array.ndim(), 1, |_| Ok(vec![0.0]));
            assert!(matches!(refused.map(|_| ()), Err(Error::Shape { .. })));
        }
        Ok(())
    }
    check::<Ix1>(world, 6)?;
    check::<Ix2>(world, 12)?;
    check::<Ix3>(world, 6)?;
    for (layout, seed) in cases(6, (any_layout::<Ix2>(world.size()), any::<u64>())) {
        let (array, whole) = distributed(world, &layout, |place| value(seed, place, true))?;
        let turned = array.slice(s![..;-1, ..;-1])?;
        for axis in 0..2 {
            check_axis(&turned, &whole.slice(s![..;-1, ..;-1]).to_owned(), axis)?;
        }
    }
    Ok(())
}

fn check_axis<T>(array: &T, whole: &Array<f64, T::Dim>, axis: usize) -> Result<()>
where
    T: Distributed<Element = f64, Dim: Along>,
{
    let expect = |reduce: &dyn Fn(&[f64]) -> f64| -> Vec<f64> {
        let lines = whole.lanes(Axis(axis)).into_iter();
        lines.map(|line| reduce(&line.to_vec())).collect()
    };
    assert_lines(&array.sum_axis(axis)?, &expect(&reproducible))?;
    assert_lines(&array.sum_exact_axis(axis)?, &expect(&exact))?;
    assert_lines(&array.norm2_axis(axis)?, &expect(&norm2))?;
    let of_numbers = expect(&|line| reproducible(&serial::numbers(line)));
    assert_lines(&array.nan_sum_axis(axis)?, &of_numbers)?;
    let product = expect(&|line| {
        let mut product = Reproducible::default();
        product.add_products(line, line);
        product.to_f64()
    });
    assert_lines(&array.dot_axis(array, axis)?, &product)?;
    let negative = |value: f64| value < 0.0;
    let count = |line: &[f64]| line.iter().filter(|&&value| negative(value)).count();
    let counts = array.count_axis(axis, negative)?.map(|count| count as f64);
    assert_lines(&counts, &expect(&|line| count(line) as f64))?;
    let any = array
        .any_axis(axis, negative)?
        .map(|any| f64::from(u8::from(any)));
    assert_lines(&any, &expect(&|line| (count(line) > 0).into()))?;
    let all = array
        .all_axis(axis, negative)?
        .map(|all| f64::from(u8::from(all)));
    assert_lines(&all, &expect(&|line| (count(line) == line.len()).into()))?;
    check_whole_lines(array, whole, axis)?;
    if whole.len_of(Axis(axis)) > 0 {
        let first = |line: &[f64]| first_best(line, greater).map_or(f64::NAN, |at| at as f64);
        let places = array.argmax_axis(axis)?.map(|at| at as f64);
        assert_lines(&places, &expect(&first))?;
        assert_lines(
            &array.reduce_axis(axis, odd)?,
            &expect(&|line| serial::reduce(line, &odd).expect("some")),
        )?;
    }
    Ok(())
}

/// Each line turned about, and its first and last elements.
fn check_whole_lines<T>(array: &T, whole: &Array<f64, T::Dim>, axis: usize) -> Result<()>
where
    T: Distributed<Element = f64, Dim: Along>,
{
    let length = whole.len_of(Axis(axis));
    let turn = |line: &[f64]| line.iter().rev().copied().collect::<Vec<f64>>();
    let turned = array.map_lines(axis, length, |line| Ok(turn(line)))?;
    assert_eq!(turned.layout(), array.layout());
    let mut expected = whole.clone();
    expected.invert_axis(Axis(axis));
    let found = turned.all_gather()?;
    Zip::from(&found)
        .and(&expected)
        .for_each(|&found, &expected| assert!(same(found, expected)));
    let ends = |line: &[f64]| [line.first(), line.last()].map(|end| end.copied().unwrap_or(7.0));
    let found = array
        .map_lines(axis, 2, |line| Ok(ends(line).to_vec()))?
        .all_gather()?;
    assert_eq!(found.len_of(Axis(axis)), 2);
    let lines = found
        .lanes(Axis(axis))
        .into_iter()
        .zip(whole.lanes(Axis(axis)));
    for (found, line) in lines {
        let pair = |line: ArrayView1<f64>| ends(&line.to_vec()).map(f64::to_bits);
        assert_eq!(pair(found), pair(line));
    }
    Ok(())
}

fn norm2(values: &[f64]) -> f64 {
    let mut squares = Squares::default();
    squares.add(values);
    squares.norm()
}

fn reproducible(values: &[f64]) -> f64 {
    let mut sum = Reproducible::default();
    sum.add(values);
    sum.to_f64()
}

fn exact(values: &[f64]) -> f64 {
    let mut sum = Exact::default();
    sum.add(values);
    sum.to_f64()
}

#[track_caller]
fn assert_lines<D: Axes>(found: &DistArray<f64, D>, expected: &[f64]) -> Result<()> {
    let all = found.all_gather()?;
    assert_eq!(all.len(), expected.len());
    for (&found, &expected) in all.iter().zip(expected) {
        assert!(same(found, expected), "{found:e} for {expected:e}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn products_and_norms_neither_overflow_nor_lose_their_signs(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let array =
        |values: &'static [f64]| DistArray::from_fn(&grid, Ix1(values.len()), |[i]| values[i]);
    assert_eq!(array(&[3e300, 0.0, -4e300, 1.0])?.norm2()?, 5e300);
    assert_eq!(array(&[3e-320, 4e-320])?.norm2()?, 5e-320);
    assert_eq!(array(&[1.0, -2.0, 0.5, -0.0])?.norm1()?, 3.5);
    assert_eq!(array(&[1.0, -2.0, 0.5])?.norm_inf()?, 2.0);
    assert!(array(&[1.0, f64::NAN, f64::INFINITY])?.norm_inf()?.is_nan());
    assert_eq!(array(&[1.0, f64::NEG_INFINITY])?.norm2()?, f64::INFINITY);
    assert!(array(&[1.0, f64::NAN, 1e300])?.norm2()?.is_nan());
    assert_eq!(array(&[])?.norm2()?, 0.0);
    assert_eq!(
        array(&[1e8, 1.0, -1e8])?.dot(&array(&[1e8, 1.0, 1e8])?)?,
        1.0
    );
    let one = DistArray::from_fn(&grid, [3], |[i]| Complex::new(i as f64, 1.0))?;
    let other = DistArray::from_fn(&grid, [3], |[i]| Complex::new(2.0, -(i as f64)))?;
    // Σ (k − i)(2 − ki) over k = 0, 1, 2: Σ (2k − k) − i Σ (k² + 2).
    assert_eq!(one.dot(&other)?, Complex::new(3.0, -11.0));
    let many = DistArray::full(&grid, [5], u64::MAX)?;
    let error = error_of_all(world, many.dot(&many))?;
    assert!(matches!(error, Error::Numerical { .. }), "{error:?}");
    let fits = DistArray::from_fn(&grid, [4], |[i]| [i64::MIN, i64::MIN, 3, -7][i])?;
    let signs = DistArray::from_fn(&grid, [4], |[i]| [1i64, -1, 5, 1][i])?;
    assert_eq!(fits.dot(&signs)?, 8);
    let tall = DistArray::full(&grid, [4], 1.0)?;
    let error = error_of_all(world, tall.max_axis(1).map(|_| ()))?;
    assert!(
        error.to_string().starts_with("max: there is no axis 1"),
        "{error}"
    );
    let error = error_of_all(world, tall.dot_axis(&tall, 1).map(|_| ()))?;
    assert!(error.to_string().starts_with("dot_axis: "), "{error}");
    let error = error_of_all(world, tall.dot(&array(&[1.0; 5])?))?;
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    assert_eq!(tall.reduce_by(&(NanMin, Norm2))?, (1.0, 2.0));
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
fn a_sum_that_does_not_fit_on_one_rank_is_an_error_on_all(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[1, world.size()])?;
    // Only the last column is too much.
    let array = DistArray::from_fn(&grid, [3, 4], |[_, j]| if j == 3 { i8::MAX } else { 1 })?;
    let error = error_of_all(world, array.sum_axis(0).map(|_| ()))?;
    assert!(error.to_string().contains("381 does not fit i8"), "{error}");
    // What a user's function says of one rank's lines, too.
    let refused = array.map_lines(0, 1, |line| match line[0] {
        i8::MAX => Err(Error::numerical("lines", "too much")),
        few => Ok(vec![few]),
    });
    let error = error_of_all(world, refused.map(|_| ()))?;
    assert!(error.to_string().contains("too much"), "{error}");
    let error = error_of_all(world, array.map_lines(1, 3, |_| Ok(vec![0u8])).map(|_| ()))?;
    assert!(
        error.to_string().contains("1 values of a line for 3"),
        "{error}"
    );
    let sums: DistArray<i8, Ix1> = array.map(|value| value / 4).sum_axis(0)?;
    assert_eq!(sums.all_gather()?.to_vec(), [0, 0, 0, 93]);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_sum_along_the_only_axis_is_an_array_without_axes(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let array: DistArray<f64, Ix1> = DistArray::from_fn(&grid, [7], |[i]| i as f64)?;
    assert_eq!(array.sum_axis(0)?.all_gather()?.into_scalar(), 21.0);
    let _: DistArray<f64, Ix2> = DistArray::zeros(&ProcessGrid::balanced(world, 2)?, [1, 1])?;
    Ok(())
}
