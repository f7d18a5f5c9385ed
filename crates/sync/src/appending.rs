//! Puts messages into folders of an IMAP account, each once.
//!
//! A message that is there already is known: by its size and some fields of its header among all messages of the folder,
//! and then by its octets, for others may have the same fields. So a message whose APPEND was not answered is found the next
//! time, and one that only looks the same is put beside it.

use std::collections::{HashMap, VecDeque};

use imap::client::{Fault, FetchEvent, Ticket};
use imap::fetch::items::{BodySection, Size};
use imap::fetch::{Item, Octets, Section, SectionText, See};
use imap::response::{Code, Status};
use imap::wire::special_use::role_named;
use imap::wire::{DateTime, Flag, SequenceSet};
use mailbox::{MailboxName, Role};

use crate::archive::{ReceiptFolder, body_of};
use crate::flag_words::flags_of;
use crate::identity::{FIELDS, Told, fields_print, header_of};
use crate::letter::{Letter, Sum, sha256};
use crate::limits::{LETTER_OCTETS_MAX, MESSAGE_OCTETS_BELIEVED_MAX, PENDING_MESSAGES_MAX};
use crate::names::local_name;
use crate::remote::{self, RemoteFolder};
use crate::session::Imap;

/// What became of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Puts {
    /// How many are new there.
    pub new: u64,
    /// How many of them came without keywords, which the server does not take.
    pub without_keywords: u64,
    /// How many were there.
    pub known: u64,
    /// How many the server refused.
    pub refused: u64,
}

/// An account there that takes messages: `put` as many as there are, and `settle` at last.
pub struct Appender<'c> {
    client: &'c mut Imap,
    folders: Vec<RemoteFolder>,
    separator: Option<char>,
    open: Option<Open>,
    /// What was sent and is not answered, oldest first.
    pending: VecDeque<Pending>,
    /// What became of messages so far.
    puts: Puts,
}

/// A message on its way.
struct Pending {
    ticket: Ticket,
    letter: Letter,
}

/// The folder that messages go to.
struct Open {
    name: String,
    /// The UIDs of what was there and is not known as one of ours, by what is told of them.
    there: HashMap<(u64, Option<[u8; 32]>), Vec<u32>>,
}

