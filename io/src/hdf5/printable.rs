//! Texts from files, on their way to a terminal.

use std::fmt::Write;

/// A text as one line that a terminal prints and does not obey: control characters, and those that turn the direction
/// of writing or cannot be seen, are escaped; of a text of more than `most` characters the rest is counted. *Local.*
///
/// ```
/// use partita_io::hdf5::printable;
/// assert_eq!(printable("Wärme in °C", 80), "Wärme in °C");
/// assert_eq!(printable("\x1b[2Ja\nb", 80), "\\u{1b}[2Ja\\nb");
/// assert_eq!(printable("a long text", 6), "a long … (5 more characters)");
/// ```
pub fn printable(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(most) {
        match is_obeyed(character) {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    let rest = characters.count();
    if rest > 0 {
        let _ = write!(line, " … ({rest} more characters)");
    }
    line
}

fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Line and paragraph ends; marks, embeddings and isolates of directions; what has no width.
            '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{61c}'
        )
}
