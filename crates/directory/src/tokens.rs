//! Access tokens that this host gives out: one for each device or program, shown once, revoked by its name. They are
//! for programs that know OAUTHBEARER or XOAUTH2 and no passwords (RFC 6750).

use machine::random;
use mailbox::{AccountId, Fault};
use sasl::Secret;

use crate::address::Address;
use crate::app_passwords::{device_name, same_device, seconds};
use crate::hashing::sha256;
use crate::keys;
use crate::limits::{DEVICE_NAME_OCTETS_MAX, TOKEN_DAYS_MAX, TOKENS_MAX};
use crate::people::{People, PeopleError, Refusal, Revoked, decode, encode, record, under};
use crate::records::{TokenOwner, TokenRecord, UserRecord};

/// How each of our tokens begins, so that people and programs that look for lost secrets know one when they see it.
pub(crate) const TOKEN_BEGINS: &[u8] = b"correio_";

/// A token, as it is listed.
#[derive(Clone, Debug)]
pub struct Token {
    /// The device.
    pub name: String,
    /// When it was made, in Unix seconds.
    pub added_s: i64,
    /// When it ends; none: when it is revoked.
    pub expires_s: Option<i64>,
    /// When it was last used, to the hour.
    pub used_s: Option<i64>,
    /// How it came about.
    pub kind: TokenKind,
}

/// How a token came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// It was made, and shown once.
    Made,
    /// A program was let in by consent (OAuth 2).
    Granted,
}

/// A token just made. Its text is not kept, and cannot be shown again.
pub struct NewToken {
    /// The token.
    pub token: Secret,
    /// When it ends.
    pub expires_s: Option<i64>,
}

/// What is known of a token.
pub(crate) enum TokenState {
    /// It is nobody's.
    Unknown,
    /// It was somebody's; its time is over.
    Expired,
    /// It is good.
    Good(FoundToken),
}

/// Whose token it is.
pub(crate) struct FoundToken {
    pub(crate) account: AccountId,
    pub(crate) address: String,
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) disabled: bool,
}

impl People {
    pub(crate) fn token_records(
        &self,
        account: AccountId,
    ) -> Result<Vec<(u64, TokenRecord)>, Fault> {
        under(&*self.snapshot()?, &keys::tokens(account), TOKENS_MAX)?
            .iter()
            .filter_map(|(key, value)| Some((keys::id_at_end(key)?, value)))
            .map(|(id, value)| Ok((id, decode(value)?)))
            .collect()
    }

    /// The tokens of a user, in no particular order.
    pub fn tokens(&self, address: &Address) -> Result<Vec<Token>, PeopleError> {
        let user = self.user(address)?;
        let snapshot = self.snapshot()?;
        let mut listed = Vec::new();
        for (id, record) in self.token_records(user.account)? {
            let used = snapshot.get(&keys::last_use(user.account, id))?;
            let kind = if record.grant.is_some() { TokenKind::Granted } else { TokenKind::Made };
            listed.push(Token {
                kind,
                name: record.name,
                added_s: record.added,
                expires_s: record.expires,
                used_s: used.as_deref().and_then(seconds),
            });
        }
        listed.sort_by(|one, other| (one.added_s, &one.name).cmp(&(other.added_s, &other.name)));
        Ok(listed)
    }

