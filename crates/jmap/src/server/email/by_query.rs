//! Email/setByQuery: changes or destroys all that match, in bounded commits, so that it can be undone (`docs/jmap/bulk.md`).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use mailbox::{
    Destroy, EmailChange, EmailId, Emails, EmailsChanged, MailboxId, MailboxesChange, ModSeq,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::change;
use super::query::condition::{Condition, condition};
use super::set::of_change;
use super::undo::Noted;
use crate::arguments::{Arguments, invalid};
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::{BY_QUERY_COMMIT_EMAILS, BY_QUERY_EMAILS_MAX, BY_QUERY_TRIES_MAX};
use crate::run::Row;
use crate::server::capabilities::Capability;
use crate::server::{Context, own};
use crate::standard::{Filter, Patch, as_arguments, take_filter};

pub(super) const ROW: Row<Context> =
    Row { name: "Email/setByQuery", capability: own::BULK, run: |call| Box::pin(run(call)) };

pub(in crate::server) const DESCRIBED: Capability =
    Capability { name: own::BULK, of_session: || json!({}), of_account };

fn of_account(_: &Context) -> Value {
    json!({
        "maxEmailsInSetByQuery": BY_QUERY_EMAILS_MAX,
        "undoSeconds": crate::limits::UNDO_S,
    })
}

/// Of how many emails it is looked up at once whether they would differ.
const STEP_EMAILS: usize = 1_024;

/// What is asked.
struct Asked {
    account: Id,
    filter: Option<Filter<Condition>>,
    change: EmailChange,
    if_in_state: Option<String>,
    expected: Option<u64>,
}

/// Why not all was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Stopped(Map<String, Value>);

impl Stopped {
    pub(super) fn of(error: &MethodError) -> Stopped {
        Stopped(error.arguments())
    }
}

/// What was done so far.
#[derive(Default)]
struct Done {
    changed: u64,
    not_changed: BTreeMap<&'static str, u64>,
    /// How many matched at first and do not match any more.
    left_out: u64,
    stopped: Option<Stopped>,
    undo: Undoing,
}

/// Whether it can be undone.
#[derive(Default)]
enum Undoing {
    #[default]
    NothingDone,
    Noted(Noted),
    /// It was too much to be kept.
    Not,
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let asked = Asked::take(Arguments::of(call.arguments()), call.created)?;
    let context = &*call.context;
    let emails = context.emails(&asked.account).await?;
    let old = emails.states().email;
    if asked.if_in_state.as_ref().is_some_and(|state| *state != old.to_string()) {
        return Err(MethodError::StateMismatch);
    }
    check_mailboxes(&emails, &asked.change)?;
    let matching = context.matching(&emails, asked.filter.as_ref()).await?;
    let total = wide(matching.len());
    if asked.expected.is_some_and(|expected| expected != total) {
        return Err(MethodError::UnexpectedTotal { total });
    }
    let differing = context.differing(&emails, &matching, &asked.change).await;
    let unchanged = total.saturating_sub(wide(differing.len()));
    let state = emails.modseq();
    drop((matching, emails));
    let (differing, beyond) = at_once(differing);
    let begun = wide(differing.len());
    let done = context.change_all(&asked, differing, state).await?;
    let now = context.emails(&asked.account).await?.states().email;
    let not_changed = done.not_changed.values().copied().fold(0, u64::saturating_add);
    let settled = done.changed.saturating_add(not_changed).saturating_add(done.left_out);
    let (token, until) = match done.undo {
        Undoing::Noted(noted) => Some(noted.told()).unzip(),
        Undoing::NothingDone | Undoing::Not => (None, None),
    };
    let answer = json!({
        "accountId": asked.account,
        "oldState": old.to_string(),
        "newState": now.to_string(),
        "total": total,
        "changed": done.changed,
        "unchanged": unchanged.saturating_add(done.left_out),
        "notChanged": Some(done.not_changed).filter(|it| !it.is_empty()),
        "remaining": begun.saturating_sub(settled).saturating_add(beyond),
        "undoToken": token,
        "undoUntil": until.flatten(),
        "error": done.stopped,
    });
    as_arguments(&answer)
}

impl Asked {
    fn take(mut arguments: Arguments, created: &Created) -> Result<Asked, MethodError> {
        let account = arguments.required("accountId")?;
        let filter = take_filter(&mut arguments, condition)?;
        let update: Option<Map<String, Value>> = arguments.optional("update")?;
        let is_destroyed = arguments.or("destroy", false)?;
        let if_in_state = arguments.optional("ifInState")?;
        let expected = arguments.optional("expected")?;
        arguments.end()?;
        // Which email it is about is said for each.
        let none = EmailId(0);
        let change = match (update, is_destroyed) {
            (Some(update), false) => {
                let wrong = |error: SetError| {
                    let names = error.properties.unwrap_or_default().join(", ");
                    let why = error.description.unwrap_or_else(|| error.kind.to_owned());
                    invalid("update", format!("{names} {why}").trim())
                };
                let patch = Patch::read(update).map_err(wrong)?;
                change::read(none, &patch, created, &[]).map_err(wrong)?
            }
            (None, true) => {
                EmailChange { email: none, keywords: None, mailboxes: None, destroy: Destroy::Yes }
            }
            (Some(_), true) | (None, false) => {
                return Err(invalid("update", "either this or destroy is said"));
            }
        };
        Ok(Asked { account, filter, change, if_in_state, expected })
    }
}

