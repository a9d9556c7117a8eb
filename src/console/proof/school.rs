//! The school's own sign-in (OpenID Connect Core 1.0: authorisation code, PKCE, nonce, state). What it
//! proves is an address of the school; who that is, the directory says.

use super::ceremonies::Ceremonies;
use crate::{
    config::SchoolSignIn,
    console::{Console, Fault},
    storage::AccountId,
    wire::http::{self, NoAnswer},
};
use chrono::{DateTime, Utc};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
    http::Response,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What the sign-in says of itself and its keys are asked for anew after so long, and when a key is unknown.
const CACHED: Duration = Duration::from_secs(3600);

/// Particulars of Microsoft and Google.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Particulars {
    /// Microsoft: whose tenant.
    tid: Option<String>,
    /// Google: whose Workspace.
    hd: Option<String>,
    /// Microsoft: the domain's owner has proved it.
    xms_edov: Option<serde_json::Value>,
}
impl AdditionalClaims for Particulars {}

type Fields = IdTokenFields<
    Particulars,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Asking = Client<
    Particulars,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who went to the school's sign-in, and what for.
struct Away {
    provider: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    next: String,
    purpose: Purpose,
}

/// Why somebody is sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// This account has to prove itself anew.
    Again(AccountId),
}

/// What came back.
#[derive(Debug)]
pub struct ByClaims {
    /// Proved to be theirs, in the words of the sign-in.
    pub address: String,
    /// When they showed themselves there, when it says so.
    pub proved_at: Option<DateTime<Utc>>,
    pub next: String,
    pub purpose: Purpose,
    pub provider: SchoolSignIn,
}

/// Those who are away, and what is known of the sign-ins.
pub struct SchoolDoors {
    away: Ceremonies<Away>,
    known: Mutex<HashMap<String, (Instant, Arc<CoreProviderMetadata>)>>,
}

impl SchoolDoors {
    pub fn new() -> Self {
        Self { away: Ceremonies::new(), known: Mutex::default() }
    }

    async fn metadata(
        &self,
        provider: &SchoolSignIn,
        newer_than: Duration,
    ) -> Result<Arc<CoreProviderMetadata>, Fault> {
        let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
        let kept = |all: &HashMap<String, (Instant, Arc<CoreProviderMetadata>)>| {
            all.get(&issuer).filter(|(at, _)| at.elapsed() < newer_than).map(|(_, known)| known.clone())
        };
        if let Some(known) = kept(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(known);
        }
        let url = IssuerUrl::new(issuer.clone()).map_err(|_| Fault::Away)?;
        let known = CoreProviderMetadata::discover_async(url, &fetch).await.map_err(|error| {
            tracing::warn!(sign_in = provider.name, error = %without_content(&error), "console.sign-in-away");
            Fault::Away
        })?;
        let known = Arc::new(known);
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(issuer, (Instant::now(), known.clone()));
        Ok(known)
    }
}

/// Which kind of failure; an answer's own words stay out of the log.
fn without_content<E: std::error::Error>(error: &openidconnect::DiscoveryError<E>) -> &'static str {
    use openidconnect::DiscoveryError as E;
    match error {
        E::Request(_) => "nobody answers",
        E::Parse(_) => "its description cannot be read",
        E::Validation(_) => "its description names another issuer",
        _ => "its description is not right",
    }
}

/// How the crate asks: by the client that the gate uses for all others.
async fn fetch(request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let answer = http::ask(parts.method.as_str(), &parts.uri.to_string(), headers.collect(), body).await?;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body).map_err(|_| NoAnswer)
}

impl Console {
    fn asking(&self, provider: &SchoolSignIn, known: &CoreProviderMetadata) -> Result<Asking, Fault> {
        let secret = std::fs::read_to_string(&provider.secret).map_err(|error| {
            tracing::warn!(sign_in = provider.name, %error, "console.sign-in-secret");
            Fault::Away
        })?;
        let secret = ClientSecret::new(secret.trim().to_owned());
        let back = format!(
            "{}{}",
            self.at.address,
            crate::console::places::Place::SchoolBack.to_string().trim_start_matches('/')
        );
        let back = RedirectUrl::new(back).map_err(|_| Fault::Away)?;
        let asking = Client::from_provider_metadata(
            known.clone(),
            ClientId::new(provider.client.clone()),
            Some(secret),
        );
        Ok(asking.set_redirect_uri(back))
    }

