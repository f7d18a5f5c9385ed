//! What goes into an archive: folders, then the messages in them that are old, large, or found; the oldest first where
//! there is only so much to go.

use std::collections::HashSet;

use imap::client::Fault;
use imap::commands::Search;
use imap::fetch::items::{Flags, InternalDate, Size};
use imap::search::Key;
use imap::search::keys::{Date, DateOf, Envelope, Field, Flag, Larger, Lies, Text};
use imap::server::pattern::Pattern;
use imap::wire::{By, Date as Day, SequenceSet};
use mailbox::{Role, Timestamp};

use super::receipt::{ReceiptFolder, ReceiptMessage};
use crate::flag_words::words_of;
use crate::identity::Told;
use crate::limits::{ARCHIVED_MESSAGES_MAX, MESSAGES_AT_ONCE, SEARCH_WORDS_MAX};
use crate::names::{free, local_name};
use crate::remote::{self, RemoteFolder};
use crate::session::Imap;

/// What is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveWanted {
    /// Only what came before this, or then.
    pub before: Option<Timestamp>,
    /// Only what has more octets than this.
    pub larger: Option<u64>,
    /// Only folders whose names here fit one of these, with `*` and `%` as in IMAP; none: all but Trash, Junk, Drafts
    /// and those that only gather messages of others. Folders that others share are never looked at.
    pub folders: Vec<String>,
    /// Only what has all of these words; `from:`, `to:` and `subject:` before a word say where.
    pub words: Vec<String>,
    /// Only as much, the oldest first, as brings what is used at the provider down to this share of what may be used.
    pub until_percent: Option<u64>,
}

/// What would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchivePlan {
    /// The messages, by folders.
    pub folders: Vec<ReceiptFolder>,
    /// What is used at the provider.
    pub room: Option<Room>,
    /// Whether there are more, which wait for another run.
    pub more: bool,
}

/// What is used of what may be used, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is used.
    pub used: u64,
    /// What may be.
    pub max: u64,
}