/// Refuses a change to mailboxes that are not there, before anything is done.
fn check_mailboxes(emails: &Emails, change: &EmailChange) -> Result<(), MethodError> {
    let named: &[MailboxId] = match &change.mailboxes {
        None => return Ok(()),
        Some(MailboxesChange::Set(set)) if set.is_empty() => {
            return Err(invalid("update", "mailboxIds: an email is in one mailbox at least"));
        }
        Some(MailboxesChange::Set(set)) => set,
        Some(MailboxesChange::Patch { add, .. }) => add,
    };
    if named.iter().all(|mailbox| emails.state(*mailbox).is_some()) {
        return Ok(());
    }
    Err(invalid("update", "mailboxIds: there is no such mailbox"))
}

impl Context {
    async fn matching(
        &self,
        emails: &Arc<Emails>,
        filter: Option<&Filter<Condition>>,
    ) -> Result<Vec<EmailId>, MethodError> {
        let found = self.find(emails, filter).await?;
        let email = |index: &u32| {
            let entry = emails.all().entries.get(usize::try_from(*index).ok()?)?;
            Some(entry.email)
        };
        Ok(found.iter().filter_map(email).collect())
    }

    async fn differing(
        &self,
        emails: &Emails,
        matching: &[EmailId],
        change: &EmailChange,
    ) -> Vec<EmailId> {
        let mut differing = Vec::new();
        for some in matching.chunks(STEP_EMAILS) {
            differing.extend(emails.differing(some, change));
            lane::breathe(Some(self.account.turns())).await;
        }
        differing
    }

    /// Changes emails that matched at some state, in commits of a bounded number. Whenever somebody else changed emails meanwhile,
    /// those that do not match any more are left out.
    async fn change_all(
        &self,
        asked: &Asked,
        mut emails: Vec<EmailId>,
        mut state: ModSeq,
    ) -> Result<Done, MethodError> {
        let (mut done, mut tries) = (Done::default(), BY_QUERY_TRIES_MAX);
        while !emails.is_empty() {
            let some = emails.get(..BY_QUERY_COMMIT_EMAILS).unwrap_or(&emails);
            let change = |email: &EmailId| EmailChange { email: *email, ..asked.change.clone() };
            let changes: Vec<EmailChange> = some.iter().map(change).collect();
            let count = changes.len();
            match self.account.change_emails(changes, Some(state)).await {
                Ok(Some(changed)) => {
                    emails.drain(..count);
                    state = changed.modseq;
                    self.settle(&mut done, changed).await?;
                }
                Ok(None) => {
                    let Some(left) = tries.checked_sub(1) else {
                        return done.stopped_by(MethodError::ServerUnavailable);
                    };
                    tries = left;
                    let left = emails.len();
                    state = self.match_again(asked, &mut emails).await?;
                    let gone = wide(left.saturating_sub(emails.len()));
                    done.left_out = done.left_out.saturating_add(gone);
                }
                Err(error) => return done.stopped_by(self.not_done(&error)),
            }
            lane::breathe(Some(self.account.turns())).await;
        }
        Ok(done)
    }

    /// Leaves out what does not match any more. Gives the state of which that is so.
    async fn match_again(
        &self,
        asked: &Asked,
        emails: &mut Vec<EmailId>,
    ) -> Result<ModSeq, MethodError> {
        let view = self.emails(&asked.account).await?;
        let matching = self.matching(&view, asked.filter.as_ref()).await?;
        let matching: HashSet<EmailId> = matching.into_iter().collect();
        emails.retain(|email| matching.contains(email));
        *emails = self.differing(&view, emails, &asked.change).await;
        Ok(view.modseq())
    }

    /// Counts what became of some, and notes how it is undone.
    async fn settle(&self, done: &mut Done, changed: EmailsChanged) -> Result<(), MethodError> {
        for outcome in changed.outcomes {
            match outcome {
                Ok(()) => done.changed = done.changed.saturating_add(1),
                Err(refused) => {
                    let kind = of_change(self, refused)?.kind;
                    let count = done.not_changed.entry(kind).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
        if changed.steps.is_empty() {
            return Ok(());
        }
        let noted = match std::mem::replace(&mut done.undo, Undoing::Not) {
            Undoing::Not => return Ok(()),
            Undoing::NothingDone => None,
            Undoing::Noted(noted) => Some(noted),
        };
        // That it cannot be undone is no reason to say that it was not done.
        if let Ok(Some(noted)) = self.note_undo(noted, changed.steps).await {
            done.undo = Undoing::Noted(noted);
        }
        Ok(())
    }
}

impl Done {
    /// What was done is told, whatever went wrong then.
    fn stopped_by(self, error: MethodError) -> Result<Done, MethodError> {
        if self.changed == 0 && self.not_changed.is_empty() {
            return Err(error);
        }
        Ok(Done { stopped: Some(Stopped::of(&error)), ..self })
    }
}

/// What one call changes, and how many are left.
fn at_once(mut emails: Vec<EmailId>) -> (Vec<EmailId>, u64) {
    let beyond = emails.len().saturating_sub(BY_QUERY_EMAILS_MAX);
    emails.truncate(BY_QUERY_EMAILS_MAX);
    (emails, wide(beyond))
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use mailbox::EmailId;

    use super::at_once;
    use crate::limits::BY_QUERY_EMAILS_MAX;

    #[test]
    fn one_call_changes_a_bounded_number() {
        let emails: Vec<EmailId> = (0..100_003).map(EmailId).collect();
        let (some, beyond) = at_once(emails);
        assert_eq!((some.len(), beyond), (BY_QUERY_EMAILS_MAX, 3));
    }
}
