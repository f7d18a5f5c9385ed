//! Asks a person for consent: in a browser that comes back to an address here, or by a code that is typed in elsewhere.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use host::provider::ProviderNetwork;
use sasl::Secret;
use sync::companion::Companion;
use sync::limits::{BROWSERS_MAX, CONSENT_TIMEOUT_S};
use sync::oauth::browser::{BrowserLogin, Came};
use sync::oauth::{
    Granted, Kept, OAuthClient, OAuthFault, OAuthServer, Tokens, device, found, registered,
};
use sync::{Trouble, Trust};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Text, failed, language, now, somebody_is_there, troubled};

/// How a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flow {
    /// In a browser on this computer
    Browser,
    /// By a code that is typed in on any device
    Device,
}

/// How many connections to the address here may be no answer.
const NO_ANSWERS_MAX: u32 = 1_000;

/// Whom to ask for what.
pub(crate) struct Consent<'c> {
    /// The provider, as it was named.
    pub(crate) provider: &'c str,
    /// The address of the person there.
    pub(crate) address: &'c str,
    /// How; none: as it suits.
    pub(crate) flow: Option<Flow>,
    /// Which certificates its server has, as far as that is known; a function of its host.
    pub(crate) trust: &'c (dyn Fn(&str) -> Result<Trust> + Sync),
    /// Where the tokens will be kept.
    pub(crate) kept: Kept,
}

impl Consent<'_> {
    /// Asks. Gives what was granted, and the first tokens, which nobody keeps yet.
    pub(crate) async fn asked(&self, companion: &Companion) -> Result<(Granted, Tokens)> {
        let (web, text) = (ProviderNetwork::default(), language());
        let trouble = |fault| troubled(&Trouble::OAuth(fault), text.0);
        let settings = companion.oauth.get(self.provider);
        let trust = (self.trust)(self.host_of_name())?;
        let (server, client) =
            found(&web, self.provider, settings, &trust).await.map_err(trouble)?;
        let trust = (self.trust)(&server.token.host())?;
        let client = match client {
            Some(client) => client,
            None => {
                let made = registered(&web, &server, &program_name(), &trust).await;
                made.map_err(|fault| trouble(self.unregistered(fault)))?
            }
        };
        let at = At { web: &web, server: &server, client: &client, trust: &trust };
        let asking = match self.flow_for(&server) {
            Flow::Browser => by_browser(&at, self.address, text).await,
            Flow::Device => by_device(&at, text).await,
        };
        let tokens = asking?.map_err(trouble)?;
        let granted = Granted {
            provider: self.provider.to_owned(),
            client,
            token_endpoint: server.token,
            revocation_endpoint: server.revocation,
            kept: self.kept,
        };
        Ok((granted, tokens))
    }

    /// The host in the name of the provider, where it is an address.
    fn host_of_name(&self) -> &str {
        let name = self.provider.split_once("://").map_or(self.provider, |(_, rest)| rest);
        let name = name.split('/').next().unwrap_or_default();
        name.rsplit_once(':').map_or(name, |(host, _)| host).trim_matches(['[', ']'])
    }

    /// By the name that the person said.
    fn unregistered(&self, fault: OAuthFault) -> OAuthFault {
        if let OAuthFault::NoClient { .. } = fault {
            return OAuthFault::NoClient { provider: self.provider.to_owned() };
        }
        fault
    }

    fn flow_for(&self, server: &OAuthServer) -> Flow {
        match (self.flow, &server.authorization, &server.device) {
            (Some(flow), ..) => flow,
            (None, Some(_), None) => Flow::Browser,
            (None, None, _) => Flow::Device,
            (None, Some(_), Some(_)) if has_display() => Flow::Browser,
            (None, Some(_), Some(_)) => Flow::Device,
        }
    }
}

/// Where it is asked.
struct At<'a> {
    web: &'a ProviderNetwork,
    server: &'a OAuthServer,
    client: &'a OAuthClient,
    trust: &'a Trust,
}

async fn by_device(at: &At<'_>, text: Text) -> Result<Result<Tokens, OAuthFault>> {
    let begun = match device::begun(at.web, at.server, at.client, at.trust).await {
        Ok(begun) => begun,
        Err(fault) => return Ok(Err(fault)),
    };
    tell(&text.type_in(begun.page.as_str(), &begun.user_code))?;
    if let Some(page) = &begun.page_with_code {
        tell(&text.or_open(page.as_str()))?;
    }
    let asking = (&begun, now().0);
    Ok(device::decided(at.web, at.server, at.client, at.trust, asking).await)
}

async fn by_browser(at: &At<'_>, address: &str, text: Text) -> Result<Result<Tokens, OAuthFault>> {
    let (host, port) = at.server.redirect.listened_at();
    let listener = TcpListener::bind((host, port)).await.map_err(|error| {
        failed(sync::Exit::NeedsPerson, text.cannot_listen(at.server.redirect.to_string(), error))
    })?;
    let port = listener.local_addr()?.port();
    let login = match BrowserLogin::begun(at.web, at.server, at.client, (port, address)) {
        Ok(login) => Arc::new(login),
        Err(fault) => return Ok(Err(fault)),
    };
    tell(&text.open(&login.page))?;
    if somebody_is_there() && has_display() {
        open(&login.page);
    }
    let patience = Duration::from_secs(CONSENT_TIMEOUT_S);
    let waited = timeout(patience, code(&listener, &login)).await;
    let code = match waited.unwrap_or(Err(OAuthFault::Expired)) {
        Ok(code) => code,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(login.exchanged(at.web, at.server, at.client, at.trust, (&code, now().0)).await)
}

/// Waits for the code. Browsers also connect ahead of time and say nothing, so several are listened to at once.
async fn code(listener: &TcpListener, login: &Arc<BrowserLogin>) -> Result<Secret, OAuthFault> {
    let (mut coming, mut no_answers) = (JoinSet::new(), 0_u32);
    loop {
        tokio::select! {
            accepted = listener.accept(), if coming.len() < BROWSERS_MAX => {
                let Ok((stream, _)) = accepted else { continue };
                let login = Arc::clone(login);
                coming.spawn(async move { login.answered(stream).await });
            }
            Some(came) = coming.join_next() => match came {
                Ok(Came::Code(code)) => return Ok(code),
                Ok(Came::Refused(fault)) => return Err(fault),
                Ok(Came::Nothing) | Err(_) => {
                    no_answers = no_answers.saturating_add(1);
                    if no_answers >= NO_ANSWERS_MAX {
                        return Err(OAuthFault::State);
                    }
                }
            },
        }
    }
}

/// Says something to the person; what is printed is for programs.
fn tell(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{text}")?)
}

/// What the program calls itself, so that its owner knows it again in the list of what may get in.
fn program_name() -> String {
    let named = rustix::system::uname();
    let host = named.nodename().to_string_lossy();
    let host: String = host.chars().filter(|c| !c.is_control()).take(40).collect();
    if host.is_empty() { "correio".to_owned() } else { format!("correio ({host})") }
}

/// Whether a browser could show itself here.
#[expect(clippy::disallowed_methods, reason = "where a display is stands in the environment")]
fn has_display() -> bool {
    cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Opens a page in the person's browser. If that fails the person opens it, as was said.
fn open(page: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = tokio::process::Command::new(opener);
    let nothing = Stdio::null;
    drop(command.arg(page).stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn());
}