    /// Makes a token for a device, for so many days or until it is revoked.
    pub async fn add_token(
        &self,
        address: &Address,
        device: &str,
        days: Option<u32>,
    ) -> Result<NewToken, PeopleError> {
        let name = device_name(device).ok_or(Refusal::DeviceName(DEVICE_NAME_OCTETS_MAX))?;
        if days.is_some_and(|days| !(1..=TOKEN_DAYS_MAX).contains(&days)) {
            return Err(Refusal::TokenDays(TOKEN_DAYS_MAX).into());
        }
        let account = self.user(address)?.account;
        let there = self.token_records(account)?;
        if there.iter().any(|(_, token)| same_device(&token.name, &name)) {
            return Err(Refusal::TokenExists(name).into());
        }
        if there.len() >= TOKENS_MAX {
            return Err(Refusal::TooMany { what: "access tokens", max: TOKENS_MAX }.into());
        }
        let id = u64::from_be_bytes(random()?) >> 1 | 1;
        let token = fresh_token()?;
        let added = self.now_s();
        let expires = days.map(|days| added.saturating_add(i64::from(days).saturating_mul(86_400)));
        let hash = sha256(token.expose());
        let owner = TokenOwner { account: account.0, id };
        let key = keys::token_owner(&hash.0);
        let kept = TokenRecord { name, added, expires, sha256: hash, grant: None };
        self.change(|snapshot, batch| {
            self.still_there(snapshot, batch, account, address)?;
            let listed = keys::token(account, id);
            batch.checks.push((listed.clone(), None));
            batch.puts.push((listed, encode(&kept)?));
            batch.puts.push((key.clone(), encode(&owner)?));
            Ok(())
        })
        .await?;
        self.tell(address);
        Ok(NewToken { token, expires_s: expires })
    }

    /// Revokes the token of a device, and says what it was named.
    pub async fn remove_token(
        &self,
        address: &Address,
        device: &str,
    ) -> Result<String, PeopleError> {
        let user = self.user(address)?;
        let records = self.token_records(user.account)?;
        let (id, token) = records
            .iter()
            .find(|(_, token)| same_device(&token.name, device.trim()))
            .ok_or_else(|| Refusal::NoSuchToken(device.to_owned()))?;
        self.change(|_, batch| {
            batch.deletes.push(keys::token_owner(&token.sha256.0));
            batch.deletes.push(keys::token(user.account, *id));
            batch.deletes.push(keys::last_use(user.account, *id));
            Ok(())
        })
        .await?;
        self.tell(address);
        self.revoke(user.account, Revoked::Device(&token.name));
        Ok(token.name.clone())
    }

    /// Whose token it is.
    pub(crate) fn token(&self, token: &Secret) -> Result<TokenState, Fault> {
        let snapshot = self.snapshot()?;
        let now = self.now_s();
        let (account, id) = match self.sealed(&*snapshot, token)? {
            Some(sealed) if now >= sealed.expires_s => return Ok(TokenState::Expired),
            Some(sealed) => (sealed.account, sealed.id),
            None => {
                let owner = keys::token_owner(&sha256(token.expose()).0);
                match record(&*snapshot, &owner)? {
                    Some(TokenOwner { account, id }) => (AccountId(account), id),
                    None => return Ok(TokenState::Unknown),
                }
            }
        };
        let kept: Option<TokenRecord> = record(&*snapshot, &keys::token(account, id))?;
        let user: Option<UserRecord> = record(&*snapshot, &keys::user(account))?;
        let (Some(kept), Some(user)) = (kept, user) else {
            return Ok(TokenState::Unknown);
        };
        if kept.expires.is_some_and(|end| now >= end) {
            return Ok(TokenState::Expired);
        }
        let UserRecord { address, disabled, .. } = user;
        Ok(TokenState::Good(FoundToken { account, address, id, name: kept.name, disabled }))
    }

    /// Whether anybody has a token of ours.
    pub(crate) fn has_tokens(&self) -> Result<bool, Fault> {
        Ok(!under(&*self.snapshot()?, &keys::TOKENS, 1)?.is_empty())
    }

    /// Puts the removal of all tokens of a user into a batch.
    pub(crate) fn drop_tokens(
        snapshot: &dyn mailbox::engine::Snapshot,
        batch: &mut mailbox::engine::Batch,
        account: AccountId,
    ) -> Result<(), Fault> {
        for (key, value) in under(snapshot, &keys::tokens(account), usize::MAX)? {
            let token: TokenRecord = decode(&value)?;
            batch.deletes.push(keys::token_owner(&token.sha256.0));
            if let Some(id) = keys::id_at_end(&key) {
                batch.deletes.push(keys::last_use(account, id));
            }
            batch.deletes.push(key);
        }
        Ok(())
    }
}

/// 256 random bits in letters and digits that fit wherever a bearer token does (RFC 6750, 2.1).
fn fresh_token() -> Result<Secret, Fault> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<32>()?);
    Ok(Secret::new([TOKEN_BEGINS, text.as_bytes()].concat()))
}
