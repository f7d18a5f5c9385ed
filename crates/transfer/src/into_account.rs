//! Takes messages into an account, in batches. A message is known when its mailbox holds as many copies of it as the
//! files do, or did when it was imported before: so importing twice makes no duplicates, also when a crash came in
//! between, and also when people have moved their mail since. Unique ids that messages had on another host come in
//! with them.

mod uidls;

use std::collections::HashMap;

use bytes::Bytes;
use imap::wire::special_use::role_named;
use mailbox::engine::{Batch, CommitError, StagedBody};
use mailbox::operations::Append;
use mailbox::{
    Account, Accounts, BodyHash, Error, Fault, FlagNames, Healed, Incoming, Keyword, MailboxId,
    MailboxKind, MailboxName, Received, Refused, Role, Uid, Uidl,
};

use self::uidls::{Moved, Now, Spot, Uidls};
use crate::account::{AccountFault, SYSTEM_FLAGS, mailbox_name};
use crate::known::{Again, ImportedMailbox, Known, KnownUidls};
use crate::limits::REFUSED_NAMED_MAX;
use crate::port::{Attributes, MailSink, MailboxAttributes};

/// One commit takes at most so many messages.
const BATCH_MESSAGES_MAX: usize = 200;
/// One commit takes at most so many octets, or one message.
const BATCH_OCTETS_MAX: u64 = 8 << 20;

/// An account that takes mail in.
pub struct AccountSink {
    accounts: Accounts,
    account: Account,
    known: Known,
    mailboxes: HashMap<String, Mailbox>,
    order: Vec<String>,
    moved: Moved,
    /// Messages that are there already and are to have another unique id.
    adopting: Vec<(Spot, Uidl)>,
    waiting: usize,
    waiting_octets: u64,
    open: Option<OpenMessage>,
}

/// The message that is coming in. Its octets are taken to their end whatever happens.
struct OpenMessage {
    attributes: Attributes,
    incoming: Result<Incoming, Error>,
}

/// A mailbox that messages go into.
struct Mailbox {
    id: MailboxId,
    row: ImportedMailbox,
    /// The copies of a body that were there.
    there: HashMap<BodyHash, Vec<Uid>>,
    /// How many copies of a body this import brought so far.
    brought: HashMap<BodyHash, u32>,
    batch: Vec<Waiting>,
    uidls: Uidls,
}

/// A message that waits to be appended.
struct Waiting {
    hash: BodyHash,
    append: Append,
    place: Option<String>,
}

impl AccountSink {
    /// Opens an account, which is one of `accounts`, for mail that comes in.
    pub fn new(accounts: Accounts, account: Account, known: Known) -> AccountSink {
        AccountSink {
            accounts,
            account,
            known,
            mailboxes: HashMap::new(),
            order: Vec::new(),
            moved: Moved::default(),
            adopting: Vec::new(),
            waiting: 0,
            waiting_octets: 0,
            open: None,
        }
    }

    /// Commits what still waits, and says what came in.
    pub async fn finish(mut self) -> Result<Vec<ImportedMailbox>, AccountFault> {
        self.commit().await?;
        let mut rows = Vec::new();
        let mut now = Now::of(&self.account);
        for name in &self.order {
            let Some(Mailbox { mut row, uidls, .. }) = self.mailboxes.remove(name) else {
                continue;
            };
            row.uidls = uidls.settle(&mut now)?;
            rows.push(row);
        }
        Ok(rows)
    }

