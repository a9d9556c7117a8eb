//! What a panic leaves on standard error: where it was, never its message. Rust's own messages quote
//! what the code was working on, which can be a letter (practice.md, D).

use std::{
    io::{self, Write},
    panic::{self, Location},
};

/// From here on in this process.
pub(super) fn without_content() {
    panic::set_hook(Box::new(|info| {
        // Standard error may be closed.
        let _ = writeln!(io::stderr(), "{}", sentence(info.location()));
    }));
}

/// Of the whole panic it is given the place alone.
fn sentence(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!("gatehouse: a fault of the program at {place}; please report it with this line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const PANICS: &str = "GATEHOUSE_TEST_PANICS";

    /// In a process of its own: the hook is the whole process's.
    #[test]
    fn a_panic_does_not_quote_what_it_was_at() {
        let letter = "She said: h\u{e9}las";
        if std::env::var_os(PANICS).is_some() {
            without_content();
            // Within the letter of two bytes; Rust's message quotes the text.
            let _ = std::hint::black_box(&letter[..12]);
            std::process::exit(0);
        }
        let own = "cli::panics::tests::a_panic_does_not_quote_what_it_was_at";
        let ran = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", own, "--nocapture"])
            .env(PANICS, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        assert!(!ran.status.success() && said.contains("src/cli/panics.rs:"), "{said}");
        assert!(!said.contains("She said") && !said.contains("boundary"), "{said}");
    }
}
