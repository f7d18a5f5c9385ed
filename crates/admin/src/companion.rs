//! A companion over the stream: the lines by which it asks for what is known of mail elsewhere and gives mail in, and
//! the client's end of them, behind the port of `sync`.
//!
//! The client begins with `Request::Companion` and is answered with `Reply::Open`. Then it sends lines of `Option<Ask>`;
//! all but `Message` and `End` are answered with one line each. Behind `Message` come the octets in pieces, and behind
//! these `End`, unless the message was abandoned. None ends it.

mod rows;

use mailbox::{MailboxId, Placed, Placement, PlacementName, PlacementNote, RemoteId};
use serde::{Deserialize, Serialize};
use sync::{
    Arrived, BothEnds, Edit, Edited, LocalEntry, LocalFolder, LocalFolders, LocalMail, LocalPart,
    Which,
};

pub(crate) use self::rows::{ArrivedRow, Hex, PartRow, PlacedRow, PlacementRow};
use crate::client::{AdminFault, Client};
use crate::request::Request;

/// What a companion asks for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    /// What is known of these messages.
    Placements(Vec<Hex>),
    /// Some of what is known behind a name.
    After(Option<Hex>),
    /// Take a message in: its octets follow.
    Message,
    /// What the message was called; it is whole.
    End(ArrivedRow),
    /// Make it all durable, and these notes.
    Commit(Vec<(Hex, Option<PlacementRow>)>),
    /// Read these messages, and say which are what came.
    Whole(Vec<Hex>),
    /// All folders.
    Folders,
    /// The keywords in use in a folder.
    Keywords(u32),
    /// Messages of a folder.
    Entries(u32, Which),
    /// Some octets of an email, from a place on.
    Part(u64, u64),
    /// Change something.
    Edit(Edit),
    /// How much is here and there.
    BothEnds,
}

/// What it is told.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// It can begin.
    Open {
        /// The largest message that is taken.
        message_octets_max: u64,
    },
    /// What is known, in the order asked.
    Placed(Vec<Option<PlacedRow>>),
    /// Some of what is known.
    Some(Vec<(Hex, PlacementRow)>),
    /// All is durable; so many messages are new.
    Committed(u64),
    /// Which messages are what came.
    Whole(Vec<bool>),
    /// All folders.
    Folders(Vec<LocalFolder>),
    /// Keywords.
    Keywords(Vec<String>),
    /// Messages.
    Entries(Vec<LocalEntry>),
    /// Some octets of an email.
    Part(Option<PartRow>),
    /// What a change came to.
    Edited(Edited),
    /// How much is here and there.
    BothEnds(BothEnds),
    /// It failed; nothing more follows. The same as `Event::Failed`.
    Failed {
        /// Why, for people.
        why: String,
    },
}

/// The account at the other end of the stream.
pub struct CompanionMail<'c> {
    client: &'c mut Client,
    message_octets_max: u64,
}

impl Client {
    /// Works for a user's account here with a maildrop elsewhere.
    pub async fn companion(
        &mut self,
        address: &str,
        remote: RemoteId,
    ) -> Result<CompanionMail<'_>, AdminFault> {
        let address = address.to_owned();
        self.send(&Request::Companion { address, remote: remote.0 }).await?;
        let reply = self.reply().await?;
        let Reply::Open { message_octets_max } = reply else { return Err(unexpected(reply)) };
        Ok(CompanionMail { client: self, message_octets_max })
    }
}

fn unexpected(reply: Reply) -> AdminFault {
    match reply {
        Reply::Failed { why } => AdminFault::Failed(why),
        Reply::Open { .. }
        | Reply::Placed(_)
        | Reply::Some(_)
        | Reply::Committed(_)
        | Reply::Whole(_)
        | Reply::Folders(_)
        | Reply::Keywords(_)
        | Reply::Entries(_)
        | Reply::Part(_)
        | Reply::Edited(_)
        | Reply::BothEnds(_) => AdminFault::Unexpected,
    }
}

impl CompanionMail<'_> {
    /// Says that nothing more follows.
    pub async fn finish(self) -> Result<(), AdminFault> {
        self.client.say(&None::<Ask>).await?;
        self.client.flush().await?;
        self.client.done().await
    }

    /// How much is here and there.
    pub async fn both_ends(&mut self) -> Result<BothEnds, AdminFault> {
        let reply = self.ask(Ask::BothEnds).await?;
        let Reply::BothEnds(both) = reply else { return Err(unexpected(reply)) };
        Ok(both)
    }

    async fn ask(&mut self, ask: Ask) -> Result<Reply, AdminFault> {
        self.client.say(&Some(ask)).await?;
        self.client.flush().await?;
        self.client.reply().await
    }
}

