//! Incidents as they are proposed: by a rule that asks for one, and by whoever passes a
//! message on to the school's report address (OF-7). A person opens them, never the gate.

use super::{Matter, Prepared, Tools, tell};
use crate::{
    detection::Origin,
    effects::{Addressee, Occasion, Receipt},
    extraction::{self, ExtractLimits, Layer},
    files::Files,
    mail::Address,
    message::{self, Body, Message, ReadLimits},
    parties::{self, AddressKind, Directory, Party, Role, School},
    policy::may_hold_image,
    storage::{Evidence, IncidentKind, IncidentOrigin, LedgerEvent, NewProposal, Part, Who},
    verdict::Group,
};

/// The rule's word for what concerns a member of staff.
pub(super) const ALLEGATION: &str = "allegation";
/// People of one proposal; a message to all parents names the first.
const MOST_PEOPLE: usize = 100;

/// A rule's proposal, when its school's verdicts are carried out and nobody has decided yet.
pub(super) fn by_rule(matter: &Matter<'_>, live: &[&Group], tools: &Tools<'_>, prepared: &mut Prepared) {
    let Some(title) = &matter.verdict.plan.incident else { return };
    let school = live.iter().find_map(|g| g.school.clone());
    let Some(school) = school.filter(|_| matter.facts.releases.is_empty()) else { return };
    let who = |party: &Party| who(party, tools.directory);
    let part = sender_is(matter);
    let senders = matter.parties.senders().filter_map(who).map(|w| (w, part));
    let recipients = matter.parties.recipients.iter().filter_map(who).map(|w| (w, Part::Recipient));
    let mut people: Vec<(Who, Part)> = Vec::new();
    for entry in senders.chain(recipients) {
        if people.len() < MOST_PEOPLE && !people.contains(&entry) {
            people.push(entry);
        }
    }
    let worst = matter.findings.iter().max_by(|a, b| a.severity.cmp(&b.severity));
    prepared.proposals.push(NewProposal {
        id: (tools.incident_id)(),
        school,
        kind: if **title == *ALLEGATION { IncidentKind::Allegation } else { IncidentKind::Concern },
        origin: IncidentOrigin::Rule,
        title: title.to_string(),
        category: worst.map(|f| f.category),
        people,
        author: Vec::new(),
        evidence: Evidence::NotKept,
    });
}

/// Whose account it came from is not who wrote (practice.md, A8): whoever passes an attached message of somebody else
/// on to staff or helpers alone tells of it, and to anybody else has passed it on (OF-11).
fn sender_is(matter: &Matter<'_>) -> Part {
    let on = &matter.verdict.plan.incident_on;
    let is_passed_on = |at: &usize| matter.findings.get(*at).is_some_and(|f| f.origin == Origin::Attached);
    if on.is_empty() || !on.iter().all(is_passed_on) {
        return Part::Author;
    }
    let may_help = |role: &Role| {
        matches!(
            role,
            Role::Staff | Role::Supply | Role::Governor | Role::Group | Role::Service | Role::Partner
        )
    };
    let helps = |to: &Party| to.roles.iter().all(may_help) && to.kind != Some(AddressKind::Personal);
    if matter.parties.recipients.iter().all(helps) { Part::Reporter } else { Part::Forwarder }
}

/// What was passed on to a report address, and the receipt for whoever did. Somebody's own
/// act, not a verdict: so it counts while a school observes, too.
pub(super) fn reports(matter: &Matter<'_>, tools: &Tools<'_>, prepared: &mut Prepared) {
    let own = |party: &Party| {
        let school = tools.school(party.school.as_ref())?;
        let address = party.address.as_ref()?;
        school.officers.report.contains(address).then_some(school)
    };
    let mut schools: Vec<&School> = Vec::new();
    for school in matter.parties.recipients.iter().filter_map(own) {
        if !schools.iter().any(|s| s.id == school.id) {
            schools.push(school);
        }
    }
    if schools.is_empty() || !matter.facts.releases.is_empty() {
        return;
    }
    let Some(original) = Original::of(matter.message) else { return };
    for school in schools {
        report(matter, tools, school, &original, prepared);
    }
}

