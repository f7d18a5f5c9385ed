//! Checks that what must hold in an account does hold, over one consistent view.

mod contacts;
mod mail;
mod placements;
pub(crate) mod pop3;
mod threads;
mod tree;

pub(crate) use mail::counted;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::account::Account;
use crate::accounts::Accounts;
use crate::engine::Snapshot;
use crate::hot;
use crate::meter::Meter;
use crate::pop3::Pop3Hot;
use crate::survey::Survey;
use crate::{AccountId, Door, EmailId, Fault, MailboxId, Uid, Who, keys, layout};

/// How many findings are written down.
const FINDINGS_MAX: usize = 1_000;

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many mailboxes.
    pub mailboxes: u64,
    /// How many entries.
    pub entries: u64,
    /// How many emails, those among them that are retained only.
    pub emails: u64,
    /// What does not hold, the first 1,000 of it.
    pub wrong: Vec<Wrong>,
}

/// Something that does not hold in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What: a sentence without its full stop.
    pub what: String,
    /// What it is about. `Accounts::describe` says how people call that.
    pub about: About,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The account as a whole.
    Account,
    /// A mailbox.
    Mailbox(MailboxId),
    /// A message of a mailbox, or one that was in it.
    Entry(MailboxId, Uid),
    /// A message wherever it is.
    Email(EmailId),
}

impl Checked {
    /// Writes down what does not hold.
    fn wrong(&mut self, about: About, text: impl FnOnce() -> String) {
        if self.wrong.len() < FINDINGS_MAX {
            self.wrong.push(Wrong { what: text(), about });
        }
    }

    /// Writes it down unless it holds.
    fn must(&mut self, holds: bool, about: About, text: impl FnOnce() -> String) {
        if !holds {
            self.wrong(about, text);
        }
    }
}

impl Account {
    /// Checks this account: that its keys fit together, and that what is in memory is what is kept. Nothing wrong: nothing
    /// in `wrong`.
    pub fn check(&self) -> Result<Checked, Fault> {
        let snapshot = self.shared().snapshot()?;
        let mut checked = check(self.id(), &*snapshot)?;
        self.check_hot(&*snapshot, &mut checked)?;
        Ok(checked)
    }

    /// Compares memory and engine. Only where nothing was committed between the two looks.
    fn check_hot(&self, snapshot: &dyn Snapshot, checked: &mut Checked) -> Result<(), Fault> {
        let Some((head, _)) = hot::read_head(self.id(), snapshot)? else { return Ok(()) };
        let table = hot::read_table(self.id(), snapshot)?;
        let states = {
            let mut hot = self.shared().hot();
            if hot.head.revision != head.revision {
                return Ok(());
            }
            checked
                .must(hot.head == head, About::Account, || "memory holds another head".to_owned());
            let same = hot.table.iter().eq(table.iter());
            checked.must(same, About::Account, || "memory holds other mailboxes".to_owned());
            let pop3 = Pop3Hot::load(self.id(), snapshot)?;
            let same = *hot.pop3 == pop3;
            checked.must(same, About::Account, || "memory holds other POP3 choices".to_owned());
            let ids: Vec<_> = hot.in_memory().collect();
            ids.into_iter().filter_map(|id| hot.state(id, 0)).collect::<Vec<_>>()
        };
        for state in states {
            let Ok(kept) = hot::read_state(self.id(), state.id, snapshot, &Meter::default()) else {
                checked.wrong(About::Mailbox(state.id), || {
                    "memory holds a mailbox that cannot be read".to_owned()
                });
                continue;
            };
            let same = kept.state.entries.iter().eq(state.entries.iter())
                && kept.state.keywords == state.keywords
                && (kept.state.uid_validity, kept.state.uid_next, kept.state.highest_modseq)
                    == (state.uid_validity, state.uid_next, state.highest_modseq);
            checked.must(same, About::Mailbox(state.id), || {
                "memory holds another state of the mailbox".to_owned()
            });
        }
        Ok(())
    }
}

impl Accounts {
    /// Checks an account, whether or not it can be opened; while somebody uses it also that what is in memory is what is
    /// kept. Whether bodies are whole is for the engine to check.
    pub fn check(&self, id: AccountId) -> Result<Checked, Fault> {
        match self.registry().live(id) {
            Some(shared) => Account::new(shared, Who::at(Door::System)).check(),
            None => check(id, &*self.engine().snapshot()?),
        }
    }

