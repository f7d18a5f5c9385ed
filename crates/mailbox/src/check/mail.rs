//! Entries, emails and what these note of their entries fit together; counts and quota are what one gets by counting.

use std::collections::{BTreeMap, HashSet};

use super::{About, Checked, wide};
use crate::records::Record;
use crate::survey::Survey;
use crate::{Arrival, Entry, Flags, MailboxId, MailboxKind, ModSeq, UidValidity};

pub(super) fn check(survey: &Survey, checked: &mut Checked) {
    entries(survey, checked);
    counts(survey, checked);
    email_entries(survey, checked);
    vanished(survey, checked);
}

fn entries(survey: &Survey, checked: &mut Checked) {
    for ((mailbox, uid), entry) in &survey.entries {
        let at = || format!("entry {uid} of mailbox {mailbox}");
        let about = About::Entry(*mailbox, *uid);
        let Some(record) = survey.records.get(mailbox) else {
            checked.wrong(about, || format!("{} is in a mailbox that is not there", at()));
            continue;
        };
        let selectable = record.kind == MailboxKind::Selectable;
        checked.must(selectable, about, || format!("{} is in a mailbox that holds no mail", at()));
        let given = record.uid_next.is_none_or(|next| *uid < next);
        checked.must(given, about, || format!("{} has a UID to come", at()));
        let told = entry.modseq <= record.highest_modseq;
        checked.must(told, about, || format!("{} is ahead of its mailbox's counter", at()));
        let keywords = survey.keywords.get(mailbox).copied().unwrap_or(0);
        let known = entry.flags.keyword_indexes().all(|index| index < keywords);
        checked.must(known, about, || format!("{} has a keyword without a name", at()));
        let email = survey.emails.get(&entry.email);
        checked.must(email.is_some(), about, || format!("{} has lost its email", at()));
        let same = email.is_none_or(|email| email.octets.0 == u64::from(entry.octets));
        checked.must(same, about, || format!("{} has not the size of its email", at()));
        let same = email.is_none_or(|e| e.marks.0 == entry.flags.0 & Flags::INTERNAL.0);
        checked.must(same, about, || format!("{} says otherwise of its email's octets", at()));
        let unknown = entry.arrived == Arrival::UNKNOWN;
        let same = unknown || email.is_none_or(|email| email.arrived == entry.arrived);
        checked.must(same, about, || format!("{} did not come when its email came", at()));
        let noted = survey.email_entries.contains(&(entry.email, *mailbox, *uid));
        checked.must(noted, about, || format!("{} is not among the entries of its email", at()));
    }
    for (mailbox, uid) in &survey.copied {
        let there = survey.entries.contains_key(&(*mailbox, *uid));
        let about = About::Entry(*mailbox, *uid);
        checked.must(there, about, || format!("a copy is noted without entry {uid} of {mailbox}"));
    }
    for mailbox in survey.keywords.keys() {
        let there = survey.records.contains_key(mailbox);
        checked.must(there, About::Account, || {
            format!("keywords of mailbox {mailbox} that is not there")
        });
    }
}

/// What one gets by counting: only the counts of these records mean anything.
pub(crate) fn counted(survey: &Survey) -> BTreeMap<MailboxId, Record> {
    let empty = || Record::new(MailboxId(0), "", None, UidValidity(0), ModSeq(0));
    let mut counted: BTreeMap<MailboxId, Record> =
        survey.records.keys().map(|id| (*id, empty())).collect();
    for ((mailbox, _), entry) in &survey.entries {
        counted.entry(*mailbox).or_insert_with(empty).count_in(entry);
    }
    counted
}

fn counts(survey: &Survey, checked: &mut Checked) {
    for (mailbox, counted) in counted(survey) {
        let Some(record) = survey.records.get(&mailbox) else { continue };
        let same = (record.messages, record.unseen, record.deleted, record.octets)
            == (counted.messages, counted.unseen, counted.deleted, counted.octets);
        let about = About::Mailbox(mailbox);
        checked.must(same, about, || format!("the counts of mailbox {mailbox} are wrong"));
    }
    let Some(head) = &survey.head else { return };
    let octets = |entry: &Entry| u64::from(entry.octets);
    let used = survey.entries.values().map(octets).fold(0, u64::saturating_add);
    let messages = wide(survey.entries.len());
    checked.must((head.octets, head.messages) == (used, messages), About::Account, || {
        let (was, had) = (head.octets, head.messages);
        format!(
            "the quota says {was} octets and {had} messages, but there are {used} and {messages}"
        )
    });
}

fn email_entries(survey: &Survey, checked: &mut Checked) {
    let mut retained = HashSet::new();
    for (mailbox, item) in survey.retained_items() {
        let entry = (item.email, mailbox, item.uid);
        let at = || format!("retained entry {} of mailbox {mailbox}", item.uid);
        let about = About::Entry(mailbox, item.uid);
        checked.must(retained.insert(entry), about, || format!("{} is retained twice", at()));
        let there = survey.emails.contains_key(&item.email);
        checked.must(there, about, || format!("{} has lost its email", at()));
        let noted = survey.email_entries.contains(&entry);
        checked.must(noted, about, || format!("{} is not among the entries of its email", at()));
        let gone = !survey.entries.contains_key(&(mailbox, item.uid));
        checked.must(gone, about, || format!("{} is also there", at()));
    }
    let mut held_emails = HashSet::new();
    for (email, mailbox, uid) in &survey.email_entries {
        let entry = survey.entries.get(&(*mailbox, *uid));
        let live = entry.is_some_and(|entry| entry.email == *email);
        let held = live || retained.contains(&(*email, *mailbox, *uid));
        checked.must(held, About::Entry(*mailbox, *uid), || {
            format!("email {email} notes an entry, {uid} of mailbox {mailbox}, that is not there")
        });
        held_emails.insert(*email);
    }
    for email in survey.emails.keys() {
        let about = About::Email(*email);
        checked.must(held_emails.contains(email), about, || format!("email {email} is nowhere"));
        let given = survey.head.is_none_or(|head| email.0 < head.next_email);
        checked.must(given, about, || format!("email {email} has a number to come"));
    }
    // One that is missing is no fault: it is made when somebody sorts.
    for email in &survey.sorts {
        let there = survey.emails.contains_key(email);
        checked.must(there, About::Email(*email), || {
            format!("a sort record is kept of email {email} that is not there")
        });
    }
}

fn vanished(survey: &Survey, checked: &mut Checked) {
    for (mailbox, modseq, uids) in &survey.vanished {
        let about = About::Mailbox(*mailbox);
        let at = || format!("what vanished from mailbox {mailbox} at {modseq}");
        let Some(record) = survey.records.get(mailbox) else {
            checked.wrong(about, || format!("{}: there is no such mailbox", at()));
            continue;
        };
        let order = record.vanished_floor < *modseq && *modseq <= record.highest_modseq;
        checked.must(order, about, || format!("{}: out of order", at()));
        let mut there = uids.iter().filter(|uid| survey.entries.contains_key(&(*mailbox, *uid)));
        let none = there.next().is_none();
        checked.must(none, about, || format!("{}: some of it is there", at()));
    }
}
