//! Where a message goes within an account: where its user's rules say, else into the Inbox. Whatever a rule says, and whatever goes
//! wrong with it, the mail is kept.

use std::collections::BTreeSet;

use jmap::server::ports::NoteKind;
use jmap::server::{Rules, Verdict};
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Error, Fault, FlagNames, MailboxId, MailboxKind, MailboxName, NewEmail,
    Received, Refused, Role, Who,
};

use super::Deliveries;
use crate::jmap::name_of;

/// Where a message went.
#[derive(Debug, Default)]
pub(super) struct Filed {
    /// The ids of the rules that fitted.
    pub(super) rules: Vec<String>,
    /// Whether it went among what nobody wants to read, so that nobody answers it either.
    pub(super) is_unwanted: bool,
}

/// Puts a message where it belongs.
pub(super) async fn file(
    deliveries: &Deliveries,
    account: AccountId,
    who: Who,
    received: &Received,
) -> Result<Filed, Error> {
    let account = deliveries.people.accounts().open(account, who)?;
    let verdict = match judge(deliveries, &account, received).await {
        Ok(verdict) => verdict,
        Err(fault) => {
            tracing::warn!(user = account.name(), reason = %fault, "rules were not looked at");
            Verdict::default()
        }
    };
    if verdict.is_cut {
        tracing::warn!(user = account.name(), "rules take too much; the last were not looked at");
    }
    if verdict == Verdict::default() {
        keep(&account, received, FlagNames::default()).await?;
        return Ok(Filed::default());
    }
    match place(&account, received, &verdict).await {
        Ok(filed) => Ok(filed),
        // What a rule names went in between, or cannot hold one more keyword.
        Err(Error::Refused(Refused::NoSuchMailbox | Refused::TooMany { .. })) => {
            keep(&account, received, FlagNames::default()).await?;
            Ok(Filed::default())
        }
        Err(error) => Err(error),
    }
}

async fn judge(
    deliveries: &Deliveries,
    account: &Account,
    received: &Received,
) -> Result<Verdict, Fault> {
    let Some(note) = deliveries.people.note(account.id(), name_of(NoteKind::Rules))? else {
        return Ok(Verdict::default());
    };
    let rules = Rules::of_note(&note).ok_or_else(|| Fault::new("rules cannot be read"))?;
    if rules.is_empty() {
        return Ok(Verdict::default());
    }
    rules.judge(account, received).await
}

/// Puts a message where rules say, as far as there are such mailboxes.
async fn place(account: &Account, received: &Received, verdict: &Verdict) -> Result<Filed, Error> {
    let there = account.mailboxes()?;
    let named = verdict.mailboxes.as_ref();
    let said = there.iter().filter(|mailbox| {
        mailbox.kind == MailboxKind::Selectable
            && named.is_some_and(|named| named.contains(&mailbox.id))
    });
    let mut mailboxes: BTreeSet<MailboxId> = BTreeSet::new();
    let mut is_unwanted = false;
    for mailbox in said {
        mailboxes.insert(mailbox.id);
        is_unwanted |= matches!(mailbox.role, Some(Role::Junk | Role::Trash));
    }
    let marks = verdict.marks.clone();
    if mailboxes.is_empty() {
        keep(account, received, marks).await?;
    } else {
        let new = NewEmail {
            received: received.clone(),
            mailboxes: mailboxes.into_iter().collect(),
            keywords: marks,
            internal_date: None,
        };
        account.add_email(new).await?;
    }
    Ok(Filed { rules: verdict.rules.clone(), is_unwanted })
}

/// Puts a message into the Inbox.
async fn keep(account: &Account, received: &Received, flags: FlagNames) -> Result<(), Error> {
    let inbox = account.find(&MailboxName::inbox())?.ok_or(Refused::NoSuchMailbox)?;
    let append = Append { received: received.clone(), flags, internal_date: None, uidl: None };
    account.append(inbox.id, vec![append]).await?;
    Ok(())
}
