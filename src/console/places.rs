//! Every address of the console, once: the table of doors, links and forms all name it from here.

use std::fmt;

/// Writes a part of a path so that nothing in it can be taken for more.
fn put_part(f: &mut fmt::Formatter<'_>, part: &str) -> fmt::Result {
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                write!(f, "{}", char::from(byte))?
            }
            byte => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}

/// Fills the places of a pattern in their order.
fn put(f: &mut fmt::Formatter<'_>, pattern: &str, parts: &[&str]) -> fmt::Result {
    let mut parts = parts.iter();
    for (i, piece) in pattern.split('/').enumerate() {
        if i > 0 {
            f.write_str("/")?;
        }
        match piece.starts_with('{') {
            true => put_part(f, parts.next().copied().unwrap_or_default())?,
            false => f.write_str(piece)?,
        }
    }
    Ok(())
}

macro_rules! places {
    ($($(#[$doc:meta])* $place:ident $(($($part:ident),+))? = $pattern:literal;)+) => {
        /// An address of the console with its parts filled in; `Display` writes the path.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Place<'a> { $($(#[$doc])* $place $(($(places!(@part $part 'a)),+))?),+ }

        impl fmt::Display for Place<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$place $(($($part),+))? => put(f, $pattern, &[$($($part),+)?])),+ }
            }
        }

        /// The same as the router knows them, with `{names}` for parts.
        pub mod at {
            #![allow(non_upper_case_globals)]
            $(pub const $place: &str = $pattern;)+
        }

    };
    (@part $part:ident $life:lifetime) => { &$life str };
}

