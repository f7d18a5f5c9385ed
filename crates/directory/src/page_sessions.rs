//! Sessions of pages: what a browser shows instead of a password once its user has logged in. A secret of 256 random bits in a
//! cookie, kept here as a hash; good for two weeks after its last use (on a computer of others for some hours), and ended by its owner, a new password or the administrator.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use machine::random;
use mailbox::engine::{Batch, Snapshot};
use mailbox::{AccountId, Fault};
use sasl::Secret;

use crate::address::Address;
use crate::app_passwords::seconds;
use crate::hashing::sha256;
use crate::keys;
use crate::limits::{
    BRIEF_SESSION_IDLE_S, BRIEF_SESSION_S, PAGE_SESSION_IDLE_S, PAGE_SESSIONS_MAX,
    PROGRAM_OCTETS_MAX,
};
use crate::people::{People, PeopleError, Revoked, decode, encode, record, under};
use crate::records::{PageSessionRecord, Stay, TokenOwner, UserRecord};

/// A use is noted at most this often, in seconds.
const USE_NOTED_EVERY_S: i64 = 3600;

/// A session of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSession {
    /// Its number. It lets nobody in.
    pub id: u64,
    /// Whose it is.
    pub account: AccountId,
    /// The first address of its owner.
    pub address: String,
    /// What the browser calls itself.
    pub program: String,
    /// From where its user logged in.
    pub from: Option<String>,
    /// When its user logged in, in Unix seconds.
    pub made_s: i64,
    /// When it was last used, to the hour.
    pub used_s: i64,
    /// When its user last proved to be its owner, by a password or a second factor.
    pub proven_s: i64,
    /// For how long its user stays.
    pub stay: Stay,
}

impl PageSession {
    /// When it ends if it is not used, in Unix seconds.
    pub fn expires_s(&self) -> i64 {
        expires_s(self.stay, self.made_s, self.used_s)
    }
}

fn expires_s(stay: Stay, made_s: i64, used_s: i64) -> i64 {
    match stay {
        Stay::Long => used_s.saturating_add(PAGE_SESSION_IDLE_S),
        Stay::Brief => {
            let idle = used_s.saturating_add(BRIEF_SESSION_IDLE_S);
            idle.min(made_s.saturating_add(BRIEF_SESSION_S))
        }
    }
}

/// A session just made. Its secret is not kept, and cannot be shown again.
pub struct NewPageSession {
    /// What the cookie holds.
    pub secret: Secret,
    /// The session.
    pub session: PageSession,
}

/// A session that was found by its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPageSession {
    /// The session.
    pub session: PageSession,
    /// Whether its time begins anew, so that the browser has to hear of it.
    pub renewed: bool,
}

/// Which sessions of a user end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOf {
    /// This one.
    One(u64),
    /// All but this one.
    AllBut(u64),
    /// All.
    All,
}

/// Who begins a session: what was true when the password was found to be right.
pub(crate) struct Beginning<'a> {
    pub(crate) address: &'a Address,
    /// The hash that the password fits.
    pub(crate) hash: &'a str,
    pub(crate) program: &'a str,
    pub(crate) from: Option<IpAddr>,
    pub(crate) stay: Stay,
}

impl People {
    /// Begins a session. None: the password was changed, or the user disabled or removed, since it was looked at.
    ///
    /// Sessions whose time is over go, and with too many the one that was used longest ago.
    pub(crate) async fn begin_page_session(
        &self,
        beginning: Beginning<'_>,
    ) -> Result<Option<NewPageSession>, PeopleError> {
        let account = match self.user_record(beginning.address) {
            Ok((account, _)) => account,
            Err(PeopleError::Refused(_) | PeopleError::Mail(_)) => return Ok(None),
            Err(fault @ PeopleError::Fault(_)) => return Err(fault),
        };
        let id = u64::from_be_bytes(random()?) >> 1 | 1;
        let secret = Secret::new(URL_SAFE_NO_PAD.encode(random::<32>()?));
        let hash = sha256(secret.expose());
        let now = self.now_s();
        let kept = PageSessionRecord {
            sha256: hash,
            made: now,
            proven: now,
            program: program_name(beginning.program),
            from: beginning.from.map(|from| from.to_canonical().to_string()),
            stay: beginning.stay,
        };
        let (address, gone) = {
            let begun = self.change(|snapshot, batch| {
                let key = keys::user(account);
                let there = snapshot.get(&key)?;
                let user: Option<UserRecord> = there.as_deref().map(decode).transpose()?;
                let still = user.filter(|user| !user.disabled && user.hash == beginning.hash);
                let Some(user) = still else { return Ok(None) };
                batch.checks.push((key, there));
                let gone = make_room(snapshot, batch, account, now)?;
                batch.puts.push((keys::page_session(account, id), encode(&kept)?));
                let owner = TokenOwner { account: account.0, id };
                batch.puts.push((keys::page_session_owner(&kept.sha256.0), encode(&owner)?));
                Ok(Some((user.address, gone)))
            });
            match begun.await? {
                Some(begun) => begun,
                None => return Ok(None),
            }
        };
        for gone in gone {
            self.revoke(account, Revoked::Page(gone));
        }
        let session = session_of(account, id, address, (kept, now));
        Ok(Some(NewPageSession { secret, session }))
    }

