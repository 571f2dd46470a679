//! Compiles the drivers in C with MPI's own compiler.

fn main() {
    println!("cargo:rerun-if-env-changed=MPICC");
    let compiler = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_string());
    cc::Build::new()
        .compiler(compiler)
        .opt_level(3)
        .file("src/messages.c")
        .compile("partita_peers");
    println!("cargo:rerun-if-changed=src/messages.c");
}
