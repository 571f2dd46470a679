//! MPI return codes to [`Error::Mpi`]: the one place where a code is looked at.

use std::ffi::c_int;

use mpi::ffi;

use crate::error::{Error, Result};

/// `Ok` for `MPI_SUCCESS`, otherwise the call, the class and the library's own text.
pub(super) fn check(code: c_int, call: &str) -> Result<()> {
    if code == ffi::MPI_SUCCESS as c_int {
        return Ok(());
    }
    Err(Error::Mpi {
        call: call.to_string(),
        class: class_name(code),
        message: cause(&message(code)),
    })
}

/// What of the library's text says what is wrong. MPICH adds the stack of its functions with their
/// arguments, addresses among them, so that the ranks' texts of one error differ; of that stack the
/// last line is kept, where it tells more.
fn cause(text: &str) -> String {
    let Some((summary, stack)) = text.split_once(", error stack:") else {
        return text.to_string();
    };
    let deepest = stack.lines().last().unwrap_or_default();
    let (_, detail) = deepest.split_once(": ").unwrap_or_default();
    if detail.is_empty() || detail.contains("0x") || detail == summary {
        return summary.to_string();
    }
    format!("{summary}: {detail}")
}

fn message(code: c_int) -> String {
    let mut text = [0u8; ffi::MPI_MAX_ERROR_STRING as usize];
    let mut length: c_int = 0;
    // SAFETY: `text` has the length that the standard asks of the buffer, and outlives the call.
    let outcome = unsafe { ffi::MPI_Error_string(code, text.as_mut_ptr().cast(), &mut length) };
    if outcome != ffi::MPI_SUCCESS as c_int {
        return format!("error code {code}");
    }
    let length = usize::try_from(length).unwrap_or(0).min(text.len());
    String::from_utf8_lossy(&text[..length]).trim().to_string()
}

/// The class by its name: the numbers differ between MPI libraries, the names do not.
fn class_name(code: c_int) -> String {
    let mut class: c_int = 0;
    // SAFETY: `class` is a valid place for the result.
    let outcome = unsafe { ffi::MPI_Error_class(code, &mut class) };
    if outcome != ffi::MPI_SUCCESS as c_int {
        return format!("code {code}");
    }
    NAMES
        .iter()
        .find(|(number, _)| i64::from(*number) == i64::from(class))
        .map_or_else(|| format!("class {class}"), |(_, name)| name.to_string())
}

macro_rules! names {
    ($($class:ident),* $(,)?) => { &[$((ffi::$class as c_int, stringify!($class))),*] };
}

const NAMES: &[(c_int, &str)] = names![
    MPI_ERR_BUFFER,
    MPI_ERR_COUNT,
    MPI_ERR_TYPE,
    MPI_ERR_TAG,
    MPI_ERR_COMM,
    MPI_ERR_RANK,
    MPI_ERR_REQUEST,
    MPI_ERR_ROOT,
    MPI_ERR_GROUP,
    MPI_ERR_OP,
    MPI_ERR_TOPOLOGY,
    MPI_ERR_DIMS,
    MPI_ERR_ARG,
    MPI_ERR_UNKNOWN,
    MPI_ERR_TRUNCATE,
    MPI_ERR_OTHER,
    MPI_ERR_INTERN,
    MPI_ERR_IN_STATUS,
    MPI_ERR_PENDING,
    MPI_ERR_NO_MEM,
    MPI_ERR_NO_SPACE,
    MPI_ERR_IO,
    MPI_ERR_FILE,
    MPI_ERR_WIN,
    MPI_ERR_SPAWN,
];

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn a_text_is_the_same_on_every_rank() {
        let truncated = "Message truncated, error stack:\n\
            internal_Recv(117): MPI_Recv(buf=0x7f0e, count=2, MPI_DOUBLE, 0, 3, comm=0x84000002) failed\n\
            MPIDI_recv(58)....: Message from rank 0 and tag 3 truncated; 24 bytes received";
        assert_eq!(
            cause(truncated),
            "Message truncated: Message from rank 0 and tag 3 truncated; 24 bytes received"
        );
        assert_eq!(
            cause(
                "Other MPI error, error stack:\ninternal_Comm_dup(75): MPI_Comm_dup(comm=0x84) failed"
            ),
            "Other MPI error"
        );
        assert_eq!(
            cause("MPI_ERR_ROOT: invalid root"),
            "MPI_ERR_ROOT: invalid root"
        );
    }
}
