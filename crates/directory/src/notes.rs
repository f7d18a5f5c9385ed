//! Notes: what doors keep for a user that is neither mail nor a password, such as identities of JMAP. The directory does not look into
//! them; they go with the user.

use bytes::Bytes;
use mailbox::AccountId;
use mailbox::Fault;

use crate::keys;
use crate::limits::NOTE_OCTETS_MAX;
use crate::people::{People, PeopleError, Refusal};

/// Whether a note was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteWritten {
    /// It was, and is durable.
    Yes,
    /// It was not: it is another one than the writer has read, or there is no such user.
    No,
}

impl People {
    /// What a note holds; none: nothing was ever written there.
    pub fn note(&self, account: AccountId, name: &'static str) -> Result<Option<Bytes>, Fault> {
        self.snapshot()?.get(&keys::note(account, name))
    }

    /// Writes a note, if it holds what it did when it was read.
    pub async fn write_note(
        &self,
        account: AccountId,
        name: &'static str,
        before: Option<Bytes>,
        after: Bytes,
    ) -> Result<NoteWritten, PeopleError> {
        if after.len() > NOTE_OCTETS_MAX {
            return Err(Refusal::TooMany { what: "octets in a note", max: NOTE_OCTETS_MAX }.into());
        }
        self.change(|snapshot, batch| {
            let (key, user) = (keys::note(account, name), keys::user(account));
            let (there, of_user) = (snapshot.get(&key)?, snapshot.get(&user)?);
            if there != before || of_user.is_none() {
                return Ok(NoteWritten::No);
            }
            // A user who is removed meanwhile leaves no notes behind.
            batch.checks.extend([(key.clone(), there), (user, of_user)]);
            batch.puts.push((key, after.clone()));
            Ok(NoteWritten::Yes)
        })
        .await
    }
}
