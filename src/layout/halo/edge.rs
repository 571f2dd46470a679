//! What an axis shows beyond its ends.

/// What stands beyond one end of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// The cells of the other end: the axis closes on itself.
    Periodic,
    /// One value.
    Fixed,
    /// The cells on this side of the end, in a mirror that stands between the last cell and the next.
    Reflecting,
    /// Nothing that an exchange knows of.
    Open,
}

/// What stands at an index that may lie beyond the ends of its axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// This cell of the axis.
    Cell(usize),
    /// The value that is fixed beyond the first end (0) or the second (1).
    Fixed(usize),
    /// Nothing that an exchange knows of.
    Open,
}

impl Shown {
    /// What an axis of this `length`, with these edges before and after it, shows at `index`.
    ///
    /// What is reflected or repeated may itself lie beyond the other end, where its edge decides.
    ///
    /// ```
    /// use partita::layout::{Edge::*, Shown};
    /// assert_eq!(Shown::at(-1, 5, [Periodic, Open]), Shown::Cell(4));
    /// assert_eq!(Shown::at(-1, 5, [Reflecting, Open]), Shown::Cell(0));
    /// assert_eq!(Shown::at(5, 5, [Reflecting, Open]), Shown::Open);
    /// assert_eq!(Shown::at(-7, 5, [Reflecting, Fixed]), Shown::Fixed(1));
    /// ```
    pub fn at(index: isize, length: usize, edges: [Edge; 2]) -> Shown {
        if length == 0 {
            return Shown::Open;
        }
        let length = length as isize;
        let mut index = match edges {
            [Edge::Periodic, Edge::Periodic] => index.rem_euclid(length),
            // Two turns bring it where it was.
            [Edge::Reflecting, Edge::Reflecting] => index.rem_euclid(2 * length),
            _ => index,
        };
        // Every turn brings the index nearer to the axis, by its length.
        while !(0..length).contains(&index) {
            let side = usize::from(index >= length);
            index = match (edges[side], side) {
                (Edge::Fixed, _) => return Shown::Fixed(side),
                (Edge::Open, _) => return Shown::Open,
                (Edge::Periodic, 0) => index + length,
                (Edge::Periodic, _) => index - length,
                (Edge::Reflecting, 0) => -1 - index,
                (Edge::Reflecting, _) => 2 * length - 1 - index,
            };
        }
        Shown::Cell(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_closes_on_itself_or_is_mirrored_at_both_ends_is_found_however_far_it_is() {
        let (periodic, reflecting) = ([Edge::Periodic; 2], [Edge::Reflecting; 2]);
        let cells = |edges| (-7..7).map(move |index| Shown::at(index, 3, edges));
        let expected = [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0];
        assert!(cells(periodic).eq(expected.map(Shown::Cell)));
        let expected = [0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0];
        assert!(cells(reflecting).eq(expected.map(Shown::Cell)));
        let far = 6 * (isize::MAX / 6);
        assert_eq!(Shown::at(far, 3, periodic), Shown::Cell(0));
        assert_eq!(Shown::at(-far, 3, reflecting), Shown::Cell(0));
    }
}
