use num_complex::Complex;

use super::*;

/// The text of a whole array, as the root makes it.
fn printed<A: Printable>(shape: &[usize], values: &[A]) -> String {
    let shown: Vec<Shown> = shape
        .iter()
        .map(|&n| Shown::of(n, values.len() > THRESHOLD))
        .collect();
    text::of(&A::texts(values), &shown)
}

/// What numpy 1.24 prints of the same numbers.
#[test]
fn numbers_look_as_numpy_prints_them() {
    let is = |text: String, expected: &str| assert_eq!(text, expected);
    is(printed(&[3], &[1.5, 2.25, 100.0]), "[  1.5    2.25 100.  ]");
    is(
        printed(&[4], &[1e-10, 1.5, f64::NAN, f64::NEG_INFINITY]),
        "[1.0e-10 1.5e+00     nan    -inf]",
    );
    is(
        printed(&[2], &[1.0 / 3.0, 1e-5]),
        "[3.33333333e-01 1.00000000e-05]",
    );
    is(printed(&[1], &[123_456_789.123]), "[1.23456789e+08]");
    is(printed(&[3], &[-1.0, 2.0, 0.5]), "[-1.   2.   0.5]");
    is(
        printed(&[3], &[f64::NAN, 1.0, 12345.0]),
        "[       nan 1.0000e+00 1.2345e+04]",
    );
    is(printed(&[2], &[1e-300, 1e300]), "[1.e-300 1.e+300]");
    is(
        printed(&[2], &[0.1f32, 1.0 / 3.0]),
        "[0.1        0.33333334]",
    );
    is(
        printed(&[2, 2], &[true, false, true, true]),
        "[[ True False]\n [ True  True]]",
    );
    let numbers = [Complex::new(1.0, 2.0), Complex::new(3.5, -1.0)];
    is(printed(&[1, 2], &numbers), "[[1. +2.j 3.5-1.j]]");
    let far = [Complex::new(1e-10, 1e5), Complex::new(3.0, 0.0)];
    is(printed(&[2], &far), "[1.e-10+100000.j 3.e+00     +0.j]");
    is(printed(&[3], &[-5, 1000, 3]), "[  -5 1000    3]");
    is(printed(&[], &[3.5]), "3.5");
    is(printed(&[], &[1.0]), "1.0");
    is(printed::<f64>(&[0, 3], &[]), "[]");
    is(printed(&[2], &[0.0, 0.001]), "[0.    0.001]");
    is(printed(&[2], &[0.0, f64::INFINITY]), "[ 0. inf]");
}

#[test]
fn lines_break_where_numpys_do() {
    let sevenths: Vec<f64> = (0..60).map(|i| f64::from(i) / 7.0).collect();
    let expected = "\
[[[0.         0.14285714 0.28571429 0.42857143 0.57142857 0.71428571
   0.85714286 1.         1.14285714 1.28571429 1.42857143 1.57142857
   1.71428571 1.85714286 2.         2.14285714 2.28571429 2.42857143
   2.57142857 2.71428571 2.85714286 3.         3.14285714 3.28571429
   3.42857143 3.57142857 3.71428571 3.85714286 4.         4.14285714]]

 [[4.28571429 4.42857143 4.57142857 4.71428571 4.85714286 5.
   5.14285714 5.28571429 5.42857143 5.57142857 5.71428571 5.85714286
   6.         6.14285714 6.28571429 6.42857143 6.57142857 6.71428571
   6.85714286 7.         7.14285714 7.28571429 7.42857143 7.57142857
   7.71428571 7.85714286 8.         8.14285714 8.28571429 8.42857143]]]";
    assert_eq!(printed(&[2, 1, 30], &sevenths), expected);
    let thousands: Vec<i32> = (0..40).map(|i| 1000 * i).collect();
    let expected = "\
[    0  1000  2000  3000  4000  5000  6000  7000  8000  9000 10000 11000
 12000 13000 14000 15000 16000 17000 18000 19000 20000 21000 22000 23000
 24000 25000 26000 27000 28000 29000 30000 31000 32000 33000 34000 35000
 36000 37000 38000 39000]";
    assert_eq!(printed(&[40], &thousands), expected);
}
