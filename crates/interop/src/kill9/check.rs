//! The check after a restart: everything acknowledged is there, once, where it was said to be, and unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::RECIPIENTS;
use super::imap_worker::{FLAGS, ImapWorker, Kept, UnderWay};
use super::inbox::Inbox;
use super::letter::letter;
use super::seen::{Message, Seen};
use crate::host::{Host, Listener, PASSWORD, address};
use crate::imap::Imap;
use crate::pop3::Pop3;

/// Checks all mailboxes; gives the complaints. What was under way is settled by what is found.
pub(super) fn everything(
    host: &Host,
    workers: &mut [ImapWorker],
    inboxes: &[Arc<Mutex<Inbox>>],
    seen: &mut Seen,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for worker in workers {
        imap_worker(host, worker, seen, &mut complaints);
    }
    for (name, inbox) in RECIPIENTS.into_iter().zip(inboxes) {
        recipient(host, name, &mut inbox.lock().unwrap(), seen, &mut complaints);
    }
    complaints
}

fn imap_worker(
    host: &Host,
    worker: &mut ImapWorker,
    seen: &mut Seen,
    complaints: &mut Vec<String>,
) {
    for (name, kept) in &worker.kept {
        seen.told(worker.owner, &worker.mailboxes[kept.mailbox], kept.uid, name);
    }
    let mut imap =
        Imap::login(host.port(Listener::Imap), &address(worker.owner), PASSWORD).unwrap();
    let mut found: BTreeMap<String, Vec<Kept>> = BTreeMap::new();
    for (mailbox, name) in worker.mailboxes.iter().enumerate() {
        let listing = seen.list(&mut imap, worker.owner, name, complaints);
        for message in &listing.messages {
            if !worker.kept.contains_key(&message.name) || message.uid % 7 == 0 {
                body(&mut imap, message, complaints);
            }
            let flags = FLAGS.into_iter().filter(|flag| message.flags.iter().any(|f| f == flag));
            let kept = Kept { mailbox, uid: message.uid, flags: flags.collect() };
            found.entry(message.name.clone()).or_default().push(kept);
        }
    }
    let expected = Expected::new(worker);
    for (name, places) in &found {
        if places.len() > 1 {
            complaints.push(format!("{name} is there {} times: {places:?}", places.len()));
        }
        if worker.gone.contains(name) {
            complaints.push(format!("{name} was expunged and is back: {places:?}"));
        } else if !places.iter().any(|place| expected.allows(name, Some(place))) {
            let kept = worker.kept.get(name);
            complaints
                .push(format!("{name} is {places:?}; known: {kept:?}; {:?}", worker.under_way));
        }
    }
    for name in worker.kept.keys().filter(|name| !found.contains_key(*name)) {
        if !expected.allows(name, None) {
            complaints.push(format!("{name} is lost; it was {:?}", worker.kept[name]));
        }
    }
    // From here on what is there counts.
    if let Some(UnderWay::Expunge { names }) = &worker.under_way {
        let gone = names.iter().filter(|name| !found.contains_key(*name));
        worker.gone.extend(gone.cloned());
    }
    worker.under_way = None;
    worker.kept = found.into_iter().map(|(name, mut places)| (name, places.remove(0))).collect();
}

/// Where a message may be, given what was under way.
struct Expected<'a> {
    worker: &'a ImapWorker,
}

