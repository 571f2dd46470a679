//! Links the BLAS that `ndarray`'s `blas` feature calls: OpenBLAS, wherever pkg-config says it is.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_BLAS").is_some()
        && pkg_config::probe_library("openblas").is_err()
    {
        println!("cargo:rustc-link-lib=openblas");
    }
}
