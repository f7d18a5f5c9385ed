//! Keeps a token good: before it ends, and once after a server has refused it, the next pair is fetched. The next pair is durable
//! before any of it is used, and of several programs one at a time fetches it, for a server may take the second use of a
//! refresh token for a theft, and end the grant (RFC 9700, 4.14.2).

use sasl::{Ready, Secret};
use serde::{Deserialize, Serialize};

use super::tokens::renewed;
use super::{OAuthClient, OAuthFault, Tokens, Web, WebAddress};
use crate::limits::RENEWED_BEFORE_S;
use crate::network::Trust;

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// In a file that only its owner can read.
    #[default]
    File,
    /// In the keyring of the system.
    Keyring,
}

/// What a person granted, as it stands in the file of the accounts: all but the tokens.
#[derive(Clone, Serialize, Deserialize)]
pub struct Granted {
    /// The provider, as it was named: in the file, a large one, or an address.
    pub provider: String,
    /// As whom the program is registered there.
    #[serde(flatten)]
    pub client: OAuthClient,
    /// Where tokens are.
    pub token_endpoint: WebAddress,
    /// Where they are given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<WebAddress>,
    /// Where the tokens are kept.
    #[serde(default)]
    pub kept: Kept,
}

/// Keeps the tokens of one account.
pub trait TokenKeeper: Send + Sync {
    /// The tokens; none: there are none.
    fn read(&self) -> Ready<'_, Result<Option<Tokens>, OAuthFault>>;

    /// Keeps tokens. They are durable when it returns.
    fn write<'a>(&'a self, tokens: &'a Tokens) -> Ready<'a, Result<(), OAuthFault>>;

    /// Waits until no other program renews the tokens of this account; none does until what comes back is dropped.
    fn turn(&self) -> Ready<'_, Result<Box<dyn Send>, OAuthFault>>;
}

/// The token to log in with. `refused`: the one that a server did not take although it should be good.
pub async fn access_token(
    keeper: &dyn TokenKeeper,
    web: &dyn Web,
    grant: &Granted,
    trust: &Trust,
    (now_s, refused): (i64, Option<&Secret>),
) -> Result<Secret, OAuthFault> {
    let kept = keeper.read().await?.ok_or(OAuthFault::NotKept)?;
    if is_good(&kept, now_s, refused) {
        return Ok(kept.access);
    }
    let turn = keeper.turn().await;
    // Another program may have fetched the next pair meanwhile.
    let kept = keeper.read().await?.ok_or(OAuthFault::NotKept)?;
    if is_good(&kept, now_s, refused) {
        return Ok(kept.access);
    }
    let renewing = async {
        let _turn = turn?;
        let over = || OAuthFault::Over { said: String::new() };
        let refresh = kept.refresh.as_ref().ok_or_else(over)?;
        let next = renewed(web, grant, trust, refresh, now_s).await?;
        keeper.write(&next).await?;
        Ok::<_, OAuthFault>(next.access)
    };
    match renewing.await {
        Err(fault) if fault.may_pass() && is_usable(&kept, now_s, refused) => Ok(kept.access),
        other => other,
    }
}

/// Whether a token can be used, and will be for a while.
fn is_good(tokens: &Tokens, now_s: i64, refused: Option<&Secret>) -> bool {
    is_usable(tokens, now_s.saturating_add(RENEWED_BEFORE_S), refused)
}

fn is_usable(tokens: &Tokens, now_s: i64, refused: Option<&Secret>) -> bool {
    let was_refused = refused.is_some_and(|refused| refused.equals(tokens.access.expose()));
    !was_refused && tokens.expires_s.is_none_or(|end_s| now_s < end_s)
}