impl Room {
    /// How many octets have to go so that no more than so many hundredths are used.
    fn over(self, percent: u64) -> u64 {
        let may = u128::from(self.max).saturating_mul(u128::from(percent)) / 100;
        self.used.saturating_sub(u64::try_from(may).unwrap_or(u64::MAX))
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFault {
    /// The server, or the line to it.
    #[error(transparent)]
    Server(#[from] Fault),
    /// It does not say how much may be used.
    #[error("the server does not say how much room there is")]
    NoQuota,
    /// Deleting a message in a folder takes a label away there, and makes no room.
    #[error("deleting in a folder makes no room at this provider")]
    Labels,
    /// There are more messages than one receipt takes.
    #[error("there are too many messages")]
    TooMany,
    /// The folder that was named is not there.
    #[error("there is no folder {0}")]
    NoSuchFolder(String),
}

/// Finds what is to go, and changes nothing.
pub async fn archive_planned(
    client: &mut Imap,
    wanted: &ArchiveWanted,
) -> Result<ArchivePlan, PlanFault> {
    let can = remote::prepare(client).await?;
    if client.can("X-GM-EXT-1") {
        return Err(PlanFault::Labels);
    }
    let room = room_there(client).await?;
    let mut plan = ArchivePlan { room, ..ArchivePlan::default() };
    let to_go = match wanted.until_percent {
        Some(percent) => Some(room.ok_or(PlanFault::NoQuota)?.over(percent)),
        None => None,
    };
    if to_go == Some(0) {
        return Ok(plan);
    }
    let mut taken: HashSet<String> = HashSet::new();
    let there = remote::listed(client, can).await?;
    let there = remote::own(client, there).await?;
    for folder in chosen(there, &wanted.folders)? {
        let name = local_name(&folder.name, folder.separator);
        let name = free(&name, |name| taken.contains(name));
        let name = name.as_str().to_owned();
        taken.insert(name.clone());
        plan.folders.extend(looked_at(client, folder, name, wanted).await?);
    }
    plan.keep_oldest(to_go);
    Ok(plan)
}

/// What is used, as far as the server tells (RFC 9208). Of several roots the fullest counts.
pub async fn room_there(client: &mut Imap) -> Result<Option<Room>, Fault> {
    if !client.can("QUOTA") {
        return Ok(None);
    }
    let lines = match client.quota("INBOX").await {
        Ok(lines) => lines,
        Err(Fault::Refused(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let resources = lines.into_iter().flat_map(|line| line.resources);
    let storage = resources.filter(|it| it.name.eq_ignore_ascii_case("STORAGE") && it.limit > 0);
    let rooms = storage
        .map(|it| Room { used: it.usage.saturating_mul(1024), max: it.limit.saturating_mul(1024) });
    Ok(rooms.min_by_key(|room| room.max.saturating_sub(room.used)))
}

/// The folders that are looked through.
pub(crate) fn chosen(
    there: Vec<RemoteFolder>,
    patterns: &[String],
) -> Result<Vec<RemoteFolder>, PlanFault> {
    let has = |pattern: &Pattern, folder: &RemoteFolder| {
        pattern.fits(&local_name(&folder.name, folder.separator))
    };
    let usual = |folder: &RemoteFolder| {
        let barred = matches!(folder.role, Some(Role::Trash | Role::Junk | Role::Drafts));
        !barred && !folder.gathers
    };
    if patterns.is_empty() {
        return Ok(there.into_iter().filter(usual).collect());
    }
    let read: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::new("", pattern)).collect();
    for (pattern, text) in read.iter().zip(patterns) {
        if !there.iter().any(|folder| has(pattern, folder)) {
            return Err(PlanFault::NoSuchFolder(text.clone()));
        }
    }
    let is_wanted = |folder: &RemoteFolder| read.iter().any(|pattern| has(pattern, folder));
    Ok(there.into_iter().filter(is_wanted).collect())
}

/// The messages of a folder that are to go. None: there are none, or the server does not open it.
async fn looked_at(
    client: &mut Imap,
    folder: RemoteFolder,
    mailbox: String,
    wanted: &ArchiveWanted,
) -> Result<Option<ReceiptFolder>, Fault> {
    if folder.figures.messages == Some(0) {
        return Ok(None);
    }
    let opened = match client.examine(&folder.name).await {
        Ok(opened) => opened,
        Err(Fault::Refused(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let Some(uid_validity) = opened.uid_validity else { return Ok(None) };
    let uids = searched(client, wanted).await?;
    let mut messages: Vec<ReceiptMessage> = Vec::new();
    let items = [Flags.into(), InternalDate.into(), Size.into()];
    for some in uids.chunks(MESSAGES_AT_ONCE) {
        let Some(set) = SequenceSet::from_numbers(some.iter().copied()) else { continue };
        for fetched in client.fetch_all(set, &items).await? {
            let Some(uid) = fetched.uid().filter(|uid| some.binary_search(uid).is_ok()) else {
                continue;
            };
            let told = Told::of(&fetched);
            let (Some(octets), Some(date)) = (told.octets, told.date) else { continue };
            // BEFORE knows only days, and servers take the zone that they like.
            let is_old = wanted.before.is_none_or(|before| date.timestamp <= before);
            if is_old && wanted.larger.is_none_or(|larger| octets > larger) {
                messages.push(ReceiptMessage {
                    uid,
                    date_s: Some(date.timestamp.0),
                    zone_minutes: date.zone_minutes,
                    flags: fetched.flags().map(words_of).unwrap_or_default(),
                    listed_octets: octets,
                    ..ReceiptMessage::default()
                });
            }
        }
    }
    messages.sort_by_key(|message| message.uid);
    messages.dedup_by_key(|message| message.uid);
    let role = folder.role.map(imap::wire::special_use::role_name);
    let special_use = role.map(|role| format!("\\{role}"));
    let RemoteFolder { name, separator, .. } = folder;
    Ok((!messages.is_empty()).then_some(ReceiptFolder {
        name,
        separator,
        mailbox,
        special_use,
        uid_validity,
        messages,
    }))
}

/// The UIDs of what the server finds, ascending. What is marked as deleted goes by itself.
async fn searched(client: &mut Imap, wanted: &ArchiveWanted) -> Result<Vec<u32>, Fault> {
    let mut all: Vec<Key> = vec![Key::from(Flag::Deleted).negate()];
    if let Some(before) = wanted.before {
        // A day more, for a zone may make it another one; what is too young is left out later.
        let day = Day::of(Timestamp(before.0.saturating_add(2 * 24 * 3600)));
        all.push(Date { of: DateOf::Arrival, lies: Lies::Before, date: day }.into());
    }
    all.extend(wanted.larger.map(|larger| Key::from(Larger(larger))));
    all.extend(wanted.words.iter().take(SEARCH_WORDS_MAX).map(|word| key_of(word)));
    let is_ascii = wanted.words.iter().all(|word| word.is_ascii());
    let charset = (!is_ascii).then(|| "UTF-8".to_owned());
    let key = Key::and(all);
    let search = Search { by: By::Uid, returns: None, charset, key };
    let done = client.run(search).await?;
    let mut uids = client.found(done).numbers(ARCHIVED_MESSAGES_MAX);
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

/// What a word is looked for as.
fn key_of(word: &str) -> Key {
    let field = |field| move |text: &str| Key::from(Envelope { field, text: text.to_owned() });
    let named = word.split_once(':').and_then(|(name, text)| {
        let field = match name.to_ascii_lowercase().as_str() {
            "from" => field(Field::From),
            "to" => field(Field::To),
            "subject" => field(Field::Subject),
            _ => return None,
        };
        Some(field(text))
    });
    named.unwrap_or_else(|| Text(word.to_owned()).into())
}

impl ArchivePlan {
    /// How many messages would go.
    pub fn count(&self) -> u64 {
        let counts = self.folders.iter().map(|folder| folder.messages.len());
        u64::try_from(counts.sum::<usize>()).unwrap_or(u64::MAX)
    }

    /// How many octets they have.
    pub fn octets(&self) -> u64 {
        let messages = self.folders.iter().flat_map(|folder| &folder.messages);
        messages.fold(0, |sum, message| sum.saturating_add(message.listed_octets))
    }

    /// Leaves the oldest: as many as have so many octets together, and no more than one receipt takes.
    fn keep_oldest(&mut self, octets: Option<u64>) {
        let mut all: Vec<(Option<i64>, usize, u32, u64)> = Vec::new();
        for (index, folder) in self.folders.iter().enumerate() {
            let row = |it: &ReceiptMessage| (it.date_s, index, it.uid, it.listed_octets);
            all.extend(folder.messages.iter().map(row));
        }
        all.sort_unstable();
        let mut left = octets.unwrap_or(u64::MAX);
        let mut going: HashSet<(usize, u32)> = HashSet::new();
        for (_, folder, uid, size) in &all {
            if left == 0 {
                break;
            }
            if going.len() >= ARCHIVED_MESSAGES_MAX {
                self.more = true;
                break;
            }
            going.insert((*folder, *uid));
            left = if octets.is_some() { left.saturating_sub(*size) } else { left };
        }
        for (index, folder) in self.folders.iter_mut().enumerate() {
            folder.messages.retain(|message| going.contains(&(index, message.uid)));
        }
        self.folders.retain(|folder| !folder.messages.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(dates: &[(i64, u64)]) -> ArchivePlan {
        let message = |(uid, (date_s, octets)): (u32, &(i64, u64))| ReceiptMessage {
            uid,
            date_s: Some(*date_s),
            listed_octets: *octets,
            ..ReceiptMessage::default()
        };
        let messages = (1..).zip(dates).map(message).collect();
        let folder = ReceiptFolder { messages, ..ReceiptFolder::default() };
        ArchivePlan { folders: vec![folder], ..ArchivePlan::default() }
    }

    #[test]
    fn the_oldest_go_until_there_is_room() {
        let mut some = plan(&[(30, 10), (10, 10), (20, 10)]);
        some.keep_oldest(Some(11));
        let uids: Vec<u32> = some.folders[0].messages.iter().map(|it| it.uid).collect();
        assert_eq!(uids, [2, 3]);
        let mut all = plan(&[(30, 10), (10, 10)]);
        all.keep_oldest(None);
        assert_eq!((all.count(), all.octets()), (2, 20));
        let mut none = plan(&[(30, 10)]);
        none.keep_oldest(Some(0));
        assert_eq!(none, ArchivePlan::default());
        let room = Room { used: 95, max: 100 };
        assert_eq!((room.over(70), room.over(95), room.over(100)), (25, 0, 0));
    }

    #[test]
    fn words_are_looked_for_where_they_say() {
        let from = Envelope { field: Field::From, text: "ana".to_owned() };
        assert_eq!(key_of("from:ana"), from.into());
        assert_eq!(key_of("re:ana"), Text("re:ana".to_owned()).into());
    }
}
