//! What must never change from round to round: UIDs, UIDVALIDITY, mod-sequences and POP3's unique ids.

use std::collections::BTreeMap;

use crate::imap::Imap;

/// A mailbox as it is after a restart.
pub(super) struct Listing {
    /// UID, name, flags, size; ascending by UID.
    pub(super) messages: Vec<Message>,
    pub(super) uid_next: u64,
}

pub(super) struct Message {
    pub(super) uid: u32,
    pub(super) name: String,
    pub(super) flags: Vec<String>,
    pub(super) octets: u64,
}

#[derive(Default)]
struct Past {
    uid_validity: u64,
    uid_next: u64,
    modseq: u64,
    /// Which message had which UID.
    names: BTreeMap<u32, String>,
    /// Which unique id had which message.
    ids: BTreeMap<String, String>,
}

/// All that was seen of all mailboxes.
#[derive(Default)]
pub(super) struct Seen {
    mailboxes: BTreeMap<String, Past>,
}

impl Seen {
    /// Opens a mailbox and lists it; complains when something moved that never may.
    pub(super) fn list(
        &mut self,
        imap: &mut Imap,
        owner: &str,
        mailbox: &str,
        complaints: &mut Vec<String>,
    ) -> Listing {
        let place = format!("{owner}:{mailbox}");
        let past = self.mailboxes.entry(place.clone()).or_default();
        let selected = imap.ok(&format!("SELECT \"{mailbox}\"")).unwrap();
        let number = |name: &str| -> u64 {
            let code = selected.code(name).unwrap_or_else(|| panic!("no {name} for {place}"));
            code[0].parse().unwrap()
        };
        let (uid_validity, uid_next) = (number("UIDVALIDITY"), number("UIDNEXT"));
        if past.uid_validity != 0 && past.uid_validity != uid_validity {
            complaints.push(format!(
                "{place}: UIDVALIDITY went from {} to {uid_validity}",
                past.uid_validity
            ));
        }
        if uid_next < past.uid_next {
            complaints.push(format!("{place}: UIDNEXT fell from {} to {uid_next}", past.uid_next));
        }
        if let Some(modseq) = selected.code("HIGHESTMODSEQ").and_then(|code| code[0].parse().ok()) {
            if modseq < past.modseq {
                complaints
                    .push(format!("{place}: HIGHESTMODSEQ fell from {} to {modseq}", past.modseq));
            }
            past.modseq = modseq;
        }
        let messages = messages(imap, &place);
        for message in &messages {
            if u64::from(message.uid) >= uid_next {
                complaints
                    .push(format!("{place}: UID {} is not below UIDNEXT {uid_next}", message.uid));
            }
            let name = past.names.entry(message.uid).or_insert_with(|| message.name.clone());
            if *name != message.name {
                complaints.push(format!(
                    "{place}: UID {} was {name} and is {}",
                    message.uid, message.name
                ));
            }
        }
        (past.uid_validity, past.uid_next) = (uid_validity, uid_next);
        Listing { messages, uid_next }
    }

    /// Notes what a worker was told: this UID is this message's for ever, and UIDNEXT is beyond it.
    pub(super) fn told(&mut self, owner: &str, mailbox: &str, uid: u32, name: &str) {
        let past = self.mailboxes.entry(format!("{owner}:{mailbox}")).or_default();
        past.uid_next = past.uid_next.max(u64::from(uid) + 1);
        past.names.entry(uid).or_insert_with(|| name.to_owned());
    }

    /// Compares the unique ids of POP3 with what they stood for before.
    pub(super) fn unique_ids(
        &mut self,
        owner: &str,
        ids: &[(String, String)],
        complaints: &mut Vec<String>,
    ) {
        let past = self.mailboxes.entry(format!("{owner}:INBOX")).or_default();
        let before: BTreeMap<&String, &String> =
            past.ids.iter().map(|(id, name)| (name, id)).collect();
        for (id, name) in ids {
            if let Some(other) = past.ids.get(id).filter(|other| *other != name) {
                complaints.push(format!("{owner}: unique id {id} was {other} and is {name}"));
            }
            if let Some(other) = before.get(name).filter(|other| **other != id) {
                complaints.push(format!("{owner}: {name} had the unique id {other} and has {id}"));
            }
        }
        past.ids.extend(ids.iter().cloned());
    }
}

fn messages(imap: &mut Imap, place: &str) -> Vec<Message> {
    let fetch = "UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])";
    let answer = imap.ok(fetch).unwrap();
    let fetched = answer.untagged.iter().filter(|response| !response.literals.is_empty());
    fetched
        .map(|response| Message {
            uid: response.number("UID").unwrap_or_else(|| panic!("{place}: {}", response.text))
                as u32,
            name: super::letter::name_of(&response.literals[0]).unwrap_or_default(),
            flags: response.flags(),
            octets: response.number("RFC822.SIZE").unwrap(),
        })
        .collect()
}
