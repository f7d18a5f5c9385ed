//! What a change came to, in a sentence that names the values which hold from now on.

use admin::answer::{Changed, Pop3Settings, QueuedRow, UserRow};
use anyhow::Result;
use machine::Size;

use super::sharing::shared;
use crate::context::Context;
use crate::output::{counted, json, line, shell_word, warning};

/// Prints what changed.
pub(super) fn show_changed(context: &Context, changed: &Changed) -> Result<()> {
    if let Changed::AliasSet { warnings, .. } | Changed::Pop3 { warnings, .. } = changed {
        for text in warnings {
            warning(&format!("correio: warning: {text}"))?;
        }
    }
    if context.json { json(changed) } else { line(&told(changed)) }
}

fn told(changed: &Changed) -> String {
    match changed {
        Changed::DomainAdded { domain } => format!("added the domain {domain}"),
        Changed::DomainRemoved { domain } => format!("removed the domain {domain}"),
        Changed::UserAdded(row) => format!("added {} with {}", row.address, quota(row)),
        Changed::UserRemoved(row) => format!("removed {} with {}", row.address, held(row)),
        Changed::UserRenamed { .. } => renamed(changed),
        Changed::UserDisabled { address } => format!(
            "{address} is disabled: sessions end, nobody logs in, mail is still taken; \
             `correio user enable {}` ends that",
            shell_word(address)
        ),
        Changed::UserEnabled { address } => format!("{address} can log in"),
        Changed::FactorsReset { address } => {
            format!("{address} logs in to pages with the password alone")
        }
        Changed::PasswordSet { address } => format!(
            "the password of {address} is set; sessions end, app passwords and tokens stay good"
        ),
        Changed::QuotaSet(row) => quota_set(row),
        Changed::AppPasswordRemoved { address, device } => {
            format!("revoked the app password {device} of {address}")
        }
        Changed::TokenRemoved { address, device } => {
            format!("revoked the access token {device} of {address}")
        }
        Changed::Shared { address, mailbox, seen_by_each, shares } => {
            shared(address, mailbox, *seen_by_each, shares)
        }
        Changed::IdentityAdded { address, identity } => {
            format!("{address} may send from {identity}")
        }
        Changed::IdentityRemoved { address, identity } => {
            format!("{address} may no longer send from {identity}")
        }
        Changed::AliasSet { address, targets, before, .. } => {
            let now = format!("{address} leads to {}", targets.join(", "));
            match before {
                Some(before) if before == targets => format!("{now}, as before"),
                Some(before) => format!("{now} (before: {})", before.join(", ")),
                None => now,
            }
        }
        Changed::AliasRemoved { address, targets } => {
            format!("removed {address}, which led to {}", targets.join(", "))
        }
        Changed::QueueRemoved(row) => {
            format!("removed {}; its sender is not told", queued(row))
        }
        Changed::QueueRetried(row) => format!("{} is tried now", queued(row)),
        Changed::Pop3 { address, device, settings, .. } => {
            pop3(address, device.as_deref(), settings)
        }
    }
}

fn renamed(changed: &Changed) -> String {
    let Changed::UserRenamed { from, to, old_is_alias, aliases, identities } = changed else {
        return String::new();
    };
    let mut text = format!("{from} is {to} now; sessions end");
    if *old_is_alias {
        text.push_str(&format!(", and {from} is an alias"));
    } else {
        text.push_str(&format!(", and {from} is nobody's"));
    }
    if !aliases.is_empty() {
        text.push_str(&format!("; aliases that lead there: {}", aliases.join(", ")));
    }
    if *identities > 0 {
        let number = usize::try_from(*identities).unwrap_or(usize::MAX);
        let people =
            if number == 1 { "1 other user".to_owned() } else { format!("{number} others") };
        text.push_str(&format!("; {people} may send from it, as before from {from}"));
    }
    text
}

