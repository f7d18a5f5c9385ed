//! Access tokens: those that this host gave out, and those of an identity provider (RFC 7628).

use std::sync::Arc;

use sasl::{Bearer, Credential, Denied, Login, Secret, Security};

use super::issuer::Unfit;
use super::{Logins, Origin, login_of};
use crate::tokens::{FoundToken, TOKEN_BEGINS, TokenState};

/// What became of a token.
enum Verdict {
    /// It is good.
    Right {
        login: Login,
        /// One of ours, whose use is noted.
        ours: Option<FoundToken>,
    },
    /// It is good, and the account of this address is disabled.
    Disabled(String),
    /// It was good once, so nobody is guessing: the program shall fetch a new one.
    Expired,
    Wrong,
}

impl Logins {
    pub(super) async fn check_token(&self, bearer: &Bearer<'_>) -> Result<Login, Denied> {
        let origin = Origin::new(bearer.peer, bearer.door);
        if bearer.peer.security == Security::Clear {
            return Err(Denied::NotForThisDoor);
        }
        let named = match bearer.login {
            Some(login) => Some((login, self.named(login)?)),
            None => None,
        };
        let address = named.as_ref().and_then(|(_, named)| Some(&named.as_ref()?.address));
        self.before(origin, address).await?;
        let text = address.map(ToString::to_string);
        let verdict = match &named {
            Some((_, None)) => Verdict::Wrong,
            Some(_) | None if bearer.token.expose().starts_with(TOKEN_BEGINS) => {
                self.own_token(bearer.token)?
            }
            Some(_) | None => self.foreign_token(bearer.token).await?,
        };
        match verdict {
            Verdict::Right { login, ours } if text.iter().all(|text| *text == login.address) => {
                if let Some(ours) = ours {
                    self.people.note_use(ours.account, ours.id).await;
                }
                let login = match named.and_then(|(_, named)| named) {
                    Some(named) => named.complete(login),
                    None => login,
                };
                Ok(self.right(login, origin))
            }
            Verdict::Disabled(address) if text.iter().all(|text| *text == address) => {
                Err(self.disabled(&address, origin))
            }
            Verdict::Expired => {
                self.counts.wrong.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                origin.log_refused(text.as_deref().or(bearer.login), "access token expired");
                Err(Denied::Wrong)
            }
            Verdict::Right { .. } | Verdict::Disabled(_) | Verdict::Wrong => {
                let name = text.as_deref().or(bearer.login);
                Err(self.wrong(name, origin, "wrong access token").await)
            }
        }
    }

    fn own_token(&self, token: &Secret) -> Result<Verdict, Denied> {
        let found = self.people.token(token).map_err(|fault| {
            tracing::error!(%fault, "the directory cannot be read");
            Denied::Unavailable
        })?;
        Ok(match found {
            TokenState::Unknown => Verdict::Wrong,
            TokenState::Expired => Verdict::Expired,
            TokenState::Good(found) if found.disabled => Verdict::Disabled(found.address),
            TokenState::Good(found) => {
                let login = Login {
                    account: found.account.0,
                    address: found.address.clone(),
                    device: Some(found.name.clone()),
                    credential: Credential::Key(found.id),
                };
                Verdict::Right { login, ours: Some(found) }
            }
        })
    }

    async fn foreign_token(&self, token: &Secret) -> Result<Verdict, Denied> {
        let Some(issuer) = &self.issuer else { return Ok(Verdict::Wrong) };
        let (issuer, token, now) = (Arc::clone(issuer), token.clone(), self.now());
        // Off the async threads: the file with the keys may have to be read.
        let checked = tokio::task::spawn_blocking(move || issuer.check(token.expose(), now));
        let address = match checked.await.map_err(|_| Denied::Unavailable)? {
            Ok(address) => address,
            Err(Unfit::Expired) => return Ok(Verdict::Expired),
            Err(Unfit::Wrong(why)) => {
                tracing::info!(why, "an access token was refused");
                return Ok(Verdict::Wrong);
            }
        };
        Ok(match self.stored(&address)? {
            Some(stored) if stored.record.disabled => Verdict::Disabled(stored.record.address),
            Some(stored) => {
                Verdict::Right { login: login_of(&stored, (Credential::Other, None)), ours: None }
            }
            None => {
                tracing::info!(%address, "an access token is for nobody of this host");
                Verdict::Wrong
            }
        })
    }
}
