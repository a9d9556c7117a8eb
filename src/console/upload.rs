//! A form with a file in it (multipart/form-data, RFC 7578), with the word of its session as every form.

use super::{
    Fault,
    visitor::{Visitor, same},
};
use axum::extract::{FromRequest, Multipart, Request};
use std::collections::HashMap;

/// Fields besides the file; more is no form of ours.
const MOST_FIELDS: usize = 20;

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
        let visitor = request.extensions().get::<Visitor>().cloned().ok_or(Fault::SignIn)?;
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| Fault::Form)?;
        let mut upload = Self { file: Vec::new(), fields: HashMap::new() };
        while let Some(part) = parts.next_field().await.map_err(|_| Fault::Form)? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name() {
                Some(_) => upload.file = part.bytes().await.map_err(|_| Fault::Form)?.into(),
                None if upload.fields.len() < MOST_FIELDS => {
                    upload.fields.insert(name, part.text().await.map_err(|_| Fault::Form)?);
                }
                None => return Err(Fault::Form),
            }
        }
        match same(&upload.take("form_word"), &visitor.form_word) {
            true => Ok(upload),
            false => Err(Fault::Form),
        }
    }
}
