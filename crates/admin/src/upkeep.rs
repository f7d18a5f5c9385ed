//! Check, repair, backup and restore: the store's own, with the certificate and configuration that lie beside it, and
//! the sums of the mail model proved by counting again.

use std::path::Path;
use std::sync::Arc;

use machine::files;
use mailbox::{Accounts, Door, Error, Fault, Flags, MailboxKind, Policy, Who};
use store::{Disk, OpenError, Options, Report, Store};

use crate::answer::{Checked, Progress};
use crate::keep::{Folder, Keep, disk};

/// Takes steps of progress.
pub type Steps<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Checks a store while it works. Waits for the disk.
pub fn check_open(store: &Store, accounts: &Accounts, steps: Steps<'_>) -> Result<Checked, Fault> {
    let found = store.check(&mut |report| pass_on(&report, steps))?;
    let mut checked = shown(&found);
    recount(accounts, &mut checked, steps)?;
    Ok(checked)
}

/// Checks a store that is not open. Waits for the disk.
pub fn check_closed(
    folder: &Folder,
    policy: Policy,
    steps: Steps<'_>,
) -> Result<Checked, OpenError> {
    let place: Arc<dyn Disk> = disk(&folder.store())?;
    let found = store::check(&place, &Options::default(), &mut |report| pass_on(&report, steps))?;
    let mut checked = shown(&found);
    if checked.faults.is_empty() {
        let keep = Keep::open(folder, policy)?;
        recount(&keep.accounts, &mut checked, steps)?;
        keep.close()?;
    }
    Ok(checked)
}

/// What a repair came to.
pub struct Mended {
    /// What could not be kept.
    pub lost: Vec<String>,
    /// How many segments were replaced; the damaged ones are kept beside them.
    pub segments: usize,
    /// What a check says afterwards.
    pub checked: Checked,
}

/// Repairs a store that is not open. Waits for the disk.
pub fn repair(folder: &Folder, steps: Steps<'_>) -> Result<Mended, OpenError> {
    let place: Arc<dyn Disk> = disk(&folder.store())?;
    let repaired =
        store::repair(&place, &Options::default(), &mut |report| pass_on(&report, steps))?;
    Ok(Mended {
        lost: repaired.findings.iter().map(ToString::to_string).collect(),
        segments: repaired.segments.len(),
        checked: shown(&repaired.checked),
    })
}

/// What a copy came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopiedFiles {
    /// Files, linked ones included.
    pub files: u64,
    /// Octets that were copied.
    pub octets: u64,
}

/// Copies a store while it works, with what lies beside it, into a folder that is empty or not there: a data folder
/// of its own. Waits for the disk.
pub fn back_up(store: &Store, from: &Folder, to: &Folder) -> Result<CopiedFiles, Fault> {
    if to.is_used() {
        let words = format!("{} holds a mail store already", to.0.display());
        return Err(Fault::new(words));
    }
    let target: Arc<dyn Disk> = disk(&to.store())?;
    let copied = store.snapshot_to(&target)?;
    let mut files = copied.linked.saturating_add(copied.copied).saturating_add(2);
    for name in ["tls-certificate.pem", "tls-key.pem", "correio.toml"] {
        let beside = from.0.join(name);
        if beside.exists() {
            copy(&beside, &to.0.join(name)).map_err(|error| {
                Fault::caused(format!("{} cannot be copied", beside.display()), error)
            })?;
            files = files.saturating_add(1);
        }
    }
    Ok(CopiedFiles { files, octets: copied.octets })
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    files::write_secret(to, files::read_text(from)?.as_bytes())
}

/// Makes a data folder of a backup. Waits for the disk.
pub fn restore(from: &Folder, to: &Folder) -> Result<CopiedFiles, OpenError> {
    if !from.is_used() {
        let what = format!("{} is no backup", from.0.display());
        return Err(OpenError::NotAStore { what });
    }
    let store = Store::open(disk(&from.store())?, Options::default())?;
    let copied = back_up(&store, from, to);
    store.close()?;
    Ok(copied?)
}

fn pass_on(report: &Report<'_>, steps: Steps<'_>) {
    match report {
        Report::Progress { doing, done, of } => {
            steps(Progress { what: (*doing).to_owned(), done: *done, of: Some(*of) });
        }
        // They are listed at the end.
        Report::Finding(_) => {}
    }
}

fn shown(found: &store::Checked) -> Checked {
    let mut faults: Vec<String> = found.findings.iter().map(ToString::to_string).collect();
    let listed = u64::try_from(faults.len()).unwrap_or(u64::MAX);
    match found.count.saturating_sub(listed) {
        0 => {}
        more => faults.push(format!("and {more} more")),
    }
    let looked_at = [
        ("records of the journal", found.records),
        ("keys of the index", found.keys),
        ("bodies", found.bodies),
        ("octets of bodies", found.octets),
    ];
    let looked_at = looked_at.map(|(what, number)| (what.to_owned(), number)).to_vec();
    Checked { looked_at, faults }
}

/// Counts all mail again and compares it with the sums that are kept.
fn recount(accounts: &Accounts, checked: &mut Checked, steps: Steps<'_>) -> Result<(), Fault> {
    let all = accounts.list()?;
    let of = u64::try_from(all.len()).ok();
    let (mut mailboxes, mut messages) = (0u64, 0u64);
    for (done, id) in (0u64..).zip(all) {
        steps(Progress { what: "counting mail".to_owned(), done, of });
        let account = match accounts.open(id, Who::at(Door::Admin)) {
            Ok(account) => account,
            Err(Error::Fault(fault)) => return Err(fault),
            // It was removed just now.
            Err(Error::Refused(_)) => continue,
        };
        let reader = account.reader()?;
        for mailbox in account.mailboxes()?.iter() {
            if mailbox.kind != MailboxKind::Selectable {
                continue;
            }
            mailboxes = mailboxes.saturating_add(1);
            let state = match account.state(mailbox.id) {
                Ok(state) => state,
                Err(Error::Fault(fault)) => return Err(fault),
                Err(Error::Refused(_)) => continue,
            };
            for entry in state.entries.iter() {
                messages = messages.saturating_add(1);
                if reader.email(entry.email)?.is_none() {
                    checked.faults.push(format!(
                        "account {id}, {}: UID {} leads to no email",
                        mailbox.name, entry.uid
                    ));
                }
            }
            // Mail may come in while we count; then both sides have moved on.
            let unseen = state.entries.iter().filter(|e| !e.flags.contains(Flags::SEEN)).count();
            let same = u64::try_from(state.entries.len()) == Ok(mailbox.messages)
                && u64::try_from(unseen) == Ok(mailbox.unseen);
            let still = account.mailbox(mailbox.id)?.as_ref() == Some(mailbox);
            if !same && still {
                checked.faults.push(format!("account {id}, {}: wrong counts", mailbox.name));
            }
        }
        let before = account.quota()?;
        let listed = account.mailboxes()?;
        let sums = listed.iter().fold((0u64, 0u64), |(octets, messages), mailbox| {
            (octets.saturating_add(mailbox.octets.0), messages.saturating_add(mailbox.messages))
        });
        if sums != (before.octets.0, before.messages) && account.quota()? == before {
            checked.faults.push(format!("account {id}: the quota's sums are wrong"));
        }
    }
    checked.looked_at.push(("mailboxes".to_owned(), mailboxes));
    checked.looked_at.push(("messages".to_owned(), messages));
    Ok(())
}
