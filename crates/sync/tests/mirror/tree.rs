//! What is in an account, to be compared.

use std::collections::BTreeMap;

use mailbox::{Account, MailboxKind};

/// A message: its beginning, size, flags, keywords in lower case, and when it came.
pub(crate) type Message = (String, usize, u64, Vec<String>, i64, i16);

/// The messages of each folder, by what it is for, or else by its name.
pub(crate) type Tree = BTreeMap<String, Vec<Message>>;

pub(crate) fn of(account: &Account) -> Tree {
    let reader = account.reader().unwrap();
    let mut tree = Tree::new();
    for mailbox in account.mailboxes().unwrap().iter() {
        if mailbox.kind != MailboxKind::Selectable {
            continue;
        }
        let state = account.state(mailbox.id).unwrap();
        let message = |entry: &mailbox::Entry| {
            let email = reader.email(entry.email).unwrap().unwrap();
            let octets = account.body(&email, 0..u64::MAX).unwrap().to_vec();
            let mut keywords: Vec<String> =
                state.keywords_of(entry.flags).map(|it| it.as_str().to_lowercase()).collect();
            keywords.sort();
            let system = entry.flags.0 & mailbox::Flags::SYSTEM.0;
            let date = email.internal_date;
            let begin = String::from_utf8_lossy(&octets[..octets.len().min(60)]).into_owned();
            (begin, octets.len(), system, keywords, date.time.0, date.zone_minutes)
        };
        let mut messages: Vec<Message> = state.entries.iter().map(message).collect();
        messages.sort();
        // What is for something special may have another name at each end.
        let name =
            mailbox.role.map_or(mailbox.name.as_str().to_owned(), |role| format!("{role:?}"));
        tree.insert(name, messages);
    }
    tree
}
