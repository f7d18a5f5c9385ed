//! A file that holds mail, and what is known of the messages in it before it is read.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use mailbox::ZonedTime;

use super::{Wanted, apple};
use crate::gmail::GmailLabels;
use crate::letters::Framing;
use crate::mail_file::MailFile;
use crate::names::NaturalName;
use crate::packed::Opened;
use crate::uidl::UidlFrom;
use crate::uidl::folder::FolderRole;
use crate::{date, names};

/// A file that holds mail.
#[derive(Debug)]
pub struct Source {
    pub(crate) file: MailFile,
    pub(crate) mailbox: Arc<str>,
    pub(crate) framing: Framing,
    pub(crate) flags: Vec<String>,
    /// When the file was last changed, or what its name says.
    pub(crate) changed: Option<ZonedTime>,
    /// Whether that is the internal date.
    pub(crate) dated_by_file: bool,
    pub(crate) octets: u64,
    pub(crate) uidls: SourceUidls,
    /// The mailbox below which mailboxes go that the messages name themselves.
    pub(crate) below: Vec<String>,
    /// What becomes of Gmail's labels.
    pub(crate) gmail: GmailLabels,
    pub(super) role: FolderRole,
}

/// The unique ids that the messages of a file had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceUidls {
    /// None are known.
    Nothing,
    /// The id of the one message.
    One(String),
    /// They are in the field that an export of correio writes.
    Own,
    /// They are in the field X-UIDL.
    Header,
    /// By the number of the message, from 1.
    Numbers(Arc<BTreeMap<u64, String>>),
}

impl Source {
    /// By mailboxes, and in them by the numbers that names of files begin with.
    pub(super) fn natural_order(&self, other: &Source) -> Ordering {
        let by_name = || NaturalName(self.file_name()).cmp(&NaturalName(other.file_name()));
        let by_mailbox = self.mailbox.cmp(&other.mailbox);
        by_mailbox.then_with(by_name).then_with(|| self.path().cmp(other.path()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) fn file_name(&self) -> Cow<'_, str> {
        self.path().file_name().map(names::text).unwrap_or_default()
    }

    /// Opens what of the file is mail.
    pub(crate) fn open(&self) -> io::Result<Opened> {
        let opened = self.file.open()?;
        match self.framing {
            Framing::Emlx(span) => opened.part(span),
            Framing::Whole | Framing::Own(_) | Framing::Mbox(_) => Ok(opened),
        }
    }

    pub(super) fn new(
        file: &MailFile,
        mailbox: Arc<str>,
        framing: Framing,
        role: FolderRole,
        wanted: &Wanted<'_>,
    ) -> io::Result<Source> {
        let (octets, changed_s) = file.stamp()?;
        let uidls = match (&wanted.uidls.from, framing, role) {
            (UidlFrom::Auto, Framing::Mbox(_), _) => SourceUidls::Own,
            (UidlFrom::Header, _, FolderRole::Inbox) => SourceUidls::Header,
            _ => SourceUidls::Nothing,
        };
        let own = names::own_file(&names::of_file(file.path()));
        let below = wanted.below.into_iter().flat_map(|name| name.split('/'));
        let mut source = Source {
            file: file.clone(),
            mailbox,
            framing,
            flags: Vec::new(),
            changed: own.map(|own| own.date).or(Some(date::in_utc(changed_s))),
            dated_by_file: own.is_some(),
            octets,
            uidls,
            below: below.map(str::to_owned).collect(),
            gmail: wanted.gmail,
            role,
        };
        apple::take_properties(&mut source)?;
        Ok(source)
    }
}