fn report(
    matter: &Matter<'_>,
    tools: &Tools<'_>,
    school: &School,
    original: &Original,
    prepared: &mut Prepared,
) {
    let directory = tools.directory;
    let reporter = match &matter.parties.proved_sender {
        Some(person) => Some(Who::Person(person.clone())),
        None => who(&matter.parties.envelope_sender, directory),
    };
    let author = original.author.as_ref().map(|address| who_has(address, directory));
    // Who passes the own message on tells of something, and is no offender by that.
    let author = author.filter(|author| Some(author) != reporter.as_ref());
    let named = author.iter().flat_map(|who| names_of(who, directory)).collect();
    let by_staff = original.author.as_ref().is_some_and(|address| is_of_staff(address, directory));
    let image = may_hold_image(matter.findings, matter.message);
    let id = (tools.incident_id)();
    let people = reporter.map(|w| (w, Part::Reporter)).into_iter().chain(author.map(|w| (w, Part::Author)));
    prepared.proposals.push(NewProposal {
        id: id.clone(),
        school: school.id.clone(),
        kind: if by_staff { IncidentKind::Allegation } else { IncidentKind::Concern },
        origin: IncidentOrigin::Report,
        title: format!("reported {}", original.form.name()),
        category: None,
        people: people.collect(),
        author: named,
        evidence: if image { Evidence::NotKept } else { Evidence::Kept },
    });
    receipt(matter, tools, school, id.as_str(), prepared);
}

/// Who reported hears that it arrived, and what to do now.
fn receipt(matter: &Matter<'_>, tools: &Tools<'_>, school: &School, number: &str, prepared: &mut Prepared) {
    let Some(to) = matter.transaction.envelope.sender.address() else { return };
    let about = Addressee {
        envelope_sender: &matter.transaction.envelope.sender,
        automatic: matter.message.header.automatic,
        list: matter.message.header.list,
        proved: matter.parties.proved_sender.is_some(),
        // What was passed on is not what the reporter wrote.
        categories: &[],
        to,
    };
    let languages = tell::languages(Some(school));
    let written = (tools.may_write)(Occasion::Sender, &about).map_err(|why| why.name()).and_then(|()| {
        let free = parties::may_be_told(school, parties::Matter::Concern, matter.parties, tools.directory);
        let helper = free.first().and_then(|officer| name_of(officer, tools.directory));
        let receipt = Receipt {
            school: &school.name,
            number,
            helper: helper.as_deref(),
            to_pupil: matter.parties.envelope_sender.is(Role::Pupil),
        };
        tools.notices.receipt(to, &languages, &receipt, matter.facts.now).map_err(|error| {
            tracing::error!(transaction = %matter.transaction.id, %error, "notice.not-written");
            "not-composed"
        })
    });
    match written {
        Ok(written) => prepared.outbox.push(written.outbox(Some(school.id.clone()), None)),
        Err(why) => {
            let event = LedgerEvent::new(crate::storage::Event::NoticeSuppressed);
            prepared.ledger.push(event.transaction(matter.transaction.id).with("why", why));
        }
    }
}

pub(super) fn name_of(address: &Address, directory: &Directory) -> Option<String> {
    let person = directory.lookup(address)?.only_holder()?.person;
    Some(format!("{} {}", person.preferred().unwrap_or(person.given()), person.family()))
}

fn who(party: &Party, directory: &Directory) -> Option<Who> {
    match (&party.person, &party.address) {
        (Some(person), _) => Some(Who::Person(person.clone())),
        (None, Some(address)) => Some(who_has(address, directory)),
        (None, None) => None,
    }
}

fn who_has(address: &Address, directory: &Directory) -> Who {
    let holder = directory.lookup(address).and_then(parties::Known::only_holder);
    holder.map_or_else(|| Who::Address(address.clone()), |h| Who::Person(h.person.id().clone()))
}

/// By every name under which the directory has them.
fn names_of(who: &Who, directory: &Directory) -> Vec<Who> {
    let person = match who {
        Who::Person(id) => directory.person(id),
        Who::Address(_) => None,
    };
    let addresses = person.into_iter().flat_map(|p| p.addresses().map(|(address, _)| Who::Address(address)));
    std::iter::once(who.clone()).chain(addresses).collect()
}

