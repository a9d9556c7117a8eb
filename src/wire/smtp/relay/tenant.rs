//! The secret header by which a school's own tenant in a shared cloud proves itself. It is
//! taken out before anyone sees the message, so that no reply, copy or recipient learns it.

use super::access::{Fingerprint, fingerprint};
use crate::{
    config::TenantSecret,
    mail::{SchoolId, fields, header_end},
};
use sha2::{Digest, Sha256};
use std::io;
use subtle::ConstantTimeEq;

pub(super) struct Tenants(Vec<Secret>);

struct Secret {
    school: SchoolId,
    header: String,
    digest: Fingerprint,
}

impl Tenants {
    pub(super) fn new(secrets: &[TenantSecret]) -> io::Result<Self> {
        let read = |s: &TenantSecret| {
            Ok(Secret { school: s.school.clone(), header: s.header.clone(), digest: fingerprint(&s.sha256)? })
        };
        Ok(Self(secrets.iter().map(read).collect::<io::Result<_>>()?))
    }

    /// Takes every occurrence of every secret header out of the message, whoever sent it, and
    /// says which schools' secrets were right.
    pub(super) fn take(&self, raw: &mut Vec<u8>) -> Vec<SchoolId> {
        let end = header_end(raw);
        let header = raw.get(..end).unwrap_or_default();
        let (mut proved, mut kept) = (Vec::new(), Vec::new());
        let mut taken = 0;
        for (name, bytes) in fields(header) {
            let of_name = |s: &&Secret| s.header.eq_ignore_ascii_case(name);
            if !self.0.iter().any(|s| of_name(&s)) {
                kept.extend_from_slice(bytes);
                continue;
            }
            taken += 1;
            let value = bytes.get(name.len()..).unwrap_or_default().trim_ascii();
            let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
            let digest: Fingerprint = Sha256::digest(value).into();
            for secret in self.0.iter().filter(of_name) {
                if bool::from(secret.digest.ct_eq(&digest)) && !proved.contains(&secret.school) {
                    proved.push(secret.school.clone());
                }
            }
        }
        if taken > 0 {
            raw.splice(..end, kept);
        }
        proved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants() -> Tenants {
        let secret = |school: &str, header: &str, value: &str| TenantSecret {
            school: SchoolId(school.into()),
            header: header.into(),
            sha256: Sha256::digest(value).iter().map(|b| format!("{b:02x}")).collect(),
        };
        Tenants::new(&[
            secret("oak", "X-Oak", "acorn"),
            secret("elm", "X-Oak", "samara"),
            secret("ash", "X-Ash", "key"),
        ])
        .unwrap()
    }

    fn take(raw: &str) -> (Vec<String>, String) {
        let mut bytes = raw.as_bytes().to_vec();
        let proved = tenants().take(&mut bytes).iter().map(|s| s.to_string()).collect();
        (proved, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_right_secret_proves_its_school_and_every_occurrence_goes() {
        let (proved, left) = take(
            "x-oak: samara\r\nSubject: s\r\nX-OAK :\r\n\t wrong\r\nX-Ash:key  \r\n\r\nX-Oak: in the body\r\n",
        );
        assert_eq!(proved, ["elm", "ash"]);
        assert_eq!(left, "Subject: s\r\n\r\nX-Oak: in the body\r\n");
    }

    #[test]
    fn nothing_else_is_touched() {
        for raw in ["", "\r\n", "X-Oak\r\n", "X-Oaks: acorn\r\n\r\nb\r\n", "no header\r\nat all\r\n"] {
            assert_eq!(take(raw), (vec![], raw.to_owned()));
        }
        assert_eq!(take("X-Oak: ACORN\r\n\r\n"), (vec![], "\r\n".to_owned()));
    }

    #[test]
    fn a_digest_that_is_none_is_refused_at_the_start() {
        let bad = TenantSecret { school: SchoolId("oak".into()), header: "X".into(), sha256: "12".into() };
        assert!(Tenants::new(&[bad]).is_err());
    }
}
