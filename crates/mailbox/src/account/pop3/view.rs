//! Opens the Inbox for one POP3 session: what its device sees, fixed until the session ends.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::ids::Copies;
use super::{Account, device_of};
use crate::engine::Snapshot;
use crate::hot::{self, each};
use crate::pop3::{Device, Imported, OwnUidl, Pop3Policy, SessionLock, Shows, older};
use crate::records::{self, Identity};
use crate::shared::AccountShared;
use crate::{
    EmailId, Entry, Error, Fault, MailboxId, MailboxName, MailboxState, Refused, Uid, layout,
};

/// The Inbox as one POP3 session sees it, and the lock of its device: free again when this is dropped.
pub struct Pop3View {
    pub(super) shared: Arc<AccountShared>,
    pub(super) device: Option<Device>,
    pub(super) policy: Pop3Policy,
    pub(super) state: Arc<MailboxState>,
    pub(super) copies: Arc<Copies>,
    /// Read when the first unique id is asked for.
    imported: OnceLock<Arc<Imported>>,
    pub(super) _lock: SessionLock,
}

impl fmt::Debug for Pop3View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pop3View")
            .field("account", &self.shared.id)
            .field("device", &self.device)
            .field("messages", &self.state.entries.len())
            .finish_non_exhaustive()
    }
}

impl Account {
    /// Opens the Inbox for a POP3 session of this device. `Refused::InUse` while another session of the same device is
    /// open (RFC 1939, 3), `Refused::TooSoon` when the device must wait (RFC 2449, 6.5).
    pub fn open_pop3(&self) -> Result<Pop3View, Error> {
        let device = device_of(self.who());
        let session = SessionLock::take(&self.shared, device.clone())?;
        let pop3 = self.shared.pop3_hot();
        let policy = pop3.policy(device.as_ref(), &self.shared.ports.policy.pop3);
        let inbox = {
            let hot = self.shared.hot();
            hot.table.find(&MailboxName::inbox()).ok_or(Refused::NoSuchMailbox)?
        };
        let (whole, snapshot) = at_one_moment(&self.shared, inbox)?;
        let copies = Copies::read(self.id(), &whole, &*snapshot)?;
        let hidden = match pop3.devices.get(&device) {
            Some(note) if note.hidden > 0 => hidden_from(self, device.as_ref(), &*snapshot)?,
            Some(_) | None => Vec::new(),
        };
        // For the part of the Inbox that this session holds for itself.
        let is_part = policy.shows != Shows::All || !hidden.is_empty();
        let messages = if is_part { whole.entries.len() } else { 0 };
        let aside = self.shared.set_aside(u64::try_from(messages).unwrap_or(u64::MAX))?;
        let state = shown(&self.shared, whole, policy.shows, &*snapshot)?;
        let state = without(state, &copies, &hidden);
        drop(aside);
        // Last, so that a login that came to nothing counts for nothing.
        session.log_in(policy.login_delay_s)?;
        Ok(Pop3View {
            shared: Arc::clone(&self.shared),
            device,
            policy,
            state,
            copies: Arc::new(copies),
            imported: OnceLock::new(),
            _lock: session,
        })
    }
}

impl Pop3View {
    /// What this device sees of the Inbox: the message of number n stands at index n-1.
    pub fn state(&self) -> &Arc<MailboxState> {
        &self.state
    }

    /// What is in force for this session.
    pub fn policy(&self) -> &Pop3Policy {
        &self.policy
    }

    /// The Inbox.
    pub fn mailbox(&self) -> MailboxId {
        self.state.id
    }

    /// The device; none: the one without a name.
    pub fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// Gives the unique ids of up to `most` messages from an index on, with their indexes: stable for life (1 to 70
    /// octets, RFC 1939, 7).
    pub fn uidls(
        &self,
        from: usize,
        most: usize,
        each: &mut dyn FnMut(usize, &str),
    ) -> Result<(), Fault> {
        let imported = self.imported()?;
        let mut own = OwnUidl::new(self.shared.id, self.shared.hot().head.created);
        let mut near = 0usize;
        for (index, entry) in self.state.entries.iter_from(from).take(most) {
            let copy = self.copies.of(entry.uid);
            let found = if copy.is_none() { imported.of(entry.email, &mut near) } else { None };
            match found {
                Some(uidl) => each(index, uidl),
                None => each(index, own.of_entry(entry, copy)),
            }
        }
        Ok(())
    }

