//! What CAPA says before it is known who logs in: found by looking at all accounts once, then kept up as choices change.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::lock::lock;
use crate::pop3::{Differ, Pop3Hot, Pop3Policy, Pop3Terms};
use crate::{AccountId, Accounts, Fault};

/// The terms of the accounts whose terms are not the host's. None until somebody asks.
#[derive(Debug, Default)]
pub(crate) struct AllTerms(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    others: BTreeMap<AccountId, Pop3Terms>,
    all: Pop3Terms,
}

impl AllTerms {
    /// Takes note of what an account says now.
    pub(crate) fn note(&self, account: AccountId, pop3: &Pop3Hot, host: &Pop3Policy) {
        if let Some(known) = &mut *lock(&self.0) {
            put(&mut known.others, account, pop3, host);
            known.all = sum(&known.others, host);
        }
    }

    /// Forgets an account that is gone.
    pub(crate) fn forget(&self, account: AccountId, host: &Pop3Policy) {
        if let Some(known) = &mut *lock(&self.0) {
            known.others.remove(&account);
            known.all = sum(&known.others, host);
        }
    }
}

fn put(
    others: &mut BTreeMap<AccountId, Pop3Terms>,
    account: AccountId,
    pop3: &Pop3Hot,
    host: &Pop3Policy,
) {
    let terms = pop3.terms(host);
    if terms == host.terms() {
        others.remove(&account);
    } else {
        others.insert(account, terms);
    }
}

fn sum(others: &BTreeMap<AccountId, Pop3Terms>, host: &Pop3Policy) -> Pop3Terms {
    let common = host.terms();
    let differ = |differs: bool| if differs { Differ::ByUser } else { Differ::No };
    let expire = others.values().any(|terms| terms.expire_days != common.expire_days);
    let delay = others.values().any(|terms| terms.login_delay_s != common.login_delay_s);
    Pop3Terms {
        differ: differ(expire || delay),
        expire_differs: differ(expire),
        login_delay_differs: differ(delay),
        ..others.values().copied().fold(common, Pop3Terms::with)
    }
}

impl Accounts {
    /// What holds for all accounts over POP3, those to come among them: the fewest days and the longest wait. Looks at
    /// all accounts the first time, and at none afterwards.
    pub fn pop3_terms(&self) -> Result<Pop3Terms, Fault> {
        let host = &self.policy().pop3;
        // Held while the accounts are read: what is chosen meanwhile is noted afterwards.
        let mut known = lock(&self.all_terms().0);
        if let Some(known) = &*known {
            return Ok(known.all);
        }
        let mut others = BTreeMap::new();
        let snapshot = self.engine().snapshot()?;
        for account in self.list()? {
            put(&mut others, account, &Pop3Hot::load_choices(account, &*snapshot)?, host);
        }
        let all = sum(&others, host);
        *known = Some(Known { others, all });
        Ok(all)
    }
}
