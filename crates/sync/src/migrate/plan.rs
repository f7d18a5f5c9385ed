//! What an account has that is to be migrated: all messages of all folders that are no mere views.
//!
//! Where a folder has all mail of the account (`\All`, RFC 6154, 2: at Gmail), a message in it is migrated only if no other folder has it:
//! the others are labels, and what has none is archived mail.

use std::collections::HashSet;

use imap::client::FetchEvent;
use imap::fetch::items::{BodySection, Flags, InternalDate, Size};
use imap::fetch::{Item, Section, SectionText, See};
use imap::server::pattern::Pattern;
use imap::wire::{Flag, SequenceSet};
use mailbox::{MailboxName, Role};

use crate::archive::{PlanFault, ReceiptFolder, ReceiptMessage, chosen};
use crate::flag_words::words_of;
use crate::identity::{FIELDS, Told, fields_print, header_of};
use crate::limits::MIGRATED_MESSAGES_MAX;
use crate::names::{free, local_name};
use crate::remote::{self, RemoteFolder};
use crate::session::Imap;

/// What is to be migrated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationPlan {
    /// The messages, by folders.
    pub folders: Vec<ReceiptFolder>,
    /// How many messages of a folder with all mail are in others, too.
    pub elsewhere: u64,
}

/// Whether a mailbox fits one of the patterns, with `*` and `%` as in IMAP, or there are none.
pub fn fits(patterns: &[String], mailbox: &str) -> bool {
    let Ok(name) = MailboxName::new(mailbox) else { return false };
    patterns.is_empty() || patterns.iter().any(|text| Pattern::new("", text).fits(&name))
}

/// The size of a message and some fields of its header.
type Print = (u64, Option<[u8; 32]>);

/// Finds what is to be migrated, and changes nothing. Folders whose names here fit one of the patterns; none: all.
pub async fn migration_planned(
    client: &mut Imap,
    patterns: &[String],
) -> Result<MigrationPlan, PlanFault> {
    let can = remote::prepare(client).await?;
    let there = remote::listed(client, can).await?;
    let there = remote::own(client, there).await?;
    let has_all = there.iter().any(|folder| folder.is_all);
    // \Flagged and, where all mail is a folder, \Important only show messages of others.
    let is_view = |folder: &RemoteFolder| {
        (folder.gathers && !folder.is_all) || (has_all && folder.role == Some(Role::Important))
    };
    let mut folders: Vec<RemoteFolder> =
        there.into_iter().filter(|folder| !is_view(folder)).collect();
    if !patterns.is_empty() {
        folders = chosen(folders, patterns)?;
    }
    // What has all mail comes last, when it is known what the others have.
    folders.sort_by_key(|folder| folder.is_all);
    let mut plan = MigrationPlan::default();
    let (mut taken, mut seen): (HashSet<String>, HashSet<Print>) = Default::default();
    let mut count = 0_usize;
    for folder in folders {
        let mailbox = match folder.is_all {
            true => MailboxName::new("Archive").unwrap_or_else(|_| MailboxName::inbox()),
            false => local_name(&folder.name, folder.separator),
        };
        let mailbox = free(&mailbox, |name| taken.contains(name)).as_str().to_owned();
        taken.insert(mailbox.clone());
        let is_all = folder.is_all;
        let Some((mut one, prints)) = looked_at(client, folder, mailbox).await? else { continue };
        if is_all {
            let mut prints = prints.iter();
            let before = one.messages.len();
            one.messages.retain(|_| prints.next().is_none_or(|print| !seen.contains(print)));
            let elsewhere = before.saturating_sub(one.messages.len());
            plan.elsewhere = u64::try_from(elsewhere).unwrap_or(u64::MAX);
        } else if has_all {
            seen.extend(prints);
        }
        count = count.saturating_add(one.messages.len());
        if count > MIGRATED_MESSAGES_MAX {
            return Err(PlanFault::TooMany);
        }
        plan.folders.push(one);
    }
    Ok(plan)
}

/// The messages of a folder, and by what each is known. None: the server does not open it.
async fn looked_at(
    client: &mut Imap,
    folder: RemoteFolder,
    mailbox: String,
) -> Result<Option<(ReceiptFolder, Vec<Print>)>, PlanFault> {
    let opened = match client.examine(&folder.name).await {
        Ok(opened) => opened,
        Err(imap::client::Fault::Refused(_)) => return Ok(None),
        Err(fault) => return Err(fault.into()),
    };
    let Some(uid_validity) = opened.uid_validity else { return Ok(None) };
    let mut rows: Vec<(ReceiptMessage, Print)> = Vec::new();
    if opened.exists > 0 {
        let text = SectionText::HeaderFields(FIELDS.map(str::to_owned).to_vec());
        let section = Section { text, ..Section::default() };
        let fields = BodySection { see: See::Peek, section, partial: None };
        let items: [Item; 4] = [Flags.into(), InternalDate.into(), Size.into(), fields.into()];
        let mut fetching = client.fetch(SequenceSet::all(), &items).await?;
        while let Some(event) = fetching.next().await? {
            let FetchEvent::Message(fetched) = event else { continue };
            let (told, flags) = (Told::of(&fetched), fetched.flags());
            let (Some(uid), Some(octets), Some(flags)) = (fetched.uid(), told.octets, flags) else {
                continue;
            };
            // It goes by itself.
            if flags.contains(&Flag::Deleted) || rows.len() >= MIGRATED_MESSAGES_MAX {
                continue;
            }
            let message = ReceiptMessage {
                uid,
                date_s: told.date.map(|date| date.timestamp.0),
                zone_minutes: told.date.map_or(0, |date| date.zone_minutes),
                flags: words_of(flags),
                listed_octets: octets,
                ..ReceiptMessage::default()
            };
            rows.push((message, (octets, fields_print(header_of(&fetched)))));
        }
    }
    rows.sort_by_key(|(message, _)| message.uid);
    rows.dedup_by_key(|(message, _)| message.uid);
    let (messages, prints) = rows.into_iter().unzip();
    let role = match folder.is_all {
        true => Some(Role::Archive),
        false => folder.role,
    };
    let special_use = role.map(|role| format!("\\{}", imap::wire::special_use::role_name(role)));
    let RemoteFolder { name, separator, .. } = folder;
    let folder = ReceiptFolder { name, separator, mailbox, special_use, uid_validity, messages };
    Ok(Some((folder, prints)))
}
