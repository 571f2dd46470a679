//! What stands in the attribute: `ranks = …, time_limit = …, environment = …`.
#![forbid(unsafe_code)]

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, ExprRange, Ident, Lit, LitInt, RangeLimits, Result, Token};

/// Beyond this a test is a typing error rather than a test.
const MOST_RANKS: usize = 1024;
const TIME_LIMIT_UNLESS_GIVEN: u64 = 60;

/// The arguments of `#[spmd_test(…)]`, checked.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) ranks: Vec<usize>,
    /// In seconds.
    pub(crate) time_limit: u64,
    /// Variables of every rank's environment.
    pub(crate) environment: Vec<(String, String)>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> Result<Arguments> {
        let mut ranks = None;
        let mut time_limit = None;
        let mut environment = None;
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let value: Expr = input.parse()?;
            match name.to_string().as_str() {
                "ranks" => set_once(&mut ranks, &name, parse_ranks(&value)?)?,
                "time_limit" => set_once(&mut time_limit, &name, parse_time_limit(&value)?)?,
                "environment" => set_once(&mut environment, &name, parse_environment(&value)?)?,
                _ => {
                    return Err(Error::new(
                        name.span(),
                        "unknown argument: `ranks`, `time_limit` and `environment` are known",
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let ranks = ranks.ok_or_else(|| {
            Error::new(
                Span::call_site(),
                "on how many ranks? write `#[spmd_test(ranks = [1, 2, 3])]`",
            )
        })?;
        Ok(Arguments {
            ranks,
            time_limit: time_limit.unwrap_or(TIME_LIMIT_UNLESS_GIVEN),
            environment: environment.unwrap_or_default(),
        })
    }
}

fn set_once<T>(place: &mut Option<T>, name: &Ident, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(name.span(), format!("`{name}` is given twice"))),
    }
}

fn parse_ranks(value: &Expr) -> Result<Vec<usize>> {
    let mut ranks = Vec::new();
    match value {
        Expr::Array(array) => {
            for element in &array.elems {
                let number = rank_count(element)?;
                if ranks.contains(&number) {
                    return Err(Error::new(
                        element.span(),
                        format!("{number} ranks are listed twice"),
                    ));
                }
                ranks.push(number);
            }
        }
        Expr::Range(range) => ranks.extend(parse_range(range)?),
        single => ranks.push(rank_count(single)?),
    }
    if ranks.is_empty() {
        return Err(Error::new(
            value.span(),
            "no number of ranks in here: there would be no test",
        ));
    }
    Ok(ranks)
}

fn parse_range(range: &ExprRange) -> Result<std::ops::Range<usize>> {
    let (Some(start), Some(end)) = (&range.start, &range.end) else {
        return Err(Error::new(
            range.span(),
            "a range of ranks has two ends: `1..=5`",
        ));
    };
    let past = matches!(range.limits, RangeLimits::Closed(_));
    Ok(rank_count(start)?..rank_count(end)? + usize::from(past))
}

fn rank_count(value: &Expr) -> Result<usize> {
    match integer(value).and_then(|literal| literal.base10_parse().ok()) {
        Some(0) => Err(Error::new(
            value.span(),
            "a test on 0 ranks would test nothing",
        )),
        Some(number) if number <= MOST_RANKS => Ok(number),
        _ => Err(Error::new(
            value.span(),
            format!("expected a number of ranks from 1 to {MOST_RANKS}"),
        )),
    }
}

fn parse_time_limit(value: &Expr) -> Result<u64> {
    match integer(value).and_then(|literal| literal.base10_parse().ok()) {
        Some(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(Error::new(
            value.span(),
            "expected the time limit as a whole number of seconds, at least 1",
        )),
    }
}

fn parse_environment(value: &Expr) -> Result<Vec<(String, String)>> {
    const SHAPE: &str = "expected variables and their values: `[(\"NAME\", \"value\")]`";
    let Expr::Array(array) = value else {
        return Err(Error::new(value.span(), SHAPE));
    };
    array
        .elems
        .iter()
        .map(|variable| {
            let Expr::Tuple(pair) = variable else {
                return Err(Error::new(variable.span(), SHAPE));
            };
            let mut texts = pair.elems.iter().map(text);
            match (texts.next(), texts.next(), texts.next()) {
                (Some(Some(name)), Some(Some(value)), None) => Ok((name, value)),
                _ => Err(Error::new(variable.span(), SHAPE)),
            }
        })
        .collect()
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => Some(literal.value()),
        _ => None,
    }
}

fn integer(value: &Expr) -> Option<&LitInt> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) => Some(literal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Arguments> {
        syn::parse_str(text)
    }

    /// The message, and the source text that the compiler would underline.
    fn complaint(text: &str) -> (String, String) {
        let error = parse(text).expect_err("not acceptable");
        (
            error.to_string(),
            error.span().source_text().unwrap_or_default(),
        )
    }

    #[test]
    fn lists_ranges_and_single_numbers_are_ranks() {
        assert_eq!(parse("ranks = [1, 2, 5]").expect("a list").ranks, [1, 2, 5]);
        assert_eq!(
            parse("ranks = 2..=4").expect("a closed range").ranks,
            [2, 3, 4]
        );
        assert_eq!(parse("ranks = 2..4,").expect("an open range").ranks, [2, 3]);
        assert_eq!(parse("ranks = 7").expect("a number").ranks, [7]);
    }

    #[test]
    fn the_time_limit_is_a_minute_unless_given() {
        assert_eq!(parse("ranks = 1").expect("no limit").time_limit, 60);
        assert_eq!(
            parse("time_limit = 5, ranks = 1")
                .expect("a limit")
                .time_limit,
            5
        );
    }

    #[test]
    fn variables_of_the_environment_are_pairs_of_texts() {
        let parsed = parse(r#"ranks = 1, environment = [("A", "1"), ("B", "")]"#).expect("pairs");
        let pairs = [("A".into(), "1".into()), ("B".into(), String::new())];
        assert_eq!(parsed.environment, pairs);
    }

    #[test]
    fn what_is_wrong_is_named_where_it_stands() {
        let cases = [
            ("", "on how many ranks?", ""),
            ("ranks = [1, 0]", "0 ranks", "0"),
            ("ranks = 0..=3", "0 ranks", "0"),
            ("ranks = []", "there would be no test", "[]"),
            ("ranks = 3..3", "there would be no test", "3..3"),
            ("ranks = 1..", "two ends", "1.."),
            ("ranks = [1, 2, 1]", "listed twice", "1"),
            ("ranks = [many]", "from 1 to 1024", "many"),
            ("ranks = 5000", "from 1 to 1024", "5000"),
            ("ranks = 1, ranks = 2", "given twice", "ranks"),
            ("ranks = 1, time_limit = 0", "at least 1", "0"),
            ("ranks = 1, environment = 3", "expected variables", "3"),
            (
                r#"ranks = 1, environment = [("A", 1)]"#,
                "expected variables",
                r#"("A", 1)"#,
            ),
            ("ranks = 1, timeout = 3", "unknown argument", "timeout"),
        ];
        for (text, message, place) in cases {
            let (said, underlined) = complaint(text);
            assert!(said.contains(message), "{text}: {said}");
            assert_eq!(underlined, place, "{text}");
        }
    }
}
