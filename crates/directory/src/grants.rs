//! Grants: what a program may do for somebody who consented to it (OAuth 2, RFC 6749), until that is taken back or not used for long.
//!
//! A grant is listed, named and removed like any access token. The program has a refresh token, which changes each time it is used,
//! and access tokens, which nobody has to keep: they say whose they are and until when, under a key of the host.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mailbox::engine::Snapshot;
use mailbox::{AccountId, Fault};
use sasl::Secret;

use crate::address::Address;
use crate::app_passwords::{device_name, same_device};
use crate::hashing::sha256;
use crate::keys;
use crate::limits::{
    ACCESS_TOKEN_S, DEVICE_NAME_OCTETS_MAX, GRANT_UNUSED_S_MAX, PROGRAM_ID_OCTETS_MAX,
    SUCCESSORS_MAX, TOKENS_MAX,
};
use crate::people::{People, PeopleError, Refusal, Revoked, encode, record};
use crate::records::{GrantRecord, Octets, TokenRecord, UserRecord};

/// How access tokens of a grant begin. The point is in no token that was made by hand.
const ACCESS_BEGINS: &str = "correio_access.";
/// How refresh tokens begin.
const REFRESH_BEGINS: &str = "correio_refresh.";
/// What the key of access tokens is for.
const PURPOSE: &str = "correio 2026-11 access tokens of grants";

/// What a program gets.
pub struct Granted {
    /// Lets the program in, for a while.
    pub access: Secret,
    /// For how long, in seconds.
    pub access_s: i64,
    /// Gets the program the next pair. Kept as a hash alone.
    pub refresh: Secret,
}

/// What became of a refresh token.
pub enum Refreshed {
    /// It was good: the next pair.
    Granted(Granted),
    /// It is no grant's, or not this program's, or the grant is over.
    Invalid,
}

/// What an access token of a grant says, once its seal is found to be right.
pub(crate) struct Sealed {
    pub(crate) account: AccountId,
    pub(crate) id: u64,
    pub(crate) expires_s: i64,
}

impl People {
    /// Lets a program in for a user, under the name it gives itself, or that name and a number where there is such a device
    /// already. `program` is what only this program may refresh with: the identifier of the client (RFC 6749, 2.2).
    pub async fn grant(
        &self,
        address: &Address,
        name: &str,
        program: &str,
    ) -> Result<Granted, PeopleError> {
        let name = device_name(name).ok_or(Refusal::DeviceName(DEVICE_NAME_OCTETS_MAX))?;
        if program.len() > PROGRAM_ID_OCTETS_MAX {
            let what = "octets in the identifier of a program";
            return Err(Refusal::TooMany { what, max: PROGRAM_ID_OCTETS_MAX }.into());
        }
        let account = self.user(address)?.account;
        let id = u64::from_be_bytes(machine::random()?) >> 1 | 1;
        let (secret, added) = (self.secret().await?, self.now_s());
        let refresh = refresh_token(account, id)?;
        let kept = TokenRecord {
            name,
            added,
            expires: Some(added.saturating_add(GRANT_UNUSED_S_MAX)),
            sha256: sha256(refresh.expose()),
            grant: Some(GrantRecord { program: program_hash(program), successors: Vec::new() }),
        };
        self.change(|snapshot, batch| {
            self.still_there(snapshot, batch, account, address)?;
            let mut there = self.token_records(account)?;
            // What is over makes room.
            there.retain(|(id, token)| {
                let is_over = token.grant.is_some() && token.expires.is_some_and(|at| at <= added);
                if is_over {
                    let gone = [keys::token(account, *id), keys::last_use(account, *id)];
                    batch.deletes.extend(gone);
                }
                !is_over
            });
            if there.len() >= TOKENS_MAX {
                return Err(Refusal::TooMany { what: "access tokens", max: TOKENS_MAX }.into());
            }
            let listed = keys::token(account, id);
            batch.checks.push((listed.clone(), None));
            let name = free_name(&kept.name, &there);
            batch.puts.push((listed, encode(&TokenRecord { name, ..kept.clone() })?));
            Ok(())
        })
        .await?;
        self.tell(address);
        let sealed = Sealed { account, id, expires_s: added.saturating_add(ACCESS_TOKEN_S) };
        Ok(Granted { access: sealed.token(&secret), access_s: ACCESS_TOKEN_S, refresh })
    }

