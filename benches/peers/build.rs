//! Compiles the drivers in C with MPI's own compiler.

fn main() {
    println!("cargo:rerun-if-env-changed=MPICC");
    let compiler = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_string());
    let mut build = cc::Build::new();
    build.compiler(compiler).opt_level(3);
    // Where the crate that links HDF5 found its headers.
    if let Ok(include) = std::env::var("DEP_HDF5_INCLUDE") {
        build.include(include);
    }
    for source in ["src/messages.c", "src/hdf5.c"] {
        println!("cargo:rerun-if-changed={source}");
        build.file(source);
    }
    build.compile("partita_peers");
}
