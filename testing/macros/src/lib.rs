//! The attribute macro of `partita-testing`, which re-exports it; see there.
//!
//! In reading order: `arguments` reads what stands in the attribute, `expand` checks the function
//! and writes the tests.
#![forbid(unsafe_code)]

mod arguments;
mod expand;

use proc_macro::TokenStream;

/// Makes a function of a communicator a test on several MPI ranks.
///
/// - `ranks` (required): `[1, 2, 3]`, a range `1..=5`, or one number. Each becomes a test of its
///   own: `name::ranks_3`.
/// - `time_limit`: whole seconds after which an unfinished run counts as hung; 60 unless given.
/// - `environment`: variables that every rank finds in its environment: `[("OMP_NUM_THREADS", "2")]`.
///
/// The function takes `&Communicator` and returns `()` or a `Result<(), E>` with `E: Display`.
/// Attributes such as `#[ignore]` and `#[cfg(…)]` apply to all of the tests.
///
/// What cannot be a test is an error of the compiler, at the right place.
#[proc_macro_attribute]
pub fn spmd_test(attribute: TokenStream, function: TokenStream) -> TokenStream {
    expand::spmd_test(attribute.into(), function.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
