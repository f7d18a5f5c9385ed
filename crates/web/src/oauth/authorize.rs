//! Where a program sends its user: who is logged in says whether the program may begin, and it gets a code (RFC 6749, 4.1; RFC 7636).

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use url::Url;

use super::codes::{Consent, is_verifier};
use super::owner::Owner;
use super::page::{self, Asking};
use super::parameters::Parameters;
use super::program::Program;
use super::refused::Refused;
use super::{granted_scope, metadata};
use crate::auth::form::Form;
use crate::auth::html::{Maker, see};
use crate::auth::page::Page;
use crate::client::Client;
use crate::limits::STATE_OCTETS_MAX;
use crate::site::Desk;

/// Where it is, below the base path.
pub(super) const PATH: &str = "/auth/authorize";

/// What a program asks its user for.
struct Asked {
    id: String,
    program: Program,
    redirect: Url,
    redirect_was_asked: bool,
    state: Option<String>,
    challenge: String,
}

/// Why it cannot be asked.
enum Wrong {
    /// We do not know whom to tell but the user (RFC 6749, 4.1.2.1).
    Here(Refused),
    /// The program hears it.
    There { to: Url, state: Option<String>, why: Refused },
}

fn here_alone(why: Refused) -> Box<Wrong> {
    Box::new(Wrong::Here(why))
}

impl Asked {
    fn read(desk: &Desk, query: &str) -> Result<Asked, Box<Wrong>> {
        let said = Parameters::of(query.as_bytes()).map_err(here_alone)?;
        let (id, program) = super::token::program(desk, &said).map_err(here_alone)?;
        let asked = said.get("redirect_uri");
        let Some(redirect) = program.redirect(asked) else {
            let text = "redirect_uri is none of those that the client registered";
            return Err(here_alone(Refused::request(text)));
        };
        let state = said.get("state").map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > STATE_OCTETS_MAX) {
            let text = format!("state has more than {STATE_OCTETS_MAX} octets");
            return Err(here_alone(Refused::request(text)));
        }
        match Asked::challenge(&said) {
            Ok(challenge) => {
                let redirect_was_asked = asked.is_some();
                Ok(Asked { id, program, redirect, redirect_was_asked, state, challenge })
            }
            Err(why) => Err(Box::new(Wrong::There { to: redirect, state, why })),
        }
    }

    /// The hash of what the program will show (RFC 7636, 4.3). Without one, anybody who sees the code could use it.
    fn challenge(said: &Parameters) -> Result<String, Refused> {
        if said.need("response_type")? != "code" {
            let text = "of response_type, code is known here";
            return Err(Refused::new("unsupported_response_type", text));
        }
        if granted_scope(said.get("scope")).is_none() {
            return Err(Refused::new("invalid_scope", "none of these scopes is known here"));
        }
        let challenge = said.need("code_challenge")?;
        if said.get("code_challenge_method") != Some("S256") {
            return Err(Refused::request("of code_challenge_method, S256 is known here"));
        }
        if challenge.len() != 43 || !is_verifier(challenge) {
            return Err(Refused::request("code_challenge is no SHA-256 in base64url"));
        }
        Ok(challenge.to_owned())
    }
}

/// Asks the user, who has to be logged in for it.
pub(super) async fn show(
    page: Option<Page>,
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (maker, query) = (Maker::of(&desk, &headers), query.unwrap_or_default());
    let asked = match Asked::read(&desk, &query) {
        Ok(asked) => asked,
        Err(wrong) => return refuse(&maker, &client, *wrong),
    };
    let here = here(&desk, &query);
    let owner = Owner::of(page, &maker, &client, &headers, &here);
    let owner = owner.and_then(|owner| owner.proven(&maker, &here).map(|()| owner));
    match owner {
        Ok(owner) => {
            let asking = Asking::Program { redirect: &asked.redirect, query: &query };
            page::consent(&maker, &owner, &asked.program, &asking)
        }
        Err(first) => *first,
    }
}

/// Takes the user at their word.
pub(super) async fn decide(
    State(desk): State<Arc<Desk>>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let maker = Maker::of(&desk, &headers);
    let mut form = match Form::read(request, &desk).await {
        Ok(form) => form,
        Err(problem) => return maker.problem(&problem),
    };
    let query = form.fields.text("query").to_owned();
    let asked = match Asked::read(&desk, &query) {
        Ok(asked) => asked,
        Err(wrong) => return refuse(&maker, &client, *wrong),
    };
    let here = here(&desk, &query);
    let owner = match Owner::of(form.page.take(), &maker, &client, &headers, &here) {
        Ok(owner) => owner,
        Err(first) => return *first,
    };
    let back = Back { issuer: metadata::issuer(&desk, &client), state: asked.state.clone() };
    if form.fields.text("decision") != "allow" {
        let why = Refused::new("access_denied", "the user said no");
        return back.to(asked.redirect, Err(&why));
    }
    if let Err(first) = owner.proven(&maker, &here) {
        return *first;
    }
    let consent = Consent {
        address: owner.page.address,
        program: asked.id,
        redirect: asked.redirect.to_string(),
        redirect_was_asked: asked.redirect_was_asked,
        challenge: asked.challenge,
    };
    match desk.ports.fresh.name() {
        Ok(code) => {
            desk.settings.oauth.codes.put(&code, consent);
            back.to(asked.redirect, Ok(&code))
        }
        Err(fault) => back.to(asked.redirect, Err(&Refused::of_fault(&fault))),
    }
}

fn here(desk: &Desk, query: &str) -> String {
    format!("{}{PATH}?{query}", desk.settings.base_path)
}

fn refuse(maker: &Maker<'_>, client: &Client, wrong: Wrong) -> Response {
    match wrong {
        Wrong::Here(why) => page::wrong(maker, &why.text),
        Wrong::There { to, state, why } => {
            Back { issuer: metadata::issuer(maker.desk, client), state }.to(to, Err(&why))
        }
    }
}

/// What a program gets back whatever was decided: what it asked for, and our name, so that it does not take our answer for that of
/// another server (RFC 9207).
struct Back {
    issuer: String,
    state: Option<String>,
}

impl Back {
    /// Sends the browser there, with a code or what went wrong (RFC 6749, 4.1.2).
    fn to(&self, mut to: Url, outcome: Result<&str, &Refused>) -> Response {
        {
            let mut pairs = to.query_pairs_mut();
            match outcome {
                Ok(code) => pairs.append_pair("code", code),
                Err(why) => {
                    pairs.append_pair("error", why.code).append_pair("error_description", &why.text)
                }
            };
            if let Some(state) = &self.state {
                pairs.append_pair("state", state);
            }
            pairs.append_pair("iss", &self.issuer);
        }
        see(to.as_str())
    }
}
