//! The numbers that the Sobol sequence is made of, of 64 axes.
//!
//! Source: S. Joe and F. Y. Kuo, *Constructing Sobol sequences with better two-dimensional projections*, SIAM Journal on
//! Scientific Computing 30 (2008), their table `new-joe-kuo-6`. Copyright (c) 2008, Frances Y. Kuo and Stephen Joe, all
//! rights reserved; redistributed under the table's BSD-style licence, with this notice and without any warranty.

/// A primitive polynomial over GF(2) and the sequence's first numbers along an axis.
pub struct Initial {
    /// The polynomial's coefficients between the first and the last, which are 1.
    pub inner: u32,
    /// The first direction numbers, as many as the polynomial's degree: number k (from 1) is odd and below 2^k.
    pub numbers: &'static [u32],
}

const fn initial(inner: u32, numbers: &'static [u32]) -> Initial {
    Initial { inner, numbers }
}

/// Of the second axis and those after it; the first axis has van der Corput's sequence.
#[rustfmt::skip]
pub const INITIAL: [Initial; 63] = [
    initial(0, &[1]),
    initial(1, &[1, 3]),
    initial(1, &[1, 3, 1]),
    initial(2, &[1, 1, 1]),
    initial(1, &[1, 1, 3, 3]),
    initial(4, &[1, 3, 5, 13]),
    initial(2, &[1, 1, 5, 5, 17]),
    initial(4, &[1, 1, 5, 5, 5]),
    initial(7, &[1, 1, 7, 11, 19]),
    initial(11, &[1, 1, 5, 1, 1]),
    initial(13, &[1, 1, 1, 3, 11]),
    initial(14, &[1, 3, 5, 5, 31]),
    initial(1, &[1, 3, 3, 9, 7, 49]),
    initial(13, &[1, 1, 1, 15, 21, 21]),
    initial(16, &[1, 3, 1, 13, 27, 49]),
    initial(19, &[1, 1, 1, 15, 7, 5]),
    initial(22, &[1, 3, 1, 15, 13, 25]),
    initial(25, &[1, 1, 5, 5, 19, 61]),
    initial(1, &[1, 3, 7, 11, 23, 15, 103]),
    initial(4, &[1, 3, 7, 13, 13, 15, 69]),
    initial(7, &[1, 1, 3, 13, 7, 35, 63]),
    initial(8, &[1, 3, 5, 9, 1, 25, 53]),
    initial(14, &[1, 3, 1, 13, 9, 35, 107]),
    initial(19, &[1, 3, 1, 5, 27, 61, 31]),
    initial(21, &[1, 1, 5, 11, 19, 41, 61]),
    initial(28, &[1, 3, 5, 3, 3, 13, 69]),
    initial(31, &[1, 1, 7, 13, 1, 19, 1]),
    initial(32, &[1, 3, 7, 5, 13, 19, 59]),
    initial(37, &[1, 1, 3, 9, 25, 29, 41]),
    initial(41, &[1, 3, 5, 13, 23, 1, 55]),
    initial(42, &[1, 3, 7, 3, 13, 59, 17]),
    initial(50, &[1, 3, 1, 3, 5, 53, 69]),
    initial(55, &[1, 1, 5, 5, 23, 33, 13]),
    initial(56, &[1, 1, 7, 7, 1, 61, 123]),
    initial(59, &[1, 1, 7, 9, 13, 61, 49]),
    initial(62, &[1, 3, 3, 5, 3, 55, 33]),
    initial(14, &[1, 3, 1, 15, 31, 13, 49, 245]),
    initial(21, &[1, 3, 5, 15, 31, 59, 63, 97]),
    initial(22, &[1, 3, 1, 11, 11, 11, 77, 249]),
    initial(38, &[1, 3, 1, 11, 27, 43, 71, 9]),
    initial(47, &[1, 1, 7, 15, 21, 11, 81, 45]),
    initial(49, &[1, 3, 7, 3, 25, 31, 65, 79]),
    initial(50, &[1, 3, 1, 1, 19, 11, 3, 205]),
    initial(52, &[1, 1, 5, 9, 19, 21, 29, 157]),
    initial(56, &[1, 3, 7, 11, 1, 33, 89, 185]),
    initial(67, &[1, 3, 3, 3, 15, 9, 79, 71]),
    initial(70, &[1, 3, 7, 11, 15, 39, 119, 27]),
    initial(84, &[1, 1, 3, 1, 11, 31, 97, 225]),
    initial(97, &[1, 1, 1, 3, 23, 43, 57, 177]),
    initial(103, &[1, 3, 7, 7, 17, 17, 37, 71]),
    initial(115, &[1, 3, 1, 5, 27, 63, 123, 213]),
    initial(122, &[1, 1, 3, 5, 11, 43, 53, 133]),
    initial(8, &[1, 3, 5, 5, 29, 17, 47, 173, 479]),
    initial(13, &[1, 3, 3, 11, 3, 1, 109, 9, 69]),
    initial(16, &[1, 1, 1, 5, 17, 39, 23, 5, 343]),
    initial(22, &[1, 3, 1, 5, 25, 15, 31, 103, 499]),
    initial(25, &[1, 1, 1, 11, 11, 17, 63, 105, 183]),
    initial(44, &[1, 1, 5, 11, 9, 29, 97, 231, 363]),
    initial(47, &[1, 1, 5, 15, 19, 45, 41, 7, 383]),
    initial(52, &[1, 3, 7, 7, 31, 19, 83, 137, 221]),
    initial(55, &[1, 1, 1, 3, 23, 15, 111, 223, 83]),
    initial(59, &[1, 1, 5, 13, 31, 15, 55, 25, 161]),
    initial(62, &[1, 1, 3, 13, 25, 47, 39, 87, 257]),
];
