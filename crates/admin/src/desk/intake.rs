//! Takes in messages that an administrator imports, in batches. A message is known when its mailbox holds as many
//! copies of it as the source does, or did when it was imported before: so importing twice makes no duplicates,
//! also when a crash came in between, and also when people have moved their mail since. Unique ids that messages had
//! on another host come in with them.

mod uidls;

use std::collections::HashMap;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError};
use mailbox::operations::Append;
use mailbox::{
    Account, BodyHash, Error, Fault, FlagNames, Flags, Keyword, MailboxId, MailboxName, Received,
    Refused, Timestamp, Uid, Uidl,
};
use tokio::io::AsyncBufRead;

use self::uidls::{Moved, Now, Spot, Uidls};
use super::{Desk, DeskFault};
use crate::answer::{ImportedRow, MessageLine};
use crate::request::{Again, KnownUidls};
use crate::wire;

/// One commit takes at most so many messages.
const BATCH_MESSAGES_MAX: usize = 200;
/// One commit takes at most so many octets, or one message.
const BATCH_OCTETS_MAX: u64 = 8 << 20;

struct Intake {
    account: Account,
    again: Again,
    known_uidls: KnownUidls,
    mailboxes: HashMap<String, Mailbox>,
    order: Vec<String>,
    moved: Moved,
    /// Messages that are there already and are to have another unique id.
    adopting: Vec<(Spot, Uidl)>,
    waiting: usize,
    waiting_octets: u64,
}

/// A mailbox that messages go into.
struct Mailbox {
    id: MailboxId,
    row: ImportedRow,
    /// The copies of a body that were there.
    there: HashMap<BodyHash, Vec<Uid>>,
    /// How many copies of a body this import brought so far.
    brought: HashMap<BodyHash, u32>,
    batch: Vec<(BodyHash, Append)>,
    uidls: Uidls,
}

impl Desk {
    /// Takes messages until the line that says that there are no more.
    pub(crate) async fn take_in(
        &self,
        address: &str,
        again: Again,
        known_uidls: KnownUidls,
        from: &mut (impl AsyncBufRead + Unpin),
    ) -> Result<Vec<ImportedRow>, DeskFault> {
        let account = self.account(&super::parsed(address)?).await?;
        let mut intake = Intake {
            account,
            again,
            known_uidls,
            mailboxes: HashMap::new(),
            order: Vec::new(),
            moved: Moved::default(),
            adopting: Vec::new(),
            waiting: 0,
            waiting_octets: 0,
        };
        while let Some(Some(line)) = wire::read::<Option<MessageLine>>(from).await? {
            self.take_one(&mut intake, line, from).await?;
            if intake.waiting >= BATCH_MESSAGES_MAX || intake.waiting_octets >= BATCH_OCTETS_MAX {
                self.put_down(&mut intake).await?;
            }
        }
        self.put_down(&mut intake).await?;
        let mut rows = Vec::new();
        let mut now = Now::of(&intake.account);
        for name in &intake.order {
            let Some(Mailbox { mut row, uidls, .. }) = intake.mailboxes.remove(name) else {
                continue;
            };
            row.uidls = uidls.settle(&mut now)?;
            rows.push(row);
        }
        Ok(rows)
    }

