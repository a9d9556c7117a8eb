//! Whoever asks for a page: signed in or not, in which language, and from which page of ours a form
//! came.

use super::{Console, Fault, cookies};
use crate::{
    authority::{Office, Offices},
    desk::Desk,
    effects::Language,
    storage::{Actor, KeptUser, Session, SessionWord, Touch},
};
use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::sync::Arc;

/// Whoever is signed in, with everything that a question of authority needs.
#[derive(Clone)]
pub struct Visitor {
    pub desk: Arc<Desk>,
    pub user: Arc<KeptUser>,
    pub session: Session,
    pub word: SessionWord,
    /// What each form of this session carries.
    pub form_word: Arc<str>,
    pub language: Language,
}

impl Visitor {
    /// Whether they hold one of these offices, at whatever school.
    pub fn holds_one_of(&self, offices: &[Office]) -> bool {
        self.desk.own_offices().iter().any(|(_, held)| held.any(Offices::of(offices)))
    }

    /// As the pages call them.
    pub fn name(&self) -> String {
        self.desk.name_of(&self.user)
    }

    /// The address by which they sign in.
    pub fn known_as(&self) -> String {
        self.desk.address_of(&self.user).map(|address| address.to_string()).unwrap_or_default()
    }
}

impl Console {
    /// Whoever the cookie says; `None` when nobody is signed in.
    pub(super) async fn visitor(&self, parts: &Parts) -> Result<Option<Visitor>, Fault> {
        let Some(word) = self.session_word(&parts.headers) else { return Ok(None) };
        // What a page fetches by itself, while nobody sits there, keeps nobody signed in.
        let touch = if parts.uri.path().ends_with("/live") { Touch::ByPage } else { Touch::ByPerson };
        let Some(session) = self.store.session(&word, touch).await? else { return Ok(None) };
        let standing = self.gate.standing();
        let of = (
            self.config(),
            self.store.clone(),
            standing.rulebook.directory.clone(),
            standing.rulebook.opener.clone(),
        );
        let is_theirs = |user: &&KeptUser| user.id == session.account;
        let who = |users: &[KeptUser]| Ok::<_, Fault>(users.iter().find(is_theirs).cloned());
        let desk = Desk::of(of, || Actor::Gate, who).await?;
        let Some(user) = desk.user.clone() else { return Ok(None) };
        let form_word = self.store.form_word(&word)?.into();
        let language = cookies::language(&parts.headers);
        Ok(Some(Visitor { desk: Arc::new(desk), user: Arc::new(user), session, word, form_word, language }))
    }
}

/// Put there by the guard; a page behind a door for anyone has none.
impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::SignIn)
    }
}

/// Whoever is signed in and has proved within the last minutes who they are: for grave acts, beside
/// whom `authority` lets do them.
pub struct Fresh(pub Visitor);

impl<S: Send + Sync> FromRequestParts<S> for Fresh {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let visitor = <Visitor as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        if visitor.session.is_fresh() { Ok(Self(visitor)) } else { Err(Fault::ProveAnew) }
    }
}

/// For a page behind a door for anyone, which differs for whoever is signed in.
impl OptionalFromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Option<Self>, Fault> {
        console.visitor(parts).await
    }
}

/// In which language to answer somebody who may not be signed in.
#[derive(Clone, Copy, Debug)]
pub struct Tongue(pub Language);

impl<S: Send + Sync> FromRequestParts<S> for Tongue {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        Ok(Self(cookies::language(&parts.headers)))
    }
}

/// The field of each form that shows it came from a page of this session.
#[derive(Deserialize)]
struct Marked<T> {
    #[serde(default)]
    form_word: String,
    #[serde(flatten)]
    fields: T,
}

/// A form that a page of this session made; its fields are texts, which serde's `flatten` reads no
/// numbers from. Whoever only lures a signed-in browser here cannot
/// know the word (CSRF).
pub struct Posted<T>(pub T);

impl<S, T> FromRequest<S> for Posted<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Fault;
    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let visitor = request.extensions().get::<Visitor>().cloned().ok_or(Fault::SignIn)?;
        let Form(marked) = Form::<Marked<T>>::from_request(request, state).await.map_err(|_| Fault::Form)?;
        match same(&marked.form_word, &visitor.form_word) {
            true => Ok(Self(marked.fields)),
            false => Err(Fault::Form),
        }
    }
}

/// Compared in a time that tells nothing.
pub(super) fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    bool::from(a.as_bytes().ct_eq(b.as_bytes()))
}
