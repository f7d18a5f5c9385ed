//! The steps of a random life.

use mailbox::{
    FlagMode, FlagNames, Flags, Keyword, MailboxId, MailboxName, ModSeq, Pop3Ended, Quit,
    Timestamp, UidSet,
};

use super::super::{Random, name, uid};
use super::{DEVICES, INBOX, Model};

/// One thing done to an account.
#[derive(Clone, Debug)]
pub(in super::super) enum Step {
    Append {
        to: MailboxId,
        messages: Vec<(usize, FlagNames)>,
    },
    Copy {
        from: MailboxId,
        uids: UidSet,
        to: MailboxId,
    },
    Move {
        from: MailboxId,
        uids: UidSet,
        to: MailboxId,
    },
    Store {
        mailbox: MailboxId,
        uids: UidSet,
        mode: FlagMode,
        flags: FlagNames,
        unchanged_since: Option<ModSeq>,
    },
    Expunge {
        mailbox: MailboxId,
        uids: Option<UidSet>,
    },
    Remove {
        mailbox: MailboxId,
        uids: UidSet,
    },
    Create {
        name: MailboxName,
    },
    Delete {
        mailbox: MailboxId,
    },
    Rename {
        mailbox: MailboxId,
        to: MailboxName,
    },
    Quota {
        octets_max: Option<u64>,
        messages_max: Option<u64>,
    },
    BringBack {
        removed_by: ModSeq,
        uids: Option<UidSet>,
    },
    DropRetained {
        before: Timestamp,
    },
    Forget {
        before: Timestamp,
    },
    Subscribe {
        name: MailboxName,
    },
    Unsubscribe {
        name: MailboxName,
    },
    Session {
        device: usize,
        ended: Pop3Ended,
    },
    Upkeep,
    ShowAgain {
        device: usize,
    },
}

const NAMES: [&str; 9] =
    ["a", "a/b", "a/b/c", "d", "d/e", "INBOX/x", "Trash", "Sent/a/b", "Archive/2024"];
const KEYWORDS: [&str; 4] = ["$Work", "$work", "Later", "$Junk"];

impl Model {
    pub(in super::super) fn random_step(&self, random: &mut Random) -> Step {
        let mailbox = self.some_mailbox(random);
        match random.below(41) {
            0..=8 => {
                let messages = (0..1 + random.below(3))
                    .map(|_| (random.below(12), some_flags(random)))
                    .collect();
                Step::Append { to: mailbox, messages }
            }
            9..=11 => Step::Copy {
                from: mailbox,
                uids: self.some_uids(mailbox, random),
                to: self.some_mailbox(random),
            },
            12..=14 => Step::Move {
                from: mailbox,
                uids: self.some_uids(mailbox, random),
                to: self.some_mailbox(random),
            },
            15..=19 => Step::Store {
                mailbox,
                uids: self.some_uids(mailbox, random),
                mode: *random
                    .one_of(&[FlagMode::Replace, FlagMode::Add, FlagMode::Remove])
                    .unwrap_or(&FlagMode::Add),
                flags: some_flags(random),
                unchanged_since: random.once_in(3).then(|| ModSeq(random.below(150) as u64)),
            },
            20..=21 => {
                let uids = random.once_in(2).then(|| self.some_uids(mailbox, random));
                Step::Expunge { mailbox, uids }
            }
            22 => Step::Remove { mailbox, uids: self.some_uids(mailbox, random) },
            23..=24 => Step::Create { name: some_name(random) },
            25 => Step::Delete { mailbox },
            26 => Step::Rename { mailbox, to: some_name(random) },
            27 => Step::Quota {
                octets_max: random.once_in(3).then(|| random.below(3_000) as u64),
                messages_max: random.once_in(3).then(|| random.below(40) as u64),
            },
            28..=29 => {
                let removed_by = match random.one_of(&self.retained) {
                    Some(retained) => retained.modseq,
                    None => ModSeq(random.below(9) as u64),
                };
                let uids = random.once_in(2).then(|| self.some_uids(mailbox, random));
                Step::BringBack { removed_by, uids }
            }
            30 => Step::DropRetained { before: some_time(random) },
            31 => Step::Forget { before: some_time(random) },
            32 => Step::Subscribe { name: some_name(random) },
            33 => Step::Unsubscribe { name: some_name(random) },
            34..=38 => self.some_session(random),
            39 => Step::Upkeep,
            _ => Step::ShowAgain { device: random.below(DEVICES.len()) },
        }
    }

    /// A mailbox, now and then one that is not there. The first ones come more often, so that mail gathers.
    fn some_mailbox(&self, random: &mut Random) -> MailboxId {
        let all: Vec<MailboxId> = self.mailboxes.keys().copied().collect();
        if random.once_in(30) {
            return MailboxId(random.below(40) as u32);
        }
        let few = if random.once_in(2) { 2 } else { all.len() };
        all[random.below(few.min(all.len()))]
    }

    /// A session about some of what its device is shown.
    fn some_session(&self, random: &mut Random) -> Step {
        let device = random.below(DEVICES.len());
        let shown: UidSet = self.shown(device).into_iter().collect();
        let deleted = self.some_uids(INBOX, random).intersection(&shown);
        let downloaded = self.some_uids(INBOX, random).intersection(&shown);
        let quit = if random.once_in(6) { Quit::Broken } else { Quit::Yes };
        Step::Session { device, ended: Pop3Ended { deleted, downloaded, quit } }
    }

    /// UIDs, most of which are there.
    fn some_uids(&self, mailbox: MailboxId, random: &mut Random) -> UidSet {
        let next = self.mailboxes.get(&mailbox).map_or(1, |mailbox| mailbox.uid_next) as usize;
        let mut one = || uid(1 + random.below(next + 1) as u32);
        let ranges: Vec<_> = (0..2).map(|_| (one(), one())).collect();
        if random.once_in(4) {
            UidSet::from_ranges(ranges)
        } else {
            UidSet::from_ranges(ranges.into_iter().flat_map(|(a, b)| [(a, a), (b, b)]))
        }
    }
}

fn some_name(random: &mut Random) -> MailboxName {
    name(random.one_of(&NAMES).unwrap_or(&"a"))
}

fn some_flags(random: &mut Random) -> FlagNames {
    let all = [Flags::SEEN, Flags::DELETED, Flags::FLAGGED, Flags::DRAFT, Flags::ANSWERED];
    let mut flags = FlagNames::default();
    for _ in 0..random.below(3) {
        flags.system = flags.system.with(all[random.below(all.len())]);
    }
    for _ in 0..random.below(3) {
        flags.keywords.push(Keyword::new(KEYWORDS[random.below(KEYWORDS.len())]).unwrap());
    }
    flags
}

/// A time about the beginning and somewhat later.
fn some_time(random: &mut Random) -> Timestamp {
    Timestamp(super::super::BEGINNING.0 + random.below(120) as i64)
}