    /// Where somebody is sent, and the word for their cookie.
    pub(in crate::console) async fn send_away(
        &self,
        name: &str,
        next: &str,
        purpose: Purpose,
    ) -> Result<(String, String), Fault> {
        let provider = self.at.sign_in.iter().find(|one| one.name == name).ok_or(Fault::NotThere)?;
        let known = self.school_doors.metadata(provider, CACHED).await?;
        let asking = self.asking(provider, &known)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = asking
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".into()))
            .add_scope(Scope::new("profile".into()))
            // When they last showed themselves there (Core 5.5): not every sign-in says it unasked.
            .add_extra_param("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#)
            .set_pkce_challenge(challenge);
        if matches!(purpose, Purpose::Again(_)) {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        let (url, state, nonce) = request.url();
        let word = CsrfToken::new_random().secret().clone();
        let away = Away { provider: provider.name.clone(), nonce, verifier, next: next.to_owned(), purpose };
        self.school_doors.away.begin(state.secret().clone(), word.as_bytes(), away, Instant::now());
        Ok((url.to_string(), word))
    }

    /// What the sign-in says of whoever has come back with this state and code, in the browser that was sent;
    /// `None` when it is not what we asked for, or not of the tenants and domains that may come in.
    pub(in crate::console) async fn came_back(
        &self,
        state: &str,
        code: String,
        word: &str,
    ) -> Result<Option<ByClaims>, Fault> {
        let Some(away) = self.school_doors.away.take(state, word.as_bytes(), Instant::now()) else {
            return Ok(None);
        };
        let provider = self.at.sign_in.iter().find(|one| one.name == away.provider).ok_or(Fault::NotThere)?;
        let known = self.school_doors.metadata(provider, CACHED).await?;
        let asking = self.asking(provider, &known)?;
        let exchange = asking.exchange_code(AuthorizationCode::new(code)).map_err(|_| Fault::Away)?;
        let answer = exchange.set_pkce_verifier(away.verifier).request_async(&fetch).await;
        let Ok(answer) = answer else { return Ok(None) };
        let Some(token) = answer.id_token() else { return Ok(None) };
        let claims = match token.claims(&asking.id_token_verifier(), &away.nonce) {
            Ok(claims) => claims.clone(),
            // Its keys may have changed since.
            Err(_) => {
                let known = self.school_doors.metadata(provider, Duration::from_secs(60)).await?;
                let asking = self.asking(provider, &known)?;
                match token.claims(&asking.id_token_verifier(), &away.nonce) {
                    Ok(claims) => claims.clone(),
                    Err(_) => return Ok(None),
                }
            }
        };
        let said = Said {
            email: claims.email().map(|e| e.as_str()),
            is_verified: claims.email_verified() == Some(true),
            user_name: claims.preferred_username().map(|name| name.as_str()),
            particulars: claims.additional_claims(),
        };
        Ok(proved_address(provider, &said).map(|address| ByClaims {
            address,
            proved_at: claims.auth_time(),
            next: away.next,
            purpose: away.purpose,
            provider: provider.clone(),
        }))
    }
}

/// What counts of the claims.
struct Said<'a> {
    email: Option<&'a str>,
    is_verified: bool,
    user_name: Option<&'a str>,
    particulars: &'a Particulars,
}

/// The address that is proved, when its tenant or domain may come in. An address that nobody has proved is
/// none: in Microsoft's claims whoever runs a tenant writes what they like into `email`, so that without its mark of
/// a proved domain the name of signing in counts, in a tenant that the school named.
fn proved_address(provider: &SchoolSignIn, said: &Said<'_>) -> Option<String> {
    let is_one = |wanted: &[String], claim: &Option<String>| {
        claim.as_ref().is_some_and(|claim| wanted.contains(&claim.to_lowercase()))
    };
    let of_tenant = is_one(&provider.tenants, &said.particulars.tid);
    if !provider.tenants.is_empty() && !of_tenant {
        return None;
    }
    if !provider.domains.is_empty() && !is_one(&provider.domains, &said.particulars.hd) {
        return None;
    }
    let owned = match &said.particulars.xms_edov {
        Some(serde_json::Value::Bool(owned)) => *owned,
        Some(serde_json::Value::String(owned)) => owned == "1" || owned == "true",
        Some(serde_json::Value::Number(owned)) => owned.as_i64() == Some(1),
        _ => false,
    };
    match said.email {
        Some(email) if said.is_verified || of_tenant && owned => Some(email.to_owned()),
        _ if of_tenant => said.user_name.map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(tenants: &[&str], domains: &[&str]) -> SchoolSignIn {
        let texts = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect();
        SchoolSignIn {
            name: "x".into(),
            issuer: "https://id.example".parse().unwrap(),
            client: "c".into(),
            secret: "s".into(),
            tenants: texts(tenants),
            domains: texts(domains),
            schools: vec![],
        }
    }

    fn address(
        provider: &SchoolSignIn,
        email: &str,
        is_verified: bool,
        particulars: Particulars,
    ) -> Option<String> {
        let said = Said {
            email: Some(email),
            is_verified,
            user_name: Some("upn@oakfield.example"),
            particulars: &particulars,
        };
        proved_address(provider, &said)
    }

    #[test]
    fn only_a_proved_address_of_a_named_tenant_or_domain_counts() {
        let none = Particulars::default;
        let of = |tid: &str| Particulars { tid: Some(tid.into()), ..none() };
        let plain = provider(&[], &[]);
        assert_eq!(address(&plain, "a@b.example", true, none()).as_deref(), Some("a@b.example"));
        assert_eq!(address(&plain, "a@b.example", false, none()), None);
        assert_eq!(address(&plain, "a@b.example", false, of("evil")), None, "a tenant that nobody named");

        let microsoft = provider(&["t1"], &[]);
        assert_eq!(address(&microsoft, "a@b.example", true, of("t2")), None);
        assert_eq!(address(&microsoft, "a@b.example", true, none()), None);
        let by_name = address(&microsoft, "head@oakfield.example", false, of("T1"));
        assert_eq!(
            by_name.as_deref(),
            Some("upn@oakfield.example"),
            "an address that anybody may have written"
        );
        let owned = Particulars { xms_edov: Some(true.into()), ..of("t1") };
        assert_eq!(address(&microsoft, "a@b.example", false, owned).as_deref(), Some("a@b.example"));

        let google = provider(&[], &["oakfield.example"]);
        let hosted = |hd: &str| Particulars { hd: Some(hd.into()), ..none() };
        assert!(address(&google, "a@oakfield.example", true, hosted("oakfield.example")).is_some());
        assert!(address(&google, "a@oakfield.example", true, hosted("other.example")).is_none());
        assert!(address(&google, "a@oakfield.example", true, none()).is_none(), "a private account");
    }
}
