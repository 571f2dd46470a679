//! Brackets, lines and what is left out between the edges.

use super::{EDGE, Shown};

/// As wide as numpy's lines.
const WIDTH: usize = 75;

/// Stands for what is not shown.
const LEFT_OUT: &str = "…";

/// The elements that are shown, in C order, one text each, all of one width.
pub(super) fn of(elements: &[String], shown: &[Shown]) -> String {
    match shown {
        [] => elements.first().map_or(String::new(), |text| {
            let text = text.trim();
            let zero = if text.ends_with('.') { "0" } else { "" };
            format!("{text}{zero}")
        }),
        _ if elements.is_empty() => "[]".to_string(),
        _ => nested(elements, shown, 1),
    }
}

/// The elements of the remaining axes, at this depth of brackets.
fn nested(elements: &[String], shown: &[Shown], depth: usize) -> String {
    let Some((axis, inner)) = shown.split_first() else {
        return String::new();
    };
    if inner.is_empty() {
        return line(elements, axis, depth);
    }
    let each = elements.len() / axis.count().max(1);
    let separator = format!("{}{}", "\n".repeat(inner.len()), " ".repeat(depth));
    let parts = elements.chunks(each.max(1));
    let mut parts: Vec<String> = parts.map(|part| nested(part, inner, depth + 1)).collect();
    if axis.edges_only {
        parts.insert(EDGE, LEFT_OUT.to_string());
    }
    format!("[{}]", parts.join(&separator))
}

/// One row, broken where it is longer than a line.
fn line(elements: &[String], axis: &Shown, depth: usize) -> String {
    let mut words: Vec<&str> = elements.iter().map(String::as_str).collect();
    if axis.edges_only {
        words.insert(EDGE, LEFT_OUT);
    }
    let indent = " ".repeat(depth);
    let width = WIDTH - 1 - (depth - 1);
    let (mut text, mut current) = (String::new(), indent.clone());
    for word in words {
        let length = current.chars().count();
        if length > depth && length + word.chars().count() > width {
            text += current.trim_end();
            text.push('\n');
            current = indent.clone();
        }
        current += word;
        current.push(' ');
    }
    text += &current[..current.len() - 1];
    format!("[{}]", &text[depth..])
}
