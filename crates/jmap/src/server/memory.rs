//! Ports in memory, for tests of this crate and of those that lean on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Error, Fault, FlagNames, Keyword, MailboxName, Refused,
};

use super::ports::{
    Envelope, Fresh, Imported, ImportedInto, Importers, Importing, Lists, NotLeft, NotSent,
    NoteKind, Notes, Outbox, PackFormat, Packed, Packers, Packing, Ports, Pushes, Sender, Sending,
    Waiting, Written,
};
use super::{Bodies, BodySettings, PushKeys};

/// Ports in memory, and what was sent through them. Whoever is in `may` may be sent from.
pub fn ports(accounts: Accounts, may: &[&str]) -> (Ports, Arc<Sent>) {
    let may = may.iter().map(|address| (*address).to_owned()).collect();
    let sent = Arc::new(Sent { may, ..Sent::default() });
    let outbox = Arc::<Sent>::clone(&sent);
    let importers = Arc::new(OneMessage(accounts.clone()));
    let (fresh, notes) = (Arc::new(Counting::default()), Arc::new(Noted::default()));
    let clock = Arc::clone(accounts.clock());
    let bodies = Arc::new(Bodies::new(BodySettings::default(), [7; 32], clock));
    let packers = Arc::new(Plain);
    let pushes = Arc::new(NoPushes::default());
    let lists = Arc::new(ListsByName);
    (Ports { accounts, fresh, notes, outbox, packers, importers, pushes, bodies, lists }, sent)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many subscriptions may be made.
const CREATED_MAX: u64 = 70;

/// Pushes nothing. Keys that begin with `B` are right.
#[derive(Default)]
struct NoPushes {
    made: AtomicU64,
}

impl Pushes for NoPushes {
    fn application_server_key(&self) -> &'static str {
        "BKey"
    }

    fn check(
        &self,
        url: &str,
        keys: Option<&PushKeys>,
    ) -> Result<(), (&'static str, &'static str)> {
        if !url.starts_with("https://") {
            return Err(("url", "it does not begin with https://"));
        }
        match keys {
            Some(keys) if !keys.p256dh.starts_with('B') => Err(("keys", "no key")),
            Some(_) | None => Ok(()),
        }
    }

    fn may_create(&self, _: AccountId) -> bool {
        let before = self.made.fetch_add(1, Ordering::Relaxed);
        before < CREATED_MAX
    }

    fn changed(&self, _: AccountId) {}
}

/// Lists that are left, or not, as their addresses say.
struct ListsByName;

impl Lists for ListsByName {
    fn is_on(&self) -> bool {
        true
    }

    fn leave<'a>(&'a self, _: AccountId, address: &'a str) -> Waiting<'a, Result<(), NotLeft>> {
        let refused = address.ends_with("/refuses");
        Box::pin(async move { if refused { Err(NotLeft::Refused) } else { Ok(()) } })
    }
}

/// Names that count.
#[derive(Default)]
struct Counting(AtomicU64);