    /// The session with this secret, if it is still good. That it is used is noted, at most once an hour.
    pub async fn page_session(
        &self,
        secret: &Secret,
    ) -> Result<Option<FoundPageSession>, PeopleError> {
        let Some(session) = self.look_up_page_session(secret)? else { return Ok(None) };
        let now = self.now_s();
        if now.saturating_sub(session.used_s) < USE_NOTED_EVERY_S {
            return Ok(Some(FoundPageSession { session, renewed: false }));
        }
        let (account, id) = (session.account, session.id);
        let noted = self
            .change(|snapshot, batch| {
                let key = keys::page_session(account, id);
                let there = snapshot.get(&key)?;
                if there.is_none() {
                    return Ok(false);
                }
                batch.checks.push((key, there));
                let now = Bytes::copy_from_slice(&now.to_be_bytes());
                batch.puts.push((keys::last_use(account, id), now));
                Ok(true)
            })
            .await;
        match noted {
            Ok(true) => {
                let session = PageSession { used_s: now, ..session };
                Ok(Some(FoundPageSession { session, renewed: true }))
            }
            Ok(false) => Ok(None),
            // A full disk keeps nobody out.
            Err(error) => {
                tracing::warn!(%error, "the use of a page session could not be noted");
                Ok(Some(FoundPageSession { session, renewed: false }))
            }
        }
    }

    fn look_up_page_session(&self, secret: &Secret) -> Result<Option<PageSession>, Fault> {
        let snapshot = self.snapshot()?;
        let owner = keys::page_session_owner(&sha256(secret.expose()).0);
        let Some(TokenOwner { account, id }) = record(&*snapshot, &owner)? else {
            return Ok(None);
        };
        let account = AccountId(account);
        let Some(user) = record::<UserRecord>(&*snapshot, &keys::user(account))? else {
            return Ok(None);
        };
        let kept = record::<PageSessionRecord>(&*snapshot, &keys::page_session(account, id))?;
        let Some(kept) = kept.filter(|_| !user.disabled) else { return Ok(None) };
        let used = last_used(&*snapshot, account, id, &kept)?;
        let session = session_of(account, id, user.address, (kept, used));
        Ok(Some(session).filter(|session| self.now_s() < session.expires_s()))
    }

    /// The sessions of a user that are good, the one that was used last first.
    pub fn page_sessions(&self, account: AccountId) -> Result<Vec<PageSession>, Fault> {
        let snapshot = self.snapshot()?;
        let Some(user) = record::<UserRecord>(&*snapshot, &keys::user(account))? else {
            return Ok(Vec::new());
        };
        let now = self.now_s();
        let mut listed = Vec::new();
        for (id, kept, used) in kept_sessions(&*snapshot, account)? {
            let session = session_of(account, id, user.address.clone(), (kept, used));
            listed.extend(Some(session).filter(|session| now < session.expires_s()));
        }
        listed.sort_by_key(|session| std::cmp::Reverse((session.used_s, session.made_s)));
        Ok(listed)
    }

