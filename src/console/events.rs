//! What the console calls the events of the ledger, in both languages: short, for people who have never
//! seen their stable names. An event without its names does not compile. The Welsh is to be reviewed by a
//! Welsh speaker.

use crate::{effects::Language, storage::Event};

/// By its stable name; one of a later edition stands as it is.
pub fn event(language: Language, name: &str) -> String {
    let known = Event::ALL.iter().copied().find(|event| event.name() == name);
    known.map_or_else(|| name.to_owned(), |event| called(language, event).to_owned())
}

fn called(language: Language, event: Event) -> &'static str {
    use Event as E;
    let (english, welsh) = match event {
        E::MessageIntended => ("A message came in", "Daeth neges i mewn"),
        E::MessagePassed => {
            ("The next mail server took the message", "Cymerodd y gweinydd post nesaf y neges")
        }
        E::MessageLeftWithMta => {
            ("The message was left with the mail server", "Gadawyd y neges gyda'r gweinydd post")
        }
        E::MessageRefused => ("The message was refused", "Gwrthodwyd y neges"),
        E::MessageDeferred => ("The sender was told to come again", "Dywedwyd wrth yr anfonwr am ddod eto"),
        E::MessageKept => ("A message was kept", "Cadwyd neges"),
        E::MessageViewed => ("Somebody looked at a message of the log", "Edrychodd rhywun ar neges o'r log"),
        E::ObjectKept => ("Something was laid into the vault", "Rhoddwyd rhywbeth yn y gladdgell"),
        E::ObjectPurged => ("Something was removed from the vault", "Tynnwyd rhywbeth o'r gladdgell"),
        E::ItemHeld => ("A message waits for its sender", "Mae neges yn aros am ei hanfonwr"),
        E::ItemQuarantined => ("A message waits for a reviewer", "Mae neges yn aros am adolygydd"),
        E::ItemConfirmed => {
            ("It is certain that the message waits here", "Mae'n sicr bod y neges yn aros yma")
        }
        E::ItemDropped => (
            "The message was refused after all, and is not kept",
            "Gwrthodwyd y neges wedi'r cyfan, ac ni chedwir hi",
        ),
        E::ItemRetried => ("The same message came again", "Daeth yr un neges eto"),
        E::ItemReminded => ("Its sender was reminded", "Atgoffwyd ei hanfonwr"),
        E::ItemViewed => ("Somebody looked at its particulars", "Edrychodd rhywun ar ei manylion"),
        E::ItemBytesViewed => ("Somebody read the message", "Darllenodd rhywun y neges"),
        E::ItemReleasing => ("Released, on its way", "Rhyddhawyd, ar ei ffordd"),
        E::ItemReleased => ("Released and delivered", "Rhyddhawyd a dosbarthwyd"),
        E::ItemUndeliverable => ("Could not be delivered", "Ni ellid ei dosbarthu"),
        E::ItemWithdrawn => ("Taken back by its sender", "Tynnwyd yn ôl gan ei hanfonwr"),
        E::ItemReturned => ("Returned to its sender", "Dychwelwyd at ei hanfonwr"),
        E::ItemExpired => {
            ("Returned, since nobody decided in time", "Dychwelwyd, gan na phenderfynodd neb mewn pryd")
        }
        E::ItemKeptAsEvidence => ("Kept as evidence", "Cadwyd fel tystiolaeth"),
        E::ReleaseSeen => {
            ("A released message passed the gate again", "Aeth neges a ryddhawyd drwy'r porth eto")
        }
        E::OutboxQueued => ("A message was put into the outbox", "Rhoddwyd neges yn y blwch allan"),
        E::OutboxDelivered => ("A message left the outbox", "Gadawodd neges y blwch allan"),
        E::OutboxDeferred => {
            ("A message in the outbox is tried again later", "Rhoddir cynnig eto ar neges yn y blwch allan")
        }
        E::OutboxFailed => {
            ("A message in the outbox could not be delivered", "Ni ellid dosbarthu neges yn y blwch allan")
        }
        E::OutboxReported => (
            "The sender was told that it could not be delivered",
            "Dywedwyd wrth yr anfonwr na ellid ei dosbarthu",
        ),
        E::RecordCopied => ("A record of mail with a parent was kept", "Cadwyd cofnod o bost gyda rhiant"),
        E::RecordsSearched => ("Somebody searched the records", "Chwiliodd rhywun y cofnodion"),
        E::RecordExported => ("Somebody opened a record", "Agorodd rhywun gofnod"),
        E::LedgerExported => ("The ledger was written out", "Allforiwyd y cofnod"),
        E::PersonErased => ("A person was forgotten", "Anghofiwyd person"),
        E::DirectoryImported => ("People were brought in", "Daethpwyd â phobl i mewn"),
        E::RulesLoaded => ("Rules were taken into force", "Rhoddwyd rheolau mewn grym"),
        E::ConfigLoaded => ("Settings were taken into force", "Rhoddwyd gosodiadau mewn grym"),
        E::ModeChanged => {
            ("A school changed between observing and enforcing", "Newidiodd ysgol rhwng arsylwi a gorfodi")
        }
        E::DisclaimerApplied => ("A disclaimer was added", "Ychwanegwyd ymwadiad"),
        E::DisclaimerNotApplied => ("A disclaimer could not be added", "Ni ellid ychwanegu ymwadiad"),
        E::NoticeSuppressed => ("A notice was not sent", "Ni anfonwyd hysbysiad"),
        E::NudgeAnswered => ("Its sender answered", "Atebodd ei hanfonwr"),
        E::PostmasterTold => ("The postmaster was told", "Dywedwyd wrth y postfeistr"),
        E::MeasureAsked => ("An exception or suspension was asked for", "Gofynnwyd am eithriad neu ataliad"),
        E::MeasureApproved => {
            ("An exception or suspension was approved", "Cymeradwywyd eithriad neu ataliad")
        }
        E::MeasureRefused => ("An exception or suspension was refused", "Gwrthodwyd eithriad neu ataliad"),
        E::MeasureEnded => ("An exception or suspension was ended", "Terfynwyd eithriad neu ataliad"),
        E::AbsenceAccessAllowed => (
            "Leave was given to read in somebody's absence",
            "Rhoddwyd caniatâd i ddarllen yn absenoldeb rhywun",
        ),
        E::LedgerKeyMade => ("The ledger's signing key was made", "Gwnaed allwedd lofnodi'r cofnod"),
        E::LedgerKeyChanged => ("The ledger's signing key was changed", "Newidiwyd allwedd lofnodi'r cofnod"),
        E::LedgerAnchored => ("The ledger's end was noted outside", "Nodwyd diwedd y cofnod y tu allan"),
        E::LedgerAnchorFailing => {
            ("The ledger's end could not be noted outside", "Ni ellid nodi diwedd y cofnod y tu allan")
        }
        E::LedgerVerified => ("The ledger was checked", "Gwiriwyd y cofnod"),
        E::LedgerViewed => ("Somebody looked into the ledger", "Edrychodd rhywun i'r cofnod"),
        E::MessageEdited => ("The message was changed on its way", "Newidiwyd y neges ar ei ffordd"),
        E::SettingChanged => ("A setting was changed", "Newidiwyd gosodiad"),
        E::RuleChanged => ("A rule was changed", "Newidiwyd rheol"),
        E::DirectoryChanged => ("People of a role were changed", "Newidiwyd pobl o un rôl"),
        E::ReloadAsked => {
            ("The gate was told to read its files anew", "Dywedwyd wrth y porth am ddarllen ei ffeiliau eto")
        }
        E::ReloadRefused => (
            "New files had faults; the former ones stay in force",
            "Roedd beiau mewn ffeiliau newydd; mae'r rhai blaenorol yn aros mewn grym",
        ),
        E::ObjectPurgeRefused => (
            "The vault keeps something longer than it is needed",
            "Mae'r gladdgell yn cadw rhywbeth yn hwy nag sydd ei angen",
        ),
        E::ObjectFaulty => (
            "Something in the vault is missing or changed",
            "Mae rhywbeth yn y gladdgell ar goll neu wedi'i newid",
        ),
        E::ObjectSound => {
            ("Something in the vault is sound again", "Mae rhywbeth yn y gladdgell yn iawn eto")
        }
        E::AlertMade => ("Somebody is to be told", "Mae rhywun i gael gwybod"),
        E::AlertTold => ("An officer was told", "Dywedwyd wrth swyddog"),
        E::AlertAnswered => ("Somebody has it", "Mae gan rywun hi"),
        E::AlarmGiven => ("An alarm was given", "Rhoddwyd larwm"),
        E::DigestWritten => ("A digest was written", "Ysgrifennwyd crynodeb"),
        E::RuleSteppedDown => (
            "A rule told too often and stepped down for the day",
            "Dywedodd rheol yn rhy aml ac fe gamodd i lawr am y dydd",
        ),
        E::OfficerAway => ("An officer is away", "Mae swyddog i ffwrdd"),
        E::IncidentProposed => ("An incident was proposed", "Cynigiwyd digwyddiad"),
        E::IncidentChanged => ("An incident has another line", "Mae gan ddigwyddiad linell arall"),
        E::IncidentViewed => ("Somebody read an incident", "Darllenodd rhywun ddigwyddiad"),
        E::IncidentBytesViewed => {
            ("Somebody read the message of an incident", "Darllenodd rhywun neges digwyddiad")
        }
        E::EpochBegun => {
            ("A new key for what is kept was begun", "Dechreuwyd allwedd newydd ar gyfer yr hyn a gedwir")
        }
        E::EpochRewrapped => (
            "A key for what is kept was given to other custodians",
            "Rhoddwyd allwedd yr hyn a gedwir i geidwaid eraill",
        ),
        E::CustodianJoined => ("A custodian joined", "Ymunodd ceidwad"),
        E::CustodianLeft => ("A custodian left", "Gadawodd ceidwad"),
        E::WorkingKeyChanged => ("The working key was changed", "Newidiwyd yr allwedd weithio"),
        E::RecoveryUsed => ("The recovery key was used", "Defnyddiwyd yr allwedd adfer"),
        E::QuarantineSearched => {
            ("Somebody searched what waits for a reviewer", "Chwiliodd rhywun yr hyn sy'n aros am adolygydd")
        }
        E::UserAdded => ("A person was registered", "Cofrestrwyd person"),
        E::UserBootstrapped => {
            ("A school's first officer was registered", "Cofrestrwyd swyddog cyntaf ysgol")
        }
        E::GrantAsked => ("An office was asked for", "Gofynnwyd am swydd"),
        E::GrantApproved => ("An office was approved", "Cymeradwywyd swydd"),
        E::GrantRevoked => ("An office was ended", "Daethpwyd â swydd i ben"),
        E::ConcernedChanged => ("Whom it concerns was changed", "Newidiwyd pwy y mae'n ymwneud ag ef"),
        E::FirstOfTwo => ("The first of two people spoke", "Siaradodd y cyntaf o ddau berson"),
        E::SecondOfTwo => ("The second of two people spoke", "Siaradodd yr ail o ddau berson"),
        E::AccessRefused => {
            ("Somebody asked for what is not theirs", "Gofynnodd rhywun am yr hyn nad yw'n eiddo iddo")
        }
        E::StoreBackedUp => ("A backup was made", "Gwnaed copi wrth gefn"),
        E::StoreRestored => ("The store was restored from a backup", "Adferwyd y storfa o gopi wrth gefn"),
        E::StoreMoved => ("The store was moved", "Symudwyd y storfa"),
        E::RecordsBundled => ("Records were written out as a file", "Allforiwyd cofnodion fel ffeil"),
        E::SubjectAccessMade => {
            ("Somebody asked what is held on them", "Gofynnodd rhywun beth a gedwir amdano")
        }
        E::SubjectAccessRuled => ("A piece of a request was ruled upon", "Dyfarnwyd ar ddarn o gais"),
        E::SubjectAccessFinished => ("A request was finished", "Gorffennwyd cais"),
        E::BreachOpened => ("A breach was opened", "Agorwyd toriad"),
        E::BreachNoted => ("A breach has another note", "Mae gan doriad nodyn arall"),
        E::BreachClosed => ("A breach was closed", "Caewyd toriad"),
        E::BreachViewed => ("Somebody looked at a breach", "Edrychodd rhywun ar doriad"),
        E::ItemDelayed => (
            "A message waits a moment, so that its sender can take it back",
            "Mae neges yn aros ennyd, fel y gall ei hanfonwr ei thynnu'n ôl",
        ),
        E::ItemLeft => ("Its moment was over, and it left", "Daeth ei hennyd i ben, a gadawodd"),
        E::ItemSentNow => ("Sent now: child at risk", "Anfonwyd nawr: plentyn mewn perygl"),
        E::ItemReviewed => ("What was sent at once was reviewed", "Adolygwyd yr hyn a anfonwyd ar unwaith"),
        E::ItemEscalated => ("Escalated", "Uwchgyfeiriwyd"),
        E::ItemHandedOn => ("Handed over", "Trosglwyddwyd"),
        E::ItemReopened => ("Opened again", "Ailagorwyd"),
        E::ItemRecalled => ("Called back before it had left", "Galwyd yn ôl cyn iddi adael"),
        E::ItemExported => ("Its evidence was written out", "Allforiwyd ei thystiolaeth"),
        E::ItemSealed => ("Sealed", "Seliwyd"),
        E::SealedViewed => (
            "Somebody looked at a sealed item: hash, time and roles",
            "Edrychodd rhywun ar eitem dan sêl: stwnsh, amser a rolau",
        ),
        E::PoliceInstructed => {
            ("A hand-over to the police was instructed", "Rhoddwyd cyfarwyddyd i drosglwyddo i'r heddlu")
        }
        E::ItemHandedToPolice => {
            ("Handed to the police, still encrypted", "Trosglwyddwyd i'r heddlu, wedi'i hamgryptio o hyd")
        }
        E::ItemPurged => ("Removed for good", "Dilëwyd am byth"),
        E::LegalHoldSet => ("Put under legal hold", "Rhoddwyd dan ataliad cyfreithiol"),
        E::LegalHoldLifted => ("Legal hold was lifted", "Codwyd ataliad cyfreithiol"),
        E::RetentionPurged => {
            ("What was over its time was removed", "Tynnwyd yr hyn yr oedd ei amser ar ben")
        }
        E::PeopleLeft => ("People left the school", "Gadawodd pobl yr ysgol"),
        E::RecordComplaint => ("A complaint keeps a record longer", "Mae cwyn yn cadw cofnod yn hwy"),
        E::RecordReviewed => ("A record was reviewed before it goes", "Adolygwyd cofnod cyn iddo fynd"),
        E::RecordPurged => ("A record was removed for good", "Dilëwyd cofnod am byth"),
        E::ObserveSwitched => ("Switched back to observe", "Trowyd yn ôl i arsylwi"),
        E::ObserveEnded => ("A switch back to observe was ended", "Daeth troad yn ôl i arsylwi i ben"),
        E::EnforcementSigned => ("Enforcing was signed", "Llofnodwyd gorfodi"),
        E::ReplayRun => (
            "Past mail was read again with other rules",
            "Darllenwyd post y gorffennol eto gyda rheolau eraill",
        ),
        E::ItemOverdue => (
            "It has waited too long, and an office was told",
            "Mae wedi aros yn rhy hir, a dywedwyd wrth swydd",
        ),
        E::TroubleBegan => ("Something of the gate does not work", "Nid yw rhywbeth yn y porth yn gweithio"),
        E::TroubleEnded => ("It works again", "Mae'n gweithio eto"),
        E::CanarySent => ("A probe was sent", "Anfonwyd prawf"),
        E::CanaryUnsent => ("A probe could not be sent", "Ni ellid anfon prawf"),
        E::CanarySeen => ("A probe passed the gate", "Aeth prawf drwy'r porth"),
        E::CanaryRefused => {
            ("The next mail server refused a probe", "Gwrthododd y gweinydd post nesaf brawf")
        }
        E::CanaryProved => ("A probe proved a way of the mail", "Profodd prawf un o lwybrau'r post"),
        E::CanaryNotOurs => {
            ("A message looked like a probe and was none", "Roedd neges yn edrych fel prawf ac nid oedd")
        }
        E::ReportMade => ("A report was made", "Gwnaed adroddiad"),
        E::MeasureViewed => {
            ("Somebody looked at an exception or suspension", "Edrychodd rhywun ar eithriad neu ataliad")
        }
        E::ClockDoubted => (
            "The clock leapt ahead: what is due by time waits",
            "Neidiodd y cloc ymlaen: mae'r hyn sy'n ddyledus yn ôl amser yn aros",
        ),
        E::ClockBelieved => ("The clock is believed again", "Credir y cloc eto"),
        E::UserInvited => ("A one-time link was made for somebody", "Gwnaed dolen untro i rywun"),
        E::SignedIn => ("Somebody signed in", "Mewngofnododd rhywun"),
        E::SignedOut => ("Somebody signed out", "Allgofnododd rhywun"),
        E::IncidentReviewed => {
            ("An incident was reviewed before it goes", "Adolygwyd digwyddiad cyn iddo fynd")
        }
        E::IncidentPurged => ("An incident was removed for good", "Dilëwyd digwyddiad am byth"),
        E::BreachReviewed => ("A breach was reviewed before it goes", "Adolygwyd toriad cyn iddo fynd"),
        E::BreachPurged => ("A breach was removed for good", "Dilëwyd toriad am byth"),
        E::WayAdded => ("Somebody has another way to sign in", "Mae gan rywun ffordd arall o fewngofnodi"),
        E::WayRemoved => {
            ("Somebody has one way to sign in fewer", "Mae gan rywun un ffordd yn llai o fewngofnodi")
        }
        E::ProvedAnew => ("Somebody proved anew who they are", "Profodd rhywun o'r newydd pwy ydyw"),
        E::SessionsEnded => ("Somebody ended their other sessions", "Daeth rhywun â'i sesiynau eraill i ben"),
        E::SessionKeyOpened => {
            ("A custodian's key was opened for a session", "Agorwyd allwedd ceidwad ar gyfer sesiwn")
        }
        E::SessionKeyForgotten => ("A session's key was forgotten", "Anghofiwyd allwedd sesiwn"),
        E::SignInSlowed => ("Tries to sign in have to wait", "Rhaid i geisiadau i fewngofnodi aros"),
        E::OwnMessagesListed => {
            ("Somebody saw the list of their own messages", "Gwelodd rhywun restr ei negeseuon ei hun")
        }
        E::LeadNoteMade => ("A note for leads was written", "Ysgrifennwyd nodyn i arweinwyr"),
        E::LeadNoteEnded => ("A note for leads was ended", "Daeth nodyn i arweinwyr i ben"),
        E::ReportCounted => ("A month was counted for the report", "Cyfrifwyd mis ar gyfer yr adroddiad"),
        E::LeadNoteViewed => ("Somebody read a note for leads", "Darllenodd rhywun nodyn i arweinwyr"),
        E::PictureListLoaded => {
            ("A list of pictures was taken into force", "Rhoddwyd rhestr o luniau mewn grym")
        }
    };
    match language {
        Language::English => english,
        Language::Welsh => welsh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_two_names_of_its_own() {
        for language in [Language::English, Language::Welsh] {
            let mut names: Vec<String> = Event::ALL.iter().map(|e| event(language, e.name())).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), Event::ALL.len());
        }
        assert_eq!(event(Language::English, "item.of-later"), "item.of-later");
    }
}
