//! What a certificate of ours says of itself: for which names it is, and until when.

use chrono::{DateTime, Utc};
use std::{fs, io, path::Path};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// The first of a file, which is the server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    pub names: Vec<String>,
    pub until: DateTime<Utc>,
    /// When the file was written: a door keeps what it read when it opened.
    pub written: Option<DateTime<Utc>>,
}

/// Names that are given.
const MOST_NAMES: usize = 20;

/// Reads a file of certificates in PEM.
pub fn certificate_facts(path: &Path) -> io::Result<CertificateFacts> {
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let der = CertificateDer::from_pem_file(path).map_err(|e| invalid(&e.to_string()))?;
    let (_, certificate) = parse_x509_certificate(&der).map_err(|e| invalid(&e.to_string()))?;
    let until = DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
        .ok_or_else(|| invalid("its end lies beyond all calendars"))?;
    let named = certificate.subject_alternative_name().ok().flatten();
    let names = named.map_or(&[][..], |extension| extension.value.general_names.as_slice());
    let names = names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    let written = fs::metadata(path).and_then(|found| found.modified()).ok().map(DateTime::from);
    Ok(CertificateFacts { names: names.take(MOST_NAMES).collect(), until, written })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_end_are_read_and_what_is_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = rcgen::CertificateParams::new(vec!["gate.oakfield.example".to_owned()]).unwrap();
        made.not_after = rcgen::date_time_ymd(2027, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let path = folder.path().join("gate.pem");
        fs::write(&path, made.self_signed(&key).unwrap().pem()).unwrap();
        let facts = certificate_facts(&path).unwrap();
        assert_eq!(facts.names, ["gate.oakfield.example"]);
        assert_eq!(facts.until.to_rfc3339(), "2027-02-03T00:00:00+00:00");
        fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(certificate_facts(&path).is_err() && certificate_facts(&folder.path().join("none")).is_err());
    }
}
