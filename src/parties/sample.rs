//! The invented schools of `demo/directory` for tests.

use super::{Alerts, Directory, Import, ListEntry, Listing, Officers, School, import};
use crate::mail::{Address, Mode, SchoolId};
use std::{path::Path, sync::Arc};

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| address(text)).collect()
}

pub(crate) fn oakfield() -> School {
    let entry = |pattern: &str, listing| ListEntry { pattern: pattern.into(), listing };
    School {
        id: SchoolId("oakfield".into()),
        name: "Oakfield Community School".into(),
        domains: vec!["oakfield.example".into(), "pupils.oakfield.example".into()],
        languages: vec!["en".into()],
        mode: Mode::Enforce,
        officers: Officers {
            lead: addresses(&["p.nair@oakfield.example"]),
            deputies: addresses(&["t.ellery@oakfield.example"]),
            head: addresses(&["h.marsh@oakfield.example"]),
            chair: addresses(&["g.whitlock@oakfield.example"]),
            data_protection: addresses(&["dataprotection@oakfield.example"]),
            report: vec![],
            postmaster: Some(address("postmaster@oakfield.example")),
        },
        lists: vec![
            entry("council.example", Listing::Partner),
            entry("social-care.council.example", Listing::SafeguardingAgency),
            entry("helpline.example", Listing::Helpline),
            entry("union.example", Listing::Protected),
            entry("rep@union.example", Listing::Partner),
            entry("news@oakfield.example", Listing::BulkSender),
        ],
        disclaimers: Vec::new(),
        record_parent_mail: false,
        nation: Default::default(),
        child_decides_from: 13,
        confidential_mark: "[Confidential]".into(),
        calendar: Default::default(),
        retention: Default::default(),
        grace: None,
        alerts: Alerts::default(),
    }
}

pub(crate) fn schools() -> Vec<Arc<School>> {
    let brynglas = School {
        id: SchoolId("brynglas".into()),
        name: "Ysgol Bryn Glas".into(),
        domains: vec!["brynglas.example".into()],
        languages: vec!["cy".into(), "en".into()],
        officers: Officers {
            lead: addresses(&["g.pugh@brynglas.example"]),
            deputies: addresses(&["l.bevan@brynglas.example"]),
            head: addresses(&["s.rhys-morgan@brynglas.example"]),
            chair: addresses(&["d.howell@brynglas.example"]),
            ..Officers::default()
        },
        lists: Vec::new(),
        ..oakfield()
    };
    vec![Arc::new(oakfield()), Arc::new(brynglas)]
}

pub(crate) fn imported() -> Import {
    import(&Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/directory"), &schools())
}

pub(crate) fn directory() -> Directory {
    imported().directory.unwrap()
}
