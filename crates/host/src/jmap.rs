//! What JMAP needs of the host besides accounts: names, notes, and the way out for mail.

mod importers;
mod outbox;
mod packers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use directory::{NoteWritten, People, PeopleError};
use jmap::server::ports::{Fresh, Lists, NoteKind, Notes, Ports, Pushes, Waiting, Written};
use jmap::server::{Bodies, BodySettings};
use mailbox::{AccountId, Fault};

pub(crate) use self::outbox::Submissions;

/// The ports of JMAP.
pub(crate) fn ports(
    people: &Arc<People>,
    outbox: Submissions,
    bodies: BodySettings,
    pushes: Arc<dyn Pushes>,
    lists: Arc<dyn Lists>,
) -> Result<Ports, Fault> {
    let clock = Arc::clone(people.accounts().clock());
    // In memory alone: addresses of bodies are good for minutes, and a program asks again.
    let bodies = Bodies::new(bodies, machine::random()?, clock);
    Ok(Ports {
        accounts: people.accounts().clone(),
        fresh: Arc::new(Random),
        notes: Arc::new(UserNotes(Arc::clone(people))),
        outbox: Arc::new(outbox),
        packers: Arc::new(packers::Files),
        importers: Arc::new(importers::FilesIn::new(people.accounts().clone())),
        pushes,
        bodies: Arc::new(bodies),
        lists,
    })
}

/// Names of random octets.
struct Random;

impl Fresh for Random {
    fn name(&self) -> Result<String, Fault> {
        Ok(machine::readable(&machine::random::<20>()?).replace('-', ""))
    }
}

/// Notes in the directory.
struct UserNotes(Arc<People>);

/// What the directory calls a note.
pub(crate) fn name_of(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Identities => "jmap identities",
        NoteKind::Submissions => "jmap submissions",
        NoteKind::Vacation => "vacation",
        NoteKind::Preferences => "jmap preferences",
        NoteKind::Undo => "jmap undo",
        NoteKind::Rules => "rules",
        NoteKind::PushSubscriptions => "jmap push subscriptions",
    }
}

impl Notes for UserNotes {
    fn read(&self, account: AccountId, kind: NoteKind) -> Result<Option<Bytes>, Fault> {
        self.0.note(account, name_of(kind))
    }

    fn write(
        &self,
        account: AccountId,
        kind: NoteKind,
        before: Option<Bytes>,
        after: Bytes,
    ) -> Waiting<'_, Result<Written, Fault>> {
        Box::pin(async move {
            match self.0.write_note(account, name_of(kind), before, after).await {
                Ok(NoteWritten::Yes) => Ok(Written::Yes),
                Ok(NoteWritten::No) => Ok(Written::ChangedBefore),
                Err(PeopleError::Fault(fault)) => Err(fault),
                Err(other) => Err(Fault::caused("a note of a user was not written", other)),
            }
        })
    }
}
