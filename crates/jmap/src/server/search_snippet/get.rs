//! SearchSnippet/get (RFC 8621, 5.1).

use mailbox::EmailId;
use mailbox::operations::Email;
use message::{Outline, decode_words, searchable_text};
use serde_json::{Map, Value, json};

use super::marks::Words;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{FILTER_PARTS_MAX, QUICK_OCTETS_MAX, READ_OCTETS_MAX};
use crate::mail::Octets as _;
use crate::run::{Answered, Row};
use crate::server::email::{Condition, KeptOctets, Place, condition};
use crate::server::mail::CAPABILITY;
use crate::server::{Context, ids};
use crate::standard::{Filter, Operator};

pub(super) const ROW: Row<Context> = Row { name: "SearchSnippet/get", capability: CAPABILITY, run };

/// What is looked for, in each place.
#[derive(Default)]
struct Wanted {
    in_subject: Words,
    in_body: Words,
}

impl Wanted {
    /// Of all conditions but those that must not be. The parser bounds how deep filters lie (`DEPTH_MAX`).
    fn note(&mut self, filter: &Filter<Condition>) {
        match filter {
            Filter::Condition(condition) => {
                for (place, word) in condition.words() {
                    if place != Place::Body {
                        self.in_subject.add(word);
                    }
                    if place != Place::Subject {
                        self.in_body.add(word);
                    }
                }
            }
            Filter::Operator(Operator::And | Operator::Or, parts) => {
                parts.iter().for_each(|part| self.note(part));
            }
            Filter::Operator(Operator::Not, _) => {}
        }
    }
}

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let account: Id = arguments.required("accountId")?;
        let asked: Vec<Id> = arguments.required("emailIds")?;
        let filter: Option<Map<String, Value>> = arguments.optional("filter")?;
        arguments.end()?;
        let most = call.limits.objects_in_get_max;
        if asked.len() > most {
            let description = format!("emailIds: more than {most}");
            return Err(MethodError::RequestTooLarge { description });
        }
        let mut parts_left = FILTER_PARTS_MAX;
        let filter = filter.map(|filter| Filter::read(filter, &mut condition, &mut parts_left));
        let filter = filter.transpose()?;
        let emails = call.context.emails(&account).await?;
        let mut wanted = Wanted::default();
        if let Some(filter) = &filter {
            wanted.note(filter);
        }
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        let mut octets_left = READ_OCTETS_MAX;
        for id in asked {
            let email = ids::email_of(&id).filter(|email| emails.thread_of(*email).is_some());
            let Some(email) = email else {
                not_found.push(id);
                continue;
            };
            let turns = Some(call.context.account.turns());
            if emails.entry(email).is_some_and(|it| u64::from(it.octets) > QUICK_OCTETS_MAX) {
                lane::slow(turns).await;
            }
            lane::breathe(turns).await;
            list.push(call.context.snippet(email, &wanted, &mut octets_left)?);
        }
        let mut answer = Map::new();
        answer.insert("accountId".to_owned(), json!(account));
        answer.insert("list".to_owned(), list.into());
        let not_found = if not_found.is_empty() { Value::Null } else { json!(not_found) };
        answer.insert("notFound".to_owned(), not_found);
        Ok(answer)
    })
}

impl Context {
    /// The snippet of one email. Where nothing can be said, both texts are null.
    fn snippet(
        &self,
        id: EmailId,
        wanted: &Wanted,
        octets_left: &mut u64,
    ) -> Result<Value, MethodError> {
        let (subject, preview) = self.texts(id, wanted, octets_left)?;
        Ok(json!({"emailId": ids::email(id), "subject": subject, "preview": preview}))
    }

    fn texts(
        &self,
        id: EmailId,
        wanted: &Wanted,
        octets_left: &mut u64,
    ) -> Result<(Option<String>, Option<String>), MethodError> {
        let record = self.account.reader().and_then(|reader| reader.email(id));
        let email = match record {
            Ok(Some(email)) => email,
            Ok(None) => return Ok((None, None)),
            Err(fault) if fault.is_damaged() => return Ok((None, None)),
            Err(fault) => return Err(self.failed(&fault)),
        };
        let Some(outline) = Outline::decode(&email.outline) else { return Ok((None, None)) };
        let subject = outline.envelope().subject.map(decode_words);
        let subject = subject.and_then(|subject| wanted.in_subject.marked(&subject));
        let left = octets_left.checked_sub(email.octets).filter(|_| !wanted.in_body.is_empty());
        let Some(left) = left else { return Ok((subject, None)) };
        *octets_left = left;
        let text = self.text(&email, &outline)?;
        Ok((subject, wanted.in_body.preview(&text)))
    }

    fn text(&self, email: &Email, outline: &Outline<'_>) -> Result<String, MethodError> {
        let octets = KeptOctets { account: &self.account, email };
        let message = octets.read(0..email.octets).map_err(|fault| self.failed(&fault))?;
        Ok(searchable_text(outline, &message))
    }
}