    fn imported(&self) -> Result<&Imported, Fault> {
        if let Some(imported) = self.imported.get() {
            return Ok(imported);
        }
        let shared = &self.shared;
        let (epoch, none_at) = {
            let hot = shared.hot();
            (hot.uidl_epoch, hot.uidl_none_at)
        };
        let imported = match shared.ports.imported.find(shared.id, epoch) {
            Some(imported) => imported,
            None if none_at == Some(epoch) => Arc::default(),
            None => {
                let all = (EmailId(0), EmailId(u64::MAX));
                let read = Imported::read(shared.id, all, &*shared.snapshot()?)?;
                let read = Arc::new(read);
                let mut hot = shared.hot();
                if hot.uidl_epoch == epoch {
                    match read.is_empty() {
                        true => hot.uidl_none_at = Some(epoch),
                        false => shared.ports.imported.keep(shared.id, epoch, &read),
                    }
                }
                drop(hot);
                read
            }
        };
        Ok(self.imported.get_or_init(|| imported))
    }
}

/// How often one looks again because the account changes at the same moment.
const LOOKS_MAX: usize = 8;

/// The state of a mailbox and what is kept at the same moment: a copy that was moved in between would else be taken for
/// what it is a copy of.
fn at_one_moment(
    shared: &AccountShared,
    mailbox: MailboxId,
) -> Result<(Arc<MailboxState>, Arc<dyn Snapshot>), Error> {
    let mut looks = 0usize;
    loop {
        let before = shared.hot().head.revision;
        let state = shared.state(mailbox)?;
        let snapshot = shared.snapshot()?;
        let kept = hot::read_head(shared.id, &*snapshot)?.map(|(head, _)| head.revision);
        looks = looks.saturating_add(1);
        if kept == Some(before) && shared.hot().head.revision == before || looks >= LOOKS_MAX {
            return Ok((state, snapshot));
        }
    }
}

/// What is hidden from a device, ascending.
fn hidden_from(
    account: &Account,
    device: Option<&Device>,
    snapshot: &dyn Snapshot,
) -> Result<Vec<Identity>, Fault> {
    let mut hidden = Vec::new();
    each(snapshot, &layout::pop3_seen_by(account.id(), device), |key, value| {
        let states = records::read_seen(super::choices::chunk_of(key)?, value)?;
        let states = states.into_iter().filter(|seen| seen.hidden.is_some());
        hidden.extend(states.map(|seen| seen.identity));
        Some(())
    })?;
    Ok(hidden)
}

/// A state without what is hidden.
fn without(state: Arc<MailboxState>, copies: &Copies, hidden: &[Identity]) -> Arc<MailboxState> {
    if hidden.is_empty() {
        return state;
    }
    part(&state, |entry| hidden.binary_search(&copies.identity(entry)).is_err())
}

fn part(state: &MailboxState, keep: impl Fn(&Entry) -> bool) -> Arc<MailboxState> {
    let entries = state.entries.filtered(keep);
    Arc::new(MailboxState { entries, ..MailboxState::clone(state) })
}

/// The part of the Inbox that POP3 shows. The newest are counted before anything is hidden: what one has deleted does
/// not make room for what is older.
fn shown(
    shared: &AccountShared,
    state: Arc<MailboxState>,
    shows: Shows,
    snapshot: &dyn Snapshot,
) -> Result<Arc<MailboxState>, Fault> {
    match shows {
        Shows::All => Ok(state),
        Shows::Newest(messages) => {
            let most = usize::try_from(messages).unwrap_or(usize::MAX);
            let first = state.entries.len().saturating_sub(most);
            if first == 0 {
                return Ok(state);
            }
            let from = state.entries.get(first).map_or(Uid::MAX, |entry| entry.uid);
            Ok(part(&state, |entry| entry.uid >= from))
        }
        Shows::Since(since) => {
            let older = older(&shared.older, shared.id, &state, since, snapshot)?;
            if older.is_empty() {
                return Ok(state);
            }
            Ok(part(&state, |entry| !older.contains(entry.uid)))
        }
    }
}
