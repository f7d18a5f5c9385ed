//! Activity/get.

use mailbox::operations::{Change, What};
use mailbox::{EmailId, MailboxId};
use serde_json::{Map, Value, json};

use super::{CAPABILITY, action, count, id, mailboxes, modseq_of, uids};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::ACTIVITY_EMAILS_MAX;
use crate::mail::utc_date;
use crate::run::Row;
use crate::server::{Context, ids, who};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "Activity/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

const PROPERTIES: [&str; 10] = [
    "id",
    "at",
    "by",
    "action",
    "mailboxId",
    "mailboxName",
    "fromMailboxId",
    "fromMailboxName",
    "count",
    "emailIds",
];

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    let context = &*call.context;
    context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let Some(asked) = get.ids.clone() else {
        return Err(invalid("ids", "ask Activity/query for them"));
    };
    let state = context.account.bell().borrow().to_string();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in asked {
        match context.change(&id)? {
            Some(change) => list.push(get.wanted(context.shown(&get, &change).await?)),
            None => not_found.push(id),
        }
        lane::breathe(Some(context.account.turns())).await;
    }
    GetAnswer { account_id: get.account, state, list, not_found }.arguments()
}

impl Context {
    /// The line of an id; none: there is no such line, or not any more.
    fn change(&self, id: &Id) -> Result<Option<Change>, MethodError> {
        let Some(modseq) = modseq_of(id) else { return Ok(None) };
        let lines = self.account.changes_up_to(modseq, 1).map_err(|fault| self.failed(&fault))?;
        Ok(lines.into_iter().next().filter(|line| line.modseq == modseq))
    }

    async fn shown(&self, get: &Get, change: &Change) -> Result<Map<String, Value>, MethodError> {
        let (to, from) = mailboxes(&change.what);
        let (name, from_name) = match &change.what {
            What::Created { name, .. } | What::Deleted { name, .. } | What::Subscribed { name } => {
                (json!(name.as_str()), Value::Null)
            }
            What::Renamed { from, to, .. } => (json!(to.as_str()), json!(from.as_str())),
            What::Added { .. }
            | What::Copied { .. }
            | What::Moved { .. }
            | What::Flagged { .. }
            | What::Expunged { .. }
            | What::BroughtBack { .. }
            | What::Annotated { .. }
            | What::QuotaSet
            | What::Contacts(_) => (self.name_of(to)?, self.name_of(from)?),
        };
        let emails = if get.wants("emailIds") { self.emails_of(change).await? } else { Vec::new() };
        let values = [
            ("id", json!(id(change.modseq))),
            ("at", json!(utc_date(change.time.0))),
            ("by", who::value(&self.account, &change.who)),
            ("action", json!(action(&change.what))),
            ("mailboxId", json!(to.map(ids::mailbox))),
            ("mailboxName", name),
            ("fromMailboxId", json!(from.map(ids::mailbox))),
            ("fromMailboxName", from_name),
            ("count", json!(count(change))),
            ("emailIds", json!(emails.into_iter().map(ids::email).collect::<Vec<_>>())),
        ];
        Ok(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn name_of(&self, mailbox: Option<MailboxId>) -> Result<Value, MethodError> {
        let Some(id) = mailbox else { return Ok(Value::Null) };
        let mailbox = self.account.mailbox(id).map_err(|fault| self.failed(&fault))?;
        Ok(json!(mailbox.map(|it| it.name.as_str().to_owned())))
    }

    /// The first emails that a change was about.
    async fn emails_of(&self, change: &Change) -> Result<Vec<EmailId>, MethodError> {
        if let What::Expunged { .. } = &change.what {
            let went = change.visible.iter().flat_map(|visible| visible.went.iter());
            return Ok(went.take(ACTIVITY_EMAILS_MAX).collect());
        }
        let (Some(uids), (Some(mailbox), _)) = (uids(change), mailboxes(&change.what)) else {
            return Ok(Vec::new());
        };
        let emails = self.emails(&self.account_id()).await?;
        // Where the mailbox is gone, so are they.
        let Some(state) = emails.state(mailbox) else { return Ok(Vec::new()) };
        let there = state.entries.of(uids).map(|entry| entry.email);
        let mut there: Vec<EmailId> = there.take(ACTIVITY_EMAILS_MAX).collect();
        there.retain(|email| emails.thread_of(*email).is_some());
        there.dedup();
        Ok(there)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{id, modseq_of};
    use mailbox::ModSeq;

    use super::Id;

    #[test]
    fn only_what_we_would_write_is_an_id_of_ours() {
        assert_eq!(modseq_of(&id(ModSeq(7))), Some(ModSeq(7)));
        for other in ["L07", "L", "7", "L-1", "M7"] {
            assert_eq!(modseq_of(&Id::try_from(other.to_owned()).unwrap()), None, "{other}");
        }
    }
}
