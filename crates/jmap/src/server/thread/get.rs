//! Thread/get (RFC 8621, 3.1).

use mailbox::{Emails, ThreadId};
use serde_json::{Map, Value, json};

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::{Answered, Row};
use crate::server::{Context, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Thread/get", capability: CAPABILITY, run };

const PROPERTIES: [&str; 2] = ["id", "emailIds"];

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let get = Get::take(&mut arguments, call.limits)?;
        arguments.end()?;
        get.check_properties(&PROPERTIES)?;
        let emails = call.context.emails(&get.account).await?;
        let asked = match &get.ids {
            Some(ids) => ids.clone(),
            None => all(&emails, call.limits.objects_in_get_max)?,
        };
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        for id in asked {
            let members = ids::thread_of(&id).map(|thread| emails.thread(thread));
            match members.filter(|members| !members.is_empty()) {
                None => not_found.push(id),
                Some(members) => {
                    let members: Vec<Id> = members.into_iter().map(ids::email).collect();
                    let mut object = Map::new();
                    object.insert("id".to_owned(), Value::String(id.into()));
                    object.insert("emailIds".to_owned(), json!(members));
                    list.push(get.wanted(object));
                }
            }
        }
        let state = emails.states().thread.to_string();
        GetAnswer { account_id: get.account, state, list, not_found }.arguments()
    })
}

/// All threads, if they are not too many (RFC 8620, 5.1).
fn all(emails: &Emails, most: usize) -> Result<Vec<Id>, MethodError> {
    let mut threads = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for entry in emails.all().entries.iter() {
        let thread: Option<ThreadId> = emails.thread_of(entry.email);
        if let Some(thread) = thread.filter(|thread| seen.insert(*thread)) {
            threads.push(ids::thread(thread));
        }
        if threads.len() > most {
            let description = format!("ids: there are more than {most} threads");
            return Err(MethodError::RequestTooLarge { description });
        }
    }
    Ok(threads)
}
