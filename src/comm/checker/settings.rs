//! What the environment says of the checks.

use std::time::Duration;

use crate::comm::{Communicator, Operation};
use crate::error::{Error, Result};

const CHECK: &str = "PARTITA_CHECK";
const TIMEOUT: &str = "PARTITA_TIMEOUT";

/// How the ranks of this job are checked: the same on all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Settings {
    /// Whether collectives are compared at all.
    pub(super) check: bool,
    /// Whether they must be called from the same line too.
    pub(super) strict: bool,
    /// How long a rank waits for the others before it calls the roll.
    pub(super) limit: Option<Duration>,
    /// This rank among all.
    pub(super) world_rank: usize,
}

impl Settings {
    /// From the environment of all ranks: what one rank asks for is done on all, and what one rank
    /// writes wrongly is an error on all. Collective.
    pub(crate) fn agreed(control: &Communicator) -> Result<Self> {
        let variable = |name| std::env::var(name).ok();
        let own = parse(variable(CHECK).as_deref(), variable(TIMEOUT).as_deref());
        let (check, strict, milliseconds) = control.agree(own)?;
        let wishes = [u64::from(check), u64::from(strict), milliseconds];
        let all = control.all_reduce(&wishes, Operation::Max)?;
        Ok(Settings {
            check: all[0] > 0,
            strict: all[1] > 0,
            limit: (all[0] > 0 && all[2] > 0).then(|| Duration::from_millis(all[2])),
            world_rank: control.rank(),
        })
    }
}

/// Whether to check, whether strictly, and after how many milliseconds to call the roll (0: never).
fn parse(check: Option<&str>, timeout: Option<&str>) -> Result<(bool, bool, u64)> {
    let milliseconds = match timeout.map(|text| (text, text.trim().parse::<f64>())) {
        None => 0,
        Some((_, Ok(seconds))) if seconds >= 0.0 => (seconds * 1000.0) as u64,
        Some((text, _)) => {
            let message = format!("{TIMEOUT}={text}: not a number of seconds (0: no limit)");
            return Err(Error::usage(message));
        }
    };
    match check {
        None | Some("") => {
            let check = cfg!(debug_assertions) || milliseconds > 0;
            Ok((check, false, milliseconds))
        }
        Some("0") => Ok((false, false, 0)),
        Some("1") => Ok((true, false, milliseconds)),
        Some("strict") => Ok((true, true, milliseconds)),
        Some(text) => Err(Error::usage(format!("{CHECK}={text}: not 0, 1 or strict"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_builds_check_and_a_time_limit_does_too() {
        let debug = cfg!(debug_assertions);
        assert_eq!(parse(None, None), Ok((debug, false, 0)));
        assert_eq!(parse(None, Some("1.5")), Ok((true, false, 1500)));
        assert_eq!(parse(None, Some("0")), Ok((debug, false, 0)));
        assert_eq!(parse(Some("0"), Some("5")), Ok((false, false, 0)));
        assert_eq!(parse(Some("1"), None), Ok((true, false, 0)));
        assert_eq!(parse(Some("strict"), Some("2")), Ok((true, true, 2000)));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (check, timeout) in [
            (Some("yes"), None),
            (None, Some("soon")),
            (None, Some("-1")),
            (None, Some("nan")),
        ] {
            assert!(parse(check, timeout).is_err(), "{check:?} {timeout:?}");
        }
    }
}
