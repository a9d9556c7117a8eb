//! A form with a file in it, or with several (multipart/form-data, RFC 7578), with the word of its session
//! as every form.

use super::{
    Fault,
    visitor::{Visitor, same},
};
use axum::extract::{FromRequest, Multipart, Request};
use std::collections::HashMap;

/// Fields besides the file; more is no form of ours.
const MOST_FIELDS: usize = 20;
/// A folder of OneRoster has fewer.
const MOST_FILES: usize = 20;

/// What was sent. The size of all is bounded by the door.
pub struct Upload {
    pub file: Vec<u8>,
    fields: HashMap<String, String>,
}

impl Upload {
    /// A field by its name; empty when it was not there.
    pub fn take(&mut self, name: &str) -> String {
        self.fields.remove(name).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Fault;
    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let Uploads { mut files, fields } = Uploads::from_request(request, state).await?;
        Ok(Self { file: files.pop().map(|(_, bytes)| bytes).unwrap_or_default(), fields })
    }
}

/// The same with several files, each with the name that it had where it came from.
pub struct Uploads {
    pub files: Vec<(String, Vec<u8>)>,
    fields: HashMap<String, String>,
}

impl Uploads {
    /// A field by its name; empty when it was not there.
    pub fn take(&mut self, name: &str) -> String {
        self.fields.remove(name).unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for Uploads {
    type Rejection = Fault;
    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let visitor = request.extensions().get::<Visitor>().cloned().ok_or(Fault::SignIn)?;
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| Fault::Form)?;
        let mut uploads = Self { files: Vec::new(), fields: HashMap::new() };
        while let Some(part) = parts.next_field().await.map_err(|_| Fault::Form)? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                Some(file) if uploads.files.len() < MOST_FILES => {
                    let bytes = part.bytes().await.map_err(|_| Fault::Form)?;
                    uploads.files.push((file, bytes.into()));
                }
                None if uploads.fields.len() < MOST_FIELDS => {
                    uploads.fields.insert(name, part.text().await.map_err(|_| Fault::Form)?);
                }
                _ => return Err(Fault::Form),
            }
        }
        match same(&uploads.take("form_word"), &visitor.form_word) {
            true => Ok(uploads),
            false => Err(Fault::Form),
        }
    }
}
