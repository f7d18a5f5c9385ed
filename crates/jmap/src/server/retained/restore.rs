//! RetainedEmail/restore: brings mail back, to where it was or into a mailbox.

use std::collections::BTreeMap;

use mailbox::{EmailId, Emails, Error, MailboxId, Refused};
use serde_json::{Map, Value, json};

use super::{CAPABILITY, Named, grouped};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::{Context, ids};
use crate::standard::as_arguments;

pub(super) const ROW: Row<Context> =
    Row { name: "RetainedEmail/restore", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let asked: Vec<Id> = arguments.required("ids")?;
    let to: Option<String> = arguments.optional("mailboxId")?;
    arguments.end()?;
    let most = call.limits.objects_in_set_max;
    if asked.len() > most {
        let description = format!("ids: more than {most}");
        return Err(MethodError::RequestTooLarge { description });
    }
    let context = &*call.context;
    let before = context.emails(&account).await?;
    let to = to.map(|name| {
        let mailbox = call.created.find(&name).as_ref().and_then(ids::mailbox_of);
        let there = mailbox.filter(|mailbox| before.state(*mailbox).is_some());
        there.ok_or_else(|| invalid("mailboxId", "there is no such mailbox"))
    });
    let to = to.transpose()?;
    let (mut restored, mut not_restored) = (BTreeMap::new(), BTreeMap::new());
    for ((modseq, from), uids) in grouped(&asked) {
        let name = |uid| Named { modseq, mailbox: from, uid }.id();
        match context.account.bring_back_to(modseq, from, uids.clone(), to).await {
            Ok(back) => restored.extend(back.into_iter().map(|(uid, email)| (name(uid), email))),
            // Said of each that is not there below.
            Err(Error::Refused(Refused::NoSuchMessage)) => {}
            Err(error) => {
                let error = context.not_set(&error)?;
                not_restored.extend(uids.iter().map(|uid| (name(uid), error.clone())));
            }
        }
        lane::breathe(Some(context.account.turns())).await;
    }
    for id in asked {
        if !restored.contains_key(&id) {
            not_restored.entry(id).or_insert_with(|| SetError::of("notFound"));
        }
    }
    let now = context.emails(&account).await?;
    let told = |(id, email): (Id, EmailId)| (String::from(id), placed(&now, email));
    let restored: Map<String, Value> = restored.into_iter().map(told).collect();
    as_arguments(&json!({
        "accountId": account,
        "oldState": before.states().email.to_string(),
        "newState": now.states().email.to_string(),
        "restored": restored,
        "notRestored": not_restored,
    }))
}

/// The email that something is again, and where.
fn placed(emails: &Emails, email: EmailId) -> Value {
    let mailboxes: BTreeMap<String, bool> = emails
        .places(email)
        .iter()
        .map(|(mailbox, _): &(MailboxId, _)| (String::from(ids::mailbox(*mailbox)), true))
        .collect();
    json!({"emailId": ids::email(email), "mailboxIds": mailboxes})
}
