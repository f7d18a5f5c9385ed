//! Getting in by consent instead of a password: what is said on the command line for it.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use sync::companion::{Companion, Hidden};

use crate::companion::{Flow, from_file};

/// How one gets in without a password.
#[derive(Args)]
pub(super) struct ByConsent {
    /// Get in by OAuth 2 instead of a password: google, microsoft, one in [oauth.NAME] of companion.toml, or the address of a host
    /// such as `https://mail.example.org`
    ///
    /// You allow it on the provider's page; no password is kept here. Google and Microsoft let in only programs that somebody has
    /// registered there: see --client-id.
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["password_file", "password_command"])]
    pub(super) oauth: Option<String>,
    /// The number of the program that you have registered at the provider; it is remembered for this provider
    #[arg(long, value_name = "ID", requires = "oauth")]
    client_id: Option<String>,
    /// Read what came with that number from the first line of a file that only its owner can read, as Google wants it
    #[arg(long, value_name = "FILE", requires = "client_id")]
    client_secret_file: Option<PathBuf>,
    /// How you are asked; if nothing is said: in a browser where there is a display, else by a code
    #[arg(long, value_enum, requires = "oauth")]
    pub(super) flow: Option<Flow>,
}

impl ByConsent {
    /// Puts down what was said of the provider.
    pub(super) fn said_of(&self, provider: &str, companion: &mut Companion) -> Result<()> {
        let Some(id) = &self.client_id else { return Ok(()) };
        let secret = self.client_secret_file.as_ref().map(|path| from_file(path)).transpose()?;
        let text = |secret: sasl::Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        let settings = companion.oauth.entry(provider.to_owned()).or_default();
        settings.client_id = Some(id.clone());
        settings.client_secret = secret.map(|secret| Hidden::new(text(secret)));
        Ok(())
    }
}
