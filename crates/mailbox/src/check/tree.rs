//! The tree of mailboxes: each hangs below another or stands outermost, under a name of its own.

use std::collections::HashSet;
use std::sync::Arc;

use super::{About, Checked};
use crate::MailboxName;
use crate::survey::Survey;
use crate::table::{ROOT, whole_name};

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    let Some(head) = &survey.head else {
        checked.wrong(About::Account, || "the account has no head".to_owned());
        return;
    };
    let mut names = HashSet::new();
    let mut validities = HashSet::new();
    let mut roles = HashSet::new();
    for (id, record) in &survey.records {
        let about = About::Mailbox(*id);
        checked
            .must(id.0 < head.next_mailbox, about, || format!("mailbox {id} has a number to come"));
        let name = whole_name(*id, |id| survey.records.get(&id).cloned().map(Arc::new));
        match name {
            None => checked.wrong(about, || format!("mailbox {id} hangs on one that is not there")),
            Some(name) => {
                let valid = MailboxName::new(name.as_str()).is_ok_and(|same| same == name);
                checked.must(valid, about, || format!("mailbox {id} has no valid name: {name}"));
            }
        }
        let unique = names.insert((record.parent, record.level.clone()));
        checked.must(unique, about, || format!("mailbox {id} has the name of another"));
        let validity = record.uid_validity;
        let own = validities.insert(validity) && validity.0 <= head.last_uid_validity;
        checked.must(own, about, || format!("mailbox {id} has a UIDVALIDITY that is not its own"));
        if let Some(role) = record.role {
            checked
                .must(roles.insert(role), about, || format!("mailbox {id} has the use of another"));
        }
        checked.must(record.highest_modseq <= head.modseq, about, || {
            format!("mailbox {id} is ahead of the account's counter")
        });
    }
    let inbox = survey.records.values().any(|r| r.parent == ROOT && &*r.level == "INBOX");
    checked.must(inbox, About::Account, || "the account has no Inbox".to_owned());
    checked.must(survey.last_change <= head.modseq, About::Account, || {
        "the change log is ahead of the account's counter".to_owned()
    });
}
