//! Opening a mailbox, and leaving it.

use mailbox::ModSeq;

use super::{Client, Done, Fault, Stream};
use crate::commands::{Access, Close, Resync, Select, Unselect};
use crate::fetch::Fetched;
use crate::response::{Code, Response, When};
use crate::wire::{FlagList, Name, SequenceSet};

/// A mailbox that was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// To change it, or only to look; none: not told.
    pub access: Option<Access>,
    /// How many messages it has.
    pub exists: u32,
    /// How many of them are `\Recent`.
    pub recent: Option<u32>,
    /// The number of the first one unseen (IMAP4rev1).
    pub unseen: Option<u32>,
    /// The flags in use.
    pub flags: FlagList,
    /// The flags that can be changed for good.
    pub permanent_flags: Option<FlagList>,
    /// The UIDVALIDITY.
    pub uid_validity: Option<u32>,
    /// The next UID.
    pub uid_next: Option<u32>,
    /// The highest mod-sequence.
    pub highest_modseq: Option<ModSeq>,
    /// The identity of the mailbox.
    pub mailbox_id: Option<String>,
    /// UIDs that went since what the client knows (QRESYNC).
    pub vanished: Vec<SequenceSet>,
    /// Messages that changed since what the client knows (QRESYNC).
    pub changed: Vec<Fetched>,
}

impl<S: Stream> Client<S> {
    /// Opens a mailbox.
    pub async fn select(&mut self, mailbox: &str) -> Result<Selected, Fault> {
        self.open(mailbox, Access::ReadWrite, Resync::None).await
    }

    /// Opens a mailbox only to look.
    pub async fn examine(&mut self, mailbox: &str) -> Result<Selected, Fault> {
        self.open(mailbox, Access::ReadOnly, Resync::None).await
    }

    /// Opens a mailbox, and hears what changed since what is known of it.
    pub async fn open(
        &mut self,
        mailbox: &str,
        access: Access,
        resync: Resync,
    ) -> Result<Selected, Fault> {
        let select = Select { access, mailbox: Name::from(mailbox), resync };
        let done = self.run(select).await?;
        Ok(self.selected(done))
    }

    /// What opening a mailbox told, for those who sent it themselves.
    pub fn selected(&mut self, done: Done) -> Selected {
        let mut selected = Selected::default();
        for response in done.responses {
            if let Err(other) = selected.take(response) {
                self.keep_news(other);
            }
        }
        match done.code {
            Some(Code::ReadOnly) => selected.access = Some(Access::ReadOnly),
            Some(Code::ReadWrite) => selected.access = Some(Access::ReadWrite),
            _ => {}
        }
        selected
    }

    /// Leaves the mailbox and expunges what is marked.
    pub async fn close(&mut self) -> Result<(), Fault> {
        self.run_only(Close).await
    }

    /// Leaves the mailbox without expunging.
    pub async fn unselect(&mut self) -> Result<(), Fault> {
        self.run_only(Unselect).await
    }
}

impl Selected {
    fn take(&mut self, response: Response) -> Result<(), Response> {
        match response {
            Response::Exists(number) => self.exists = number,
            Response::Recent(number) => self.recent = Some(number),
            Response::Flags(flags) => self.flags = flags,
            Response::Vanished(vanished) if vanished.when == When::Earlier => {
                self.vanished.push(vanished.uids);
            }
            Response::Fetch(fetched) => self.changed.push(fetched),
            Response::Untagged(status) => match status.code {
                Some(Code::PermanentFlags(flags)) => self.permanent_flags = Some(flags),
                Some(Code::UidValidity(validity)) => self.uid_validity = Some(validity),
                Some(Code::UidNext(uid)) => self.uid_next = Some(uid),
                Some(Code::HighestModSeq(modseq)) => self.highest_modseq = Some(modseq),
                Some(Code::MailboxId(id)) => self.mailbox_id = Some(id),
                Some(Code::Unseen(number)) => self.unseen = Some(number),
                // The old mailbox's news end here (RFC 7162, 3.2.11).
                Some(Code::Closed) => *self = Selected::default(),
                code => {
                    return Err(Response::Untagged(crate::response::Status { code, ..status }));
                }
            },
            // IMAP4rev2 repeats the name on SELECT, when it was written another way.
            Response::List(_) => {}
            other => return Err(other),
        }
        Ok(())
    }
}
