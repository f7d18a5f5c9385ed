//! The indexes for searches, brought up to the mail at once.

use std::time::Duration;

use directory::User;
use mailbox::Indexed;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{Desk, DeskFault, parsed};
use crate::answer::{Answer, IndexRow, Progress};

/// How long it waits where the host is making the same index.
const BUSY: Duration = Duration::from_millis(200);

impl Desk {
    pub(super) async fn index(
        &self,
        address: Option<String>,
        rebuild: bool,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        let users = match address {
            Some(address) => vec![self.people.user(&parsed(&address)?)?],
            None => self.people.users()?,
        };
        let mut rows = Vec::new();
        for user in users {
            rows.extend(self.index_of(&user, rebuild, &progress).await?);
        }
        Ok(Answer::Indexes(rows))
    }

    /// None: there is too little mail for an index.
    async fn index_of(
        &self,
        user: &User,
        rebuild: bool,
        progress: &mpsc::Sender<Progress>,
    ) -> Result<Option<IndexRow>, DeskFault> {
        let accounts = self.accounts().clone();
        let id = user.account;
        if rebuild {
            accounts.drop_index(id).await?;
        }
        let mut done = 0_u64;
        loop {
            let working = accounts.clone();
            match accounts.in_lanes(async move { working.index(id).await }).await? {
                Indexed::Emails(more) => {
                    done = done.saturating_add(more);
                    let what = format!("indexing the mail of {}", user.address);
                    // A step that is not shown is no loss.
                    drop(progress.try_send(Progress { what, done, of: None }));
                }
                Indexed::Merged => {}
                Indexed::Busy => sleep(BUSY).await,
                Indexed::Idle => break,
            }
        }
        let reading = accounts.clone();
        let state = accounts.apart(move || reading.index_state(id)).await??;
        Ok(state.map(|state| IndexRow {
            address: user.address.to_string(),
            messages: state.emails,
            behind: state.behind,
            octets: state.octets,
        }))
    }
}
