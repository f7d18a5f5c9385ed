//! How the directory and the mail are shown to an administrator.

use std::collections::BTreeMap;

use directory::{
    Address, Alias, AppPassword, Kept, NewToken, People, PeopleError, Token, TokenKind, User,
};
use machine::time_text;
use mailbox::operations::{Change, Retained, What};
use mailbox::{Account, Door, Fault, MailboxId, Who};
use queue::{Progress, Queued, QueuedRecipient};

use crate::answer::{
    AliasRow, AppPasswordRow, HistoryRow, NewTokenRow, QueuedRow, RetainedRow, TokenRow, UserRow,
    WhoRow,
};
use crate::request::DOORS;

fn time(seconds: i64) -> String {
    time_text(mailbox::Timestamp(seconds))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

pub(super) async fn user(people: &People, user: &User) -> Result<UserRow, PeopleError> {
    let quota = people.quota(&user.address).await?;
    Ok(UserRow {
        address: user.address.to_string(),
        account: user.account.0,
        added: time(user.added_s),
        password_set: time(user.password_set_s),
        scram: user.scram,
        disabled: user.disabled,
        messages: quota.messages,
        messages_max: quota.messages_max,
        octets: quota.octets.0,
        octets_max: quota.octets_max.map(|octets| octets.0),
    })
}

pub(super) fn aliases(aliases: Vec<Alias>) -> Vec<AliasRow> {
    aliases
        .into_iter()
        .map(|alias| AliasRow { address: alias.address, targets: alias.targets })
        .collect()
}

pub(super) fn app_passwords(passwords: Vec<AppPassword>) -> Vec<AppPasswordRow> {
    passwords
        .into_iter()
        .map(|password| AppPasswordRow {
            device: password.name,
            added: time(password.added_s),
            used: password.used_s.map(time),
            apop: password.kept == Kept::Secret,
        })
        .collect()
}

pub(super) fn tokens(tokens: Vec<Token>) -> Vec<TokenRow> {
    tokens
        .into_iter()
        .map(|token| TokenRow {
            device: token.name,
            added: time(token.added_s),
            expires: token.expires_s.map(time),
            used: token.used_s.map(time),
            consent: token.kind == TokenKind::Granted,
        })
        .collect()
}

pub(super) fn new_token(address: &Address, device: String, new: &NewToken) -> NewTokenRow {
    NewTokenRow {
        address: address.to_string(),
        device,
        token: String::from_utf8_lossy(new.token.expose()).into_owned(),
        expires: new.expires_s.map(time),
    }
}

pub(super) fn retained(
    account: &Account,
    retained: &Retained,
    mailbox_now: Option<String>,
) -> RetainedRow {
    RetainedRow {
        change: retained.modseq.0,
        time: time_text(retained.time),
        who: who(account, &retained.who),
        by: by(account, &retained.who),
        mailbox: retained.mailbox_name.to_string(),
        mailbox_now,
        messages: count(retained.entries.len()),
        octets: retained.entries.iter().map(|entry| u64::from(entry.octets)).sum(),
    }
}

pub(super) fn history(account: &Account, changes: &[Change]) -> Result<Vec<HistoryRow>, Fault> {
    let names: BTreeMap<MailboxId, String> =
        account.mailboxes()?.iter().map(|mailbox| (mailbox.id, mailbox.name.to_string())).collect();
    let rows = changes.iter().map(|change| HistoryRow {
        change: change.modseq.0,
        time: time_text(change.time),
        who: who(account, &change.who),
        by: by(account, &change.who),
        what: what(&change.what, &names),
    });
    Ok(rows.collect())
}

pub(super) fn queued(id: u64, queued: &Queued) -> QueuedRow {
    QueuedRow {
        id,
        name: queued.name.clone(),
        from: queued.from.clone(),
        queued: time(queued.queued_at),
        next: time(queued.due),
        octets: queued.octets,
        recipients: queued.recipients.iter().map(recipient).collect(),
    }
}

fn recipient(recipient: &QueuedRecipient) -> String {
    let said = recipient.last.as_ref().map_or("", |said| said.text.as_str());
    let state = match recipient.progress {
        Progress::Waiting { tries: 0, .. } => "waiting".to_owned(),
        Progress::Waiting { tries, .. } => format!("tried {tries} times: {said}"),
        Progress::Sent => "sent".to_owned(),
        Progress::Failed => format!("failed: {said}"),
    };
    format!("{} ({state})", recipient.address)
}

pub(super) fn by(account: &Account, who: &Who) -> WhoRow {
    let door = DOORS.iter().find(|(_, door)| *door == who.door);
    WhoRow {
        door: door.map(|(name, _)| (*name).to_owned()).unwrap_or_default(),
        device: who.device.clone(),
        address: who.address.map(|address| address.to_string()),
        user: who.user.map(|user| account.name_of(user)),
    }
}

fn who(account: &Account, who: &Who) -> String {
    let mut text = match who.door {
        Door::Imap => "IMAP",
        Door::Pop3 => "POP3",
        Door::Delivery => "delivery",
        Door::Submission => "submission",
        Door::Jmap => "webmail",
        Door::Admin => "administrator",
        Door::Sync => "companion",
        Door::System => "system",
    }
    .to_owned();
    if let Some(user) = who.user {
        text.push_str(", ");
        text.push_str(&account.name_of(user));
    }
    if let Some(device) = &who.device {
        text.push_str(", ");
        text.push_str(device);
    }
    if let Some(address) = &who.address {
        text.push_str(" from ");
        text.push_str(&address.to_string());
    }
    text
}

fn what(what: &What, names: &BTreeMap<MailboxId, String>) -> String {
    let name = |id: &MailboxId| match names.get(id) {
        Some(name) => name.clone(),
        None => format!("a mailbox that is gone ({id})"),
    };
    match what {
        What::Created { name, .. } => format!("made the mailbox {name}"),
        What::Renamed { from, to, .. } if from == to => {
            format!("changed the special use, the place or the sharing of the mailbox {from}")
        }
        What::Renamed { from, to, .. } => format!("renamed the mailbox {from} to {to}"),
        What::Deleted { name, .. } => format!("deleted the mailbox {name}"),
        What::Added { mailbox, uids } => {
            format!("added {} messages to {}", uids.len(), name(mailbox))
        }
        What::Copied { from, mailbox, uids } => {
            format!("copied {} messages from {} to {}", uids.len(), name(from), name(mailbox))
        }
        What::Moved { from, mailbox, uids, .. } => {
            format!("moved {} messages from {} to {}", uids.len(), name(from), name(mailbox))
        }
        What::Flagged { mailbox, uids } => {
            format!("changed flags of {} messages in {}", uids.len(), name(mailbox))
        }
        What::Expunged { mailbox, uids } => {
            format!("deleted {} messages from {}", uids.len(), name(mailbox))
        }
        What::BroughtBack { mailbox, uids } => {
            format!("brought back {} messages into {}", uids.len(), name(mailbox))
        }
        What::Subscribed { name } => format!("changed the subscription of {name}"),
        What::Annotated { mailbox, names: annotations, .. } => {
            let of = mailbox.as_ref().map_or_else(|| "the account".to_owned(), name);
            format!("changed {} annotations of {of}", annotations.len())
        }
        What::QuotaSet => "set the quota".to_owned(),
        What::Contacts(did) => format!(
            "changed the contacts: {} cards came, {} changed, {} went, {} changes of address books",
            did.created, did.updated, did.destroyed, did.books
        ),
    }
}
