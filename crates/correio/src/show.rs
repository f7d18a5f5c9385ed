//! How each answer of the host is printed: a sentence or a table for people, JSON for programs.

mod changed;
mod pop3;
mod reloaded;
mod sharing;
mod status;
mod undo;
mod upkeep;
mod who;

use std::collections::BTreeMap;

pub(crate) use self::upkeep::{show_aside, show_extracted};
use admin::Answer;
use admin::answer::{
    AliasRow, AppPasswordRow, DomainRow, FindingRow, IndexRow, QueuedRow, RefusedUser, TokenRow,
    UserRow, UsersAdded,
};
use anyhow::{Result, bail};
use machine::Size;
use transfer::{Exported, ImportedMailbox, ImportedUidls};

use crate::context::Context;
use crate::output::{counted, json, limit, line, rows};

/// Prints an answer. `whose` is the address that was asked about, or the folder.
pub(crate) fn show(context: &Context, answer: Answer, whose: &str) -> Result<()> {
    match answer {
        Answer::Changed(changed) => changed::show_changed(context, &changed),
        Answer::Status(status) => status::show_status(context, &status),
        Answer::Reloaded(reloaded) => reloaded::show_reloaded(context, &reloaded),
        Answer::Sessions(sessions) => who::show_sessions(context, &sessions),
        Answer::Domains(domains) => show_domains(context, &domains),
        Answer::Users(users) => show_users(context, &users),
        Answer::AppPasswords(passwords) => show_app_passwords(context, &passwords),
        Answer::NewPassword(new) if context.json => json(&new),
        Answer::NewPassword(new) => line(&new.password),
        Answer::Tokens(tokens) => show_tokens(context, &tokens),
        Answer::NewToken(new) if context.json => json(&new),
        Answer::NewToken(new) => line(&new.token),
        Answer::Aliases(aliases) => show_aliases(context, &aliases),
        Answer::Shares(shares) => sharing::show_shares(context, &shares),
        Answer::Identities(identities) => show_identities(context, &identities),
        Answer::Retained(retained) => undo::show_retained(context, &retained, whose),
        Answer::Purged { messages, octets } if context.json => {
            json(&BTreeMap::from([("messages", messages), ("octets", octets)]))
        }
        Answer::Purged { messages, octets } => line(&undo::purged(messages, octets, whose)),
        Answer::BroughtBack { messages, changes, into } if context.json => {
            json(&serde_json::json!({ "messages": messages, "changes": changes, "into": into }))
        }
        Answer::BroughtBack { messages, changes, into } => {
            line(&undo::brought_back(messages, changes, &into))
        }
        Answer::Pop3(shown) => pop3::show_pop3(context, &shown),
        Answer::ShownAgain { messages } if context.json => {
            json(&BTreeMap::from([("messages", messages)]))
        }
        Answer::ShownAgain { messages } => {
            let messages = counted(messages, "message");
            line(&format!("{messages} of {whose} shown again"))
        }
        Answer::UsersAdded(became) => show_users_added(context, &became),
        // `correio undo` shows these itself.
        Answer::Undoable(_) | Answer::Undone(_) => Ok(()),
        Answer::History(changes) => undo::show_history(context, &changes),
        Answer::Queue(messages) => show_queue(context, &messages),
        Answer::Indexes(indexes) => show_indexes(context, &indexes),
        Answer::Checked(found) => upkeep::show_checked(context, &found),
        Answer::Repaired(repaired) => upkeep::show_repaired(context, &repaired),
        // `Client::back_up` asks for more then, and takes what is given out.
        Answer::Copied | Answer::Parted | Answer::Folders(_) => Ok(()),
        Answer::Elsewhere => line("the host may not write there"),
        Answer::BackedUp(done) => upkeep::show_backed_up(context, &done, whose),
        Answer::Imported(mailboxes) => show_imported(context, &mailboxes),
        Answer::Exported { messages, octets, damaged } => {
            let exported = Exported { written: messages, there: 0 };
            show_exported(context, exported, octets, &damaged)
        }
    }
}

/// Says what an export did; `octets` are those of all messages, also of those that were there already.
pub(crate) fn show_exported(
    context: &Context,
    exported: Exported,
    octets: u64,
    damaged: &[FindingRow],
) -> Result<()> {
    upkeep::show_left_out(damaged)?;
    let Exported { written, there } = exported;
    if context.json {
        return json(&serde_json::json!({
            "messages": written.saturating_add(there),
            "written": written,
            "there": there,
            "octets": octets,
            "damaged": damaged,
        }));
    }
    let size = Size(octets);
    line(&match (written, there) {
        (_, 0) => format!("exported {written} messages, {size}"),
        (0, _) => format!("exported nothing new; all {there} messages were there already, {size}"),
        _ => format!("exported {written} messages; {there} were there already; {size} together"),
    })
}

/// So many names are listed in one line.
const NAMED_MAX: usize = 5;

/// Says what became of users who were to be added; a fault if some were not.
fn show_users_added(context: &Context, became: &UsersAdded) -> Result<()> {
    if context.json {
        json(became)?;
    } else {
        let UsersAdded { added, there, refused } = became;
        line(&format!("added {}", counted(*added, "user")))?;
        if let Some(first) = there.first() {
            let number = u64::try_from(there.len()).unwrap_or(u64::MAX);
            line(&match number {
                1 => format!("{first} was there already and stays as before"),
                _ => format!(
                    "{} were there already and stay as before: {}",
                    counted(number, "user"),
                    some_of(there)
                ),
            })?;
        }
        for RefusedUser { address, why } in refused {
            line(&format!("not added: {address}: {why}"))?;
        }
    }
    let not_added = u64::try_from(became.refused.len()).unwrap_or(u64::MAX);
    if not_added > 0 {
        bail!("{} could not be added", counted(not_added, "user"));
    }
    Ok(())
}