    /// Checks over all accounts that every reference to a body is of an email that is there and has that body. Gives what
    /// is wrong: a sentence each, the first 1,000.
    pub fn check_references(&self) -> Result<Vec<String>, Fault> {
        let snapshot = self.engine().snapshot()?;
        let stray = stray_references(&snapshot)?;
        let shown =
            |key: &Vec<u8>| format!("reference to a body without its email: {}", hexadecimal(key));
        Ok(stray.iter().take(FINDINGS_MAX).map(shown).collect())
    }
}

/// The references to bodies whose emails are not there.
pub(crate) fn stray_references(snapshot: &Arc<dyn Snapshot>) -> Result<Vec<Vec<u8>>, Fault> {
    let mut stray = references(&**snapshot)?;
    let mut fault = Ok(());
    stray.retain(|key| match has_email(&**snapshot, key) {
        Ok(there) => !there,
        Err(found) => {
            fault = Err(found);
            false
        }
    });
    fault.map(|()| stray)
}

/// All references to bodies.
pub(crate) fn references(snapshot: &dyn Snapshot) -> Result<Vec<Vec<u8>>, Fault> {
    let mut found = Vec::new();
    hot::each(snapshot, &layout::under(vec![keys::BODY_REFERENCE]), |key, _| {
        found.push(key.to_vec());
        Some(())
    })?;
    Ok(found)
}

/// Whether the email that a reference names is there and has that body. What others than accounts hold is theirs.
fn has_email(snapshot: &dyn Snapshot, key: &[u8]) -> Result<bool, Fault> {
    let Some((hash, rest)) = key.get(1..).and_then(|rest| rest.split_first_chunk::<32>()) else {
        return Ok(false);
    };
    let parts = layout::take32(rest).and_then(|(a, rest)| Some((a, layout::take64(rest)?.0)));
    let Some((account, email)) = parts else { return Ok(false) };
    if account == keys::NOBODY.0 {
        return Ok(true);
    }
    let value = snapshot.get(&layout::email(AccountId(account), EmailId(email)))?;
    let known = value.and_then(|value| crate::records::read_email(EmailId(email), &value));
    if let Some(known) = known {
        return Ok(known.hash.0 == *hash);
    }
    // What was uploaded has a number of the same kind.
    let value = snapshot.get(&layout::upload(AccountId(account), crate::UploadId(email)))?;
    let upload = value.and_then(|value| crate::records::read_upload(&value));
    Ok(upload.is_some_and(|upload| upload.hash.0 == *hash))
}

/// Checks an account over one view.
pub(crate) fn check(account: AccountId, snapshot: &dyn Snapshot) -> Result<Checked, Fault> {
    let survey = Survey::read(account, snapshot)?;
    let mut checked = Checked {
        mailboxes: wide(survey.records.len()),
        entries: wide(survey.entries.len()),
        emails: wide(survey.emails.len()),
        wrong: Vec::new(),
    };
    for key in &survey.damaged {
        let about = layout::about(key);
        checked.wrong(about, || format!("the value of key {} cannot be read", hexadecimal(key)));
    }
    tree::check(&survey, &mut checked);
    mail::check(&survey, &mut checked);
    threads::check(&survey, &mut checked);
    pop3::check(account, &survey, &mut checked);
    placements::check(&survey, &mut checked);
    contacts::check(&survey, &mut checked);
    if let Some(what) = crate::index::check(account, snapshot)? {
        checked.wrong(About::Account, || what);
    }
    let mut unreferred = BTreeSet::new();
    for (id, email) in &survey.emails {
        let key = keys::body_reference(&email.hash, account, *id);
        if snapshot.get(&key)?.is_none() {
            unreferred.insert(*id);
        }
    }
    for id in unreferred {
        checked.wrong(About::Email(id), || format!("email {id} does not refer to its body"));
    }
    for (id, upload) in &survey.uploads {
        let referred = snapshot.get(&upload.reference(account, *id))?.is_some();
        let number = id.0;
        checked.must(referred, About::Account, || {
            format!("upload {number} does not refer to its octets")
        });
    }
    Ok(checked)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
