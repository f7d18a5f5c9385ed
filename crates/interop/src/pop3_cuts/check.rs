//! At the end of a run: what was delivered, what is here, and what is on the host, compared.

use std::collections::{BTreeMap, BTreeSet};

use super::device::Pulling;
use super::kept::{Kept, id};
use super::letter::Letter;
use super::life::Life;
use super::modes::{Gets, Leaves};
use crate::host::{Listener, PASSWORD, address};
use crate::imap::Imap;

/// The host adds a few lines on delivery, so that sizes are known only roughly.
const ADDED_OCTETS_MAX: usize = 500;

/// How many copies of each message there are: whole ones, and such of which the program knows that there is more.
pub(super) fn counts(letters: &BTreeMap<String, Letter>, kept: &[Kept]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for kept in kept {
        let Some(id) = &kept.id else { continue };
        if kept.is_partial || letters.get(id).is_none_or(|letter| kept.is_body(&letter.body)) {
            *counts.entry(id.clone()).or_default() += 1;
        }
    }
    counts
}

pub(super) fn everything(life: &mut Life<'_>, devices: &[Pulling]) {
    let here: Vec<BTreeSet<String>> =
        devices.iter().map(|device| here(life, &device.puller.kept())).collect();
    let inbox = there(life, "INBOX");
    let archive = there(life, "Archive");
    let letters = life.letters.clone();
    life.found.messages = letters.len() as u64;
    for (id, letter) in &letters {
        let octets = letter.octets().len();
        // Here now, or it was here and the user deleted it.
        let has: Vec<bool> = (devices.iter().zip(&here))
            .map(|(device, here)| here.contains(id) || device.discarded.contains(id))
            .collect();
        let is_here = here.iter().any(|here| here.contains(id));
        let is_there = inbox.contains(id);
        if !has.contains(&true) && !is_there && !archive.contains(id) {
            life.found.lost += 1;
            life.wrong(format!("{id} is lost: neither here nor on the host"));
        }
        let should_be_there = match life.mode.leaves {
            Leaves::Nothing | Leaves::Archived => Some(false),
            Leaves::Everything => Some(true),
            Leaves::Larger(limit) if octets > limit => Some(true),
            Leaves::NotDeleted => Some(is_here || !has.contains(&true)),
            Leaves::Recent | Leaves::OnlyWhatIsHere | Leaves::Larger(_) => None,
        };
        if should_be_there.is_some_and(|should| should != is_there) {
            let leaves = life.mode.leaves;
            life.wrong(format!("{id} ({octets} octets) in the Inbox: {is_there}; {leaves:?}"));
        }
        if life.mode.leaves == Leaves::Archived && !archive.contains(id) {
            life.wrong(format!("{id} is not in the archive"));
        }
        let stays_away = matches!(
            life.mode.leaves,
            Leaves::Larger(limit) if octets + ADDED_OCTETS_MAX > limit
        );
        let came = match life.mode.gets {
            Gets::EveryDevice => has.iter().all(|has| *has),
            Gets::SomeDevice => has.contains(&true),
        };
        if !came && !stays_away {
            life.wrong(format!("{id} never came, though pulls were not cut: {has:?}"));
        }
    }
    for id in inbox.union(&archive).filter(|id| !letters.contains_key(*id)) {
        life.wrong(format!("{id} is on the host, and nobody delivered it"));
    }
}

/// The messages that are here and whole. What is not as it was delivered is a fault, unless it is a piece.
fn here(life: &mut Life<'_>, kept: &[Kept]) -> BTreeSet<String> {
    let mut here = BTreeSet::new();
    for kept in kept {
        let Some(id) = &kept.id else {
            life.found.pieces += 1;
            continue;
        };
        match life.letters.get(id) {
            Some(letter) if kept.is_body(&letter.body) && !kept.is_partial => {
                here.insert(id.clone());
            }
            Some(letter) if letter.body.starts_with(kept.body.trim_end_matches('\n')) => {
                life.found.pieces += 1;
            }
            Some(_) => life.wrong(format!("{id} has another body here")),
            None => life.wrong(format!("{id} is here, and nobody delivered it")),
        }
    }
    here
}

/// The messages on the host, by another door.
fn there(life: &mut Life<'_>, mailbox: &str) -> BTreeSet<String> {
    let port = life.host.port(Listener::Imap);
    let mut imap = Imap::login(port, &address(&life.person), PASSWORD).unwrap();
    if !imap.command(&format!("SELECT {mailbox}")).unwrap().is_ok() {
        return BTreeSet::new();
    }
    let answer = imap.ok("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])").unwrap();
    let heads = answer.untagged.iter().filter_map(|response| response.literals.first());
    let ids: Vec<String> = heads.filter_map(|head| id(&String::from_utf8_lossy(head))).collect();
    let set: BTreeSet<String> = ids.iter().cloned().collect();
    if set.len() != ids.len() {
        life.wrong(format!("{mailbox} has a message twice"));
    }
    set
}
