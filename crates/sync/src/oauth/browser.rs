//! Asking for consent in a browser on this machine: it goes to the provider's page, and brings a code back to an address here
//! (RFC 8252). Only who began can use the code (PKCE, RFC 7636), and only an answer to what was asked is taken (`state`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sasl::Secret;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::tokens::granted;
use super::{OAuthClient, OAuthFault, OAuthServer, Tokens, Web};
use crate::limits::{BROWSER_OCTETS_MAX, BROWSER_TIMEOUT_S};
use crate::network::Trust;
use crate::trouble::shown;

/// One login by a browser. Make it with `begun`, have the person open `page`, hand it what connects to `answered` until that gives
/// a code, and `exchanged` the code for tokens.
pub struct BrowserLogin {
    /// What the person's browser opens.
    pub page: String,
    redirect: String,
    path: String,
    state: Secret,
    verifier: Secret,
    issuer: Option<String>,
    says_its_name: bool,
}

/// What a connection to the address here brought.
pub enum Came {
    /// A code.
    Code(Secret),
    /// The provider's answer that there is none.
    Refused(OAuthFault),
    /// Something else: another page, another program, a browser that connects ahead of time.
    Nothing,
}

impl BrowserLogin {
    /// Begins, with somebody listening at this port here.
    pub fn begun(
        web: &dyn Web,
        server: &OAuthServer,
        client: &OAuthClient,
        (port, address): (u16, &str),
    ) -> Result<BrowserLogin, OAuthFault> {
        let at = server.authorization.as_ref();
        let at = at.ok_or(OAuthFault::NoFlow { wanted: "browser" })?;
        let random = || {
            let octets = web.random().ok_or(OAuthFault::Keeping { why: "no randomness".into() });
            Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(octets?)))
        };
        // 32 octets are 43 letters, as a verifier wants (RFC 7636, 4.1).
        let (state, verifier) = (random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let redirect = server.redirect.at(port);
        let more: Vec<(String, String)> =
            form_urlencoded::parse(server.more.as_deref().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", redirect.as_str()),
            ("state", state.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        pairs.extend(server.scope.as_deref().map(|scope| ("scope", scope)));
        // Google and Microsoft choose the account by it; others pass it over.
        pairs.push(("login_hint", address));
        pairs.extend(more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(BrowserLogin {
            page: at.with(&pairs),
            path: server.redirect.path().to_owned(),
            state: Secret::new(state.as_bytes()),
            verifier: Secret::new(verifier.as_bytes()),
            issuer: server.issuer.clone(),
            says_its_name: server.says_its_name,
            redirect,
        })
    }

    /// Reads what a connection says, and answers with a page for the person. A connection that says nothing in time, or nothing
    /// that matters, changes nothing.
    pub async fn answered<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> Came {
        let patience = Duration::from_secs(BROWSER_TIMEOUT_S);
        let Ok(Some(target)) = timeout(patience, target(&mut stream)).await else {
            return Came::Nothing;
        };
        let came = self.read(&target);
        let (status, text) = match &came {
            Came::Code(_) => ("200 OK", CAME),
            Came::Refused(_) => ("200 OK", REFUSED),
            Came::Nothing => ("404 Not Found", NOTHING),
        };
        let page = page(text);
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            page.len()
        );
        let told = async {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(page.as_bytes()).await?;
            stream.shutdown().await
        };
        // What came has come, whether the browser still wants to hear of it or not.
        drop(timeout(patience, told).await);
        came
    }

    /// What the address says that a browser asked for (RFC 6749, 4.1.2).
    fn read(&self, target: &str) -> Came {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Came::Nothing;
        }
        let (mut code, mut state, mut error, mut said, mut issuer) = (None, None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match name.as_ref() {
                "code" => &mut code,
                "state" => &mut state,
                "error" => &mut error,
                "error_description" => &mut said,
                "iss" => &mut issuer,
                _ => continue,
            };
            // RFC 6749, 3.1: nothing may come twice.
            if slot.replace(value.into_owned()).is_some() {
                return Came::Nothing;
            }
        }
        // Any page in the browser can ask for this address: without the state it is no answer, and the login goes on
        // (RFC 6749, 10.12).
        if !state.is_some_and(|state| self.state.equals(state.as_bytes())) {
            return Came::Nothing;
        }
        if let Some(wrong) = self.another(issuer.as_deref()) {
            return Came::Refused(wrong);
        }
        match (code.filter(|code| !code.is_empty()), error) {
            (_, Some(error)) if error == "access_denied" => Came::Refused(OAuthFault::Denied),
            (_, Some(error)) => Came::Refused(OAuthFault::Refused {
                code: shown(&error),
                said: shown(said.as_deref().unwrap_or_default()),
            }),
            (Some(code), None) => Came::Code(Secret::new(code)),
            (None, None) => Came::Refused(OAuthFault::Answer("a code")),
        }
    }

    /// Whether the answer is another server's than the one that was asked (RFC 9207, 2.4).
    fn another(&self, said: Option<&str>) -> Option<OAuthFault> {
        let expected = self.issuer.as_deref()?;
        let is_same = match said {
            Some(said) => said == expected,
            None => !self.says_its_name,
        };
        let said = shown(said.unwrap_or_default());
        (!is_same).then(|| OAuthFault::OtherServer { expected: expected.to_owned(), said })
    }

    /// Exchanges a code for tokens (RFC 6749, 4.1.3).
    pub async fn exchanged(
        &self,
        web: &dyn Web,
        server: &OAuthServer,
        client: &OAuthClient,
        trust: &Trust,
        (code, now_s): (&Secret, i64),
    ) -> Result<Tokens, OAuthFault> {
        let text =
            |secret: &Secret| Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned());
        let (code, verifier) = (text(code), text(&self.verifier));
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", verifier.as_str()),
        ];
        granted(web, (&server.token, client), trust, &pairs, now_s).await
    }
}

/// The address that a request asks for; none: it is no GET, or too long. What else it says does not matter.
async fn target<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let (mut head, mut part) = (Zeroizing::new(Vec::new()), [0; 2_048]);
    loop {
        // A browser that is answered before it has said all may not show the answer.
        if head.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(part.get(..count)?);
        if head.len() > BROWSER_OCTETS_MAX {
            return None;
        }
    }
    let line = head.split(|octet| *octet == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("GET"), Some(target), Some(version), None) if version.starts_with("HTTP/1.") => {
            Some(target.to_owned())
        }
        _ => None,
    }
}

/// What a person reads in the browser, in the two languages of the program.
const CAME: [&str; 2] = [
    "You are logged in. Close this page; the program goes on where you started it.",
    "O login foi feito. Feche esta página; o programa continua onde você o iniciou.",
];
const REFUSED: [&str; 2] = [
    "You are not logged in. The program says why, where you started it.",
    "O login não foi feito. O programa diz por quê, onde você o iniciou.",
];
const NOTHING: [&str; 2] = [
    "This is no answer to the login that is under way.",
    "Isto não é uma resposta ao login em andamento.",
];

fn page(text: [&str; 2]) -> String {
    let [english, portuguese] = text;
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>correio</title><style>body{{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;\
         color-scheme:light dark}}</style><p>{english}</p><p lang=\"pt\">{portuguese}</p></html>\n"
    )
}
