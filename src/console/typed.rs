//! What was typed is never lost: where a form could not be taken, the page that it stood on comes back with
//! everything that was filled in and the fault beside its field; where the form first asks who one is, the same
//! when that is proved. For all forms at once, so that a new one needs nothing of its own. Of a password or a
//! code nothing is kept or written anywhere.

use super::{
    Console, Fault, door,
    kept::Kept,
    page::{self, own_page},
    refill::{Beside, refill},
    visitor::Visitor,
    words::words,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

words! {
    struct TypedWords {
        kept: "Nothing was changed, and what you typed is here." / "Ni newidiwyd dim, ac mae'r hyn a deipiwyd gennych yma.",
        proved: "Thank you. What you typed is here again: look it over and send it."
            / "Diolch. Mae'r hyn a deipiwyd gennych yma eto: bwriwch olwg drosto a'i anfon.",
        typed: "What you had typed" / "Yr hyn yr oeddech wedi'i deipio",
    }
}

/// Forms that are kept for whoever is proving who they are.
const MOST_KEPT: usize = 200;
/// The largest page that is read again.
const LARGEST_PAGE: usize = 4 << 20;
/// The part of an address that brings what was typed back.
const WORD: &str = "typed";
/// Rooms whose forms hold passwords, codes and words of links.
const SECRET: [&str; 4] = ["/account", "/sign-in", "/link", "/m"];

/// A form as it came.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    /// Where it was sent.
    pub(super) action: String,
    pub(super) fields: Vec<(String, String)>,
}

pub(super) type AllTyped = Kept<Arc<Typed>>;

pub(super) fn none_typed() -> AllTyped {
    Kept::new(MOST_KEPT)
}

impl Typed {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The page of ours on which the form stood.
    fn page(&self) -> String {
        let said = self.value("page").filter(|page| own_page(Some(page)) == *page);
        let is_page = |page: &&str| door::is_page(page.split(['?', '#']).next().unwrap_or_default());
        said.filter(is_page).unwrap_or_else(|| door::page_above(&self.action)).to_owned()
    }
}

/// Reads a form before its handler does. Other bodies pass as they are.
pub(super) async fn read(parts: &Parts, body: Body) -> Result<(Option<Typed>, Body), Fault> {
    let path = parts.uri.path();
    let kind = parts.headers.get(header::CONTENT_TYPE).map_or(&[][..], |kind| kind.as_bytes());
    let in_room =
        |room: &&str| path.strip_prefix(*room).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if parts.method != Method::POST
        || !kind.starts_with(b"application/x-www-form-urlencoded")
        || SECRET.iter().any(in_room)
    {
        return Ok((None, body));
    }
    let bytes = to_bytes(body, super::LARGEST_FORM).await.map_err(|_| Fault::Form)?;
    let fields = url::form_urlencoded::parse(&bytes).into_owned().filter(|(name, _)| name != "form_word");
    let typed = Typed { action: path.to_owned(), fields: fields.collect() };
    Ok((Some(typed), Body::from(bytes)))
}

impl Console {
    /// The answer to a form that could not be taken; `None` where a page of its own says it better.
    pub(super) async fn answer_typed(
        &self,
        (asked, next): (&Parts, Next),
        typed: Typed,
        fault: &Fault,
    ) -> Option<Response> {
        let language = super::cookies::language(&asked.headers);
        if matches!(fault, Fault::ProveAnew | Fault::UnlockKey) {
            let visitor = self.visitor(asked).await.ok()??;
            let page = typed.page();
            let word = self.typed.keep(&visitor.user.id, Arc::new(typed));
            let mark = if page.contains('?') { '&' } else { '?' };
            return Some(page::to_prove(fault, &format!("{page}{mark}{WORD}={word}")));
        }
        let sentence = page::wrong(language, fault)?;
        let field = match fault {
            Fault::At(field, _) => Some(*field),
            _ => None,
        };
        let html = page_as_it_is(asked, next, &typed.page()).await?;
        let w = TypedWords::of(language);
        let beside = Beside { field, sentence: &sentence, more: w.kept, typed: w.typed, class: "warn" };
        Some(answer(fault.status(), refill(&html, &typed, &beside)))
    }

    /// A page to which somebody comes back after they have proved who they are, with what they had typed.
    pub(super) async fn with_typed(&self, asked: &Parts, response: Response) -> Response {
        let Some(word) = word_of(&asked.uri).filter(|_| is_page(&response)) else { return response };
        let Ok(Some(visitor)) = self.visitor(asked).await else { return response };
        let Visitor { user, language, .. } = visitor;
        let Some(typed) = self.typed.get(&user.id, &word) else { return response };
        let (parts, body) = response.into_parts();
        let Some(html) = text_of(body).await else { return Fault::Away.into_response() };
        let w = TypedWords::of(language);
        let beside = Beside { field: None, sentence: w.proved, more: "", typed: w.typed, class: "good" };
        answer(parts.status, refill(&html, &typed, &beside))
    }
}

fn answer(status: StatusCode, html: String) -> Response {
    (status, axum::response::Html(html)).into_response()
}

fn word_of(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == WORD)
        .map(|(_, word)| word.into_owned())
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    response.status() == StatusCode::OK && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

async fn text_of(body: Body) -> Option<String> {
    let bytes = to_bytes(body, LARGEST_PAGE).await.ok()?;
    String::from_utf8(bytes.into()).ok()
}

/// A page as whoever sent the form sees it now.
async fn page_as_it_is(asked: &Parts, next: Next, page: &str) -> Option<String> {
    let mut request = Request::builder().method(Method::GET).uri(page.parse::<Uri>().ok()?);
    *request.headers_mut()? = without_body(&asked.headers);
    let mut request = request.body(Body::empty()).ok()?;
    *request.extensions_mut() = asked.extensions.clone();
    let response = next.run(request).await;
    if !is_page(&response) {
        return None;
    }
    text_of(response.into_body()).await
}

fn without_body(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(page: &str) -> Typed {
        Typed {
            action: "/queue/abc/decide".to_owned(),
            fields: vec![("page".to_owned(), page.to_owned()), ("words".to_owned(), "why".to_owned())],
        }
    }

    #[test]
    fn a_form_leads_back_to_a_page_of_ours_alone() {
        assert_eq!(posted("/incidents").page(), "/incidents");
        for elsewhere in
            ["//other.example", "https://other.example/queue", "/queue/abc/decide", "", "/nowhere"]
        {
            assert_eq!(posted(elsewhere).page(), "/queue/abc", "{elsewhere}");
        }
        assert_eq!(word_of(&"/queue?typed=abc".parse().unwrap()).as_deref(), Some("abc"));
    }
}
