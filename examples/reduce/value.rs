//! Results, as they are printed.

use std::fmt;

/// A result.
pub enum Value {
    Number(f64),
    Count(u64),
    Index(Vec<usize>),
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // As few digits as tell it from all others, and a power of ten where there would be many.
            Value::Number(number) => write!(formatter, "{number:?}"),
            Value::Count(count) => write!(formatter, "{count}"),
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
            Value::Count(count) => count.to_string(),
            Value::Index(index) => format!("{index:?}"),
            Value::Text(text) => format!("\"{text}\""),
        }
    }
}
