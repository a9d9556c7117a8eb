//! What the header of a part says about its body (RFC 2045, RFC 2183), as a program with certain habits reads it.

use super::{
    Disposition, TransferEncoding,
    fields::{Block, REPEATED, REPEATED_KEY, Seen, lines, word},
    habit::{Habit, Habits},
    parameter,
};
use mail_parser::{ContentType, HeaderValue, parsers::MessageStream};
use std::borrow::Cow;

/// The longest value that is read.
const LONGEST_VALUE: usize = 4 * 1024;

/// What the fields of a part say about its body (RFC 2045, RFC 2183).
#[derive(Clone)]
pub(super) struct Mime {
    /// Lower case; empty when there is no (readable) Content-Type.
    pub(super) media_type: String,
    pub(super) boundary: Option<String>,
    pub(super) charset: Option<String>,
    pub(super) flowed: bool,
    /// `delsp=yes` (RFC 3676).
    pub(super) deletes_space: bool,
    pub(super) transfer_encoding: TransferEncoding,
    pub(super) disposition: Disposition,
    pub(super) file_name: Option<String>,
    /// The name that Content-Type gives, where Content-Disposition gives another one.
    pub(super) other_name: Option<String>,
}

impl Default for Mime {
    fn default() -> Self {
        Self {
            media_type: String::new(),
            boundary: None,
            charset: None,
            flowed: false,
            deletes_space: false,
            transfer_encoding: TransferEncoding::SevenBit,
            disposition: Disposition::Inline,
            file_name: None,
            other_name: None,
        }
    }
}

/// Reads `Content-NAME`.
pub(super) fn field(out: &mut Block, seen: &mut Seen, name: &str, value: &[u8]) {
    let (mime, defects, met) = (&mut out.mime, &mut out.defects, &mut out.met);
    let habits = seen.habits;
    if name.eq_ignore_ascii_case("type") {
        if !counts(&mut seen.content_type, value, &REPEATED_KEY, defects, (habits, met)) {
            return;
        }
        let value = lines(value, LONGEST_VALUE, defects);
        let Some(ct) = content_type(&value) else { return };
        let subtype = ct.c_subtype.as_deref().unwrap_or_default();
        mime.media_type = format!("{}/{subtype}", ct.c_type).to_ascii_lowercase();
        if ["boundary", "charset"].into_iter().any(|name| is_repeated(&ct, name)) {
            defects.push("repeated-parameter");
        }
        mime.boundary = chosen(&ct, &value, "boundary", habits, met).map(|b| b.trim_end().to_owned());
        mime.charset = chosen(&ct, &value, "charset", habits, met).map(|c| c.to_ascii_lowercase());
        mime.flowed = parameter(&ct, "format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
        mime.deletes_space = parameter(&ct, "delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
        seen.name_parameter = first_or_last(&ct, "name", habits, met).and_then(file_name);
    } else if name.eq_ignore_ascii_case("transfer-encoding") {
        if counts(&mut seen.transfer_encoding, value, &REPEATED_KEY, defects, (habits, met)) {
            mime.transfer_encoding = transfer_encoding(value);
            if mime.transfer_encoding == TransferEncoding::Unknown {
                defects.push("unknown-transfer-encoding");
            }
        }
    } else if name.eq_ignore_ascii_case("disposition") {
        if !counts(&mut seen.disposition, value, &REPEATED, defects, (habits, met)) {
            return;
        }
        let value = lines(value, LONGEST_VALUE, defects);
        let Some(cd) = content_type(&value) else { return };
        // RFC 2183 section 2.8: an unknown kind counts as an attachment.
        mime.disposition = match cd.c_type.as_ref() {
            "inline" => Disposition::Inline,
            _ => Disposition::Attachment,
        };
        mime.file_name = first_or_last(&cd, "filename", habits, met).and_then(file_name);
    }
}

/// A parameter, read as a program with these habits does.
fn chosen<'a>(
    ct: &'a ContentType<'_>,
    value: &'a [u8],
    name: &str,
    habits: Habits,
    met: &mut Habits,
) -> Option<Cow<'a, str>> {
    let usual = first_or_last(ct, name, habits, met).map(Cow::Borrowed);
    let others = [
        (Habit::WrittenParameter, parameter::written(value, name)),
        (Habit::ExtendedParameter, parameter::extended(value, name).map(Cow::Owned)),
    ];
    let mut chosen = usual.clone();
    for (habit, other) in others {
        let differs = other.as_deref().map(str::trim_end) != usual.as_deref().map(str::trim_end);
        if other.is_some() && differs {
            met.add(habit);
            if habits.has(habit) {
                chosen = other;
            }
        }
    }
    chosen
}

fn first_or_last<'a>(
    ct: &'a ContentType<'_>,
    name: &str,
    habits: Habits,
    met: &mut Habits,
) -> Option<&'a str> {
    let first = parameter(ct, name)?;
    let all = ct.attributes.as_deref().unwrap_or_default();
    let last = all.iter().rfind(|a| a.name == name).map_or(first, |a| a.value.as_ref());
    if last != first {
        met.add(Habit::LastParameter);
    }
    Some(if habits.has(Habit::LastParameter) { last } else { first })
}

/// Whether a field counts that says how a part is read: the first of its name, unless the last one does. While all say
/// the very same it is no matter.
fn counts(
    first: &mut Option<Vec<u8>>,
    value: &[u8],
    repeated: &[&'static str],
    defects: &mut Vec<&'static str>,
    (habits, met): (Habits, &mut Habits),
) -> bool {
    let value = value.trim_ascii();
    match first {
        None => {
            *first = Some(value.to_vec());
            return true;
        }
        Some(first) if first == value && !met.has(Habit::LastField) => return false,
        Some(_) => {}
    }
    defects.extend(repeated);
    met.add(Habit::LastField);
    habits.has(Habit::LastField)
}

fn content_type(value: &[u8]) -> Option<ContentType<'_>> {
    match MessageStream::new(value).parse_content_type() {
        HeaderValue::ContentType(ct) => Some(ct),
        _ => None,
    }
}

fn parameter<'a>(ct: &'a ContentType<'_>, name: &str) -> Option<&'a str> {
    ct.attributes.as_ref()?.iter().find(|a| a.name == name).map(|a| a.value.as_ref())
}

/// Whether a parameter is given twice with different values: programs differ in which they take.
fn is_repeated(ct: &ContentType<'_>, name: &str) -> bool {
    let mut values =
        ct.attributes.iter().flatten().filter(|a| a.name == name).map(|a| a.value.as_ref().trim());
    let first = values.next();
    values.any(|value| match name {
        "charset" => !first.is_some_and(|first| first.eq_ignore_ascii_case(value)),
        _ => first != Some(value),
    })
}

fn file_name(name: &str) -> Option<String> {
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn transfer_encoding(value: &[u8]) -> TransferEncoding {
    let word = word(value);
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if is("7bit") || value.trim_ascii().is_empty() {
        TransferEncoding::SevenBit
    } else if is("8bit") {
        TransferEncoding::EightBit
    } else if is("binary") {
        TransferEncoding::Binary
    } else if is("quoted-printable") {
        TransferEncoding::QuotedPrintable
    } else if is("base64") {
        TransferEncoding::Base64
    } else {
        TransferEncoding::Unknown
    }
}
