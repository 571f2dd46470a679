//! Numbers as numpy writes them: all of one width, with as many digits as tell them apart, at most eight
//! behind the point.

use std::any::Any;

use num_complex::Complex;

use crate::comm::Element;

/// Digits behind the point at most.
const PRECISION: usize = 8;

/// An element that can be printed beside others.
///
/// Implemented for the integers, `bool`, `f32`, `f64` and their [`Complex`].
pub trait Printable: Element {
    /// All of them as texts of one width.
    fn texts(values: &[Self]) -> Vec<String>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Printable for $integer {
            fn texts(values: &[Self]) -> Vec<String> {
                to_the_right(values.iter().map(ToString::to_string).collect())
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl Printable for bool {
    fn texts(values: &[Self]) -> Vec<String> {
        let text = |value: &bool| if *value { " True" } else { "False" };
        values.iter().map(|value| text(value).to_string()).collect()
    }
}

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl Printable for $float {
            fn texts(values: &[Self]) -> Vec<String> {
                let numbers: Vec<_> = values.iter().map(|&value| Digits::of(value)).collect();
                float_texts(&numbers, false)
            }
        }

        impl Printable for Complex<$float> {
            fn texts(values: &[Self]) -> Vec<String> {
                let real: Vec<_> = values.iter().map(|value| Digits::of(value.re)).collect();
                let imaginary: Vec<_> = values.iter().map(|value| Digits::of(value.im)).collect();
                let imaginary = float_texts(&imaginary, true);
                let pairs = float_texts(&real, false).into_iter().zip(imaginary);
                // The unit follows the last digit, the blanks follow the unit.
                pairs.map(|(real, imaginary)| {
                    let digits = imaginary.trim_end();
                    let blanks = &imaginary[digits.len()..];
                    format!("{real}{digits}j{blanks}")
                }).collect()
            }
        }

        impl From<$float> for Digits {
            fn from(value: $float) -> Self {
                Digits {
                    magnitude: f64::from(value.abs()),
                    shortest: format!("{value}"),
                    rounded: format!("{value:.PRECISION$}"),
                    shortest_power: format!("{value:e}"),
                    rounded_power: format!("{value:.PRECISION$e}"),
                }
            }
        }
    )*};
}

/// Elements to texts of one width.
pub(super) type Texts<A> = fn(&[A]) -> Vec<String>;

/// How elements of this type are printed, where it is one of those above.
pub(super) fn texts_if_printable<A: Element>() -> Option<Texts<A>> {
    macro_rules! first_of {
        ($($printable:ty),*) => {$(
            let texts: Texts<$printable> = <$printable>::texts;
            if let Some(texts) = (&texts as &dyn Any).downcast_ref::<Texts<A>>() {
                return Some(*texts);
            }
        )*};
    }
    first_of!(
        f64,
        f32,
        bool,
        Complex<f64>,
        Complex<f32>,
        i8,
        i16,
        i32,
        i64,
        isize,
        u8,
        u16,
        u32,
        u64,
        usize
    );
    None
}

/// A number's digits, the shortest that tell it apart and rounded, plain and with a power of ten.
struct Digits {
    magnitude: f64,
    shortest: String,
    rounded: String,
    shortest_power: String,
    rounded_power: String,
}

impl Digits {
    fn of(value: impl Into<Digits>) -> Self {
        value.into()
    }

    fn is_finite(&self) -> bool {
        self.magnitude.is_finite()
    }

    /// What numpy calls it if it is not finite.
    fn name(&self) -> Option<&'static str> {
        match self.magnitude {
            magnitude if magnitude.is_nan() => Some("nan"),
            magnitude if magnitude.is_finite() => None,
            _ if self.shortest.starts_with('-') => Some("-inf"),
            _ => Some("inf"),
        }
    }

    /// The digits before and behind the point.
    fn plain(&self) -> (&str, &str) {
        let (whole, fraction) = at_point(&self.shortest);
        match fraction.len() <= PRECISION {
            true => (whole, fraction),
            false => rounded(&self.rounded),
        }
    }

    /// The digits before and behind the point, and the power of ten.
    fn with_power(&self) -> (&str, &str, i32) {
        let (digits, power) = self.shortest_power.split_once('e').unwrap_or(("0", "0"));
        let (whole, fraction) = at_point(digits);
        if fraction.len() <= PRECISION {
            return (whole, fraction, power.parse().unwrap_or(0));
        }
        let (digits, power) = self.rounded_power.split_once('e').unwrap_or(("0", "0"));
        let (whole, fraction) = rounded(digits);
        (whole, fraction, power.parse().unwrap_or(0))
    }
}

floats!(f32, f64);

fn at_point(digits: &str) -> (&str, &str) {
    digits.split_once('.').unwrap_or((digits, ""))
}

fn rounded(digits: &str) -> (&str, &str) {
    let (whole, fraction) = at_point(digits);
    (whole, fraction.trim_end_matches('0'))
}

/// All of one width, with their points below each other; numpy's rule says when with powers of ten.
fn float_texts(numbers: &[Digits], signed: bool) -> Vec<String> {
    let finite = || numbers.iter().filter(|number| number.is_finite());
    let not_zero = || {
        finite()
            .map(|number| number.magnitude)
            .filter(|size| *size > 0.0)
    };
    let (least, most) = (
        not_zero().fold(f64::INFINITY, f64::min),
        not_zero().fold(0.0, f64::max),
    );
    let with_powers = most > 0.0 && (most >= 1e8 || least < 1e-4 || most / least > 1000.0);
    let sign = |whole: &str| {
        if signed && !whole.starts_with('-') {
            "+"
        } else {
            ""
        }
    };
    let behind = finite().map(|number| match with_powers {
        true => number.with_power().1.len(),
        false => number.plain().1.len(),
    });
    let behind = behind.max().unwrap_or(0);
    let power_digits =
        finite().map(|number| number.with_power().2.unsigned_abs().to_string().len());
    let power_digits = power_digits.max().unwrap_or(0).max(2);
    let text = |number: &Digits| match (number.name(), with_powers) {
        (Some(name), _) => format!("{}{name}", sign(name)),
        (None, false) => {
            let (whole, fraction) = number.plain();
            format!("{}{whole}.{fraction:<behind$}", sign(whole))
        }
        (None, true) => {
            let (whole, fraction, power) = number.with_power();
            let power_sign = if power < 0 { '-' } else { '+' };
            let power = power.unsigned_abs();
            format!(
                "{}{whole}.{fraction:0<behind$}e{power_sign}{power:0power_digits$}",
                sign(whole)
            )
        }
    };
    to_the_right(numbers.iter().map(text).collect())
}

fn to_the_right(texts: Vec<String>) -> Vec<String> {
    let width = texts.iter().map(String::len).max().unwrap_or(0);
    texts.iter().map(|text| format!("{text:>width$}")).collect()
}
