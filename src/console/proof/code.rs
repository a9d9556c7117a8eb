//! Codes of the moment (TOTP, RFC 6238) as telephones make them: six digits, half a minute, SHA-1,
//! which is all that every app knows.

use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;
use totp_rs::{Builder, Totp};

const DIGITS: usize = 6;

/// The step whose code this is: now, or half a minute before or after, since clocks differ.
pub fn step_of(secret: &[u8; 20], typed: &str, now: DateTime<Utc>) -> Option<i64> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
    if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let codes = Builder::new().with_secret(*secret).build().ok()?;
    let step = codes.check(&code, u64::try_from(now.timestamp()).ok()?)?;
    i64::try_from(step).ok()
}

/// What an app is told, as a picture and in letters.
#[derive(Debug)]
pub struct Enrolment {
    /// `otpauth://totp/...`
    pub link: String,
    /// The secret in groups of four.
    pub letters: String,
    /// The side of the picture with its margin, in squares.
    pub side: i32,
    /// The dark squares as a path of SVG.
    pub path: String,
}

impl Enrolment {
    /// `name` is how the app lists it.
    pub fn of(secret: &[u8; 20], name: &str) -> Option<Self> {
        // A colon parts issuer and name.
        let name = name.replace(':', " ");
        let codes: Totp = Builder::new()
            .with_secret(*secret)
            .with_account_name(name)
            .with_issuer(Some("Gatehouse"))
            .build()
            .ok()?;
        let link = codes.to_url().ok()?;
        let plain = totp_rs::Secret::from(*secret).to_base32();
        let groups: Vec<&str> = (0..plain.len()).step_by(4).filter_map(|at| plain.get(at..at + 4)).collect();
        let (side, path) = squares(&QrCode::encode_text(&link, QrCodeEcc::Medium).ok()?);
        Some(Self { link, letters: groups.join(" "), side, path })
    }
}

/// The dark squares, with the margin of four that readers need.
fn squares(code: &QrCode) -> (i32, String) {
    const MARGIN: i32 = 4;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    (code.size() + 2 * MARGIN, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let secret = b"12345678901234567890";
        assert_eq!(step_of(secret, "287082", at(59)), Some(1));
        assert_eq!(step_of(secret, "081 804", at(1_111_111_109)), Some(37_037_036));
        assert_eq!(step_of(secret, "081804", at(1_111_111_109 + 30)), Some(37_037_036), "a slow clock");
        assert_eq!(step_of(secret, "081804", at(1_111_111_109 + 90)), None);
        for bad in ["", "08180", "0818044", "08180a", "\u{0661}81804"] {
            assert_eq!(step_of(secret, bad, at(1_111_111_109)), None, "{bad}");
        }
    }

    #[test]
    fn an_app_is_told_all_it_needs() {
        let told = Enrolment::of(b"12345678901234567890", "h.marsh@oakfield.example").unwrap();
        assert!(told.link.starts_with("otpauth://totp/Gatehouse:h.marsh"), "{}", told.link);
        assert!(told.link.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{}", told.link);
        assert_eq!(told.letters, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert!(told.side > 29 && told.path.starts_with("M4 4h1"));
    }
}
