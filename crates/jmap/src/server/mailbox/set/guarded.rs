//! Changes to mailboxes, of which the first is made only while the state is the one that the client wants (RFC 8620, 5.3). That is looked at
//! within the commit: others change mailboxes at the same time.

use mailbox::{Emails, Error, MailboxChange, MailboxId, ModSeq};

use crate::error::MethodError;
use crate::server::Context;
use crate::standard::Set;

/// How often it is looked again, when others change what is no mailbox all the time.
const TRIES_MAX: u32 = 32;

/// What the first change is made for; none: for any state, or it was made.
pub(super) struct Guarded(Option<Wanted>);

struct Wanted {
    /// The state of mailboxes.
    state: ModSeq,
    /// The account's counter at which it was looked at.
    counter: ModSeq,
}

/// Why a mailbox was not changed.
pub(super) enum NotChanged {
    /// By the model.
    Mail(Error),
    /// The call ends.
    Call(MethodError),
}

impl Guarded {
    /// For the state of this view, if the client names one.
    pub(super) fn of(set: &Set, view: &Emails) -> Guarded {
        let wanted = Wanted { state: view.states().mailbox, counter: view.modseq() };
        Guarded(set.if_in_state.is_some().then_some(wanted))
    }

    /// Makes a change, and says which mailbox it was.
    pub(super) async fn change(
        &mut self,
        context: &Context,
        change: MailboxChange,
    ) -> Result<MailboxId, NotChanged> {
        let account = &context.account;
        for _ in 0..TRIES_MAX {
            let Some(wanted) = &mut self.0 else {
                let changed = match change {
                    MailboxChange::Make(name, role) => account.create_mailbox(&name, role).await,
                    MailboxChange::Edit(id, edit) => {
                        account.edit_mailbox(id, edit).await.map(|()| id)
                    }
                    MailboxChange::Delete(id) => account.delete_mailbox(id).await.map(|()| id),
                };
                return changed.map_err(NotChanged::Mail);
            };
            let changed = account.change_mailbox_at(wanted.counter, change.clone()).await;
            if let Some(id) = changed.map_err(NotChanged::Mail)? {
                self.0 = None;
                return Ok(id);
            }
            // What changed may have been something else.
            let now = account.emails().await.map_err(NotChanged::Mail)?;
            if now.states().mailbox != wanted.state {
                return Err(NotChanged::Call(MethodError::StateMismatch));
            }
            wanted.counter = now.modseq();
        }
        Err(NotChanged::Call(MethodError::ServerUnavailable))
    }
}
