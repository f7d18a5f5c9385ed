//! Lines of the change log, and who made a change.

use bytes::Bytes;

use super::retained::{read_address, write_address};
use super::{read_uid_ranges, uid_ranges};
use crate::codec::{Input, Output};
use crate::operations::{Change, ContactsChange, Counts, EmailRuns, Visible, What};
use crate::{
    AccountId, AnnotationName, Door, EmailId, MailboxId, MailboxName, ModSeq, Timestamp, Who,
};

/// The layouts of a line: the first does not say what became of what is visible. Earlier programs wrote it, and mending does.
const WITHOUT_VISIBLE: u8 = 1;
const WITH_VISIBLE: u8 = 2;

pub(crate) fn write_change(
    time: Timestamp,
    who: &Who,
    what: &What,
    visible: Option<&Visible>,
) -> Bytes {
    let mut output = Output::version(visible.map_or(WITHOUT_VISIBLE, |_| WITH_VISIBLE));
    output.signed(time.0);
    write_who(&mut output, who);
    write_what(&mut output, what);
    if let Some(visible) = visible {
        output.octet(u8::from(visible.counts == Counts::Changed));
        write_emails(&mut output, &visible.came);
        write_emails(&mut output, &visible.went);
    }
    output.done()
}

/// Each run as the gap before it and its length, so that what was delivered takes few octets.
fn write_emails(output: &mut Output, emails: &EmailRuns) {
    output.count(emails.0.len());
    let mut at = 0u64;
    for (first, last) in &emails.0 {
        output.number(first.0.saturating_sub(at)).number(last.0.saturating_sub(first.0));
        at = last.0;
    }
}

fn read_emails(input: &mut Input<'_>) -> Option<EmailRuns> {
    let mut emails = EmailRuns::default();
    let mut at = 0u64;
    for _ in 0..input.count()? {
        let first = at.checked_add(input.number()?)?;
        let last = first.checked_add(input.number()?)?;
        emails.0.push((EmailId(first), EmailId(last)));
        at = last;
    }
    Some(emails)
}

fn write_what(output: &mut Output, what: &What) {
    match what {
        What::Created { mailbox, name } => output.octet(1).number(mailbox.0).text(name.as_str()),
        What::Renamed { mailbox, from, to } => {
            output.octet(2).number(mailbox.0).text(from.as_str()).text(to.as_str())
        }
        What::Deleted { mailbox, name } => output.octet(3).number(mailbox.0).text(name.as_str()),
        What::Added { mailbox, uids } => {
            uid_ranges(output.octet(4).number(mailbox.0), uids);
            output
        }
        What::Copied { from, mailbox, uids } => {
            uid_ranges(output.octet(5).number(from.0).number(mailbox.0), uids);
            output
        }
        What::Moved { from, gone, mailbox, uids } => {
            uid_ranges(output.octet(6).number(from.0), gone);
            uid_ranges(output.number(mailbox.0), uids);
            output
        }
        What::Flagged { mailbox, uids } => {
            uid_ranges(output.octet(7).number(mailbox.0), uids);
            output
        }
        What::Expunged { mailbox, uids } => {
            uid_ranges(output.octet(8).number(mailbox.0), uids);
            output
        }
        What::BroughtBack { mailbox, uids } => {
            uid_ranges(output.octet(9).number(mailbox.0), uids);
            output
        }
        What::Subscribed { name } => output.octet(10).text(name.as_str()),
        What::QuotaSet => output.octet(11),
        What::Contacts(change) => output
            .octet(12)
            .number(change.created)
            .number(change.updated)
            .number(change.destroyed)
            .number(change.books),
        // Since format 14.
        What::Annotated { mailbox, user, names } => {
            output.octet(13).number(mailbox.map_or(0, |mailbox| mailbox.0)).number(user.0);
            output.count(names.len());
            for name in names {
                output.text(name.as_str());
            }
            output
        }
    };
}

pub(crate) fn read_change(modseq: ModSeq, value: &[u8]) -> Option<Change> {
    let layout = *value.first()?;
    let mut input = Input::version(value, layout)?;
    let time = Timestamp(input.signed()?);
    let who = read_who(&mut input)?;
    let what = read_what(&mut input)?;
    let visible = match layout {
        WITHOUT_VISIBLE => None,
        WITH_VISIBLE => Some(Visible {
            counts: match input.octet()? {
                0 => Counts::Same,
                1 => Counts::Changed,
                _ => return None,
            },
            came: read_emails(&mut input)?,
            went: read_emails(&mut input)?,
        }),
        _ => return None,
    };
    input.end().map(|()| Change { modseq, time, who, what, visible })
}

