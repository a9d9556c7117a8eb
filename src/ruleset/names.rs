//! The closed sets of names that rule files use.

use super::{Area, Builtin, Category, Check, DispositionName, Notice, Scope, Severity};
use crate::parties::{Direction, Listing, Role};

pub(super) const AREAS: &[(&str, Area)] = &[
    ("content", Area::Content),
    ("contact", Area::Contact),
    ("conduct", Area::Conduct),
    ("commerce", Area::Commerce),
];

pub(super) const SEVERITIES: &[(&str, Severity)] = &[
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("nhs-number", Check::NhsNumber),
    ("nino", Check::Nino),
    ("upn", Check::Upn),
    ("uln", Check::Uln),
    ("payment-card", Check::PaymentCard),
    ("iban", Check::Iban),
    ("uk-phone", Check::UkPhone),
    ("postcode", Check::Postcode),
    ("birth-date", Check::BirthDate),
    ("sort-code", Check::SortCode),
];

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("visible-recipients", Builtin::VisibleRecipients),
    ("forwarding-depth", Builtin::ForwardingDepth),
    ("own-address-in", Builtin::OwnAddressIn),
    ("free-mail-name", Builtin::FreeMailName),
    ("own-address-out", Builtin::OwnAddressOut),
    ("pupil-address", Builtin::PupilAddress),
    ("unknown-sender", Builtin::UnknownSender),
    ("bulk", Builtin::Bulk),
    ("protected-file", Builtin::ProtectedFile),
    ("unread-file", Builtin::UnreadFile),
    ("ambiguous-message", Builtin::AmbiguousMessage),
    ("password-beside", Builtin::PasswordBeside),
    ("password-in-thread", Builtin::PasswordInThread),
    ("picture", Builtin::Picture),
    ("picture-not-compared", Builtin::PictureNotCompared),
    ("program-file", Builtin::Program),
    ("disguised-file", Builtin::Disguised),
    ("active-content", Builtin::ActiveContent),
    ("remote-content", Builtin::RemoteContent),
    ("picture-location", Builtin::PictureLocation),
    ("link-differs", Builtin::LinkDiffers),
];

pub(super) const SCOPES: &[(&str, Scope)] =
    &[("any", Scope::Any), ("own", Scope::Own), ("subject", Scope::Subject)];

pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("inbound", Direction::Inbound), ("outbound", Direction::Outbound), ("internal", Direction::Internal)];

pub(super) const DISPOSITIONS: &[(&str, DispositionName)] = &[
    ("deliver", DispositionName::Deliver),
    ("hold", DispositionName::Hold),
    ("quarantine", DispositionName::Quarantine),
    ("refuse", DispositionName::Refuse),
];

pub(super) const NOTICES: &[(&str, Notice)] = &[
    ("sender", Notice::Sender),
    ("pause", Notice::Pause),
    ("lead", Notice::Lead),
    ("lead-urgent", Notice::LeadUrgent),
    ("head", Notice::Head),
    ("dpo", Notice::Dpo),
];

pub(super) const LISTINGS: &[(&str, Listing)] = &[
    ("safeguarding-agency", Listing::SafeguardingAgency),
    ("helpline", Listing::Helpline),
    ("lead", Listing::Lead),
    ("protected", Listing::Protected),
    ("partner", Listing::Partner),
    ("bulk-sender", Listing::BulkSender),
];

pub(super) fn roles() -> Vec<(&'static str, Role)> {
    Role::ALL.iter().map(|r| (r.name(), *r)).collect()
}

pub(super) fn categories() -> Vec<(&'static str, Category)> {
    Category::ALL.iter().map(|c| (c.name(), *c)).collect()
}

/// Full names, and the families before the dot.
pub(super) fn categories_and_families() -> Vec<(&'static str, ())> {
    let mut names: Vec<_> = Category::ALL.iter().map(|c| (c.name(), ())).collect();
    names.extend(Category::ALL.iter().map(|c| (c.family(), ())));
    names.sort_unstable();
    names.dedup();
    names
}
