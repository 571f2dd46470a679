//! The text of a Matrix Market file. Pure: no files, no ranks.

use std::iter::Enumerate;
use std::path::Path;
use std::str::{FromStr, Lines};

use ndarray::Array2;
use partita::Error;

/// What is wrong with a text.
#[derive(Debug, PartialEq)]
pub(super) enum Problem {
    /// In this line, from 1.
    Line(usize, String),
    /// Something valid that is not read.
    Unsupported(String),
    /// More than memory holds, in bytes.
    TooLarge(u64),
}

impl Problem {
    /// The error of a file with such a text.
    pub fn at(self, path: &Path) -> Error {
        match self {
            Problem::Line(line, detail) => {
                Error::format("read a matrix from", path, format!("line {line}: {detail}"))
            }
            Problem::Unsupported(feature) => Error::Unsupported {
                operation: "read a matrix from".to_string(),
                path: path.display().to_string(),
                feature,
            },
            Problem::TooLarge(bytes) => Error::Memory {
                operation: format!("read a matrix from {}", path.display()),
                bytes,
            },
        }
    }
}

/// The first line.
#[derive(Debug, Clone, Copy)]
struct Header {
    sparse: bool,
    pattern: bool,
    /// What an element below the diagonal says of its mirror image: its factor.
    mirror: Option<f64>,
}

/// The matrix of a text.
pub(super) fn matrix(text: &str) -> Result<Array2<f64>, Problem> {
    let first = text.lines().next().unwrap_or_default();
    let header = header(first)?;
    let mut words = Words::new(text);
    let (rows, columns) = (words.number("rows")?, words.number("columns")?);
    let entries = if header.sparse {
        words.number("entries")?
    } else {
        dense_entries(rows, columns, header)
    };
    // Each entry takes two characters at least: no more is believed than the text can hold.
    if entries > text.len() / 2 + 1 {
        return Err(words.wrong(format!("{entries} entries in {} bytes of text", text.len())));
    }
    let mut matrix = zeros(rows, columns)?;
    if header.sparse {
        read_sparse(&mut words, header, entries, &mut matrix)?;
    } else {
        read_dense(&mut words, header, &mut matrix)?;
    }
    words.end()?;
    Ok(matrix)
}

fn header(line: &str) -> Result<Header, Problem> {
    let line = line.to_lowercase();
    let words: Vec<&str> = line.split_whitespace().collect();
    let &["%%matrixmarket", "matrix", format, field, symmetry] = words.as_slice() else {
        let detail = "not `%%MatrixMarket matrix FORMAT FIELD SYMMETRY`";
        return Err(Problem::Line(1, detail.to_string()));
    };
    let sparse = match format {
        "coordinate" => true,
        "array" => false,
        other => return Err(Problem::Line(1, format!("no format {other}"))),
    };
    let pattern = match field {
        "real" | "double" | "integer" => false,
        "pattern" if sparse => true,
        other => return Err(Problem::Unsupported(format!("a matrix of {other} numbers"))),
    };
    let mirror = match symmetry {
        "general" => None,
        "symmetric" => Some(1.0),
        "skew-symmetric" => Some(-1.0),
        other => return Err(Problem::Unsupported(format!("a {other} matrix"))),
    };
    Ok(Header {
        sparse,
        pattern,
        mirror,
    })
}

/// How many numbers a dense file holds.
fn dense_entries(rows: usize, columns: usize, header: Header) -> usize {
    let all = rows.saturating_mul(columns);
    match header.mirror {
        None => all,
        Some(mirror) if mirror < 0.0 => (all - rows.min(all)) / 2,
        Some(_) => (all.saturating_add(rows)) / 2,
    }
}

fn zeros(rows: usize, columns: usize) -> Result<Array2<f64>, Problem> {
    let bytes = (rows as u64)
        .saturating_mul(columns as u64)
        .saturating_mul(8);
    let too_large = |_| Problem::TooLarge(bytes);
    let mut values = Vec::new();
    values
        .try_reserve_exact(rows.saturating_mul(columns))
        .map_err(too_large)?;
    values.resize(rows * columns, 0.0);
    Array2::from_shape_vec([rows, columns], values).map_err(|_| Problem::TooLarge(bytes))
}

fn read_sparse(
    words: &mut Words<'_>,
    header: Header,
    entries: usize,
    matrix: &mut Array2<f64>,
) -> Result<(), Problem> {
    for _ in 0..entries {
        let row = words.index("row", matrix.nrows())?;
        let column = words.index("column", matrix.ncols())?;
        let value = if header.pattern {
            1.0
        } else {
            words.number("value")?
        };
        // Entries that are named twice are added up, as assembled matrices have them.
        matrix[[row, column]] += value;
        if let Some(factor) = header.mirror.filter(|_| row != column) {
            let Some(image) = matrix.get_mut([column, row]) else {
                return Err(words.wrong("a symmetric matrix that is not square".to_string()));
            };
            *image += factor * value;
        }
    }
    Ok(())
}

