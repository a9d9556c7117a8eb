//! A new migration is built in without a change of any Rust file.

fn main() {
    println!("cargo:rerun-if-changed=src/storage/migrations");
}
