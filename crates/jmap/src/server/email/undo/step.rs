//! A step of a change as it stands in a note.

use mailbox::{
    EmailStep, FlagNames, Flags, FlagsBefore, Keyword, MailboxId, ModSeq, StepDone, Uid, UidSet,
};
use serde::{Deserialize, Serialize};

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    mailbox: u32,
    modseq: u64,
    done: Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Done {
    Flagged(Vec<Before>),
    Copied(String),
    Moved(u32, Vec<Before>),
    Expunged(u64),
}

/// System flags as bits, keywords, and which entries had them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Before(u64, Vec<String>, String);

impl Step {
    pub(super) fn of(step: EmailStep) -> Step {
        let done = match step.done {
            StepDone::Flagged(before) => Done::Flagged(written(before)),
            StepDone::Copied(uids) => Done::Copied(text(&uids)),
            StepDone::Moved(from, before) => Done::Moved(from.0, written(before)),
            StepDone::Expunged(count) => Done::Expunged(count),
        };
        Step { mailbox: step.mailbox.0, modseq: step.modseq.0, done }
    }

    /// The step; none: it is nothing that we wrote.
    pub(super) fn read(self) -> Option<EmailStep> {
        let done = match self.done {
            Done::Flagged(before) => StepDone::Flagged(read(before)?),
            Done::Copied(uids) => StepDone::Copied(uids_of(&uids)?),
            Done::Moved(from, before) => StepDone::Moved(MailboxId(from), read(before)?),
            Done::Expunged(count) => StepDone::Expunged(count),
        };
        Some(EmailStep { mailbox: MailboxId(self.mailbox), modseq: ModSeq(self.modseq), done })
    }
}

fn written(before: FlagsBefore) -> Vec<Before> {
    let one = |(names, uids): (FlagNames, UidSet)| {
        let keywords = names.keywords.iter().map(|it| it.as_str().to_owned());
        Before(names.system.0, keywords.collect(), text(&uids))
    };
    before.into_iter().map(one).collect()
}

fn read(before: Vec<Before>) -> Option<FlagsBefore> {
    let one = |Before(system, keywords, uids): Before| {
        let keywords = keywords.iter().map(|it| Keyword::new(it)).collect::<Option<_>>()?;
        Some((FlagNames { system: Flags(system), keywords }, uids_of(&uids)?))
    };
    before.into_iter().map(one).collect()
}

/// UIDs as IMAP writes them.
fn text(uids: &UidSet) -> String {
    let mut text = String::new();
    for (first, last) in uids.ranges() {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if first != last {
            text.push_str(&format!(":{last}"));
        }
    }
    text
}

fn uids_of(text: &str) -> Option<UidSet> {
    let uid = |digits: &str| Uid::new(digits.parse().ok()?);
    let range = |part: &str| match part.split_once(':') {
        None => uid(part).map(|uid| (uid, uid)),
        Some((first, last)) => Some((uid(first)?, uid(last)?)),
    };
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(range).collect::<Option<Vec<_>>>().map(UidSet::from_ranges)
}

#[cfg(test)]
mod tests {
    use mailbox::{EmailStep, FlagNames, Flags, Keyword, MailboxId, ModSeq, StepDone, Uid, UidSet};

    use super::Step;

    #[test]
    fn a_step_is_read_as_it_was_written() {
        let uid = |number| Uid::new(number).unwrap();
        let uids = UidSet::from_ranges([(uid(1), uid(7)), (uid(9), uid(9)), (uid(12), Uid::MAX)]);
        let keywords = vec![Keyword::new("$work").unwrap()];
        let before = vec![
            (FlagNames { system: Flags::SEEN, keywords }, uids.clone()),
            (FlagNames::default(), UidSet::new()),
        ];
        for done in [
            StepDone::Flagged(before.clone()),
            StepDone::Copied(uids),
            StepDone::Moved(MailboxId(4), before),
            StepDone::Expunged(7),
        ] {
            let step = EmailStep { mailbox: MailboxId(3), modseq: ModSeq(99), done };
            let json = serde_json::to_string(&Step::of(step.clone())).unwrap();
            let read: Step = serde_json::from_str(&json).unwrap();
            assert_eq!(read.read(), Some(step), "{json}");
        }
    }
}
