//! Servers of OAuth as they should be, and as they should not.

mod browsing;
mod devices;
mod finding;
mod renewing;

use std::collections::VecDeque;
use std::sync::Mutex;

use sasl::{Ready, Secret};

use super::{
    Asking, Granted, Kept, OAuthClient, OAuthServer, Redirect, Tokens, Web, WebAnswer, WebFault,
    WebRequest,
};

pub(super) const NOW_S: i64 = 1_800_000_000;

/// A server that answers in this order, and remembers what it was asked.
#[derive(Default)]
pub(super) struct Scripted {
    answers: Mutex<VecDeque<Result<(u16, String), WebFault>>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Scripted {
    pub(super) fn new(answers: &[(u16, &str)]) -> Scripted {
        let scripted = Scripted::default();
        answers.iter().for_each(|answer| scripted.then(answer.0, answer.1));
        scripted
    }

    pub(super) fn then(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().push_back(Ok((status, body.to_owned())));
    }

    pub(super) fn fails(&self, fault: WebFault) {
        self.answers.lock().unwrap().push_back(Err(fault));
    }

    /// The addresses that were asked, and what was said there.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }

    /// The last thing that was said.
    pub(super) fn last(&self) -> String {
        self.asked().pop().map(|(_, said)| said).unwrap_or_default()
    }
}

impl Web for Scripted {
    fn ask<'a>(&'a self, request: WebRequest<'a>) -> Ready<'a, Result<WebAnswer, WebFault>> {
        let said = match request.asking {
            Asking::Get => String::new(),
            Asking::Form(form) => String::from_utf8(form.expose().to_vec()).unwrap(),
            Asking::Json(text) => text.to_owned(),
        };
        self.asked.lock().unwrap().push((request.address.to_string(), said));
        let answer = self.answers.lock().unwrap().pop_front().expect("another answer");
        Box::pin(async move {
            let (status, body) = answer?;
            Ok(WebAnswer { status, body: Secret::new(body) })
        })
    }

    fn random(&self) -> Option<[u8; 32]> {
        // Another one each time.
        let count = u8::try_from(self.asked.lock().unwrap().len()).unwrap();
        Some([count + 1; 32])
    }
}

pub(super) fn server() -> OAuthServer {
    let address = |text: &str| text.parse().unwrap();
    OAuthServer {
        issuer: Some("https://id.example.org".to_owned()),
        authorization: Some(address("https://id.example.org/authorize")),
        token: address("https://id.example.org/token"),
        device: Some(address("https://id.example.org/device")),
        registration: Some(address("https://id.example.org/register")),
        revocation: None,
        scope: Some("mail offline_access".to_owned()),
        redirect: Redirect::default(),
        more: None,
        says_its_name: true,
    }
}

pub(super) fn client() -> OAuthClient {
    OAuthClient { id: "me".to_owned(), secret: None }
}

pub(super) fn grant() -> Granted {
    Granted {
        provider: "https://id.example.org".to_owned(),
        client: client(),
        token_endpoint: "https://id.example.org/token".parse().unwrap(),
        revocation_endpoint: Some("https://id.example.org/revoke".parse().unwrap()),
        kept: Kept::File,
    }
}

/// What a server says that gives tokens.
pub(super) fn gives(access: &str, refresh: &str) -> String {
    format!(
        r#"{{"access_token":"{access}","token_type":"bearer","expires_in":3600,"refresh_token":"{refresh}"}}"#
    )
}

pub(super) fn text(secret: &Secret) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

pub(super) fn refresh_of(tokens: &Tokens) -> Option<String> {
    tokens.refresh.as_ref().map(text)
}
