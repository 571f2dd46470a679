//! Compiles the drivers in C with MPI's own compiler.

fn main() {
    println!("cargo:rerun-if-env-changed=MPICC");
    let compiler = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_string());
    let mut build = cc::Build::new();
    build.compiler(&compiler).opt_level(3);
    // Where the crate that links HDF5 found its headers.
    if let Ok(include) = std::env::var("DEP_HDF5_INCLUDE") {
        build.include(include);
    }
    for source in [
        "src/halo.c",
        "src/hdf5.c",
        "src/messages.c",
        "src/redistribute.c",
    ] {
        println!("cargo:rerun-if-changed={source}");
        build.file(source);
    }
    build.compile("partita_peers");
    scalapack(&compiler);
    petsc(&compiler);
}

/// The driver of PETSc, where that is installed for the default MPI.
fn petsc(compiler: &str) {
    println!("cargo:rustc-check-cfg=cfg(petsc)");
    println!("cargo:rerun-if-changed=src/petsc.c");
    let quietly = || {
        pkg_config::Config::new()
            .cargo_metadata(false)
            .probe("PETSc")
    };
    let Some(library) = quietly().ok().filter(|_| compiler == "mpicc") else {
        return;
    };
    cc::Build::new()
        .compiler(compiler)
        .includes(library.include_paths)
        .opt_level(3)
        .file("src/petsc.c")
        .compile("partita_peers_petsc");
    // After the driver that calls it.
    if pkg_config::probe_library("PETSc").is_ok() {
        println!("cargo:rustc-cfg=petsc");
        again_without("PETSc", "libpetsc_real.so");
    }
}

/// The driver of ScaLAPACK, where that is installed for the default MPI.
fn scalapack(compiler: &str) {
    println!("cargo:rustc-check-cfg=cfg(scalapack)");
    println!("cargo:rerun-if-changed=src/pdgemm.c");
    if compiler != "mpicc" {
        return;
    }
    cc::Build::new()
        .compiler(compiler)
        .opt_level(3)
        .file("src/pdgemm.c")
        .compile("partita_peers_scalapack");
    // After the driver that calls it.
    if pkg_config::probe_library("scalapack-openmpi").is_ok() {
        println!("cargo:rustc-cfg=scalapack");
        again_without("scalapack-openmpi", "libscalapack-openmpi.so");
    }
}

/// A library that is taken away later would be missed by the linker alone.
fn again_without(package: &str, file: &str) {
    if let Ok(folder) = pkg_config::get_variable(package, "libdir") {
        println!("cargo:rerun-if-changed={folder}/{file}");
    }
}
