//! Every email is a member of its thread, and every known Message-ID leads to a thread that has members.

use std::collections::HashMap;

use super::{About, Checked};
use crate::survey::Survey;

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    for (id, email) in &survey.emails {
        let member = survey.members.contains_key(&(email.thread, *id));
        checked
            .must(member, About::Email(*id), || format!("email {id} is no member of its thread"));
    }
    let mut put_down = HashMap::new();
    for ((thread, email), hashes) in &survey.members {
        let there = survey.emails.get(email).is_some_and(|email| email.thread == *thread);
        checked.must(there, About::Email(*email), || {
            format!("thread {thread} has a member {email} that is not its")
        });
        for hash in hashes {
            let first = put_down.insert(*hash, *thread).is_none();
            checked.must(first, About::Email(*email), || {
                format!("two emails note the Message-ID {hash:x}")
            });
        }
    }
    for (hash, thread) in &survey.message_ids {
        checked.must(put_down.get(hash) == Some(thread), About::Account, || {
            format!("no email of thread {thread} notes the Message-ID {hash:x}")
        });
    }
    for (hash, thread) in &put_down {
        checked.must(survey.message_ids.get(hash) == Some(thread), About::Account, || {
            format!("the message id {hash:x} does not lead to its thread {thread}")
        });
    }
}