fn is_of_staff(address: &Address, directory: &Directory) -> bool {
    let adult = |role| matches!(role, Role::Staff | Role::Supply | Role::Governor);
    let known = directory.lookup(address);
    known.is_some_and(|k| k.holders().any(|h| h.person.memberships().any(|(_, role)| adult(role))))
}

/// How somebody passed a message on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Attached,
    Inline,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Attached => "as an attachment",
            Self::Inline => "inline",
        }
    }
}

/// The message that was passed on, as far as it can be known.
#[derive(Debug, PartialEq, Eq)]
struct Original {
    form: Form,
    /// As its header or the quotation names it: nothing proves it.
    author: Option<Address>,
}

impl Original {
    fn of(message: &Message<'_>) -> Option<Self> {
        let attached =
            message.first_reading().iter().find(|p| p.nesting == 0 && matches!(p.body, Body::Message(_)));
        if let Some(part) = attached {
            let bytes = message.raw.get(part.body_range.clone()).unwrap_or_default();
            let limits = ReadLimits { parts: 1, depth: 1, nesting: 1, ..ReadLimits::default() };
            let header = message::read(bytes, limits).header;
            let author = header.from.into_iter().find_map(|m| m.address);
            return Some(Self { form: Form::Attached, author });
        }
        let files = Files::default();
        let extract = extraction::extract(message, &files, ExtractLimits::default());
        let texts = extract.fragments.iter().filter(|f| f.layer == Layer::Visible);
        let quoted = texts.flat_map(|f| f.quoted.iter().filter_map(|range| f.view.text.get(range.clone())));
        quoted
            .filter(|text| !text.trim().is_empty())
            .map(quoted_author)
            .reduce(Option::or)
            .map(|author| Self { form: Form::Inline, author })
    }
}

/// How far behind `from:` an address is looked for.
const NEAR: usize = 300;

/// The address behind the first `From:` of a forwarded message's head, English or Welsh, or
/// of a line "On ..., X <address> wrote:". The view is in lower case.
fn quoted_author(text: &str) -> Option<Address> {
    let from = ["from:", "oddi wrth:", "anfonwyd gan:"]
        .iter()
        .filter_map(|word| Some(text.find(word)? + word.len()));
    let rest = from.min().and_then(|at| text.get(at..)).unwrap_or(text);
    let near = rest.char_indices().nth(NEAR).map_or(rest, |(end, _)| &rest[..end]);
    let edges: &[char] = &['<', '>', '"', '\'', '(', ')', '[', ']', ',', ';', ':'];
    let word = |word: &str| {
        word.trim_matches(edges).strip_prefix("mailto:").unwrap_or(word.trim_matches(edges)).to_owned()
    };
    near.split_whitespace().map(word).filter(|w| w.contains('@')).find_map(|w| Address::parse(&w))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(text: &str) -> Option<Original> {
        let text = text.replace('\n', "\r\n");
        Original::of(&message::read(text.as_bytes(), ReadLimits::default()))
    }

    #[test]
    fn the_author_of_what_was_passed_on_is_found() {
        let head = "From: pupil@school.example\nTo: report@school.example\nSubject: FW: you\n";
        let inline = format!(
            "{head}\nI got this.\n\n-----Original Message-----\nFrom: Some One <Bad.One@out.example>\nSent: Monday\n\
             To: pupil@school.example\nSubject: you\n\nexample of an insult\n"
        );
        let found = original(&inline).unwrap();
        assert_eq!((found.form, found.author.unwrap().key()), (Form::Inline, "bad.one@out.example"));
        let attached = format!(
            "{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\n\
             Content-Type: message/rfc822\n\nFrom: other@out.example\nSubject: you\n\nexample\n--b--\n"
        );
        let found = original(&attached).unwrap();
        assert_eq!((found.form, found.author.unwrap().key()), (Form::Attached, "other@out.example"));
        assert_eq!(original(&format!("{head}\nPlease help me, I do not know what to do.\n")), None);
    }
}
