//! POP3: states of lost emails go, devices are counted anew, and a unique id that leads nowhere or to two goes.

use std::collections::BTreeSet;

use super::Mending;
use crate::check::pop3 as looked;
use crate::pop3::{Device, DeviceNote, Uidl};
use crate::{EmailId, layout, records};

pub(super) fn mend(mending: &mut Mending<'_>) {
    states(mending);
    devices(mending);
    unique_ids(mending);
}

/// Drops the states of emails that are lost.
fn states(mending: &mut Mending<'_>) {
    for ((name, chunk), states) in std::mem::take(&mut mending.survey.pop3.seen) {
        let device = Device::new(&name);
        // A name that cannot be one is nobody's.
        let named = looked::key(device.as_ref()) == name;
        let mut right = states.clone();
        right.retain(|seen| named && mending.survey.emails.contains_key(&seen.identity.email));
        if right.is_empty() {
            mending.changes.insert(key_of(mending, &name, chunk), None);
            continue;
        }
        if right != states {
            let key = layout::pop3_seen(mending.account, device.as_ref(), chunk);
            mending.put(key, records::write_seen(chunk, &right));
        }
        mending.survey.pop3.seen.insert((name, chunk), right);
    }
}

/// The key of states, whatever the name in it.
fn key_of(mending: &Mending<'_>, name: &str, chunk: u64) -> Vec<u8> {
    let mut key = layout::all(mending.account, layout::Kind::Pop3Seen).start;
    key.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(name.as_bytes());
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// Counts devices anew; one whose name is lost is called what it is kept by.
fn devices(mending: &mut Mending<'_>) {
    let named = mending.survey.pop3.seen.keys().map(|(name, _)| Device::new(name));
    let known = mending.survey.pop3.devices.keys().cloned();
    // Those known first: their names are as they were given.
    let all: BTreeSet<Option<Device>> = known.collect();
    let missing: BTreeSet<Option<Device>> = named.filter(|device| !all.contains(device)).collect();
    for device in all.into_iter().chain(missing) {
        let counted = looked::counted(mending.survey, looked::key(device.as_ref()));
        let known = mending.survey.pop3.devices.get(&device).copied();
        let last = known.map_or(counted.last, |note| note.last);
        let right = DeviceNote { last, ..counted };
        if known != Some(right) {
            let key = layout::pop3_device(mending.account, device.as_ref());
            mending.put(key, records::write_device(device.as_ref(), &right));
            mending.done(|| {
                let name = device.as_ref().map_or("", Device::as_str);
                format!("POP3 device {name:?} is counted anew")
            });
            mending.survey.pop3.devices.insert(device, right);
        }
    }
}

/// Drops the unique ids of lost emails and those that another email has or may have, and puts right what leads to them.
fn unique_ids(mending: &mut Mending<'_>) {
    let created = mending.head.created;
    let next_email = mending.head.next_email;
    let mut taken: BTreeSet<Uidl> = BTreeSet::new();
    for (email, uidl) in std::mem::take(&mut mending.survey.pop3.uidls) {
        let forged = uidl
            .own(mending.account, created)
            .is_some_and(|own| own.0 >= next_email || mending.survey.emails.contains_key(&own));
        let owner = mending.survey.pop3.owners.get(&uidl).copied();
        let others =
            owner.is_some_and(|owner| owner != email && mending.survey.emails.contains_key(&owner));
        let there = mending.survey.emails.contains_key(&email);
        if !there || forged || others || !taken.insert(uidl.clone()) {
            mending.delete(layout::uidl(mending.account, email));
            mending.done(|| format!("email {email} loses unique id {uidl}"));
            continue;
        }
        if owner != Some(email) {
            lead(mending, &uidl, email);
        }
        mending.survey.pop3.uidls.insert(email, uidl);
    }
    for (uidl, email) in std::mem::take(&mut mending.survey.pop3.owners) {
        if taken.contains(&uidl) {
            continue;
        }
        // The email's own note of it may be lost.
        let free = mending.survey.emails.contains_key(&email)
            && !mending.survey.pop3.uidls.contains_key(&email)
            && uidl.own(mending.account, created).is_none();
        if free {
            mending.put(layout::uidl(mending.account, email), records::write_uidl(&uidl));
            mending.survey.pop3.uidls.insert(email, uidl);
        } else {
            mending.delete(layout::uidl_owner(mending.account, &uidl));
            mending.done(|| format!("unique id {uidl} led nowhere"));
        }
    }
}

fn lead(mending: &mut Mending<'_>, uidl: &Uidl, email: EmailId) {
    let key = layout::uidl_owner(mending.account, uidl);
    mending.put(key, records::write_uidl_owner(email));
    mending.done(|| format!("unique id {uidl} leads to its email {email} again"));
}
