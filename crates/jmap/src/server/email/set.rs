//! Email/set (RFC 8621, 4.6).

use std::sync::Arc;

use mailbox::{Destroy, EmailChange, EmailId, Emails, ModSeq, Refused};
use serde_json::{Map, Value};

use super::change;
use super::create::create;
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::{Context, ids, mail, states};
use crate::standard::{Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "Email/set", capability: mail::CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    perform(call.context, call.created, set).await?.arguments()
}

/// What is changed or destroyed, as the client calls it.
enum Named {
    Updated(Id),
    Destroyed(String, Id),
}

/// Does it; also for what a submission does to its email.
pub(in crate::server) async fn perform(
    context: &Context,
    created: &mut Created,
    set: Set,
) -> Result<SetAnswer, MethodError> {
    let old = emails(context).await?.states().email;
    set.check_state(&old.to_string())?;
    let mut answer = SetAnswer::begin(set.account, old.to_string());
    // What was created moves the state, so that only what comes first can depend on it.
    let mut if_state = set.if_in_state.as_ref().map(|_| old);
    for (creation, object) in set.create {
        match create(context, created, &mut if_state, object).await? {
            Ok(made) => {
                let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
                if let Some(Ok(id)) = id.map(Id::try_from) {
                    created.note(creation.clone(), id);
                }
                answer.created.insert(creation, made);
            }
            Err(error) => drop(answer.not_created.insert(creation, error)),
        }
    }
    let (mut changes, mut named) = (Vec::new(), Vec::new());
    // What was just created can be changed, too.
    let view = emails(context).await?;
    for (id, patch) in answer.updates(set.update, &set.destroy, created) {
        let email = ids::email_of(&id).filter(|email| view.thread_of(*email).is_some());
        let change = match email {
            None => Err(SetError::of("notFound")),
            Some(email) => {
                let as_they_are = context.as_they_are(&view, email, &patch)?;
                change::read(email, &patch, created, &as_they_are)
            }
        };
        match change {
            Ok(change) => {
                changes.push(change);
                named.push(Named::Updated(id));
            }
            Err(error) => drop(answer.not_updated.insert(id.into(), error)),
        }
    }
    for name in set.destroy {
        let id = created.find(&name);
        let email = id.as_ref().and_then(ids::email_of);
        let (Some(id), Some(email)) = (id, email) else {
            answer.not_destroyed.insert(name, SetError::of("notFound"));
            continue;
        };
        if !named.iter().any(|it| matches!(it, Named::Destroyed(_, other) if *other == id)) {
            changes.push(destroyed(email));
            named.push(Named::Destroyed(name, id));
        }
    }
    drop(view);
    if !changes.is_empty() {
        commit(context, &mut answer, changes, named, if_state).await?;
    }
    tell_state(context, &mut answer, old).await?;
    Ok(answer)
}

/// Makes changes in one commit, and notes what became of each.
async fn commit(
    context: &Context,
    answer: &mut SetAnswer,
    changes: Vec<EmailChange>,
    named: Vec<Named>,
    if_state: Option<ModSeq>,
) -> Result<(), MethodError> {
    match context.account.change_emails(changes, if_state).await {
        Ok(outcomes) => {
            let outcomes = outcomes.ok_or(MethodError::StateMismatch)?.outcomes;
            for (named, outcome) in named.into_iter().zip(outcomes) {
                let error = outcome.err().map(|refused| of_change(context, refused));
                note(answer, named, error.transpose()?);
            }
        }
        Err(error) if answer.created.is_empty() => return Err(context.not_done(&error)),
        // Something was created, so that it is not the whole call that failed (RFC 8620, 3.6.2).
        Err(error) => {
            let error = context.not_set(&error)?;
            for named in named {
                note(answer, named, Some(error.clone()));
            }
        }
    }
    Ok(())
}

/// Says in which state the emails are now, as far as the client knows of it.
async fn tell_state(
    context: &Context,
    answer: &mut SetAnswer,
    old: ModSeq,
) -> Result<(), MethodError> {
    let now = emails(context).await?;
    let changed = context.account.email_changes(&now, old, None);
    let changed = changed.map_err(|fault| context.failed(&fault))?;
    let of_answer = |id: &Id| {
        let is_made =
            |made: &Map<String, Value>| made.get("id").is_some_and(|it| it == id.as_str());
        answer.updated.contains_key(id)
            || answer.destroyed.contains(id)
            || answer.created.values().any(is_made)
    };
    let is_own = |email: &EmailId| of_answer(&ids::email(*email));
    answer.new_state = states::after(old, now.states().email, changed.as_ref(), is_own).to_string();
    Ok(())
}

async fn emails(context: &Context) -> Result<Arc<Emails>, MethodError> {
    context.account.emails().await.map_err(|error| context.not_done(&error))
}

fn destroyed(email: EmailId) -> EmailChange {
    EmailChange { email, keywords: None, mailboxes: None, destroy: Destroy::Yes }
}

pub(super) fn of_change(context: &Context, refused: Refused) -> Result<SetError, MethodError> {
    if refused == Refused::NoSuchMailbox {
        let why = "an email is in one mailbox at least, and all of them are there";
        return Ok(SetError::properties(&["mailboxIds"], why));
    }
    context.not_set(&refused.into())
}

fn note(answer: &mut SetAnswer, named: Named, error: Option<SetError>) {
    match (named, error) {
        (Named::Updated(id), None) => drop(answer.updated.insert(id, None)),
        (Named::Updated(id), Some(error)) => {
            drop(answer.not_updated.insert(id.into(), error));
        }
        (Named::Destroyed(_, id), None) => answer.destroyed.push(id),
        (Named::Destroyed(name, _), Some(error)) => {
            drop(answer.not_destroyed.insert(name, error));
        }
    }
}