impl<'c> Appender<'c> {
    /// Takes messages with a session that has logged in.
    pub async fn new(client: &'c mut Imap) -> Result<Appender<'c>, Fault> {
        let can = remote::prepare(client).await?;
        let folders = remote::listed(client, can).await?;
        let separator = folders.iter().find_map(|folder| folder.separator);
        let (pending, puts) = Default::default();
        Ok(Appender { client, folders, separator, open: None, pending, puts })
    }

    /// The folder there for a mailbox: the one of that name, or the one for the same use; made where there is none.
    pub async fn folder(
        &mut self,
        mailbox: &MailboxName,
        special_use: Option<&str>,
    ) -> Result<String, Fault> {
        if let Some(there) = self.folder_of(mailbox, special_use) {
            return Ok(there);
        }
        self.settle().await?;
        let levels: Vec<String> = mailbox.as_str().split('/').map(str::to_owned).collect();
        let name = match self.separator {
            // A level must not have what stands between levels.
            Some(separator) => {
                let clean = |level: &String| level.replace(separator, "_");
                let levels: Vec<String> = levels.iter().map(clean).collect();
                levels.join(&separator.to_string())
            }
            None => levels.join("_"),
        };
        match self.client.create(&name).await {
            Ok(()) => {
                // Whether mail programs show it is its owner's choice later.
                match self.client.subscribe(&name).await {
                    Ok(()) | Err(Fault::Refused(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
            // It may be there all the same, where it is not listed.
            Err(Fault::Refused(status)) => {
                if self.client.examine(&name).await.is_err() {
                    return Err(Fault::Refused(status));
                }
                self.open = None;
            }
            Err(fault) => return Err(fault),
        }
        let (separator, role) = (self.separator, None);
        let figures = remote::Figures::default();
        self.folders.push(RemoteFolder {
            name: name.clone(),
            separator,
            role,
            gathers: false,
            is_all: false,
            figures,
        });
        Ok(name)
    }

    /// The folder of a receipt, where its messages came from; or one like it, where it is another account.
    pub async fn folder_again(&mut self, folder: &ReceiptFolder) -> Result<String, Fault> {
        if self.folders.iter().any(|there| there.name == folder.name) {
            return Ok(folder.name.clone());
        }
        let mailbox = local_name(&folder.name, folder.separator);
        self.folder(&mailbox, folder.special_use.as_deref()).await
    }

    /// The folder that is there for a mailbox.
    fn folder_of(&self, mailbox: &MailboxName, special_use: Option<&str>) -> Option<String> {
        let role: Option<Role> =
            special_use.and_then(|text| role_named(text.strip_prefix('\\').unwrap_or(text)));
        let of_role = || {
            let role = role?;
            self.folders.iter().find(|folder| folder.role == Some(role))
        };
        let of_name = self
            .folders
            .iter()
            .find(|folder| local_name(&folder.name, folder.separator) == *mailbox);
        of_name.or_else(of_role).map(|folder| folder.name.clone())
    }

    /// What became of messages so far. Those on their way are not counted yet.
    pub fn puts(&self) -> Puts {
        self.puts
    }

    /// Puts a message into a folder, unless it is there. It is durable there when `settle` returns.
    pub async fn put(&mut self, folder: &str, letter: Letter) -> Result<(), Fault> {
        self.enter(folder).await?;
        if self.has(&letter).await? {
            self.puts.known = self.puts.known.saturating_add(1);
            return Ok(());
        }
        while self.pending.len() >= PENDING_MESSAGES_MAX {
            self.settle_one().await?;
        }
        let (flags, date) = (flags_of(&letter.flags), date_of(&letter));
        let sent = self.client.send_append(folder, &flags, date, &letter.octets).await;
        let ticket = match sent {
            // Without LITERAL+ the server is waited for before the octets (RFC 7888, 1).
            Err(Fault::Busy) => {
                self.settle().await?;
                let sent = self.client.send_append(folder, &flags, date, &letter.octets).await;
                match sent {
                    Err(Fault::Refused(status)) => return self.refused(&status, letter).await,
                    other => other?,
                }
            }
            Err(Fault::Refused(status)) => return self.refused(&status, letter).await,
            other => other?,
        };
        self.pending.push_back(Pending { ticket, letter });
        Ok(())
    }

    /// Waits until all that was put is there.
    pub async fn settle(&mut self) -> Result<(), Fault> {
        while !self.pending.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), Fault> {
        let Some(Pending { ticket, letter }) = self.pending.pop_front() else { return Ok(()) };
        match self.client.finish(ticket).await {
            Ok(_) => {
                self.puts.new = self.puts.new.saturating_add(1);
                Ok(())
            }
            Err(Fault::Refused(status)) => {
                // What was sent behind it is answered first: only then can it be sent again.
                let behind = std::mem::take(&mut self.pending);
                let mut again = Vec::new();
                for Pending { ticket, letter } in behind {
                    match self.client.finish(ticket).await {
                        Ok(_) => self.puts.new = self.puts.new.saturating_add(1),
                        Err(Fault::Refused(status)) => again.push((status, letter)),
                        Err(fault) => return Err(fault),
                    }
                }
                self.refused(&status, letter).await?;
                for (status, letter) in again {
                    self.refused(&status, letter).await?;
                }
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    /// The server refused a message: it may be for its keywords, which some refuse that nobody has used before. A server that
    /// is full refuses all others, too.
    async fn refused(&mut self, status: &Status, letter: Letter) -> Result<(), Fault> {
        if status.code == Some(Code::OverQuota) {
            return Err(Fault::Refused(Box::new(status.clone())));
        }
        let flags = flags_of(&letter.flags);
        let system: Vec<Flag> =
            flags.iter().filter(|flag| !matches!(flag, Flag::Keyword(_))).cloned().collect();
        let folder = self.open.as_ref().map(|open| open.name.clone());
        if let (true, Some(folder)) = (system.len() < flags.len(), folder) {
            let date = date_of(&letter);
            match self.client.append(&folder, &system, date, &letter.octets).await {
                Ok(_) => {
                    self.puts.new = self.puts.new.saturating_add(1);
                    self.puts.without_keywords = self.puts.without_keywords.saturating_add(1);
                    return Ok(());
                }
                Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.puts.refused = self.puts.refused.saturating_add(1);
        Ok(())
    }

    /// Hashes all messages of a folder: tells the UID and the SHA-256 of each.
    pub async fn sums(
        &mut self,
        folder: &str,
        each: &mut (dyn FnMut(u32, String) + Send),
    ) -> Result<(), Fault> {
        self.settle().await?;
        self.open = None;
        let opened = self.client.examine(folder).await?;
        if opened.exists == 0 {
            return Ok(());
        }
        let whole = BodySection { see: See::Peek, section: Section::default(), partial: None };
        let mut fetching = self.client.fetch(SequenceSet::all(), &[whole.into()]).await?;
        let mut sum = Sum::default();
        while let Some(event) = fetching.next().await? {
            match event {
                FetchEvent::Section(_, octets) if octets > MESSAGE_OCTETS_BELIEVED_MAX => {
                    let (what, max) = ("octets in one message", MESSAGE_OCTETS_BELIEVED_MAX);
                    return Err(Fault::TooMuch { what, max });
                }
                FetchEvent::Section(..) => sum = Sum::default(),
                FetchEvent::Chunk(octets) => sum.take(&octets),
                FetchEvent::Message(fetched) => {
                    let streamed = std::mem::take(&mut sum).finish();
                    let sum = match body_of(&fetched) {
                        Some(Octets::Here(octets)) => sha256(octets),
                        Some(Octets::Streamed(_)) => streamed,
                        None => continue,
                    };
                    if let Some(uid) = fetched.uid() {
                        each(uid, sum);
                    }
                }
                FetchEvent::News(_) => {}
            }
        }
        Ok(())
    }

    /// Opens a folder and learns what is in it.
    async fn enter(&mut self, folder: &str) -> Result<(), Fault> {
        if self.open.as_ref().is_some_and(|open| open.name == folder) {
            return Ok(());
        }
        // Answers come in the order of the commands, and what is refused is put again into the folder that is open.
        self.settle().await?;
        self.open = None;
        let opened = self.client.examine(folder).await?;
        let mut there: HashMap<_, Vec<u32>> = HashMap::new();
        if opened.exists > 0 {
            let text = SectionText::HeaderFields(FIELDS.map(str::to_owned).to_vec());
            let section = Section { text, ..Section::default() };
            let fields = BodySection { see: See::Peek, section, partial: None };
            let items: [Item; 2] = [Size.into(), fields.into()];
            let mut fetching = self.client.fetch(SequenceSet::all(), &items).await?;
            while let Some(event) = fetching.next().await? {
                let FetchEvent::Message(fetched) = event else { continue };
                let (Some(uid), Some(octets)) = (fetched.uid(), Told::of(&fetched).octets) else {
                    continue;
                };
                let print = fields_print(header_of(&fetched));
                there.entry((octets, print)).or_default().push(uid);
            }
        }
        self.open = Some(Open { name: folder.to_owned(), there });
        Ok(())
    }

    /// Whether a message is in the open folder, and was not known as another one of ours.
    async fn has(&mut self, letter: &Letter) -> Result<bool, Fault> {
        let octets = u64::try_from(letter.octets.len()).unwrap_or(u64::MAX);
        let key = (octets, fields_print(&letter.octets));
        let Some(open) = &mut self.open else { return Ok(false) };
        let Some(uids) = open.there.get(&key).cloned().filter(|uids| !uids.is_empty()) else {
            return Ok(false);
        };
        self.settle().await?;
        let sum = letter.sha256();
        for uid in uids {
            if sum_of(self.client, uid, octets).await?.as_deref() == Some(&*sum) {
                if let Some(Open { there, .. }) = &mut self.open
                    && let Some(uids) = there.get_mut(&key)
                {
                    uids.retain(|other| *other != uid);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn date_of(letter: &Letter) -> Option<DateTime> {
    letter.date.map(|date| DateTime { timestamp: date.time, zone_minutes: date.zone_minutes })
}

/// The SHA-256 of a message in the open folder, if it has as many octets as are expected.
async fn sum_of(client: &mut Imap, uid: u32, expected: u64) -> Result<Option<String>, Fault> {
    let Some(set) = SequenceSet::from_numbers([uid]) else { return Ok(None) };
    let whole = BodySection { see: See::Peek, section: Section::default(), partial: None };
    let mut fetching = client.fetch(set, &[whole.into()]).await?;
    let (mut coming, mut sum) = (Vec::new(), None);
    while let Some(event) = fetching.next().await? {
        match event {
            FetchEvent::Section(_, octets) if octets > expected.min(LETTER_OCTETS_MAX) => {
                let (what, max) = ("octets in one message", expected);
                return Err(Fault::TooMuch { what, max });
            }
            FetchEvent::Section(..) => coming.clear(),
            FetchEvent::Chunk(octets) => coming.extend_from_slice(&octets),
            FetchEvent::Message(fetched) if fetched.uid() == Some(uid) => match body_of(&fetched) {
                Some(Octets::Here(octets)) => sum = Some(sha256(octets)),
                Some(Octets::Streamed(_)) => sum = Some(sha256(&coming)),
                None => {}
            },
            FetchEvent::Message(_) | FetchEvent::News(_) => {}
        }
    }
    Ok(sum)
}