    async fn take_one(
        &mut self,
        name: &str,
        message: &Attributes,
        received: Result<Received, Error>,
    ) -> Result<(), AccountFault> {
        // `inbox` and `INBOX` are one mailbox.
        let name = mailbox_name(name)?;
        let name = name.as_str();
        let mailbox = self.mailbox(name).await?;
        let received = match received {
            Ok(received) => received,
            Err(Error::Refused(refused @ Refused::TooLarge { .. })) => {
                mailbox.refuse(&refused, message.place.as_deref());
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let hash = received.body.hash;
        let brought = mailbox.brought.entry(hash).or_insert(0);
        *brought = brought.saturating_add(1);
        let number = *brought;
        let uidl = mailbox.uidls.read(message.uidl.as_deref());
        let there = nth(mailbox.there.get(&hash), number);
        let known = there.is_some()
            || (self.known.again == Again::Skip && self.remembered(name, &hash)? >= number);
        if known {
            return self.pass_over(name, message, &received.body, there, uidl).await;
        }
        let Some(mailbox) = self.mailboxes.get_mut(name) else { return Ok(()) };
        self.waiting = self.waiting.saturating_add(1);
        self.waiting_octets = self.waiting_octets.saturating_add(received.body.octets);
        let (flags, internal_date) = (flags(&message.flags), message.date);
        let append = Append { received, flags, internal_date, uidl };
        let place = message.place.clone();
        mailbox.batch.push(Waiting { hash, append, place });
        Ok(())
    }

    /// Takes a message into each of its mailboxes. A unique id goes into the first: no two messages have the same.
    async fn take(
        &mut self,
        message: Attributes,
        received: Result<Received, Error>,
    ) -> Result<(), AccountFault> {
        for name in &message.also {
            let copy = Attributes { uidl: None, ..message.clone() };
            let received = match &received {
                Ok(received) => Ok(received.clone()),
                Err(Error::Refused(refused)) => Err(refused.clone().into()),
                Err(Error::Fault(_)) => break,
            };
            self.take_one(name, &copy, received).await?;
        }
        self.take_one(&message.mailbox, &message, received).await
    }

    /// Appends what waits, and remembers it.
    async fn commit(&mut self) -> Result<(), AccountFault> {
        self.waiting = 0;
        self.waiting_octets = 0;
        for (name, mailbox) in &mut self.mailboxes {
            let batch = std::mem::take(&mut mailbox.batch);
            if batch.is_empty() {
                continue;
            }
            let hashes: Vec<BodyHash> = batch.iter().map(|waiting| waiting.hash).collect();
            mailbox.append(&self.account, batch).await?;
            let counts =
                hashes.iter().map(|hash| (*hash, mailbox.brought.get(hash).copied().unwrap_or(0)));
            remember(&self.accounts, &self.account, name, counts.collect()).await?;
        }
        uidls::adopt(&self.account, std::mem::take(&mut self.adopting)).await?;
        Ok(())
    }

    /// How many copies of a body earlier imports brought into a mailbox.
    fn remembered(&self, mailbox: &str, hash: &BodyHash) -> Result<u32, Fault> {
        let key = memory(&self.account, mailbox, hash);
        let kept = self.accounts.engine().snapshot()?.get(&key)?;
        let count = kept.as_deref().and_then(|octets| octets.first_chunk::<4>());
        Ok(count.map_or(0, |octets| u32::from_be_bytes(*octets)))
    }

    /// Passes over a message that is known: its mailbox holds it, or did once. Where it is damaged, it is made whole.
    async fn pass_over(
        &mut self,
        name: &str,
        message: &Attributes,
        body: &StagedBody,
        there: Option<Uid>,
        uidl: Option<Uidl>,
    ) -> Result<(), AccountFault> {
        let Some(mailbox) = self.mailboxes.get_mut(name) else { return Ok(()) };
        mailbox.row.known = mailbox.row.known.saturating_add(1);
        match self.account.heal(body).await {
            Ok(Healed::Yes) => mailbox.row.healed = mailbox.row.healed.saturating_add(1),
            Ok(Healed::No) => {}
            Err(Error::Refused(refused)) => mailbox.refuse(&refused, message.place.as_deref()),
            Err(error) => return Err(error.into()),
        }
        // Mail programs may know it by the id that it has here: it changes only for who asks for that.
        let Some(uidl) = uidl.filter(|_| self.known.uidls == KnownUidls::Replace) else {
            return Ok(());
        };
        let spot = match there {
            Some(uid) => Some(Spot { mailbox: mailbox.id, uid }),
            None => self.moved.find(&self.account, mailbox.id, &body.hash)?,
        };
        if let Some(spot) = spot {
            mailbox.uidls.want(spot, uidl.clone());
            self.adopting.push((spot, uidl));
            self.waiting = self.waiting.saturating_add(1);
        }
        Ok(())
    }

    /// The mailbox of a name that can hold messages, if there is one.
    fn there(&self, name: &MailboxName) -> Result<Option<MailboxId>, AccountFault> {
        let found = self.account.find(name)?;
        Ok(found.filter(|found| found.kind == MailboxKind::Selectable).map(|found| found.id))
    }

    /// The mailbox of a name; made when there is none.
    async fn mailbox(&mut self, name: &str) -> Result<&mut Mailbox, AccountFault> {
        if !self.mailboxes.contains_key(name) {
            let valid = mailbox_name(name)?;
            let id = match self.there(&valid)? {
                Some(id) => id,
                None => {
                    let id = self.account.create_mailbox(&valid, None).await?;
                    self.account.subscribe(&valid).await?;
                    id
                }
            };
            let mailbox = Mailbox {
                id,
                row: ImportedMailbox { mailbox: valid.to_string(), ..ImportedMailbox::default() },
                there: uidls::bodies(&self.account, id)?,
                brought: HashMap::new(),
                batch: Vec::new(),
                uidls: Uidls::default(),
            };
            self.mailboxes.insert(name.to_owned(), mailbox);
            self.order.push(name.to_owned());
        }
        self.mailboxes
            .get_mut(name)
            .ok_or_else(|| Fault::new("a mailbox of the import was lost").into())
    }
}

impl MailSink for AccountSink {
    type Fault = AccountFault;

    async fn mailbox(&mut self, mailbox: &MailboxAttributes) -> Result<(), AccountFault> {
        let name = mailbox_name(&mailbox.name)?;
        if self.there(&name)?.is_some() {
            return Ok(());
        }
        let role = mailbox.special_use.as_deref().and_then(|name| name.strip_prefix('\\'));
        make(&self.account, &name, role.and_then(role_named)).await?;
        if mailbox.subscribed {
            self.account.subscribe(&name).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, message: &Attributes) -> Result<(), AccountFault> {
        let incoming = Ok(self.accounts.receive());
        self.open = Some(OpenMessage { attributes: message.clone(), incoming });
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), AccountFault> {
        if let Some(OpenMessage { incoming, .. }) = &mut self.open
            && let Ok(open) = incoming
            && let Err(error) = open.write(octets).await
        {
            *incoming = Err(error);
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), AccountFault> {
        let Some(OpenMessage { attributes, incoming }) = self.open.take() else { return Ok(()) };
        let received = match incoming {
            Ok(incoming) => incoming.finish().await,
            Err(error) => Err(error),
        };
        self.take(attributes, received).await?;
        if self.waiting >= BATCH_MESSAGES_MAX || self.waiting_octets >= BATCH_OCTETS_MAX {
            self.commit().await?;
        }
        Ok(())
    }

    async fn abandon(&mut self) -> Result<(), AccountFault> {
        self.open = None;
        Ok(())
    }
}

/// Makes a mailbox. What it is for is not worth a failure: another mailbox may be there for that.
async fn make(
    account: &Account,
    name: &MailboxName,
    role: Option<Role>,
) -> Result<(), AccountFault> {
    match account.create_mailbox(name, role).await {
        Err(Error::Refused(Refused::SpecialUse)) => {
            account.create_mailbox(name, None).await?;
        }
        made => {
            made?;
        }
    }
    Ok(())
}

async fn remember(
    accounts: &Accounts,
    account: &Account,
    mailbox: &str,
    counts: HashMap<BodyHash, u32>,
) -> Result<(), Fault> {
    let puts = counts.iter().map(|(hash, count)| {
        (memory(account, mailbox, hash), Bytes::copy_from_slice(&count.to_be_bytes()))
    });
    let batch = Batch { puts: puts.collect(), ..Batch::default() };
    match accounts.engine().commit(batch).await {
        Ok(()) | Err(CommitError::Conflict | CommitError::NoSpace) => Ok(()),
        Err(CommitError::Fault(fault)) => Err(fault),
    }
}
/// Where an import remembers how many copies of a body it brought into a mailbox.
fn memory(account: &Account, mailbox: &str, hash: &BodyHash) -> Vec<u8> {
    let mut key = vec![mailbox::keys::SETTINGS, b'i'];
    key.extend_from_slice(&account.id().0.to_be_bytes());
    key.extend(blake3::hash(mailbox.as_bytes()).as_bytes().iter().take(8));
    key.extend(hash.0.iter().take(16));
    key
}

/// One of several messages, counted from 1.
fn nth(uids: Option<&Vec<Uid>>, number: u32) -> Option<Uid> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    uids?.get(index).copied()
}

impl Mailbox {
    fn refuse(&mut self, why: &Refused, place: Option<&str>) {
        self.row.refused = self.row.refused.saturating_add(1);
        self.row.why_refused.get_or_insert_with(|| why.to_string());
        if let Some(place) = place
            && self.row.first_refused.len() < REFUSED_NAMED_MAX
        {
            self.row.first_refused.push(format!("{place}: {why}"));
        }
    }

    async fn append(&mut self, account: &Account, batch: Vec<Waiting>) -> Result<(), AccountFault> {
        let messages = batch.iter().map(|waiting| waiting.append.clone()).collect();
        match account.append(self.id, messages).await {
            Ok(appended) => {
                for (waiting, (uid, _)) in batch.iter().zip(appended.entries) {
                    self.count(&waiting.append, uid);
                }
            }
            Err(Error::Fault(fault)) => return Err(fault.into()),
            // One of them does not fit: the others may.
            Err(Error::Refused(_)) => {
                for Waiting { append, place, .. } in batch {
                    match account.append(self.id, vec![append.clone()]).await {
                        Ok(appended) => {
                            for (uid, _) in appended.entries {
                                self.count(&append, uid);
                            }
                        }
                        Err(Error::Refused(
                            refused @ (Refused::OverQuota(_) | Refused::NoSpace),
                        )) => {
                            return Err(AccountFault::Full(refused));
                        }
                        Err(Error::Refused(refused)) => {
                            self.refuse(&refused, place.as_deref());
                        }
                        Err(Error::Fault(fault)) => return Err(fault.into()),
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, append: &Append, uid: Uid) {
        if let Some(uidl) = &append.uidl {
            self.uidls.want(Spot { mailbox: self.id, uid }, uidl.clone());
        }
        self.row.imported = self.row.imported.saturating_add(1);
        self.row.octets = self.row.octets.saturating_add(append.received.body.octets);
    }
}

/// Flags as IMAP writes them. What is neither a system flag nor a keyword is passed over.
fn flags(names: &[String]) -> FlagNames {
    let mut flags = FlagNames::default();
    for name in names {
        match SYSTEM_FLAGS.iter().find(|(_, known)| known == name) {
            Some((flag, _)) => flags.system = flags.system.with(*flag),
            None => flags.keywords.extend(Keyword::new(name)),
        }
    }
    flags
}