    /// Ends sessions of a user, and says how many. What is connected by them goes.
    pub async fn end_page_sessions(
        &self,
        account: AccountId,
        which: EndOf,
    ) -> Result<usize, PeopleError> {
        let ended = self
            .change(|snapshot, batch| {
                let mut ended = Vec::new();
                for (id, kept, _) in kept_sessions(snapshot, account)? {
                    let is_meant = match which {
                        EndOf::One(one) => id == one,
                        EndOf::AllBut(one) => id != one,
                        EndOf::All => true,
                    };
                    if is_meant {
                        drop_session(batch, account, id, &kept);
                        ended.push(id);
                    }
                }
                Ok(ended)
            })
            .await?;
        for id in &ended {
            self.revoke(account, Revoked::Page(*id));
        }
        Ok(ended.len())
    }

    /// Takes note that the user of a session proved once more to be its owner. False: it has ended.
    pub(crate) async fn prove_page_session(
        &self,
        account: AccountId,
        id: u64,
    ) -> Result<bool, PeopleError> {
        let now = self.now_s();
        self.change(|snapshot, batch| {
            let key = keys::page_session(account, id);
            let there = snapshot.get(&key)?;
            let Some(octets) = &there else { return Ok(false) };
            let kept = PageSessionRecord { proven: now, ..decode(octets)? };
            batch.checks.push((key.clone(), there));
            batch.puts.push((key, encode(&kept)?));
            Ok(true)
        })
        .await
    }

    /// Puts the end of all sessions of a user into a batch.
    pub(crate) fn drop_page_sessions(
        snapshot: &dyn Snapshot,
        batch: &mut Batch,
        account: AccountId,
    ) -> Result<(), Fault> {
        for (id, kept, _) in kept_sessions(snapshot, account)? {
            drop_session(batch, account, id, &kept);
        }
        Ok(())
    }
}

/// What is kept of the sessions of a user: number, record, and when each was last used.
fn kept_sessions(
    snapshot: &dyn Snapshot,
    account: AccountId,
) -> Result<Vec<(u64, PageSessionRecord, i64)>, Fault> {
    let mut found = Vec::new();
    for (key, value) in under(snapshot, &keys::page_sessions(account), usize::MAX)? {
        let Some(id) = keys::id_at_end(&key) else { continue };
        let kept: PageSessionRecord = decode(&value)?;
        let used = last_used(snapshot, account, id, &kept)?;
        found.push((id, kept, used));
    }
    Ok(found)
}

fn last_used(
    snapshot: &dyn Snapshot,
    account: AccountId,
    id: u64,
    kept: &PageSessionRecord,
) -> Result<i64, Fault> {
    let used = snapshot.get(&keys::last_use(account, id))?;
    Ok(used.as_deref().and_then(seconds).unwrap_or(kept.made))
}

/// Lets go of what is over, and of the one used longest ago, until one more fits. Says which went.
fn make_room(
    snapshot: &dyn Snapshot,
    batch: &mut Batch,
    account: AccountId,
    now: i64,
) -> Result<Vec<u64>, Fault> {
    let mut there = kept_sessions(snapshot, account)?;
    there.sort_by_key(|(_, kept, used)| std::cmp::Reverse((*used, kept.made)));
    let mut gone = Vec::new();
    for (index, (id, kept, used)) in there.into_iter().enumerate() {
        let is_over = now >= expires_s(kept.stay, kept.made, used);
        if is_over || index.saturating_add(1) >= PAGE_SESSIONS_MAX {
            drop_session(batch, account, id, &kept);
            gone.push(id);
        }
    }
    Ok(gone)
}

fn drop_session(batch: &mut Batch, account: AccountId, id: u64, kept: &PageSessionRecord) {
    batch.deletes.push(keys::page_session_owner(&kept.sha256.0));
    batch.deletes.push(keys::page_session(account, id));
    batch.deletes.push(keys::last_use(account, id));
}

fn session_of(
    account: AccountId,
    id: u64,
    address: String,
    (kept, used_s): (PageSessionRecord, i64),
) -> PageSession {
    let PageSessionRecord { made: made_s, proven: proven_s, program, from, stay, .. } = kept;
    PageSession { id, account, address, program, from, made_s, used_s, proven_s, stay }
}

/// The name of a program as it is kept: on one line, and not too long.
fn program_name(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !letter.is_control()).collect();
    let plain = plain.trim();
    plain.get(..plain.floor_char_boundary(PROGRAM_OCTETS_MAX)).unwrap_or_default().to_owned()
}