fn read_what(input: &mut Input<'_>) -> Option<What> {
    fn mailbox(input: &mut Input<'_>) -> Option<MailboxId> {
        input.number_u32().map(MailboxId)
    }
    fn name(input: &mut Input<'_>) -> Option<MailboxName> {
        MailboxName::new(input.text()?).ok()
    }
    Some(match input.octet()? {
        1 => What::Created { mailbox: mailbox(input)?, name: name(input)? },
        2 => What::Renamed { mailbox: mailbox(input)?, from: name(input)?, to: name(input)? },
        3 => What::Deleted { mailbox: mailbox(input)?, name: name(input)? },
        4 => What::Added { mailbox: mailbox(input)?, uids: read_uid_ranges(input)? },
        5 => What::Copied {
            from: mailbox(input)?,
            mailbox: mailbox(input)?,
            uids: read_uid_ranges(input)?,
        },
        6 => What::Moved {
            from: mailbox(input)?,
            gone: read_uid_ranges(input)?,
            mailbox: mailbox(input)?,
            uids: read_uid_ranges(input)?,
        },
        7 => What::Flagged { mailbox: mailbox(input)?, uids: read_uid_ranges(input)? },
        8 => What::Expunged { mailbox: mailbox(input)?, uids: read_uid_ranges(input)? },
        9 => What::BroughtBack { mailbox: mailbox(input)?, uids: read_uid_ranges(input)? },
        10 => What::Subscribed { name: name(input)? },
        11 => What::QuotaSet,
        12 => What::Contacts(ContactsChange {
            created: input.number()?,
            updated: input.number()?,
            destroyed: input.number()?,
            books: input.number()?,
        }),
        13 => {
            let mailbox = Some(mailbox(input)?).filter(|mailbox| mailbox.0 != 0);
            let user = AccountId(input.number_u32()?);
            let count = input.count()?;
            let mut names = Vec::new();
            for _ in 0..count {
                names.push(AnnotationName::new(input.text()?)?);
            }
            What::Annotated { mailbox, user, names }
        }
        _ => return None,
    })
}

const DOORS: [(Door, u8); 8] = [
    (Door::Imap, 1),
    (Door::Pop3, 2),
    (Door::Delivery, 3),
    (Door::Submission, 4),
    (Door::Jmap, 5),
    (Door::Admin, 6),
    (Door::Sync, 7),
    (Door::System, 8),
];

/// Stands with the door where it was not the owner: the user's account follows (since format 13).
const OF_ANOTHER: u8 = 0x80;

pub(super) fn write_who(output: &mut Output, who: &Who) {
    let door = DOORS.iter().find(|(door, _)| *door == who.door).map_or(0, |(_, octet)| *octet);
    // An app password without a name is as good as none.
    let others = if who.user.is_some() { OF_ANOTHER } else { 0 };
    output.octet(door | others).text(who.device.as_deref().unwrap_or_default());
    write_address(output, who.address);
    if let Some(AccountId(user)) = who.user {
        output.number(user);
    }
}

pub(super) fn read_who(input: &mut Input<'_>) -> Option<Who> {
    let octet = input.octet()?;
    let door =
        DOORS.iter().find(|(_, known)| *known == octet & !OF_ANOTHER).map(|(door, _)| *door)?;
    let device = input.text().map(|text| (!text.is_empty()).then(|| text.to_owned()))?;
    let address = read_address(input)?;
    let user = match octet & OF_ANOTHER {
        0 => None,
        _ => Some(AccountId(input.number_u32()?)),
    };
    Some(Who { door, device, address, user })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Uid, UidSet};

    #[test]
    fn every_kind_of_line_is_read_as_written() {
        let (one, two) = (MailboxId(1), MailboxId(200));
        let name = || MailboxName::new("A/B").unwrap();
        let annotation = |name: &str| AnnotationName::new(name).unwrap();
        let names = || vec![annotation("/shared/comment"), annotation("/private/filters/values/a")];
        let uids =
            || UidSet::from_ranges([(Uid::MIN, Uid::new(50).unwrap()), (Uid::MAX, Uid::MAX)]);
        for what in [
            What::Created { mailbox: one, name: name() },
            What::Renamed { mailbox: one, from: name(), to: MailboxName::inbox() },
            What::Deleted { mailbox: two, name: name() },
            What::Added { mailbox: one, uids: uids() },
            What::Copied { from: one, mailbox: two, uids: uids() },
            What::Moved { from: one, gone: uids(), mailbox: two, uids: UidSet::new() },
            What::Flagged { mailbox: two, uids: uids() },
            What::Expunged { mailbox: two, uids: uids() },
            What::BroughtBack { mailbox: two, uids: uids() },
            What::Subscribed { name: name() },
            What::QuotaSet,
            What::Annotated { mailbox: Some(two), user: AccountId(3), names: names() },
            What::Annotated { mailbox: None, user: AccountId(300), names: Vec::new() },
            What::Contacts(ContactsChange { created: 1, updated: 200, destroyed: 3, books: 4 }),
        ] {
            for (door, _) in DOORS {
                let address = Some([10, 0, 0, 1].into());
                let user = (door == Door::Imap).then_some(AccountId(300));
                let who = Who { door, device: None, address, user };
                let emails = |numbers: &[u64]| {
                    let emails: Vec<_> = numbers.iter().copied().map(EmailId).collect();
                    EmailRuns::of(&emails)
                };
                let visible = Visible {
                    came: emails(&[1, 2, 3, 3, 4, 900, u64::MAX]),
                    went: emails(&[7, 7, 7]),
                    counts: Counts::Changed,
                };
                let value = write_change(Timestamp(5), &who, &what, Some(&visible));
                let (time, what) = (Timestamp(5), what.clone());
                let change = Change { modseq: ModSeq(9), time, who, what, visible: Some(visible) };
                assert_eq!(read_change(ModSeq(9), &value), Some(change));
            }
        }
    }
}
