//! All that a policy rule may look at.

use super::Applying;
use crate::{
    detection::Finding,
    mail::{Answers, Unscanned},
    message::{Message, Protection},
    parties::{Parties, Party, Role, School},
    ruleset::Category,
};

#[derive(Clone, Copy)]
pub struct Situation<'a> {
    pub message: &'a Message<'a>,
    pub parties: &'a Parties,
    pub findings: &'a [Finding],
    /// The school whose rules hold, when one of ours is concerned at all.
    pub school: Option<&'a School>,
    /// Policy rules whose decision a person has made already for a released item.
    pub settled: &'a [String],
    /// Exceptions and suspensions that hold for the sender now.
    pub measures: &'a Applying<'a>,
    /// What the message answers.
    pub answers: Answers,
    /// No scanner has looked into it, although one is configured.
    pub unscanned: Option<Unscanned>,
}

impl Situation<'_> {
    /// Any role of any sender, of the envelope or of the header: both count, since a
    /// rule that adds scrutiny must not be dodged by a false From.
    pub fn sender_is(&self, role: Role) -> bool {
        self.parties.senders().any(|p| p.is(role))
    }

    /// Every sender of the envelope and of the header is `fits`: what takes scrutiny away
    /// must not be gained by one false name beside the true one (practice.md, A7). The null
    /// path is nobody.
    pub fn senders_all(&self, fits: impl Fn(&Party) -> bool) -> bool {
        self.parties.senders().all(fits)
    }

    /// The subject carries the school's confidential mark, or the plain word at its start.
    pub fn marked_confidential(&self) -> bool {
        let subject = self.message.header.subject.trim().to_lowercase();
        let mark = self.school.map_or("[confidential]".to_owned(), |s| s.confidential_mark.to_lowercase());
        subject.contains(&mark)
            || subject.trim_start_matches(['[', '(', '*', ' ']).starts_with("confidential")
    }

    /// Whether the parts in which these findings stand are protected. A finding outside
    /// any part (subject, recipients) is never protected; without findings the message counts.
    pub fn protected(&self, findings: &[usize]) -> bool {
        // Whoever gets the password with the file needs no key.
        if self.findings.iter().any(|f| f.category == Category::FileExposed) {
            return false;
        }
        if findings.is_empty() {
            return self.message.protection() != Protection::None;
        }
        findings.iter().all(|&i| {
            self.findings[i]
                .part_index
                .and_then(|part| self.message.parts.get(part))
                .is_some_and(|part| part.protection != Protection::None)
        })
    }
}

/// Whether `name` (a category or a family such as `harm`) covers the finding.
pub fn covers(name: &str, finding: &Finding) -> bool {
    finding.category.name() == name || finding.category.family() == name
}
