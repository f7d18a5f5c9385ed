//! Findings by what people call things: the address, the mailbox, the UID, From, Subject and date.

use std::collections::{BTreeSet, HashMap};

use directory::People;
use machine::time_text;
use mailbox::{About, AccountId, Accounts, BodyHash, Description, Fault, Kept, keys};

use crate::answer::FindingRow;

/// The addresses of all accounts.
pub(crate) struct Naming<'a> {
    accounts: &'a Accounts,
    addresses: HashMap<AccountId, String>,
}

impl<'a> Naming<'a> {
    /// Reads the addresses; where they cannot be read, accounts go by their numbers.
    pub(crate) fn new(people: &'a People) -> Naming<'a> {
        let users = people.users().unwrap_or_else(|fault| {
            tracing::warn!(%fault, "accounts cannot be named");
            Vec::new()
        });
        let addresses = users.into_iter().map(|user| (user.account, user.address.to_string()));
        Naming { accounts: people.accounts(), addresses: addresses.collect() }
    }

    /// What people call an account.
    pub(crate) fn user(&self, account: AccountId) -> String {
        if account == keys::NOBODY {
            return "(outbound queue)".to_owned();
        }
        self.addresses.get(&account).cloned().unwrap_or_else(|| format!("(account {account})"))
    }

    /// Rows about things of an account.
    pub(crate) fn rows(
        &self,
        account: AccountId,
        found: Vec<(About, String)>,
    ) -> Result<Vec<FindingRow>, Fault> {
        let about: Vec<About> = found.iter().map(|(about, _)| *about).collect();
        let described = self.accounts.describe(account, &about)?;
        let user = self.user(account);
        let rows = described.into_iter().zip(found);
        Ok(rows.map(|(named, (_, what))| row(Some(user.clone()), named, what)).collect())
    }

    /// Rows about the messages that have these bodies: one for each place where such a message is.
    pub(crate) fn messages(&self, bodies: &BTreeSet<BodyHash>) -> Result<Vec<FindingRow>, Fault> {
        let (mut rows, mut named) = (Vec::new(), BTreeSet::new());
        for (account, email, hash) in self.accounts.emails_of(bodies)? {
            named.insert(hash);
            let user = self.user(account);
            if account == keys::NOBODY {
                let what = format!("message {email} on its way out is damaged");
                rows.push(row(Some(user), Description::default(), what));
                continue;
            }
            for place in self.accounts.places(account, email)? {
                let what = match place.kept {
                    Kept::Listed => "damaged".to_owned(),
                    Kept::Retained => "damaged (was deleted, could be brought back)".to_owned(),
                };
                rows.push(row(Some(user.clone()), place, what));
            }
        }
        for hash in bodies.difference(&named) {
            rows.push(row(None, Description::default(), format!("body {hash}, of no message")));
        }
        rows.sort_by(|a, b| (&a.user, &a.mailbox, a.uid).cmp(&(&b.user, &b.mailbox, b.uid)));
        Ok(rows)
    }
}

fn row(user: Option<String>, named: Description, what: String) -> FindingRow {
    FindingRow {
        user,
        mailbox: named.mailbox,
        uid: named.uid.map(|uid| uid.number()),
        date: named.date.map(time_text),
        from: named.from,
        subject: named.subject,
        octets: named.octets,
        what,
    }
}