    /// Gives a program the next pair for its refresh token. The one before stays good until a successor was used, as an answer may
    /// get lost, and a program may ask twice at the same time; one that is older shows that somebody else has it, and ends the grant
    /// (RFC 9700, 4.14.2).
    pub async fn refresh(&self, token: &Secret, program: &str) -> Result<Refreshed, PeopleError> {
        let Some((account, id)) = read_refresh_token(token) else { return Ok(Refreshed::Invalid) };
        let fresh = refresh_token(account, id)?;
        let (secret, now) = (self.secret().await?, self.now_s());
        let shown = Secret::new(sha256(token.expose()).0);
        let outcome = self
            .change(|snapshot, batch| {
                let key = keys::token(account, id);
                let octets = snapshot.get(&key)?;
                let Some(mut kept) = record::<TokenRecord>(snapshot, &key)? else {
                    return Ok(Outcome::Unknown);
                };
                let Some(grant) = &mut kept.grant else { return Ok(Outcome::Unknown) };
                let is_over = kept.expires.is_some_and(|end| now >= end);
                if is_over || grant.program != program_hash(program) || !is_open(snapshot, account)?
                {
                    return Ok(Outcome::Unknown);
                }
                if grant.successors.iter().any(|successor| shown.equals(&successor.0)) {
                    kept.sha256 = Octets(shown.expose().to_vec());
                    grant.successors.clear();
                } else if !shown.equals(&kept.sha256.0) {
                    batch.deletes.extend([key, keys::last_use(account, id)]);
                    return Ok(Outcome::Stolen(kept.name));
                }
                if grant.successors.len() >= SUCCESSORS_MAX {
                    grant.successors.remove(0);
                }
                grant.successors.push(sha256(fresh.expose()));
                kept.expires = Some(now.saturating_add(GRANT_UNUSED_S_MAX));
                batch.checks.push((key.clone(), octets));
                batch.puts.push((key, encode(&kept)?));
                Ok(Outcome::Refreshed)
            })
            .await?;
        match outcome {
            Outcome::Unknown => Ok(Refreshed::Invalid),
            Outcome::Stolen(name) => {
                let user = self.accounts.name(account);
                tracing::warn!(
                    user,
                    device = name,
                    "a refresh token came a second time after its successor was used: the grant is ended"
                );
                self.ended(account, &name)?;
                Ok(Refreshed::Invalid)
            }
            Outcome::Refreshed => {
                self.note_use(account, id).await;
                let sealed = Sealed { account, id, expires_s: now.saturating_add(ACCESS_TOKEN_S) };
                let access = sealed.token(&secret);
                Ok(Refreshed::Granted(Granted { access, access_s: ACCESS_TOKEN_S, refresh: fresh }))
            }
        }
    }

    /// Ends the grant that a refresh or access token is of (RFC 7009). One that is nobody's is over already.
    pub async fn end_grant(&self, token: &Secret, program: &str) -> Result<(), PeopleError> {
        let secret = self.secret().await?;
        let sealed = Sealed::read(token, &secret).map(|sealed| (sealed.account, sealed.id));
        let Some((account, id)) = sealed.or_else(|| read_refresh_token(token)) else {
            return Ok(());
        };
        let is_refresh = sealed.is_none();
        let shown = Secret::new(sha256(token.expose()).0);
        let ended = self
            .change(|snapshot, batch| {
                let key = keys::token(account, id);
                let kept: Option<TokenRecord> = record(snapshot, &key)?;
                let Some((kept, grant)) = kept.and_then(|kept| Some((kept.clone(), kept.grant?)))
                else {
                    return Ok(None);
                };
                let is_known = shown.equals(&kept.sha256.0)
                    || grant.successors.iter().any(|successor| shown.equals(&successor.0));
                if grant.program != program_hash(program) || (is_refresh && !is_known) {
                    return Ok(None);
                }
                batch.deletes.extend([key, keys::last_use(account, id)]);
                Ok(Some(kept.name))
            })
            .await?;
        ended.map_or(Ok(()), |name| self.ended(account, &name))
    }

    /// What an access token of a grant says, if it is one and its seal is right.
    pub(crate) fn sealed(
        &self,
        snapshot: &dyn Snapshot,
        token: &Secret,
    ) -> Result<Option<Sealed>, Fault> {
        if !token.expose().starts_with(ACCESS_BEGINS.as_bytes()) {
            return Ok(None);
        }
        // Without a secret of the host no token was ever sealed.
        let secret = People::kept_secret(snapshot)?;
        Ok(secret.and_then(|secret| Sealed::read(token, &secret)))
    }