impl Fresh for Counting {
    fn name(&self) -> Result<String, Fault> {
        Ok(format!("fresh{}", self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Files in which a line says what is known of the message behind it.
struct Plain;

impl Packers for Plain {
    fn pack(&self, format: PackFormat) -> Box<dyn Packing> {
        Box::new(PlainFile(format))
    }
}

struct PlainFile(PackFormat);

impl Packing for PlainFile {
    fn begin(&mut self, message: &Packed, to: &mut Vec<u8>) {
        let Packed { mailbox, flags, date, octets, line_ends, uid: (_, uid) } = message;
        let keywords: Vec<&str> = flags.keywords.iter().map(Keyword::as_str).collect();
        let (system, unix_s, format) = (flags.system.0, date.time.0, self.0);
        let line = format!(
            "{format:?} {mailbox} {uid} {system} {keywords:?} {unix_s} {octets} {line_ends:?}\n"
        );
        to.extend_from_slice(line.as_bytes());
    }

    fn write(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        to.extend_from_slice(octets);
    }

    fn end(&mut self, to: &mut Vec<u8>) {
        to.extend_from_slice(b".\n");
    }

    fn finish(self: Box<Self>, left_out: &[String], to: &mut Vec<u8>) {
        to.extend_from_slice(format!("end {left_out:?}\n").as_bytes());
    }
}

/// Takes each file for one message; one that begins with `odd` is none.
struct OneMessage(Accounts);

impl Importers for OneMessage {
    fn import(&self, account: Account, file: Importing) -> Waiting<'_, Result<Imported, Error>> {
        Box::pin(async move {
            let octets = file.content.read(0..file.octets)?;
            let mut imported = Imported::default();
            if octets.starts_with(b"odd") {
                imported.notes.push(format!("{}: no message", file.name));
                return Ok(imported);
            }
            let name = match &file.into {
                Some(into) => MailboxName::new(into).map_err(|_| Refused::NoSuchMailbox)?,
                None => MailboxName::inbox(),
            };
            let mailbox = account.find(&name)?.ok_or(Refused::NoSuchMailbox)?;
            let mut incoming = self.0.receive();
            incoming.write(&octets).await?;
            let received = incoming.finish().await?;
            let flags = FlagNames::default();
            let append = Append { received, flags, internal_date: None, uidl: None };
            match account.append(mailbox.id, vec![append]).await {
                Err(Error::Refused(full @ Refused::OverQuota(_))) => {
                    imported.full = Some(full.to_string());
                }
                Err(error) => return Err(error),
                Ok(_) => imported.mailboxes.push(ImportedInto {
                    name: name.as_str().to_owned(),
                    imported: 1,
                    octets: file.octets,
                    ..ImportedInto::default()
                }),
            }
            Ok(imported)
        })
    }
}

/// Notes.
#[derive(Default)]
struct Noted(Mutex<BTreeMap<(AccountId, NoteKind), Bytes>>);

impl Notes for Noted {
    fn read(&self, account: AccountId, kind: NoteKind) -> Result<Option<Bytes>, Fault> {
        Ok(lock(&self.0).get(&(account, kind)).cloned())
    }

    fn write(
        &self,
        account: AccountId,
        kind: NoteKind,
        before: Option<Bytes>,
        after: Bytes,
    ) -> Waiting<'_, Result<Written, Fault>> {
        let mut notes = lock(&self.0);
        let is_as_before = notes.get(&(account, kind)) == before.as_ref();
        if is_as_before {
            notes.insert((account, kind), after);
        }
        let written = if is_as_before { Written::Yes } else { Written::ChangedBefore };
        Box::pin(async move { Ok(written) })
    }
}

/// Messages with their envelopes.
type Messages = Arc<Mutex<Vec<(Envelope, Vec<u8>)>>>;

/// What was sent. Nobody is at `nowhere.example`, and a message that says `refuse me` is refused.
#[derive(Default)]
pub struct Sent {
    may: BTreeSet<String>,
    messages: Messages,
    held: Arc<Mutex<BTreeSet<String>>>,
}

impl Sent {
    /// The messages, in the order in which they were sent.
    pub fn messages(&self) -> Vec<(Envelope, Vec<u8>)> {
        lock(&self.messages).clone()
    }

    /// What was held goes.
    pub fn release(&self) {
        lock(&self.held).clear();
    }
}

impl Outbox for Sent {
    fn may_send_as(&self, _: AccountId, address: &str) -> Result<bool, Fault> {
        Ok(self.may.contains(address))
    }

    fn begin<'a>(
        &'a self,
        _: Sender<'a>,
        envelope: &'a Envelope,
    ) -> Waiting<'a, Result<Box<dyn Sending>, NotSent>> {
        let of_user = envelope.from.as_ref().is_none_or(|from| self.may.contains(from));
        let nobody: Vec<String> = envelope
            .recipients
            .iter()
            .map(|(to, _)| to.clone())
            .filter(|to| to.ends_with("@nowhere.example"))
            .collect();
        let begun: Result<Box<dyn Sending>, NotSent> = if !of_user {
            Err(NotSent::MailFrom("not yours".to_owned()))
        } else if !nobody.is_empty() {
            Err(NotSent::Recipients(nobody))
        } else {
            Ok(Box::new(Message {
                envelope: envelope.clone(),
                octets: Vec::new(),
                name: format!("m{}", lock(&self.messages).len()),
                messages: Arc::clone(&self.messages),
                held: Arc::clone(&self.held),
            }))
        };
        Box::pin(async move { begun })
    }

    fn is_held(&self, name: &str) -> Result<bool, Fault> {
        Ok(lock(&self.held).contains(name))
    }

    fn call_back<'a>(&'a self, name: &'a str) -> Waiting<'a, Result<bool, Fault>> {
        let was_held = lock(&self.held).remove(name);
        Box::pin(async move { Ok(was_held) })
    }
}

struct Message {
    envelope: Envelope,
    octets: Vec<u8>,
    name: String,
    messages: Messages,
    held: Arc<Mutex<BTreeSet<String>>>,
}

impl Sending for Message {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Waiting<'a, Result<(), NotSent>> {
        self.octets.extend_from_slice(octets);
        Box::pin(async { Ok(()) })
    }

    fn finish(self: Box<Self>) -> Waiting<'static, Result<(), NotSent>> {
        let Message { envelope, octets, name, messages, held } = *self;
        Box::pin(async move {
            if octets.windows(9).any(|octets| octets == b"refuse me") {
                return Err(NotSent::From("not yours".to_owned()));
            }
            if envelope.hold_until.is_some() {
                lock(&held).insert(name);
            }
            lock(&messages).push((envelope, octets));
            Ok(())
        })
    }
}
