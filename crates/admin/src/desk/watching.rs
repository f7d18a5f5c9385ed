//! Waits for a companion until something changes in the folders of an account.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use mailbox::{Account, Fault};

use super::{Desk, DeskFault};
use crate::answer::Answer;

/// How long one question may wait, in seconds.
const WATCH_S: u64 = 60;

impl Desk {
    /// Says how the folders of a user are, when that is no longer as it was, or when the time is over.
    pub(crate) async fn watch(
        &self,
        address: &str,
        before: Option<u64>,
    ) -> Result<Answer, DeskFault> {
        let account = self.account(&super::parsed(address)?).await?;
        // Listened to before it is looked at: what changes in between rings.
        let mut bell = account.bell();
        let waiting = async {
            loop {
                bell.mark_unchanged();
                let now = folders_of(&account)?;
                if before != Some(now) {
                    return Ok::<u64, Fault>(now);
                }
                if bell.changed().await.is_err() {
                    return Ok(now);
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(WATCH_S), waiting).await {
            Ok(now) => Ok(Answer::Folders(now?)),
            Err(_) => Ok(Answer::Folders(folders_of(&account)?)),
        }
    }
}

/// A print of the folders: it is another one when there are others, they have other names, or anything in them changed.
fn folders_of(account: &Account) -> Result<u64, Fault> {
    let mut hasher = DefaultHasher::new();
    for mailbox in account.mailboxes()?.iter() {
        (mailbox.id.0, mailbox.name.as_str(), mailbox.highest_modseq.0).hash(&mut hasher);
    }
    Ok(hasher.finish())
}
