//! Makes room at the provider: deletes there what is safe, and nothing else.
//!
//! UIDs are looked at again just before, in a folder whose UIDVALIDITY is what it was: what is not the message that was
//! copied, or has other flags now, stays. UID EXPUNGE removes exactly these (RFC 4315, 2.1). Without it only EXPUNGE
//! would remove them, and with them whatever else somebody has marked; so they are marked and no more.
//!
//! A run that was cut may have marked a message that changed since: the mark is taken off again, so that it stays.

use std::collections::HashMap;

use imap::client::Fault;
use imap::commands::{Access, Echo, Resync, Store};
use imap::fetch::Fetched;
use imap::fetch::items::{Flags, InternalDate, Size};
use imap::wire::{By, Flag, SequenceSet};
use mailbox::FlagMode;

use super::receipt::{AtServer, ReceiptFolder, ReceiptMessage};
use super::{ArchiveDone, ArchiveFault};
use crate::Go;
use crate::flag_words::{are_same, words_of};
use crate::identity::Told;
use crate::limits::MESSAGES_AT_ONCE;
use crate::session::Imap;

/// What a server can do to remove messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    /// Exactly those that are named.
    Named,
    /// Only all that are marked.
    Marked,
}

/// Whether an earlier run may have marked messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It may: it was cut while it deleted.
    Before,
    /// None has.
    Now,
}

/// Deletes the messages of a folder that are safe.
pub(super) async fn free(
    client: &mut Imap,
    folder: &mut ReceiptFolder,
    begun: Begun,
    done: &mut ArchiveDone,
    watch: &mut (dyn FnMut(u64) -> Go + Send),
) -> Result<(), ArchiveFault> {
    let removal = match client.can("UIDPLUS") || client.can("IMAP4rev2") {
        true => Removal::Named,
        false => Removal::Marked,
    };
    let is_to_go = |it: &ReceiptMessage| it.place.is_some() && it.at_provider == AtServer::Kept;
    let safe: Vec<usize> = (0..folder.messages.len())
        .filter(|index| folder.messages.get(*index).is_some_and(is_to_go))
        .collect();
    if safe.is_empty() {
        return Ok(());
    }
    let opened = match client.open(&folder.name, Access::ReadWrite, Resync::None).await {
        Ok(opened) => Some(opened),
        Err(Fault::Refused(status)) => {
            done.refuse(&folder.name, crate::shown(&status.text));
            None
        }
        Err(fault) => return Err(fault.into()),
    };
    let Some(opened) = opened else {
        done.left(safe.len());
        return Ok(());
    };
    if opened.uid_validity != Some(folder.uid_validity) {
        done.renumbered = done.renumbered.saturating_add(len(safe.len()));
        return Ok(());
    }
    if opened.access == Some(Access::ReadOnly) {
        done.refuse(&folder.name, "READ-ONLY".to_owned());
        done.left(safe.len());
        return Ok(());
    }
    for some in safe.chunks(MESSAGES_AT_ONCE) {
        let freed = some_go(client, folder, some, (removal, begun), done).await?;
        if watch(freed) == Go::Stop {
            done.stopped = true;
            return Ok(());
        }
    }
    Ok(())
}

/// Deletes some messages. Gives how many octets they had.
async fn some_go(
    client: &mut Imap,
    folder: &mut ReceiptFolder,
    some: &[usize],
    (removal, begun): (Removal, Begun),
    done: &mut ArchiveDone,
) -> Result<u64, ArchiveFault> {
    let uids = |folder: &ReceiptFolder, some: &[usize]| -> Vec<u32> {
        some.iter().filter_map(|index| folder.messages.get(*index).map(|it| it.uid)).collect()
    };
    let now = seen(client, &uids(folder, some)).await?;
    let (mut going, mut staying) = (Vec::new(), Vec::new());
    for index in some {
        let Some(message) = folder.messages.get_mut(*index) else { continue };
        match now.get(&message.uid) {
            None => {
                message.at_provider = AtServer::Gone;
                done.gone = done.gone.saturating_add(1);
            }
            Some(fetched) if is_unchanged(message, fetched) => going.push(*index),
            Some(fetched) => {
                message.at_provider = AtServer::Changed;
                done.changed = done.changed.saturating_add(1);
                if begun == Begun::Before && is_marked(fetched) {
                    staying.push(message.uid);
                }
            }
        }
    }
    if let Some(set) = SequenceSet::from_numbers(staying) {
        match mark(client, set, FlagMode::Remove).await {
            Ok(()) => {}
            Err(Fault::Refused(status)) => done.refuse(&folder.name, crate::shown(&status.text)),
            Err(fault) => return Err(fault.into()),
        }
    }
    let named = uids(folder, &going);
    let Some(set) = SequenceSet::from_numbers(named.iter().copied()) else { return Ok(0) };
    let refused = match mark(client, set.clone(), FlagMode::Add).await {
        Ok(()) if removal == Removal::Named => client.expunge(Some(set.into())).await.err(),
        Ok(()) => None,
        Err(fault) => Some(fault),
    };
    match refused {
        None => {}
        Some(Fault::Refused(status)) => done.refuse(&folder.name, crate::shown(&status.text)),
        Some(fault) => return Err(fault.into()),
    }
    // What it says it did is looked at.
    let still = seen(client, &named).await?;
    let mut freed = 0_u64;
    for index in going {
        let Some(message) = folder.messages.get_mut(index) else { continue };
        match (still.get(&message.uid), removal) {
            (None, _) => {
                message.at_provider = AtServer::Deleted;
                done.deleted = done.deleted.saturating_add(1);
                freed = freed.saturating_add(message.listed_octets);
            }
            (Some(fetched), Removal::Marked) if is_marked(fetched) => {
                message.at_provider = AtServer::Marked;
                done.marked = done.marked.saturating_add(1);
            }
            (Some(_), _) => done.left(1),
        }
    }
    done.deleted_octets = done.deleted_octets.saturating_add(freed);
    Ok(freed)
}

/// Marks messages as deleted, or takes the mark off.
async fn mark(client: &mut Imap, set: SequenceSet, mode: FlagMode) -> Result<(), Fault> {
    let store = Store {
        by: By::Uid,
        messages: set.into(),
        unchanged_since: None,
        mode,
        echo: Echo::Silent,
        flags: vec![Flag::Deleted],
    };
    client.store_with(store).await.map(drop)
}

/// What there is now of some messages.
async fn seen(client: &mut Imap, uids: &[u32]) -> Result<HashMap<u32, Fetched>, Fault> {
    let Some(set) = SequenceSet::from_numbers(uids.iter().copied()) else {
        return Ok(HashMap::new());
    };
    let items = [Flags.into(), InternalDate.into(), Size.into()];
    let fetched = client.fetch_all(set, &items).await?;
    // News of flags come without the rest.
    let whole = |it: &Fetched| Told::of(it).octets.is_some();
    Ok(fetched.into_iter().filter(whole).filter_map(|it| Some((it.uid()?, it))).collect())
}

/// Whether it is the message that was copied, with the same flags.
fn is_unchanged(message: &ReceiptMessage, fetched: &Fetched) -> bool {
    let told = Told::of(fetched);
    let date_s = told.date.map(|date| date.timestamp.0);
    let flags = fetched.flags().map(words_of).unwrap_or_default();
    told.octets == Some(message.listed_octets)
        && date_s == message.date_s
        && are_same(&flags, &message.flags)
}

fn is_marked(fetched: &Fetched) -> bool {
    fetched.flags().is_some_and(|flags| flags.contains(&Flag::Deleted))
}

fn len(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
