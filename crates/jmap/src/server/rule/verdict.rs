//! What all rules of a user say about one message.

use std::collections::BTreeSet;

use mailbox::{Account, Fault, FlagNames, Flags, MailboxId, Received};

use super::condition::{self, Asked};
use super::{Listed as _, Rule};
use crate::limits::RULES_COST_OCTETS_MAX;
use crate::server::drawer::Drawer;
use crate::server::email::keywords::{Named, named};
use crate::server::ids;
use crate::standard::Filter;

/// The rules of a user that are to be acted upon, in order.
#[derive(Debug, Default)]
pub struct Rules(Vec<Ready>);

/// A rule, ready to be asked.
#[derive(Debug)]
struct Ready {
    id: String,
    /// None: all mail fits.
    filter: Option<Filter<Vec<Asked>>>,
    mailboxes: Option<BTreeSet<MailboxId>>,
    marks: FlagNames,
    is_last: bool,
}

/// What becomes of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Where it goes; none: no rule says, and it goes where all mail goes.
    pub mailboxes: Option<BTreeSet<MailboxId>>,
    /// What it is marked with.
    pub marks: FlagNames,
    /// The ids of the rules that fitted, in order.
    pub rules: Vec<String>,
    /// Whether some rules were not looked at, because those before them took too much.
    pub is_cut: bool,
}

impl Rules {
    /// What a note holds. None: it cannot be read.
    pub fn of_note(note: &[u8]) -> Option<Rules> {
        let drawer: Drawer<Rule> = serde_json::from_slice(note).ok()?;
        let mut ready: Vec<(u64, u64, Ready)> = drawer
            .iter()
            .filter(|(_, rule)| rule.is_enabled)
            .filter_map(|(number, rule)| Some((rule.sort_order, number, Ready::of(number, rule)?)))
            .collect();
        ready.sort_by_key(|(order, number, _)| (*order, *number));
        Some(Rules(ready.into_iter().map(|(_, _, rule)| rule).collect()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they say about a message that comes into an account. Others have their turn in between.
    pub async fn judge(&self, account: &Account, received: &Received) -> Result<Verdict, Fault> {
        let mut arriving = account.arriving(received);
        let mut verdict = Verdict::default();
        let mut spent = 0_u64;
        for rule in &self.0 {
            if spent > RULES_COST_OCTETS_MAX {
                verdict.is_cut = true;
                break;
            }
            let fits = match &rule.filter {
                None => true,
                Some(filter) => condition::fits(filter, &mut arriving)?,
            };
            spent = spent.saturating_add(arriving.take_cost());
            lane::breathe(Some(account.turns())).await;
            if !fits {
                continue;
            }
            verdict.rules.push(rule.id.clone());
            if let Some(mailboxes) = &rule.mailboxes {
                verdict.mailboxes.get_or_insert_default().extend(mailboxes);
            }
            verdict.marks.system = verdict.marks.system.with(rule.marks.system);
            for keyword in &rule.marks.keywords {
                if !verdict.marks.keywords.contains(keyword) {
                    verdict.marks.keywords.push(keyword.clone());
                }
            }
            if rule.is_last {
                break;
            }
        }
        lane::quick();
        Ok(verdict)
    }
}

impl Ready {
    /// None: it was right when it was written, and cannot be read any more.
    fn of(number: u64, rule: &Rule) -> Option<Ready> {
        let filter = rule.filter.clone().map(condition::read).transpose().ok()?;
        let mailboxes = || rule.mailboxes().filter_map(ids::mailbox_of).collect();
        let mut marks = FlagNames { system: Flags::NONE, keywords: Vec::new() };
        for name in rule.marks() {
            match named(name)? {
                Named::System(flag) => marks.system = marks.system.with(flag),
                Named::Other(keyword) => marks.keywords.push(keyword),
            }
        }
        Some(Ready {
            id: Rule::id(number).into(),
            filter,
            mailboxes: rule.mailbox_ids.is_some().then(mailboxes),
            marks,
            is_last: rule.is_last,
        })
    }
}
