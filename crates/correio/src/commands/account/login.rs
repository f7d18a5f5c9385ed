//! `correio account login`: gets in again where a password was changed, or what was allowed has ended.

use anyhow::Result;
use clap::Args;
use host::provider::ProviderNetwork;
use sasl::{Pass, Secret};
use sync::companion::{Hidden, PasswordFrom, ProviderAccount};
use sync::oauth::{Kept, TokenKeeper as _, revoked};
use sync::{Exit, Login as Entry, Trouble, tried};

use crate::companion::{
    Consent, Flow, Keeper, Keyring, ask_password, change, failed, language, lets_nobody_in,
    of_account, read, troubled, trust_at, trust_of, web_trust,
};
use crate::context::Context;
use crate::output::line;

/// Log in again at the provider
///
/// For an account with OAuth 2 you allow it once more; for one with a password the new password is asked for. Nothing changes
/// before the provider has let you in.
#[derive(Args)]
pub(crate) struct Login {
    /// The account
    name: String,
    /// How you are asked, with OAuth 2; if nothing is said: in a browser where there is a display, else by a code
    #[arg(long, value_enum)]
    flow: Option<Flow>,
}

impl Login {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let companion = read(&folder)?;
        let account = companion.account(&self.name)?.clone();
        let name = account.name.to_string();
        let password = match &account.password {
            PasswordFrom::Granted(before) => {
                let by_host = |host: &str| trust_at(&account, host);
                let consent = Consent {
                    provider: &before.provider,
                    address: &account.address,
                    flow: self.flow,
                    trust: &by_host,
                    kept: before.kept,
                };
                let (granted, tokens) = consent.asked(&companion).await?;
                let pass = Pass::Token(tokens.access.clone());
                lets_in(&account, &pass).await?;
                let keeper = Keeper::of(&folder, &name, before.kept);
                let _turn = keeper.turn().await.map_err(trouble)?;
                let gone = keeper.read().await.map_err(trouble)?;
                keeper.write(&tokens).await.map_err(trouble)?;
                if let Some(gone) = gone {
                    // What was allowed before is of no use any more; that it stays allowed there harms nobody.
                    let web = ProviderNetwork::default();
                    drop(revoked(&web, before, &web_trust(&account, before)?, &gone).await);
                }
                PasswordFrom::Granted(Box::new(granted))
            }
            PasswordFrom::Here(_) => {
                let (typed, pass) = asked(&account)?;
                lets_in(&account, &pass).await?;
                PasswordFrom::Here(Hidden::new(typed))
            }
            PasswordFrom::Kept(kept) => {
                let (typed, pass) = asked(&account)?;
                lets_in(&account, &pass).await?;
                Keyring::of(&folder, &name).write(&Secret::new(typed)).await?;
                PasswordFrom::Kept(*kept)
            }
            PasswordFrom::File(from) | PasswordFrom::Command(from) => {
                let pass = Pass::Password(of_account(context, &account).await?);
                if lets_in(&account, &pass).await.is_err() {
                    return Err(failed(Exit::Login, text.password_elsewhere(from)));
                }
                account.password.clone()
            }
        };
        change(&folder, |companion| {
            companion.account_mut(&name)?.password = password;
            Ok(())
        })
        .await?;
        line(&text.logged_in(&name))
    }
}

fn asked(account: &ProviderAccount) -> Result<(String, Pass)> {
    let typed = ask_password(&language().password_prompt(&account.address))?;
    let pass = Pass::Password(Secret::new(typed.as_bytes()));
    Ok((typed, pass))
}

fn trouble(fault: sync::oauth::OAuthFault) -> anyhow::Error {
    troubled(&Trouble::OAuth(fault), language().0)
}

/// Logs in once wherever the account is.
async fn lets_in(account: &ProviderAccount, pass: &Pass) -> Result<()> {
    let (network, trust) = (ProviderNetwork::default(), trust_of(account)?);
    let places = [&account.pop3, &account.imap, &account.submission];
    for place in places.into_iter().flatten() {
        let entry = Entry { endpoint: &place.0, trust: &trust, user: &account.user, pass };
        let tried = tried(&network, &entry).await;
        tried.map_err(|trouble| lets_nobody_in(&trouble, account))?;
    }
    Ok(())
}

/// Takes what lets an account in away from here, and gives what was allowed back to the provider.
pub(super) async fn forgotten(context: &Context, account: &ProviderAccount) -> Result<()> {
    let (folder, name) = (context.folder()?, account.name.as_str());
    match &account.password {
        PasswordFrom::Granted(granted) => {
            let keeper = Keeper::of(&folder, name, granted.kept);
            let turn = keeper.turn().await.map_err(trouble)?;
            let tokens = keeper.read().await.ok().flatten();
            let (web, trust) = (ProviderNetwork::default(), web_trust(account, granted)?);
            let is_back = match &tokens {
                Some(tokens) if granted.revocation_endpoint.is_some() => {
                    revoked(&web, granted, &trust, tokens).await.is_ok()
                }
                Some(_) => false,
                None => true,
            };
            if !is_back && !context.json {
                line(&language().not_revoked(&granted.provider))?;
            }
            drop(turn);
            keeper.forget().await.map_err(trouble)
        }
        PasswordFrom::Kept(Kept::Keyring) => Ok(Keyring::of(&folder, name).remove().await?),
        PasswordFrom::Kept(Kept::File)
        | PasswordFrom::Here(_)
        | PasswordFrom::File(_)
        | PasswordFrom::Command(_) => Ok(()),
    }
}