fn named(names: &[PlacementName]) -> Vec<Hex> {
    names.iter().map(Hex::of_name).collect()
}

impl LocalMail for CompanionMail<'_> {
    type Fault = AdminFault;

    fn message_octets_max(&self) -> u64 {
        self.message_octets_max
    }

    async fn placements(
        &mut self,
        names: &[PlacementName],
    ) -> Result<Vec<Option<Placed>>, AdminFault> {
        let reply = self.ask(Ask::Placements(named(names))).await?;
        let Reply::Placed(rows) = reply else { return Err(unexpected(reply)) };
        let placed = |row: Option<PlacedRow>| match row {
            None => Some(None),
            Some(row) => row.placed().map(Some),
        };
        let rows: Option<Vec<_>> = rows.into_iter().map(placed).collect();
        rows.ok_or(AdminFault::Unexpected)
    }

    async fn placements_after(
        &mut self,
        after: Option<&PlacementName>,
    ) -> Result<Vec<(PlacementName, Placement)>, AdminFault> {
        let reply = self.ask(Ask::After(after.map(Hex::of_name))).await?;
        let Reply::Some(rows) = reply else { return Err(unexpected(reply)) };
        let one = |(name, row): (Hex, PlacementRow)| Some((name.name()?, row.placement()?));
        let rows: Option<Vec<_>> = rows.into_iter().map(one).collect();
        rows.ok_or(AdminFault::Unexpected)
    }

    async fn begin(&mut self) -> Result<(), AdminFault> {
        self.client.say(&Some(Ask::Message)).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), AdminFault> {
        // A piece without octets would end the message.
        if octets.is_empty() { Ok(()) } else { self.client.write(octets).await }
    }

    async fn abandon(&mut self) -> Result<(), AdminFault> {
        self.client.abandon().await
    }

    async fn end(&mut self, arrived: Arrived) -> Result<(), AdminFault> {
        self.client.write(&[]).await?;
        self.client.say(&Some(Ask::End(ArrivedRow::of(&arrived)))).await
    }

    async fn commit(&mut self, notes: Vec<PlacementNote>) -> Result<u64, AdminFault> {
        let row = |(name, placement): &PlacementNote| {
            (Hex::of_name(name), placement.as_ref().map(PlacementRow::of))
        };
        let reply = self.ask(Ask::Commit(notes.iter().map(row).collect())).await?;
        let Reply::Committed(new) = reply else { return Err(unexpected(reply)) };
        Ok(new)
    }

    async fn whole(&mut self, names: &[PlacementName]) -> Result<Vec<bool>, AdminFault> {
        let reply = self.ask(Ask::Whole(named(names))).await?;
        let Reply::Whole(whole) = reply else { return Err(unexpected(reply)) };
        Ok(whole)
    }
}

impl LocalFolders for CompanionMail<'_> {
    async fn folders(&mut self) -> Result<Vec<LocalFolder>, AdminFault> {
        let reply = self.ask(Ask::Folders).await?;
        let Reply::Folders(folders) = reply else { return Err(unexpected(reply)) };
        Ok(folders)
    }

    async fn keywords(&mut self, folder: MailboxId) -> Result<Vec<String>, AdminFault> {
        let reply = self.ask(Ask::Keywords(folder.0)).await?;
        let Reply::Keywords(keywords) = reply else { return Err(unexpected(reply)) };
        Ok(keywords)
    }

    async fn entries(
        &mut self,
        folder: MailboxId,
        which: Which,
    ) -> Result<Vec<LocalEntry>, AdminFault> {
        let reply = self.ask(Ask::Entries(folder.0, which)).await?;
        let Reply::Entries(entries) = reply else { return Err(unexpected(reply)) };
        Ok(entries)
    }

    async fn part(&mut self, email: u64, from: u64) -> Result<Option<LocalPart>, AdminFault> {
        let reply = self.ask(Ask::Part(email, from)).await?;
        let Reply::Part(row) = reply else { return Err(unexpected(reply)) };
        let part = row.map(|row| row.part().ok_or(AdminFault::Unexpected));
        part.transpose()
    }

    async fn edit(&mut self, edit: Edit) -> Result<Edited, AdminFault> {
        let reply = self.ask(Ask::Edit(edit)).await?;
        let Reply::Edited(edited) = reply else { return Err(unexpected(reply)) };
        Ok(edited)
    }
}
