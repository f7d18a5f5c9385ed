//! Email/get (RFC 8621, 4.2).
//!
//! Lists of mail want what is known of emails and their envelopes: no message is read for them.

use mailbox::operations::Email;
use mailbox::{EmailId, Emails};
use serde_json::{Map, Value};

use super::CAPABILITY;
use super::properties::Wanted;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::QUICK_OCTETS_MAX;
use crate::mail::Spent;
use crate::run::{Answered, Row};
use crate::server::{Context, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Email/get", capability: CAPABILITY, run };

/// How many emails are looked up at once.
const STEP_EMAILS: usize = 64;

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let mut get = Get::take(&mut arguments, call.limits)?;
        let wanted = Wanted::take(&mut arguments, get.properties.take())?;
        arguments.end()?;
        let emails = call.context.emails(&get.account).await?;
        let asked = match get.ids {
            Some(ids) => ids,
            None => all(&emails, call.limits.objects_in_get_max)?,
        };
        let mut answer = GetAnswer {
            account_id: get.account,
            state: emails.states().email.to_string(),
            list: Vec::with_capacity(asked.len()),
            not_found: Vec::new(),
        };
        let mut spent = Spent::default();
        for some in asked.chunks(STEP_EMAILS) {
            let found = call.context.some(&emails, some, &wanted)?;
            for (id, found) in some.iter().zip(found) {
                let Some((mut object, record)) = found else {
                    answer.not_found.push(id.clone());
                    continue;
                };
                if let Some(email) = record {
                    let turns = Some(call.context.account.turns());
                    if wanted.reads_bodies() && email.octets > QUICK_OCTETS_MAX {
                        lane::slow(turns).await;
                    }
                    lane::breathe(turns).await;
                    call.context.complete(&mut object, &email, &wanted, &mut spent)?;
                }
                answer.list.push(object);
            }
        }
        answer.arguments()
    })
}

/// All emails, if they are not too many (RFC 8620, 5.1).
fn all(emails: &Emails, most: usize) -> Result<Vec<Id>, MethodError> {
    if emails.len() > most {
        let description = format!("ids: there are more than {most} emails");
        return Err(MethodError::RequestTooLarge { description });
    }
    let entries = emails.all().entries.iter();
    Ok(entries.map(|entry| ids::email(entry.email)).collect())
}

/// What is known of an email without its record, and the record where it is wanted.
type Found = Option<(Map<String, Value>, Option<Email>)>;

impl Context {
    /// What is known of some emails, each with its record where that is wanted and whole.
    fn some(
        &self,
        emails: &Emails,
        some: &[Id],
        wanted: &Wanted,
    ) -> Result<Vec<Found>, MethodError> {
        let objects = some.iter().map(|id| {
            let id = ids::email_of(id)?;
            Some((id, self.metadata(emails, id, wanted)?))
        });
        let objects: Vec<Option<(EmailId, Map<String, Value>)>> = objects.collect();
        // Entries of an earlier program do not say when they came.
        let is_undated =
            |object: &Map<String, Value>| object.get("receivedAt").is_some_and(Value::is_null);
        let needs_records = !wanted.is_only_metadata()
            || objects.iter().flatten().any(|(_, object)| is_undated(object));
        if !needs_records {
            let plain = |(_, object)| (object, None);
            return Ok(objects.into_iter().map(|object| object.map(plain)).collect());
        }
        let visible: Vec<EmailId> = objects.iter().flatten().map(|(id, _)| *id).collect();
        let records = self.account.reader().and_then(|reader| reader.emails(&visible));
        let mut records = records.map_err(|fault| self.failed(&fault))?.into_iter();
        let mut found = Vec::with_capacity(objects.len());
        for object in objects {
            let Some((id, mut object)) = object else {
                found.push(None);
                continue;
            };
            found.push(match records.next() {
                Some(Ok(Some(record))) => Some((object, Some(record))),
                // It was dropped for good meanwhile.
                Some(Ok(None)) | None => None,
                Some(Err(fault)) if fault.is_damaged() => {
                    self.complete_damaged(&mut object, id, wanted, &fault);
                    Some((object, None))
                }
                Some(Err(fault)) => return Err(self.failed(&fault)),
            });
        }
        Ok(found)
    }
}
