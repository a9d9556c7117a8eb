//! Who looked at a record and what for, in words, from the ledger's rows about it.

use super::{
    super::super::{Fault, called, visitor::Visitor, words::moment},
    one::OneWords,
};
use crate::{
    desk::{RecordLooked, SeenBy},
    storage::{Purpose, RecordId},
};

pub(super) struct Looked {
    pub(super) at: String,
    pub(super) who: String,
    pub(super) what: &'static str,
    pub(super) purpose: &'static str,
    pub(super) words: String,
}

/// Newest first; a page that was reloaded is one look.
pub(super) async fn looks(visitor: &Visitor, id: &RecordId) -> Result<Vec<Looked>, Fault> {
    let (language, w) = (visitor.language, OneWords::of(visitor.language));
    let mut all: Vec<(RecordLooked, &'static str)> = Vec::new();
    for look in visitor.desk.record_looks(id).await? {
        let what = what(w, &look);
        let again = |(last, of): &(RecordLooked, &str)| {
            last.who == look.who && *of == what && last.purpose == look.purpose && last.words == look.words
        };
        // The same page looks up the conversation too.
        if !all.iter().rev().take(2).any(again) {
            all.push((look, what));
        }
    }
    // A page that shows the message looks its conversation up as well: one look.
    let mut same_page: Vec<bool> = all
        .windows(2)
        .map(|pair| {
            let ((look, what), (older, before)) = (&pair[0], &pair[1]);
            let same = older.who == look.who && older.purpose == look.purpose && older.words == look.words;
            *what == w.l_thread && *before == w.l_shown && same
        })
        .collect();
    same_page.push(false);
    let mut same_page = same_page.into_iter();
    all.retain(|_| !same_page.next().unwrap_or(false));
    let purpose = |name: &str| Purpose::ALL.into_iter().find(|p| p.name() == name);
    let shown = |(look, what): (RecordLooked, &'static str)| Looked {
        at: moment(language, look.at),
        who: who(w, &look.who),
        what,
        purpose: purpose(&look.purpose).map_or("", |p| called::purpose(language, p)),
        words: called::lines(&look.words),
    };
    Ok(all.into_iter().map(shown).collect())
}

pub(super) fn who(w: &OneWords, who: &SeenBy) -> String {
    match who {
        SeenBy::You => w.you.to_owned(),
        SeenBy::Gate => w.gate.to_owned(),
        SeenBy::Somebody(name) => called::plain(name, 200),
        SeenBy::Sender | SeenBy::Unknown => w.unknown.to_owned(),
    }
}

fn what(w: &OneWords, look: &RecordLooked) -> &'static str {
    match (look.event.as_str(), look.how.as_str()) {
        ("record.copied", _) => w.l_copied,
        ("record.exported", "exported") => w.l_exported,
        ("record.exported", "gathered") => w.l_gathered,
        ("record.exported", _) => w.l_shown,
        ("records.searched", _) => w.l_thread,
        ("legal-hold.set", _) => w.l_held,
        ("legal-hold.lifted", _) => w.l_lifted,
        ("two-people.first", _) => w.l_first,
        ("two-people.second", _) => w.l_second,
        ("access.refused", _) => w.l_refused,
        ("record.complaint", _) => w.l_complaint,
        ("record.reviewed", _) => w.l_reviewed,
        _ => w.l_other,
    }
}