fn read_dense(
    words: &mut Words<'_>,
    header: Header,
    matrix: &mut Array2<f64>,
) -> Result<(), Problem> {
    if header.mirror.is_some() && matrix.nrows() != matrix.ncols() {
        return Err(words.wrong("a symmetric matrix that is not square".to_string()));
    }
    for column in 0..matrix.ncols() {
        let first = match header.mirror {
            None => 0,
            Some(factor) if factor < 0.0 => column + 1,
            Some(_) => column,
        };
        for row in first..matrix.nrows() {
            let value: f64 = words.number("value")?;
            matrix[[row, column]] = value;
            if let Some(factor) = header.mirror.filter(|_| row != column) {
                matrix[[column, row]] = factor * value;
            }
        }
    }
    Ok(())
}

/// The words below the first line, without comments, with the line each is in.
struct Words<'text> {
    lines: Enumerate<Lines<'text>>,
    words: std::str::SplitWhitespace<'text>,
    line: usize,
}

impl<'text> Words<'text> {
    fn new(text: &'text str) -> Self {
        let mut lines = text.lines().enumerate();
        lines.next();
        Words {
            lines,
            words: "".split_whitespace(),
            line: 1,
        }
    }

    fn next(&mut self) -> Option<&'text str> {
        loop {
            if let Some(word) = self.words.next() {
                return Some(word);
            }
            let (number, line) = self.lines.next()?;
            self.line = number + 1;
            if !line.starts_with('%') {
                self.words = line.split_whitespace();
            }
        }
    }

    fn number<T: FromStr>(&mut self, what: &str) -> Result<T, Problem> {
        let Some(word) = self.next() else {
            return Err(self.wrong(format!("the text ends before its {what}")));
        };
        word.parse()
            .map_err(|_| self.wrong(format!("{word:?} is no number ({what})")))
    }

    /// An index, which counts from 1 in the text and from 0 here.
    fn index(&mut self, what: &str, length: usize) -> Result<usize, Problem> {
        let index: usize = self.number(what)?;
        match index.checked_sub(1).filter(|&index| index < length) {
            Some(index) => Ok(index),
            None => Err(self.wrong(format!("{what} {index} of {length}"))),
        }
    }

    fn end(&mut self) -> Result<(), Problem> {
        match self.next() {
            None => Ok(()),
            Some(word) => Err(self.wrong(format!("{word:?} after the last entry"))),
        }
    }

    fn wrong(&self, detail: String) -> Problem {
        Problem::Line(self.line, detail)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn sparse_and_dense_texts_are_the_matrices_they_say() {
        let sparse = "%%MatrixMarket matrix coordinate real general\n% a comment\n\n2 3 3\n\
                      1 1 1.5\n2 3 -2e-3\n1 1 0.5\n";
        let expected = array![[2.0, 0.0, 0.0], [0.0, 0.0, -2e-3]];
        assert_eq!(matrix(sparse), Ok(expected));
        let dense = "%%MatrixMarket MATRIX array integer general\n2 2\n1\n2\n3\n4\n";
        assert_eq!(matrix(dense), Ok(array![[1.0, 3.0], [2.0, 4.0]]));
        let symmetric = "%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n";
        assert_eq!(matrix(symmetric), Ok(array![[1.0, 2.0], [2.0, 3.0]]));
        let skew = "%%MatrixMarket matrix array real skew-symmetric\n2 2\n5\n";
        assert_eq!(matrix(skew), Ok(array![[0.0, -5.0], [5.0, 0.0]]));
        let pattern = "%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n";
        assert_eq!(matrix(pattern), Ok(array![[0.0, 1.0], [1.0, 0.0]]));
        let empty = "%%MatrixMarket matrix array real general\n0 5\n";
        assert_eq!(matrix(empty), Ok(Array2::zeros([0, 5])));
    }

    #[test]
    fn broken_texts_are_refused_with_their_line() {
        let broken = [
            ("", 1),
            ("1 2 3\n", 1),
            ("%%MatrixMarket matrix array real general\n", 1),
            (
                "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n",
                5,
            ),
            ("%%MatrixMarket matrix array real general\n1 1\n1\n2\n", 4),
            ("%%MatrixMarket matrix array real general\n1 1\none\n", 3),
            (
                "%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1.0\n",
                3,
            ),
            (
                "%%MatrixMarket matrix coordinate real general\n2 2 1\n0 1 1.0\n",
                3,
            ),
            (
                "%%MatrixMarket matrix coordinate real symmetric\n3 2 1\n3 1 1.0\n",
                3,
            ),
            (
                "%%MatrixMarket matrix array real general\n99999999999 99999999999\n1\n",
                2,
            ),
        ];
        for (text, expected) in broken {
            match matrix(text) {
                Err(Problem::Line(line, _)) => assert_eq!(line, expected, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        let complex = "%%MatrixMarket matrix array complex general\n1 1\n1 0\n";
        assert!(matches!(matrix(complex), Err(Problem::Unsupported(_))));
        let large = "%%MatrixMarket matrix coordinate real general\n9999999999 9999999999 0\n";
        assert!(matches!(matrix(large), Err(Problem::TooLarge(_))));
    }
}
