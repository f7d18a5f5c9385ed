//! The tree of mailboxes: each hangs below another or stands outermost, under a name of its own.

use std::collections::HashSet;
use std::sync::Arc;

use super::Checked;
use crate::MailboxName;
use crate::survey::Survey;
use crate::table::{ROOT, whole_name};

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    let Some(head) = &survey.head else {
        checked.wrong(|| "the account has no head".to_owned());
        return;
    };
    let mut names = HashSet::new();
    let mut validities = HashSet::new();
    let mut roles = HashSet::new();
    for (id, record) in &survey.records {
        checked.must(id.0 < head.next_mailbox, || format!("mailbox {id} has a number to come"));
        let name = whole_name(*id, |id| survey.records.get(&id).cloned().map(Arc::new));
        match name {
            None => checked.wrong(|| format!("mailbox {id} hangs on one that is not there")),
            Some(name) => {
                let valid = MailboxName::new(name.as_str()).is_ok_and(|same| same == name);
                checked.must(valid, || format!("mailbox {id} has no valid name: {name}"));
            }
        }
        let unique = names.insert((record.parent, record.level.clone()));
        checked.must(unique, || format!("mailbox {id} has the name of another"));
        let validity = record.uid_validity;
        checked.must(validities.insert(validity) && validity.0 <= head.last_uid_validity, || {
            format!("mailbox {id} has a UIDVALIDITY that is not its own")
        });
        if let Some(role) = record.role {
            checked.must(roles.insert(role), || format!("mailbox {id} has the use of another"));
        }
        checked.must(record.highest_modseq <= head.modseq, || {
            format!("mailbox {id} is ahead of the account's counter")
        });
    }
    let inbox = survey.records.values().any(|r| r.parent == ROOT && &*r.level == "INBOX");
    checked.must(inbox, || "the account has no Inbox".to_owned());
    checked.must(survey.last_change <= head.modseq, || {
        "the change log is ahead of the account's counter".to_owned()
    });
}
