//! Resource forks (Inside Macintosh: More Macintosh Toolbox, chapter 1): files and texts in them. macOS writes
//! one that is empty beside many files.

use super::{
    super::{
        budget::Budget,
        bytes::{printable, slice, u32_be},
        model::{Limit, Reason, Shown, Writing},
        open,
    },
    double::is_file,
};

/// Resources of one fork that are looked at.
const MOST: usize = 1_000;

pub(super) fn read(fork: &[u8], budget: &mut Budget) {
    let field = |nth: usize| u32_be(fork, nth * 4).and_then(|field| usize::try_from(field).ok());
    if is_file(fork) {
        return open::member(budget, "resources", None, None, fork);
    }
    let data = field(0).zip(field(2)).and_then(|(start, length)| slice(fork, start, length));
    let Some(mut data) = data else {
        return budget.missed("resources", "resource-fork", Reason::Malformed);
    };
    let mut texts = String::new();
    for number in 1.. {
        let Some(length) = u32_be(data, 0).and_then(|length| usize::try_from(length).ok()) else { break };
        if number > MOST || budget.step(1).is_err() {
            budget.missed("resources", "resource-fork", Reason::Limit(Limit::Steps));
            break;
        }
        let behind = data.get(4..).unwrap_or_default();
        let (resource, rest) = behind.split_at_checked(length).unwrap_or((behind, &[]));
        data = rest;
        if is_file(resource) {
            open::member(budget, &format!("resource {number}"), None, None, resource);
        } else if !resource.is_empty() {
            // Icons, windows, sounds, and programs of old systems.
            budget.missed("resources", "resource-fork", Reason::NotSupported);
            texts.push_str(&printable(resource));
            texts.push('\n');
        }
    }
    budget.text("resources", Shown::Hidden, Writing::Plain, texts);
}
