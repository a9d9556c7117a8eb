//! Where in the tree of parts an entity stands, and the parts that are made there.

use super::{Body, Part, Protection, Reading, mime::Mime};
use std::{borrow::Cow, ops::Range};

/// Where in the tree an entity stands, and what it inherits from the parts around it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) parent: Option<usize>,
    /// Its path if it is a leaf or an attached message, and if it is a multipart: the two
    /// differ for the root of a message (RFC 9051 section 6.4.5.1).
    pub(super) leaf: String,
    pub(super) multipart: String,
    pub(super) depth: usize,
    pub(super) nesting: usize,
    pub(super) signed: bool,
    /// What a part without Content-Type is (RFC 2046 section 5.1.5).
    pub(super) default_type: &'static str,
}

impl Place {
    pub(super) fn root() -> Self {
        Self {
            parent: None,
            leaf: "1".into(),
            multipart: String::new(),
            depth: 0,
            nesting: 0,
            signed: false,
            default_type: "text/plain",
        }
    }

    /// The place of the `nth` child of the multipart `index` with this path.
    pub(super) fn child(&self, index: usize, path: &str, nth: usize, mime: &Mime) -> Self {
        let path = if path.is_empty() { nth.to_string() } else { format!("{path}.{nth}") };
        Self {
            parent: Some(index),
            leaf: path.clone(),
            multipart: path,
            depth: self.depth + 1,
            nesting: self.nesting,
            signed: self.signed || mime.media_type == "multipart/signed",
            default_type: if mime.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" },
        }
    }

    /// The place of the message attached in the part `index` at this place.
    pub(super) fn attached(&self, index: usize) -> Self {
        Self {
            parent: Some(index),
            leaf: format!("{}.1", self.leaf),
            multipart: self.leaf.clone(),
            depth: self.depth + 1,
            nesting: self.nesting + 1,
            signed: self.signed,
            default_type: "text/plain",
        }
    }
}

/// The part at a place, its body still to be read.
pub(super) fn part<'a>(
    place: &Place,
    mime: &Mime,
    header_range: Range<usize>,
    body_start: usize,
) -> Part<'a> {
    Part {
        path: place.leaf.clone(),
        parent: place.parent,
        reading: Reading::First,
        media_type: mime.media_type.clone(),
        charset: mime.charset.clone(),
        flowed: mime.flowed,
        deletes_space: mime.deletes_space,
        transfer_encoding: mime.transfer_encoding,
        disposition: mime.disposition,
        file_name: mime.file_name.clone(),
        header_range,
        body_range: body_start..body_start,
        body: Body::Binary(Cow::Borrowed(&[])),
        protection: Protection::None,
        holds_picture: false,
        signed: place.signed,
        nesting: place.nesting,
        inside: None,
        subject: None,
    }
}

/// The `i`th part of a message read out of the decoded body of the part `outer`, whose
/// encoded body is `range`, as it stands among the parts of the whole message from `root`.
pub(super) fn transplanted<'a>(
    part: Part<'_>,
    i: usize,
    outer: usize,
    root: usize,
    range: &Range<usize>,
) -> Part<'a> {
    let body = match part.body {
        Body::Multipart(children) => Body::Multipart(children.into_iter().map(|c| c + root).collect()),
        Body::Message(inner) => Body::Message(inner + root),
        leaf => leaf.into_owned(),
    };
    Part {
        parent: if i == 0 { Some(outer) } else { part.parent.map(|p| p + root) },
        body,
        header_range: range.clone(),
        body_range: range.clone(),
        inside: Some(outer),
        path: part.path,
        media_type: part.media_type,
        charset: part.charset,
        file_name: part.file_name,
        subject: part.subject,
        ..part
    }
}

impl Part<'_> {
    pub(super) fn into_owned<'b>(self) -> Part<'b> {
        Part {
            body: self.body.into_owned(),
            path: self.path,
            media_type: self.media_type,
            charset: self.charset,
            file_name: self.file_name,
            subject: self.subject,
            ..self
        }
    }
}
