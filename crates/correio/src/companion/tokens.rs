//! What lets an account in: its password, or a token that is renewed where that is due. Tokens lie in a folder of their own for each
//! account, as they change by themselves; they are in no backup, for a server may take one that is shown again for stolen.

use std::path::PathBuf;
use std::time::Duration;

use admin::keep::Folder;
use anyhow::Result;
use host::provider::ProviderNetwork;
use sasl::{Pass, Ready, Secret};
use sync::companion::{Place, ProviderAccount};
use sync::oauth::{Granted, Kept, OAuthFault, TokenKeeper, Tokens, access_token};
use sync::{Trouble, Trust};

use super::keyring::Keyring;
use super::{language, now, of_account, troubled, trust_of};
use crate::context::Context;

/// The password of an account, or its token. `refused`: the token that a server did not take.
pub(crate) async fn pass_of(
    context: &Context,
    account: &ProviderAccount,
    refused: Option<&Secret>,
) -> Result<Pass> {
    let Some(granted) = account.password.granted() else {
        return Ok(Pass::Password(of_account(context, account).await?));
    };
    let keeper = Keeper::of(&context.folder()?, account.name.as_str(), granted.kept);
    let (web, trust) = (ProviderNetwork::default(), web_trust(account, granted)?);
    let token = access_token(&keeper, &web, granted, &trust, (now().0, refused)).await;
    let trouble = |fault| lets_nobody_in(&Trouble::OAuth(fault), account);
    token.map(Pass::Token).map_err(trouble)
}

/// A provider that lets nobody in; and what the person does about it, where a login helps.
pub(crate) fn lets_nobody_in(trouble: &Trouble, account: &ProviderAccount) -> anyhow::Error {
    let text = language();
    if account.password.granted().is_some() && trouble.wants_login() {
        let what = text.log_in_again(&trouble.tell(text.0), account.name.as_str());
        return super::failed(trouble.exit(), what);
    }
    troubled(trouble, text.0)
}

/// Which certificates are trusted at the server of OAuth: those that a person trusts at the host of their mail, if it is the same
/// host, else the usual ones.
pub(crate) fn web_trust(account: &ProviderAccount, granted: &Granted) -> Result<Trust> {
    trust_at(account, &granted.token_endpoint.host())
}

/// The same at any host.
pub(crate) fn trust_at(account: &ProviderAccount, host: &str) -> Result<Trust> {
    let places = [&account.pop3, &account.imap, &account.submission];
    let is_same = |place: &Place| place.0.host.eq_ignore_ascii_case(host);
    if places.into_iter().flatten().any(is_same) { trust_of(account) } else { Ok(Trust::Usual) }
}

/// Keeps the tokens of an account.
pub(crate) struct Keeper {
    folder: PathBuf,
    kept: Kept,
    keyring: Keyring,
}

/// How often it is waited for another program that renews a token, a tenth of a second each: longer than a server may take to
/// answer.
const TURNS_MAX: u32 = 600;

impl Keeper {
    /// Those of this account.
    pub(crate) fn of(folder: &Folder, name: &str, kept: Kept) -> Keeper {
        Keeper {
            folder: folder.0.join("tokens").join(name),
            kept,
            keyring: Keyring::of(folder, name),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("tokens.json")
    }

    /// Forgets them.
    pub(crate) async fn forget(&self) -> Result<(), OAuthFault> {
        if self.kept == Kept::Keyring {
            self.keyring.remove().await.map_err(|fault| in_keyring(&fault))?;
        }
        // What a write that was cut off left goes, too.
        let unfinished = self.folder.join("tokens.json.new");
        let removed = [self.file(), unfinished]
            .iter()
            .try_for_each(|file| machine::files::remove_if_there(file));
        let removed = removed.and_then(|()| machine::files::remove_empty_folder(&self.folder));
        removed.map_err(|error| keeping(&error))
    }
}

fn keeping(why: &dyn std::fmt::Display) -> OAuthFault {
    OAuthFault::Keeping { why: why.to_string() }
}

fn in_keyring(fault: &super::Failed) -> OAuthFault {
    OAuthFault::Keyring { why: fault.text.clone() }
}

impl TokenKeeper for Keeper {
    fn read(&self) -> Ready<'_, Result<Option<Tokens>, OAuthFault>> {
        Box::pin(async move {
            let kept = match self.kept {
                Kept::Keyring => self.keyring.read().await.map_err(|fault| in_keyring(&fault))?,
                Kept::File => match machine::files::read_text(&self.file()) {
                    Ok(text) => Some(Secret::new(text)),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                    Err(error) => return Err(keeping(&error)),
                },
            };
            // What cannot be read is of no use; a login replaces it.
            Ok(kept.as_ref().and_then(Tokens::read))
        })
    }

    fn write<'a>(&'a self, tokens: &'a Tokens) -> Ready<'a, Result<(), OAuthFault>> {
        Box::pin(async move {
            let text = tokens.write();
            match self.kept {
                Kept::Keyring => {
                    self.keyring.write(&text).await.map_err(|fault| in_keyring(&fault))
                }
                Kept::File => {
                    let made = machine::files::make_private_folder(&self.folder);
                    let written = made
                        .and_then(|()| machine::files::write_secret(&self.file(), text.expose()));
                    written.map_err(|error| keeping(&error))
                }
            }
        })
    }

    fn turn(&self) -> Ready<'_, Result<Box<dyn Send>, OAuthFault>> {
        Box::pin(async move {
            machine::files::make_private_folder(&self.folder).map_err(|error| keeping(&error))?;
            let mut waited = 0_u32;
            loop {
                match machine::files::lock_folder(&self.folder) {
                    Ok(lock) => {
                        let lock: Box<dyn Send> = Box::new(lock);
                        return Ok(lock);
                    }
                    Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => {
                        return Err(keeping(&error));
                    }
                    Err(_) if waited >= TURNS_MAX => return Err(OAuthFault::Busy),
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
                waited = waited.saturating_add(1);
            }
        })
    }
}
