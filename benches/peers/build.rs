//! Compiles the drivers in C with MPI's own compiler.

fn main() {
    println!("cargo:rerun-if-env-changed=MPICC");
    let compiler = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_string());
    cc::Build::new()
        .compiler(&compiler)
        .opt_level(3)
        .file("src/halo.c")
        .file("src/messages.c")
        .file("src/redistribute.c")
        .compile("partita_peers");
    println!("cargo:rerun-if-changed=src/halo.c");
    println!("cargo:rerun-if-changed=src/messages.c");
    println!("cargo:rerun-if-changed=src/redistribute.c");
    scalapack(&compiler);
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
    if pkg_config::Config::new().probe("scalapack-openmpi").is_ok() {
        println!("cargo:rustc-cfg=scalapack");
    }
}
