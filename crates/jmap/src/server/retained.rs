//! Mail that was destroyed and can still be brought back (`docs/jmap/retained.md`).

mod get;
mod query;
mod restore;

use mailbox::operations::Retained;
use mailbox::{MailboxId, ModSeq, Uid};
use serde_json::{Value, json};

use super::capabilities::Capability;
use super::{Context, own};
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;

const CAPABILITY: &str = own::RETAINED;

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, query::ROW, restore::ROW];

fn of_account(context: &Context) -> Value {
    json!({"retentionSeconds": context.ports.accounts.policy().retention_s})
}

/// One entry that can be brought back: what one change removed from one mailbox, under the UID that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    modseq: ModSeq,
    mailbox: MailboxId,
    uid: Uid,
}

impl Named {
    fn id(self) -> Id {
        Id::made(format!("R{}-{}-{}", self.modseq, self.mailbox, self.uid))
    }

    /// Which it is; none if it is no id of ours.
    fn of(id: &Id) -> Option<Named> {
        let mut numbers = id.as_str().strip_prefix('R')?.split('-');
        let named = Named {
            modseq: ModSeq(numbers.next()?.parse().ok()?),
            mailbox: MailboxId(numbers.next()?.parse().ok()?),
            uid: Uid::new(numbers.next()?.parse().ok()?)?,
        };
        (named.id() == *id).then_some(named)
    }
}

impl Context {
    /// What moves when anything becomes retained, is brought back or dropped.
    fn retained_state(&self) -> Result<String, MethodError> {
        let modseq = *self.account.bell().borrow();
        let oldest = self.account.retained_since().map_err(|fault| self.failed(&fault))?;
        Ok(format!("{modseq}-{}", oldest.map_or(0, |oldest| oldest.0)))
    }
}

/// Ids by what removed what they name from where, so that each is looked up once.
fn grouped(ids: &[Id]) -> impl Iterator<Item = ((ModSeq, MailboxId), mailbox::UidSet)> {
    let mut groups = std::collections::BTreeMap::<_, Vec<Uid>>::new();
    for named in ids.iter().filter_map(Named::of) {
        groups.entry((named.modseq, named.mailbox)).or_default().push(named.uid);
    }
    groups.into_iter().map(|(group, uids)| (group, uids.into_iter().collect()))
}

/// The entries of a group with their names.
fn named(
    group: &Retained,
) -> impl DoubleEndedIterator<Item = (Named, &mailbox::operations::RetainedEntry)> {
    let (modseq, mailbox) = (group.modseq, group.mailbox);
    group.entries.iter().map(move |entry| (Named { modseq, mailbox, uid: entry.uid }, entry))
}

#[cfg(test)]
mod tests {
    use super::Named;
    use crate::id::Id;

    #[test]
    fn only_what_we_would_write_is_an_id_of_ours() {
        let id = |text: &str| Id::try_from(text.to_owned()).unwrap();
        assert_eq!(Named::of(&id("R7-1-4294967295")).unwrap().id(), id("R7-1-4294967295"));
        for other in ["R07-1-1", "R7-1", "R7-1-0", "R7-1-1-1", "M7-1-1", "R7-1-4294967296", "R"] {
            assert_eq!(Named::of(&id(other)), None, "{other}");
        }
    }
}
