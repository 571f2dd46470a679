//! The checks of the function, and the tests that are written in its place.
#![forbid(unsafe_code)]

use crate::arguments::Arguments;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, ItemFn, Result, Type};

/// The function as it was, and a module of its name with a `#[test]` for each number of ranks.
pub(crate) fn spmd_test(attribute: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let function: ItemFn = syn::parse2(function)?;
    check(&function)?;
    let Arguments {
        ranks,
        time_limit,
        environment,
    } = syn::parse2(attribute)?;
    let variables = environment
        .iter()
        .map(|(name, value)| quote!((#name, #value)));
    let environment = quote!(&[#(#variables),*]);
    let name = &function.sig.ident;
    let (of_tests, of_function): (Vec<_>, Vec<_>) = function
        .attrs
        .iter()
        .partition(|attribute| is_of_tests(attribute));
    let conditions = of_tests
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    let tests = ranks.iter().map(|ranks| {
        let test = format_ident!("ranks_{ranks}");
        // With the function's own span, a return type that is no verdict is reported there.
        let call = quote_spanned! { name.span() =>
            ::partita_testing::run_spmd_test(
                ::partita_testing::SpmdTest {
                    name: concat!(module_path!(), "::", stringify!(#test)),
                    ranks: #ranks,
                    time_limit: ::core::time::Duration::from_secs(#time_limit),
                    environment: #environment,
                },
                super::#name,
            )
        };
        quote! {
            #[test]
            #(#of_tests)*
            fn #test() {
                #call
            }
        }
    });
    let ItemFn {
        vis, sig, block, ..
    } = &function;
    Ok(quote! {
        #[cfg(test)]
        #(#conditions)*
        #(#of_function)*
        #vis #sig #block

        #[cfg(test)]
        mod #name {
            #(#tests)*
        }
    })
}

/// Attributes that say whether a test exists and runs; all others belong to the function.
fn is_of_tests(attribute: &Attribute) -> bool {
    ["cfg", "ignore"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

fn check(function: &ItemFn) -> Result<()> {
    const SHAPE: &str = "an SPMD test looks like `fn name(world: &Communicator)` or `fn name(world: &Communicator) -> partita::Result<()>`";
    let error =
        |place: &dyn Spanned, what: &str| Err(Error::new(place.span(), format!("{what}: {SHAPE}")));
    let signature = &function.sig;
    if let Some(token) = &signature.asyncness {
        return error(token, "not `async`");
    }
    if let Some(token) = &signature.constness {
        return error(token, "not `const`");
    }
    if let Some(token) = &signature.unsafety {
        return error(token, "not `unsafe`");
    }
    if !signature.generics.params.is_empty() {
        return error(&signature.generics, "not generic");
    }
    let mut inputs = signature.inputs.iter();
    match (inputs.next(), inputs.next()) {
        (Some(FnArg::Typed(argument)), None) if matches!(*argument.ty, Type::Reference(_)) => {}
        (Some(FnArg::Typed(argument)), None) => return error(&argument.ty, "expected a reference"),
        (Some(FnArg::Receiver(receiver)), _) => return error(receiver, "not a method"),
        (Some(_), Some(second)) => return error(second, "one argument too many"),
        (None, _) => return error(&signature.ident, "the communicator is missing"),
    }
    match function.attrs.iter().find(|attribute| {
        ["should_panic", "test"]
            .iter()
            .any(|name| attribute.path().is_ident(name))
    }) {
        Some(attribute) => error(
            attribute,
            "neither `#[test]` nor `#[should_panic]` beside `#[spmd_test]`",
        ),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(function: &str) -> Result<String> {
        let function: TokenStream = function.parse().expect("tokens");
        spmd_test("ranks = [1, 4]".parse().expect("tokens"), function)
            .map(|tokens| tokens.to_string())
    }

    #[test]
    fn each_number_of_ranks_is_a_test() {
        let tests = expand("#[ignore] #[doc = \"hm\"] fn sums(world: &Communicator) { body() }")
            .expect("a good function");
        assert_eq!(tests.matches("# [test]").count(), 2, "{tests}");
        assert_eq!(tests.matches("# [ignore]").count(), 2, "{tests}");
        assert_eq!(tests.matches("# [doc").count(), 1, "{tests}");
        assert!(
            tests.contains("fn ranks_1 ()") && tests.contains("fn ranks_4 ()"),
            "{tests}"
        );
    }

    #[test]
    fn functions_that_cannot_be_tests_are_refused_where_they_go_wrong() {
        let cases = [
            ("fn a() {}", "communicator is missing", "a"),
            (
                "fn a(world: Communicator) {}",
                "expected a reference",
                "Communicator",
            ),
            (
                "fn a(world: &Communicator, more: u8) {}",
                "too many",
                "more: u8",
            ),
            ("fn a(&self) {}", "not a method", "&self"),
            (
                "async fn a(world: &Communicator) {}",
                "not `async`",
                "async",
            ),
            (
                "unsafe fn a(world: &Communicator) {}",
                "not `unsafe`",
                "unsafe",
            ),
            ("fn a<T>(world: &Communicator) {}", "not generic", "<T>"),
            (
                "#[should_panic] fn a(world: &Communicator) {}",
                "should_panic",
                "#[should_panic]",
            ),
            ("struct A;", "expected", "struct"),
        ];
        for (function, message, place) in cases {
            let error = expand(function).expect_err(function);
            assert!(error.to_string().contains(message), "{function}: {error}");
            assert_eq!(
                error.span().source_text().as_deref(),
                Some(place),
                "{function}"
            );
        }
    }
}
