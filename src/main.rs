//! The `gatehouse` command; all of it lives in the library.

fn main() -> std::process::ExitCode {
    gatehouse::cli::run()
}