/// `a quota of 2 GB and 1000 messages`.
fn quota(row: &UserRow) -> String {
    match limits(row) {
        Some(limits) => format!("a quota of {limits}"),
        None => "no quota".to_owned(),
    }
}

fn limits(row: &UserRow) -> Option<String> {
    let octets = row.octets_max.map(|octets| Size(octets).to_string());
    let messages = row.messages_max.map(|messages| counted(messages, "message"));
    match (octets, messages) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(octets), Some(messages)) => Some(format!("{octets} and {messages}")),
    }
}

/// `12 messages, 1.3 GB`.
fn held(row: &UserRow) -> String {
    format!("{}, {}", counted(row.messages, "message"), Size(row.octets))
}

fn quota_set(row: &UserRow) -> String {
    let address = &row.address;
    let Some(limits) = limits(row) else {
        return format!("{address} has no quota now (uses {})", held(row));
    };
    let uses = match row.messages_max {
        None => Size(row.octets).to_string(),
        Some(_) => held(row),
    };
    let is_over = row.octets_max.is_some_and(|max| row.octets > max)
        || row.messages_max.is_some_and(|max| row.messages > max);
    let over = if is_over {
        "; that is more already, so no mail is taken until there is room"
    } else {
        ""
    };
    format!("quota of {address} is now {limits} (uses {uses}){over}")
}

fn queued(row: &QueuedRow) -> String {
    let from = row.from.as_deref().unwrap_or("<>");
    let to: Vec<&str> =
        row.recipients.iter().map(|one| one.split(' ').next().unwrap_or(one)).collect();
    format!("message {} of the queue, from {from} to {}", row.id, to.join(", "))
}

fn pop3(address: &str, device: Option<&str>, settings: &Pop3Settings) -> String {
    let whose = match device {
        Some(device) => format!("{device} of {address}"),
        None => address.to_owned(),
    };
    format!(
        "POP3 for {whose}: on-delete {}, show {}, mark-read {}, sent-copy {}, login-delay {}",
        settings.on_delete.value,
        settings.show.value,
        settings.mark_read.value,
        settings.sent_copy.value,
        settings.login_delay.value
    )
}

#[cfg(test)]
mod tests {
    use admin::answer::{Changed, UserRow};

    use super::told;

    fn row(octets_max: Option<u64>, messages_max: Option<u64>) -> UserRow {
        UserRow {
            address: "ana@example.org".to_owned(),
            account: 1,
            added: String::new(),
            password_set: String::new(),
            scram: true,
            disabled: false,
            messages: 12,
            messages_max,
            octets: 1_288_490_189,
            octets_max,
        }
    }

    #[test]
    fn a_quota_is_told_with_what_is_used() {
        for (octets, messages, want) in [
            (Some(2 << 30), None, "quota of ana@example.org is now 2 GB (uses 1.3 GB)"),
            (None, None, "ana@example.org has no quota now (uses 12 messages, 1.3 GB)"),
            (
                Some(2 << 30),
                Some(10),
                "quota of ana@example.org is now 2 GB and 10 messages (uses 12 messages, 1.3 GB); \
                 that is more already, so no mail is taken until there is room",
            ),
        ] {
            assert_eq!(told(&Changed::QuotaSet(row(octets, messages))), want);
        }
        assert_eq!(
            told(&Changed::UserAdded(row(None, None))),
            "added ana@example.org with no quota"
        );
    }

    #[test]
    fn an_alias_is_told_with_what_it_was() {
        let to = |one: &str| vec![one.to_owned()];
        let address = "info@example.org".to_owned();
        let set = |before| Changed::AliasSet {
            address: address.clone(),
            targets: to("ana@example.org"),
            before,
            warnings: Vec::new(),
        };
        assert_eq!(told(&set(None)), "info@example.org leads to ana@example.org");
        let told = told(&set(Some(to("bob@example.org"))));
        assert_eq!(told, "info@example.org leads to ana@example.org (before: bob@example.org)");
    }
}