    /// Has whoever came in by a grant go.
    fn ended(&self, account: AccountId, name: &str) -> Result<(), PeopleError> {
        let user: Option<UserRecord> = record(&*self.snapshot()?, &keys::user(account))?;
        if let Some(address) = user.and_then(|user| user.address.parse().ok()) {
            self.tell(&address);
        }
        self.revoke(account, Revoked::Device(name));
        Ok(())
    }
}

/// What a refresh token led to.
enum Outcome {
    Unknown,
    Stolen(String),
    Refreshed,
}

/// Whether somebody may log in.
fn is_open(snapshot: &dyn Snapshot, account: AccountId) -> Result<bool, Fault> {
    let user: Option<UserRecord> = record(snapshot, &keys::user(account))?;
    Ok(user.is_some_and(|user| !user.disabled))
}

/// The name, or the first with a number behind it that no device has.
fn free_name(name: &str, there: &[(u64, TokenRecord)]) -> String {
    let is_free = |name: &str| !there.iter().any(|(_, token)| same_device(&token.name, name));
    if is_free(name) {
        return name.to_owned();
    }
    let numbered = (2..).map(|number: u32| {
        let number = format!(" {number}");
        let room = DEVICE_NAME_OCTETS_MAX.saturating_sub(number.len());
        let begin = name.get(..name.floor_char_boundary(room)).unwrap_or_default();
        format!("{begin}{number}")
    });
    // There are fewer devices than numbers.
    numbered.into_iter().find(|name| is_free(name)).unwrap_or_default()
}

/// What is kept of the identifier of a program.
fn program_hash(program: &str) -> Octets {
    sha256(program.as_bytes())
}

/// A refresh token: whose it is, and 256 random bits.
fn refresh_token(account: AccountId, id: u64) -> Result<Secret, Fault> {
    let random = machine::random::<32>()?;
    let octets = [&account.0.to_be_bytes()[..], &id.to_be_bytes(), &random].concat();
    Ok(Secret::new(format!("{REFRESH_BEGINS}{}", URL_SAFE_NO_PAD.encode(octets)).into_bytes()))
}

/// Whose a refresh token says that it is.
fn read_refresh_token(token: &Secret) -> Option<(AccountId, u64)> {
    let octets = decoded(token, REFRESH_BEGINS)?;
    let (account, rest) = octets.split_first_chunk::<4>()?;
    let (id, random) = rest.split_first_chunk::<8>()?;
    (random.len() == 32).then(|| (AccountId(u32::from_be_bytes(*account)), u64::from_be_bytes(*id)))
}

fn decoded(token: &Secret, begins: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(token.expose().strip_prefix(begins.as_bytes())?).ok()
}

impl Sealed {
    fn octets(&self) -> [u8; 20] {
        let mut octets = [0; 20];
        let parts = self.account.0.to_be_bytes().into_iter().chain(self.id.to_be_bytes());
        let parts = parts.chain(self.expires_s.to_be_bytes());
        octets.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        octets
    }

    fn token(&self, secret: &[u8; 32]) -> Secret {
        let octets = self.octets();
        let seal = blake3::keyed_hash(&blake3::derive_key(PURPOSE, secret), &octets);
        let text = URL_SAFE_NO_PAD.encode([&octets[..], seal.as_bytes()].concat());
        Secret::new(format!("{ACCESS_BEGINS}{text}").into_bytes())
    }

    fn read(token: &Secret, secret: &[u8; 32]) -> Option<Sealed> {
        let octets = decoded(token, ACCESS_BEGINS)?;
        let (account, rest) = octets.split_first_chunk::<4>()?;
        let (id, rest) = rest.split_first_chunk::<8>()?;
        let (expires_s, seal) = rest.split_first_chunk::<8>()?;
        let sealed = Sealed {
            account: AccountId(u32::from_be_bytes(*account)),
            id: u64::from_be_bytes(*id),
            expires_s: i64::from_be_bytes(*expires_s),
        };
        // Compared in constant time.
        let wanted = blake3::keyed_hash(&blake3::derive_key(PURPOSE, secret), &sealed.octets());
        (wanted == *seal.first_chunk::<32>()? && seal.len() == 32).then_some(sealed)
    }
}
