//! Brings back what was removed: what one change took, or all that a device or a door did.

use mailbox::operations::{BroughtBack, Retained, What};
use mailbox::{Account, Door, Error, Fault, MailboxKind, ModSeq, Refused, Timestamp};

use super::{DeskFault, answers};
use crate::answer::{Answer, BroughtBackRow};
use crate::request::{DOORS, Removed};

/// So many groups are looked at. An account that has more is brought back in several rounds.
const GROUPS_MAX: usize = 100_000;

/// What can be brought back of what is meant, newest first.
pub(super) fn retained(
    account: &Account,
    removed: &Removed,
    most: usize,
) -> Result<Vec<Retained>, DeskFault> {
    if removed.device.is_none() && removed.over.is_none() {
        return Ok(account.retained(most)?);
    }
    let wanted = Wanted::of(removed)?;
    let mut groups = account.retained(GROUPS_MAX)?;
    groups.retain(|group| wanted.is(group));
    groups.truncate(most);
    Ok(groups)
}

/// The same, as an administrator sees it.
pub(super) fn retained_rows(
    account: &Account,
    removed: &Removed,
    most: usize,
) -> Result<Answer, DeskFault> {
    let retained = retained(account, removed, most)?;
    let mailboxes = account.mailboxes()?;
    let now = |one: &Retained| {
        let open = mailboxes.iter().filter(|mailbox| mailbox.kind == MailboxKind::Selectable);
        // Where it is gone, one that has its name takes the mail.
        let by_name = open.clone().find(|mailbox| mailbox.name == one.mailbox_name);
        let there = open.clone().find(|mailbox| mailbox.id == one.mailbox).or(by_name);
        there.map(|mailbox| mailbox.name.to_string())
    };
    Ok(Answer::Retained(
        retained.iter().map(|one| answers::retained(account, one, now(one))).collect(),
    ))
}

/// Brings back all that is meant.
pub(super) async fn bring_back_all(
    account: &Account,
    removed: &Removed,
) -> Result<Answer, DeskFault> {
    let mut changes: Vec<ModSeq> =
        retained(account, removed, GROUPS_MAX)?.iter().map(|group| group.modseq).collect();
    // A change that removed from several mailboxes is listed once for each.
    changes.dedup();
    if changes.is_empty() {
        let words =
            "nothing of the kind can be brought back; `correio user retained` lists what can";
        return Err(DeskFault::Words(words.to_owned()));
    }
    let (mut all, mut done) = (Back::default(), 0u64);
    for change in changes {
        match account.bring_back(change, None).await {
            Ok(back) => {
                all.add(&back);
                done = done.saturating_add(1);
            }
            // Somebody else brought it back just now.
            Err(Error::Refused(Refused::NoSuchMessage)) => {}
            Err(Error::Refused(refused)) if done > 0 => {
                let messages = all.messages();
                return Err(DeskFault::Words(format!(
                    "{messages} messages of {done} changes were brought back, then: {refused}; the rest can still be brought back"
                )));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all.answer(done))
}

/// What came back, by mailbox.
pub(super) fn rows_of(places: &[BroughtBack]) -> Vec<BroughtBackRow> {
    let mut all = Back::default();
    all.add(places);
    all.0
}

/// Why a change cannot be undone.
pub(super) fn why_not(account: &Account, change: ModSeq) -> Result<DeskFault, Fault> {
    Ok(DeskFault::Words(why_nothing(account, change)?))
}

/// Brings back what one change removed, all of it or nothing.
pub(super) async fn bring_back(account: &Account, change: ModSeq) -> Result<Answer, DeskFault> {
    match account.bring_back(change, None).await {
        Ok(back) => {
            let mut all = Back::default();
            all.add(&back);
            Ok(all.answer(1))
        }
        Err(Error::Refused(Refused::NoSuchMessage)) => {
            Err(DeskFault::Words(why_nothing(account, change)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// What came back, by mailbox.
#[derive(Default)]
struct Back(Vec<BroughtBackRow>);

impl Back {
    fn add(&mut self, places: &[BroughtBack]) {
        for place in places {
            let messages = u64::try_from(place.entries.len()).unwrap_or(u64::MAX);
            let name = place.name.to_string();
            match self.0.iter_mut().find(|row| row.mailbox == name) {
                Some(row) => row.messages = row.messages.saturating_add(messages),
                None => {
                    self.0.push(BroughtBackRow { mailbox: name, messages, made: place.made });
                }
            }
        }
    }

    fn messages(&self) -> u64 {
        self.0.iter().map(|row| row.messages).sum()
    }

    fn answer(self, changes: u64) -> Answer {
        Answer::BroughtBack { messages: self.messages(), changes, into: self.0 }
    }
}

/// Why a change has nothing to bring back: there never was one, it deleted nothing, or what it deleted is not kept any more.
fn why_nothing(account: &Account, change: ModSeq) -> Result<String, Fault> {
    let last = *account.bell().borrow();
    let ModSeq(number) = change;
    if number == 0 || change > last {
        return Ok(format!(
            "there never was a change {number}, the last one is {}; `correio user retained` lists what can be brought back",
            last.0
        ));
    }
    let before = ModSeq(number.saturating_sub(1));
    let found = account.changes_since(before, 1)?.into_iter().find(|one| one.modseq == change);
    let Some(found) = found else {
        return Ok(format!(
            "change {number} is not remembered, and nothing that it may have deleted is kept; `correio user retained` lists \
             what can be brought back"
        ));
    };
    if let What::Expunged { .. } = found.what {
        return Ok(format!(
            "what change {number} deleted was brought back already, or dropped for good: purged, or older than what is retained"
        ));
    }
    let rows = answers::history(account, &[found])?;
    let what = rows.first().map(|row| row.what.as_str()).unwrap_or_default();
    Ok(format!(
        "change {number} deleted no messages: it {what}; `correio user retained` lists what can be brought back"
    ))
}

/// Drops for good all that could be brought back.
pub(super) async fn purge(account: &Account) -> Result<Answer, DeskFault> {
    let dropped = account.drop_oldest(u64::MAX, Timestamp(i64::MAX)).await?;
    Ok(Answer::Purged { messages: dropped.messages, octets: dropped.octets.0 })
}

/// What is meant, understood.
struct Wanted {
    device: Option<String>,
    over: Option<Door>,
}

impl Wanted {
    fn of(removed: &Removed) -> Result<Wanted, DeskFault> {
        let over = removed.over.as_deref().map(door).transpose()?;
        Ok(Wanted { device: removed.device.as_deref().map(folded), over })
    }

    fn is(&self, group: &Retained) -> bool {
        let device = group.who.device.as_deref().map(folded);
        let by_device = self.device.is_none() || self.device == device;
        by_device && self.over.is_none_or(|over| over == group.who.door)
    }
}

/// Devices are the same whatever the case of their letters.
fn folded(device: &str) -> String {
    device.trim().to_lowercase()
}

fn door(name: &str) -> Result<Door, DeskFault> {
    let found = DOORS.iter().find(|(known, _)| *known == name);
    found.map(|(_, door)| *door).ok_or_else(|| {
        let known: Vec<&str> = DOORS.iter().map(|(name, _)| *name).collect();
        DeskFault::Words(format!("{name} is no way in; there are {}", known.join(", ")))
    })
}