    async fn take_one(
        &self,
        intake: &mut Intake,
        line: MessageLine,
        from: &mut (impl AsyncBufRead + Unpin),
    ) -> Result<(), DeskFault> {
        let received = self.receive(from).await;
        let mailbox = intake.mailbox(&line.mailbox).await?;
        let received = match received {
            Ok(received) => received,
            Err(DeskFault::Mail(Error::Refused(refused @ Refused::TooLarge { .. }))) => {
                mailbox.refuse(&refused);
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        let hash = received.body.hash;
        let brought = mailbox.brought.entry(hash).or_insert(0);
        *brought = brought.saturating_add(1);
        let number = *brought;
        let uidl = mailbox.uidls.read(line.uidl.as_deref());
        let there = nth(mailbox.there.get(&hash), number);
        let known = there.is_some()
            || (intake.again == Again::Skip
                && self.remembered(&intake.account, &line.mailbox, &hash)? >= number);
        if known {
            return intake.pass_over(&line.mailbox, &hash, there, uidl);
        }
        let Some(mailbox) = intake.mailboxes.get_mut(&line.mailbox) else { return Ok(()) };
        intake.waiting = intake.waiting.saturating_add(1);
        intake.waiting_octets = intake.waiting_octets.saturating_add(received.body.octets);
        let internal_date = line.date_s.map(Timestamp);
        let append = Append { received, flags: flags(&line.flags), internal_date, uidl };
        mailbox.batch.push((hash, append));
        Ok(())
    }

    /// Reads the octets of a message to their end, whatever happens.
    async fn receive(&self, from: &mut (impl AsyncBufRead + Unpin)) -> Result<Received, DeskFault> {
        let mut incoming = Some(self.people.accounts().receive());
        let mut failed = None;
        loop {
            let piece = wire::read_piece(from).await?;
            if piece.is_empty() {
                break;
            }
            if let Some(open) = &mut incoming
                && let Err(error) = open.write(&piece).await
            {
                failed = Some(error);
                incoming = None;
            }
        }
        match (incoming, failed) {
            (Some(incoming), _) => Ok(incoming.finish().await?),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(Fault::new("a message was lost on its way").into()),
        }
    }

    /// Appends what waits, and remembers it.
    async fn put_down(&self, intake: &mut Intake) -> Result<(), DeskFault> {
        intake.waiting = 0;
        intake.waiting_octets = 0;
        for (name, mailbox) in &mut intake.mailboxes {
            let batch = std::mem::take(&mut mailbox.batch);
            if batch.is_empty() {
                continue;
            }
            let hashes: Vec<BodyHash> = batch.iter().map(|(hash, _)| *hash).collect();
            mailbox.append(&intake.account, batch).await?;
            let counts =
                hashes.iter().map(|hash| (*hash, mailbox.brought.get(hash).copied().unwrap_or(0)));
            self.remember(&intake.account, name, counts.collect()).await?;
        }
        uidls::adopt(&intake.account, std::mem::take(&mut intake.adopting)).await?;
        Ok(())
    }

    fn remembered(&self, account: &Account, mailbox: &str, hash: &BodyHash) -> Result<u32, Fault> {
        let kept =
            self.people.accounts().engine().snapshot()?.get(&memory(account, mailbox, hash))?;
        let count = kept.as_deref().and_then(|octets| octets.first_chunk::<4>());
        Ok(count.map_or(0, |octets| u32::from_be_bytes(*octets)))
    }

    async fn remember(
        &self,
        account: &Account,
        mailbox: &str,
        counts: HashMap<BodyHash, u32>,
    ) -> Result<(), Fault> {
        let puts = counts.iter().map(|(hash, count)| {
            (memory(account, mailbox, hash), Bytes::copy_from_slice(&count.to_be_bytes()))
        });
        let batch = Batch { puts: puts.collect(), ..Batch::default() };
        match self.people.accounts().engine().commit(batch).await {
            Ok(()) | Err(CommitError::Conflict | CommitError::NoSpace) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
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

impl Intake {
    /// Passes over a message that is known: its mailbox holds it, or did once.
    fn pass_over(
        &mut self,
        name: &str,
        hash: &BodyHash,
        there: Option<Uid>,
        uidl: Option<Uidl>,
    ) -> Result<(), DeskFault> {
        let Some(mailbox) = self.mailboxes.get_mut(name) else { return Ok(()) };
        mailbox.row.known = mailbox.row.known.saturating_add(1);
        // Mail programs may know it by the id that it has here: it changes only for who asks for that.
        let Some(uidl) = uidl.filter(|_| self.known_uidls == KnownUidls::Replace) else {
            return Ok(());
        };
        let spot = match there {
            Some(uid) => Some(Spot { mailbox: mailbox.id, uid }),
            None => self.moved.find(&self.account, mailbox.id, hash)?,
        };
        if let Some(spot) = spot {
            mailbox.uidls.want(spot, uidl.clone());
            self.adopting.push((spot, uidl));
            self.waiting = self.waiting.saturating_add(1);
        }
        Ok(())
    }

    /// The mailbox of a name; made when there is none.
    async fn mailbox(&mut self, name: &str) -> Result<&mut Mailbox, DeskFault> {
        if !self.mailboxes.contains_key(name) {
            let valid = MailboxName::new(name)
                .map_err(|fault| DeskFault::Words(format!("{name}: {fault}")))?;
            let id = match self.account.find(&valid)? {
                Some(mailbox) => mailbox.id,
                None => {
                    let id = self.account.create_mailbox(&valid, None).await?;
                    self.account.subscribe(&valid).await?;
                    id
                }
            };
            let mailbox = Mailbox {
                id,
                row: ImportedRow { mailbox: valid.to_string(), ..ImportedRow::default() },
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

/// One of several messages, counted from 1.
fn nth(uids: Option<&Vec<Uid>>, number: u32) -> Option<Uid> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    uids?.get(index).copied()
}

impl Mailbox {
    fn refuse(&mut self, why: &Refused) {
        self.row.refused = self.row.refused.saturating_add(1);
        self.row.why_refused.get_or_insert_with(|| why.to_string());
    }

    async fn append(
        &mut self,
        account: &Account,
        batch: Vec<(BodyHash, Append)>,
    ) -> Result<(), DeskFault> {
        let messages: Vec<Append> = batch.into_iter().map(|(_, append)| append).collect();
        match account.append(self.id, messages.clone()).await {
            Ok(appended) => {
                for (append, (uid, _)) in messages.iter().zip(appended.entries) {
                    self.count(append, uid);
                }
            }
            Err(Error::Fault(fault)) => return Err(fault.into()),
            // One of them does not fit: the others may.
            Err(Error::Refused(_)) => {
                for append in messages {
                    match account.append(self.id, vec![append.clone()]).await {
                        Ok(appended) => {
                            for (uid, _) in appended.entries {
                                self.count(&append, uid);
                            }
                        }
                        Err(Error::Refused(
                            refused @ (Refused::OverQuota(_) | Refused::NoSpace),
                        )) => {
                            return Err(DeskFault::Words(format!(
                                "{refused}; what came in before stays, and the same import goes on from there once there is room"
                            )));
                        }
                        Err(Error::Refused(refused)) => self.refuse(&refused),
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
        let system = match name.as_str() {
            "\\Seen" => Flags::SEEN,
            "\\Answered" => Flags::ANSWERED,
            "\\Flagged" => Flags::FLAGGED,
            "\\Deleted" => Flags::DELETED,
            "\\Draft" => Flags::DRAFT,
            other => {
                flags.keywords.extend(Keyword::new(other));
                continue;
            }
        };
        flags.system = flags.system.with(system);
    }
    flags
}