/// The first few of many names.
fn some_of(names: &[String]) -> String {
    let few = names.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED_MAX { format!("{few}, ...") } else { few }
}

fn show_domains(context: &Context, domains: &[DomainRow]) -> Result<()> {
    rows(
        context.json,
        domains,
        &[("domain", &|row| row.domain.clone()), ("users", &|row| row.users.to_string())],
    )
}

fn show_indexes(context: &Context, indexes: &[IndexRow]) -> Result<()> {
    if indexes.is_empty() && !context.json {
        return line("no user has mail enough for an index (1,000 messages): searches read it");
    }
    rows(
        context.json,
        indexes,
        &[
            ("user", &|row| row.address.clone()),
            ("messages", &|row| row.messages.to_string()),
            ("behind", &|row| row.behind.to_string()),
            ("size", &|row| Size(row.octets).to_string()),
        ],
    )
}

fn show_aliases(context: &Context, aliases: &[AliasRow]) -> Result<()> {
    rows(
        context.json,
        aliases,
        &[("address", &|row| row.address.clone()), ("leads to", &|row| row.targets.join(", "))],
    )
}

fn show_identities(context: &Context, identities: &[String]) -> Result<()> {
    if context.json {
        return json(&identities);
    }
    identities.iter().try_for_each(|identity| line(identity))
}

fn show_app_passwords(context: &Context, passwords: &[AppPasswordRow]) -> Result<()> {
    rows(
        context.json,
        passwords,
        &[
            ("device", &|row| row.device.clone()),
            ("created", &|row| row.added.clone()),
            ("last used", &|row| row.used.clone().unwrap_or_else(|| "never".to_owned())),
            ("apop", &|row| if row.apop { "yes" } else { "no" }.to_owned()),
        ],
    )
}

fn show_tokens(context: &Context, tokens: &[TokenRow]) -> Result<()> {
    rows(
        context.json,
        tokens,
        &[
            ("device", &|row| row.device.clone()),
            ("made by", &|row| if row.consent { "consent" } else { "hand" }.to_owned()),
            ("created", &|row| row.added.clone()),
            ("expires", &|row| row.expires.clone().unwrap_or_else(|| "never".to_owned())),
            ("last used", &|row| row.used.clone().unwrap_or_else(|| "never".to_owned())),
        ],
    )
}

fn show_queue(context: &Context, messages: &[QueuedRow]) -> Result<()> {
    rows(
        context.json,
        messages,
        &[
            ("number", &|row| row.id.to_string()),
            ("from", &|row| row.from.clone().unwrap_or_else(|| "<>".to_owned())),
            ("since", &|row| row.queued.clone()),
            ("next try", &|row| row.next.clone()),
            ("size", &|row| Size(row.octets).to_string()),
            ("to", &|row| row.recipients.join(", ")),
        ],
    )
}

fn show_imported(context: &Context, mailboxes: &[ImportedMailbox]) -> Result<()> {
    rows(
        context.json,
        mailboxes,
        &[
            ("mailbox", &|row| row.mailbox.clone()),
            ("imported", &|row| row.imported.to_string()),
            ("known", &|row| row.known.to_string()),
            ("refused", &|row| row.refused.to_string()),
            ("size", &|row| Size(row.octets).to_string()),
            ("why refused", &|row| row.why_refused.clone().unwrap_or_default()),
        ],
    )?;
    if context.json {
        return Ok(());
    }
    for row in mailboxes {
        for refused in &row.first_refused {
            line(&format!("refused: {refused}"))?;
        }
        if row.healed > 0 {
            line(&format!(
                "{}: {} of the known were damaged and are whole again",
                row.mailbox, row.healed
            ))?;
        }
        if let Some(uidls) = &row.uidls {
            line(&uidls_line(&row.mailbox, uidls))?;
        }
    }
    Ok(())
}

/// What became of the POP3 unique ids of a mailbox.
fn uidls_line(mailbox: &str, uidls: &ImportedUidls) -> String {
    let ImportedUidls { taken, without, refused, first_refused } = uidls;
    let mut text = format!("{mailbox}: {taken} POP3 unique ids taken over");
    if *without > 0 {
        text.push_str(&format!(", {without} messages had none"));
    }
    if *refused > 0 {
        let named = first_refused.join("; ");
        let more = if uidls.refused > first_refused.len().try_into().unwrap_or(u64::MAX) {
            "; ..."
        } else {
            ""
        };
        text.push_str(&format!(", {refused} refused: {named}{more}"));
    }
    text
}

fn show_users(context: &Context, users: &[UserRow]) -> Result<()> {
    rows(
        context.json,
        users,
        &[
            ("address", &|row| row.address.clone()),
            ("messages", &|row| row.messages.to_string()),
            ("size", &|row| Size(row.octets).to_string()),
            ("quota", &|row| limit(row.octets_max.map(|octets| Size(octets).to_string()))),
            ("messages max", &|row| limit(row.messages_max.map(|max| max.to_string()))),
            ("added", &|row| row.added.clone()),
            ("password set", &|row| row.password_set.clone()),
            ("login", &|row| if row.disabled { "disabled" } else { "enabled" }.to_owned()),
        ],
    )
}