impl<'a> Expected<'a> {
    fn new(worker: &'a ImapWorker) -> Expected<'a> {
        Expected { worker }
    }

    fn allows(&self, name: &String, place: Option<&Kept>) -> bool {
        if self.worker.kept.get(name) == place {
            return true;
        }
        let kept = self.worker.kept.get(name);
        match (&self.worker.under_way, kept, place) {
            (Some(UnderWay::Append { name: new, mailbox, flags }), None, Some(place)) => {
                name == new && place.mailbox == *mailbox && place.flags == *flags
            }
            (Some(UnderWay::Store { names, flag, set }), Some(kept), Some(place)) => {
                let mut flags = kept.flags.clone();
                if *set {
                    flags.insert(flag)
                } else {
                    flags.remove(flag)
                };
                names.contains(name)
                    && (place.mailbox, place.uid) == (kept.mailbox, kept.uid)
                    && place.flags == flags
            }
            (Some(UnderWay::Move { names, to }), Some(kept), Some(place)) => {
                names.contains(name) && place.mailbox == *to && place.flags == kept.flags
            }
            (Some(UnderWay::Expunge { names }), Some(_), None) => names.contains(name),
            _ => false,
        }
    }
}

fn recipient(
    host: &Host,
    name: &'static str,
    inbox: &mut Inbox,
    seen: &mut Seen,
    complaints: &mut Vec<String>,
) {
    let mut imap = Imap::login(host.port(Listener::Imap), &address(name), PASSWORD).unwrap();
    let listing = seen.list(&mut imap, name, "INBOX", complaints);
    let mut found = BTreeSet::new();
    for message in &listing.messages {
        if !inbox.kept.contains(&message.name) || message.uid % 7 == 0 {
            body(&mut imap, message, complaints);
        }
        if !found.insert(message.name.clone()) {
            complaints.push(format!("{name}: {} is there twice", message.name));
        }
        if inbox.gone.contains(&message.name) {
            complaints.push(format!("{name}: {} was removed and is back", message.name));
        } else if !inbox.kept.contains(&message.name) && !inbox.perhaps.contains(&message.name) {
            complaints.push(format!("{name}: nobody delivered {}", message.name));
        }
    }
    for lost in inbox.kept.iter().filter(|kept| !found.contains(*kept)) {
        if !inbox.leaving.contains(lost) {
            complaints.push(format!("{name}: {lost} is lost"));
        }
    }
    let left: Vec<&String> = inbox.leaving.iter().filter(|name| found.contains(*name)).collect();
    if !left.is_empty() && left.len() != inbox.leaving.len() {
        let all = inbox.leaving.len();
        complaints.push(format!("{name}: QUIT removed {} of {all}", all - left.len()));
    }
    let leaving = std::mem::take(&mut inbox.leaving);
    inbox.gone.extend(leaving.into_iter().filter(|name| !found.contains(name)));
    inbox.kept = found;
    inbox.perhaps.clear();
    pop3_agrees(host, name, &listing.messages, seen, complaints);
    assert!(listing.uid_next > 0);
}

/// POP3 must show what IMAP shows.
fn pop3_agrees(
    host: &Host,
    name: &str,
    messages: &[Message],
    seen: &mut Seen,
    complaints: &mut Vec<String>,
) {
    let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address(name), PASSWORD).unwrap();
    let sizes = pop3.numbered("LIST").unwrap();
    let ids = pop3.numbered("UIDL").unwrap();
    pop3.ask("QUIT").unwrap();
    let by_imap: Vec<(usize, String)> =
        (1..).zip(messages.iter().map(|message| message.octets.to_string())).collect();
    if sizes != by_imap {
        complaints.push(format!(
            "{name}: POP3 lists {} messages, IMAP {}",
            sizes.len(),
            by_imap.len()
        ));
        return;
    }
    if ids.iter().map(|(_, id)| id).collect::<BTreeSet<_>>().len() != messages.len() {
        complaints.push(format!("{name}: unique ids are missing or not unique"));
    }
    let ids: Vec<(String, String)> = ids
        .into_iter()
        .zip(messages)
        .map(|((_, id), message)| (id, message.name.clone()))
        .collect();
    seen.unique_ids(name, &ids, complaints);
}

/// Every octet of a message must be as it was sent; delivery may have put lines before it.
fn body(imap: &mut Imap, message: &Message, complaints: &mut Vec<String>) {
    let answer = imap.ok(&format!("UID FETCH {} BODY.PEEK[]", message.uid)).unwrap();
    let body = answer.untagged.iter().find_map(|response| response.literals.first());
    let whole = body.is_some_and(|body| {
        body.ends_with(&letter(&message.name)) && body.len() as u64 == message.octets
    });
    if !whole {
        complaints.push(format!("{} has other octets than it was sent with", message.name));
    }
}