places! {
    /// Leads whoever is signed in to their first room.
    Home = "/";
    Style = "/assets/console.css";
    Script = "/assets/console.js";
    Icon = "/assets/icon.svg";
    PasskeyScript = "/assets/passkey.js";
    /// English or Welsh, kept in a cookie.
    Tongue = "/language";
    SignIn = "/sign-in";
    SignOut = "/sign-out";
    /// A one-time link: looking at it uses nothing up.
    Link(word) = "/link/{word}";
    /// Who one is here, one's offices, the ways to sign in.
    Account = "/account";
    Queue = "/queue";
    QueueSearch = "/queue/search";
    QueueLive = "/queue/live";
    /// What officers are told of by notice.
    Told = "/queue/told";
    ToldOne(number) = "/queue/told/{number}";
    ToldAnswer(number) = "/queue/told/{number}/answer";
    /// One item on one screen.
    Item(id) = "/queue/{id}";
    ItemLook(id) = "/queue/{id}/look";
    /// What waits after it.
    ItemNext(id) = "/queue/{id}/next";
    /// The message in its frame.
    ItemMessage(id) = "/queue/{id}/message";
    ItemDecide(id) = "/queue/{id}/decide";
    ItemAccused(id) = "/queue/{id}/accused";
    ItemLive(id) = "/queue/{id}/live";
    /// Notes for leads on people in it.
    ItemNotes(id) = "/queue/{id}/notes";
    ItemNoteEnd(id, note) = "/queue/{id}/notes/{note}/end";
    /// The evidence as a file.
    ItemBundle(id) = "/queue/{id}/bundle";
    /// Where anybody at work tells of a worry.
    Concern = "/concern";
    Incidents = "/incidents";
    Incident(id) = "/incidents/{id}";
    IncidentLook(id) = "/incidents/{id}/look";
    IncidentWrite(id) = "/incidents/{id}/write";
    IncidentFile(id) = "/incidents/{id}/export";
    /// Records of mail with parents: what is looked for.
    Records = "/records";
    RecordsFind = "/records/find";
    /// What was found; the word stands for the question, which stands in no address.
    RecordsFound(question) = "/records/found/{question}";
    RecordsFile(question) = "/records/found/{question}/export";
    /// All about one person in order of time; the word stands for whose.
    TimelineBegin = "/records/timeline";
    Timeline(whose) = "/records/timeline/{whose}";
    /// Requests of people for what is held on them.
    Accesses = "/records/access";
    Access(id) = "/records/access/{id}";
    /// One piece of what was gathered, by its place.
    AccessPiece(id, piece) = "/records/access/{id}/{piece}";
    AccessGather(id) = "/records/access/{id}/gather";
    AccessRule(id) = "/records/access/{id}/rule";
    /// For the reviewers, and for the person, as a file.
    AccessReview(id) = "/records/access/{id}/review";
    AccessAnswer(id) = "/records/access/{id}/answer";
    /// One record with all that belongs to it.
    Record(id) = "/records/{id}";
    RecordLook(id) = "/records/{id}/look";
    RecordMessage(id) = "/records/{id}/message";
    RecordFile(id) = "/records/{id}/export";
    RecordHold(id) = "/records/{id}/legal-hold";
    /// The timeline of somebody under whom it is filed.
    RecordTimeline(id) = "/records/{id}/timeline";
    /// How the gate stands.
    Gate = "/gate";
    GateRules = "/gate/rules";
    /// What the rules would say of a text.
    GateTry = "/gate/try";
    /// What other rules and settings would have done.
    GateWhatIf = "/gate/what-if";
    /// What the rules would have done to the mail that was observed.
    GateWouldHave = "/gate/would-have";
    /// The switch back to observe.
    GateObserve = "/gate/observe";
    GateChanges = "/gate/changes";
    /// The people in force, and bringing in others.
    GateDirectory = "/gate/directory";
    /// What would change, before it does.
    GateDraft = "/gate/directory/draft";
    GateDraftForget = "/gate/directory/draft/forget";
    /// `exceptions` or `suspensions`, and one of them.
    GateMeasures(kind) = "/gate/orders/{kind}";
    GateMeasure(kind, id) = "/gate/orders/{kind}/{id}";
    GateMeasureDecide(kind, id) = "/gate/orders/{kind}/{id}/decide";
    GateMeasureEnd(kind, id) = "/gate/orders/{kind}/{id}/end";
    /// A month or a term in counts.
    Report = "/report";
    /// The same as a file.
    ReportFile = "/report/file";
    /// Proving anew who one is, for a grave act.
    Again = "/sign-in/again";
    /// A password with codes of the moment.
    Password = "/account/password";
    PasswordRemove = "/account/password/remove";
    RecoveryCodes = "/account/password/recovery";
    /// The school's own sign-in: there, and back from it.
    SchoolBegin(name) = "/sign-in/school/{name}/begin";
    SchoolBack = "/sign-in/school/back";
    /// A passkey's question, and its answer: to sign in, or to prove anew who one is.
    ProofBegin = "/sign-in/passkey/begin";
    ProofByPasskey = "/sign-in/passkey";
    AgainByPasskey = "/sign-in/again/passkey";
    Passkeys = "/account/passkeys";
    PasskeyBegin = "/account/passkeys/begin";
    PasskeyName(id) = "/account/passkeys/{id}/name";
    PasskeyRemove(id) = "/account/passkeys/{id}/remove";
    /// A custodian's key, for this session.
    Key = "/account/key";
    KeyForget = "/account/key/forget";
    EndSessions = "/account/sessions/end";
    /// Who is registered, and their offices.
    People = "/people";
    Person(account) = "/people/{account}";
    PersonLink(account) = "/people/{account}/link";
    PersonOffice(account) = "/people/{account}/office";
    OfficeApprove(grant) = "/people/office/{grant}/approve";
    OfficeEnd(grant) = "/people/office/{grant}/end";
    /// What waits of one's own.
    Messages = "/messages";
    Message(id) = "/messages/{id}";
    /// By the one-time code of a notice: acts on that one hold alone.
    Coded(code) = "/m/{code}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stays_one_part() {
        assert_eq!(Place::Link("../gate?x=1#é").to_string(), "/link/..%2Fgate%3Fx%3D1%23%C3%A9");
        assert_eq!(Place::SignIn.to_string(), "/sign-in");
    }
}
