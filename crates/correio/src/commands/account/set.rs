//! `correio account set`: changes what is known of an account.

use anyhow::Result;
use clap::{Args, ValueEnum};
use host::provider::ProviderNetwork;
use sync::companion::{Place, SentBy};
use sync::{Login, tried};

use super::add::{imap_place, pop3_place, submission_place};
use super::show;
use crate::companion::{change, language, lets_nobody_in, pass_of, read, trust_of};
use crate::context::Context;
use crate::output::line;

/// Change an account: give it a server, or say who keeps what is sent
///
/// A server that is named is logged in to once, as by `correio account add`.
#[derive(Args)]
pub(crate) struct Set {
    /// The account
    name: String,
    /// The IMAP server, as for `correio account add`
    #[arg(long, value_name = "URL", value_parser = imap_place)]
    imap: Option<Place>,
    /// The POP3 server, as for `correio account add`
    #[arg(long, value_name = "URL", value_parser = pop3_place)]
    pop3: Option<Place>,
    /// The server for sending, as for `correio account add`
    #[arg(long, value_name = "URL", value_parser = submission_place)]
    submission: Option<Place>,
    /// Who puts what is sent into Sent
    #[arg(long, value_name = "WHO")]
    sent: Option<Sent>,
}

/// Who puts what is sent into Sent.
#[derive(Clone, Copy, ValueEnum)]
enum Sent {
    /// This program, unless the provider is known to do it
    Usual,
    /// The provider, by itself
    Provider,
    /// Nobody: no copy is kept
    Nobody,
}

impl Set {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        let account = read(&folder)?.account(&self.name)?.clone();
        let places: Vec<&Place> =
            [&self.pop3, &self.imap, &self.submission].into_iter().flatten().collect();
        if !places.is_empty() {
            let (pass, trust) = (pass_of(context, &account, None).await?, trust_of(&account)?);
            for place in places {
                let user = &account.user;
                let login = Login { endpoint: &place.0, trust: &trust, user, pass: &pass };
                let tried = tried(&ProviderNetwork::default(), &login).await;
                tried.map_err(|trouble| lets_nobody_in(&trouble, &account))?;
            }
        }
        let changed = change(&folder, |companion| {
            let account = companion.account_mut(account.name.as_str())?;
            for (is, given) in [
                (&mut account.pop3, &self.pop3),
                (&mut account.imap, &self.imap),
                (&mut account.submission, &self.submission),
            ] {
                if given.is_some() {
                    is.clone_from(given);
                }
            }
            match self.sent {
                Some(Sent::Usual) => account.sent = SentBy::Usual,
                Some(Sent::Provider) => account.sent = SentBy::Provider,
                Some(Sent::Nobody) => account.sent = SentBy::Nobody,
                None => {}
            }
            Ok(account.clone())
        });
        let changed = changed.await?;
        if context.json {
            return show::json_of(&changed);
        }
        line(&language().account_set(changed.name.as_str()))
    }
}
