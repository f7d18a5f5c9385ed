//! SafeBody/get: where the bodies of emails can be seen.

use std::collections::HashSet;

use mailbox::operations::Email;
use mailbox::{EmailId, Timestamp};
use message::Outline;
use safe::{Body, ColorScheme, Picture};
use serde_json::{Map, Value, json};

use super::made::{Parts, is_text};
use super::signed::{Pictures, Scheme, Signed};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{READ_OCTETS_MAX, SAFE_BODIES_EMAILS_MAX};
use crate::mail::{Bodies as Sorted, media_type, utc_date};
use crate::run::{Answered, Row};
use crate::server::{Context, ids, own};

pub(super) const ROW: Row<Context> = Row { name: "SafeBody/get", capability: own::BODY, run };

/// What is asked for of each email.
struct Wanted {
    prefers_plain: bool,
    part: Option<String>,
    pictures: Pictures,
    scheme: Scheme,
}

impl Wanted {
    fn take(arguments: &mut Arguments) -> Result<Wanted, MethodError> {
        let prefers: Option<String> = arguments.optional("prefer")?;
        let part = arguments.optional("partId")?;
        let shows: Option<bool> = arguments.optional("showRemotePictures")?;
        let scheme: Option<String> = arguments.optional("colorScheme")?;
        Ok(Wanted {
            prefers_plain: match prefers.as_deref() {
                None | Some("html") => false,
                Some("plain") => true,
                Some(_) => return Err(invalid("prefer", "it is html or plain")),
            },
            part,
            pictures: if shows == Some(true) { Pictures::Shown } else { Pictures::Blocked },
            scheme: match scheme.as_deref() {
                None | Some("light") => Scheme::Light,
                Some("dark") => Scheme::Dark,
                Some("darkened") => Scheme::Darkened,
                Some(_) => return Err(invalid("colorScheme", "it is light, dark or darkened")),
            },
        })
    }
}

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let account: Id = arguments.required("accountId")?;
        let asked: Vec<Id> = arguments.required("emailIds")?;
        let wanted = Wanted::take(&mut arguments)?;
        arguments.end()?;
        call.context.check_account(&account)?;
        if asked.len() > SAFE_BODIES_EMAILS_MAX {
            let description = format!("emailIds: more than {SAFE_BODIES_EMAILS_MAX}");
            return Err(MethodError::RequestTooLarge { description });
        }
        let emails = call.context.emails(&account).await?;
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        let mut octets_left = READ_OCTETS_MAX;
        for id in asked {
            let email = ids::email_of(&id).filter(|email| emails.thread_of(*email).is_some());
            let found = match email {
                Some(email) => call.context.email_record(email)?,
                None => None,
            };
            let Some(email) = found else {
                not_found.push(id);
                continue;
            };
            lane::breathe(Some(call.context.account.turns())).await;
            list.push(call.context.bodies_of(&email, &wanted, &mut octets_left).await?);
        }
        let mut answer = Map::new();
        answer.insert("accountId".to_owned(), json!(account));
        answer.insert("list".to_owned(), list.into());
        answer.insert("notFound".to_owned(), json!(not_found));
        Ok(answer)
    })
}

impl Context {
    /// The record of an email. None: it was dropped for good, or is damaged.
    pub(super) fn email_record(&self, id: EmailId) -> Result<Option<Email>, MethodError> {
        match self.account.reader().and_then(|reader| reader.email(id)) {
            Ok(found) => Ok(found),
            Err(fault) if fault.is_damaged() => {
                self.failed(&fault);
                Ok(None)
            }
            Err(fault) => Err(self.failed(&fault)),
        }
    }

    async fn bodies_of(
        &self,
        email: &Email,
        wanted: &Wanted,
        octets_left: &mut u64,
    ) -> Result<Value, MethodError> {
        let outline = Outline::decode(&email.outline).unwrap_or_else(|| Outline::of(b""));
        let sorted = Sorted::of(&outline);
        let indexes = match (&wanted.part, wanted.prefers_plain) {
            (Some(_), _) => (0..outline.parts().count()).collect(),
            (None, true) => sorted.text,
            (None, false) => sorted.html,
        };
        let parts = Parts::of(email, &outline);
        let mut bodies = Vec::new();
        let mut until = None;
        for index in indexes {
            let Some((part, number, blob)) = parts.get(index) else { continue };
            if wanted.part.as_ref().is_some_and(|wanted| wanted != number) {
                continue;
            }
            let mut object = Map::new();
            object.insert("partId".to_owned(), json!(number));
            object.insert("blobId".to_owned(), json!(blob));
            object.insert("type".to_owned(), json!(media_type(part)));
            let account = self.account.id();
            let signed = if is_text(part) {
                let left = octets_left.checked_sub(part.octets());
                *octets_left = left.ok_or_else(|| MethodError::RequestTooLarge {
                    description: "the bodies are too large for one call".to_owned(),
                })?;
                let made = self.safe_body(email, part, &blob).await?;
                object.extend(described(&made, &parts));
                Some(Signed::Body {
                    account,
                    blob,
                    pictures: wanted.pictures,
                    scheme: wanted.scheme,
                })
            } else {
                part.media_type
                    .eq_ignore_ascii_case(b"image")
                    .then_some(Signed::Part { account, blob })
            };
            let address = signed.map(|signed| self.ports.bodies.sign(&signed));
            object.insert("url".to_owned(), json!(address.as_ref().map(|(path, _)| path)));
            until = address.map(|(_, until)| until).or(until);
            bodies.push(Value::Object(object));
        }
        let expires = until.and_then(|until: Timestamp| utc_date(until.0));
        Ok(json!({"emailId": ids::email(email.id), "bodies": bodies, "expires": expires}))
    }
}

/// What is said of a body that was made safe.
fn described(body: &Body, parts: &Parts<'_>) -> Map<String, Value> {
    let mut inline = Vec::new();
    let mut seen = HashSet::new();
    for picture in body.pictures() {
        if let Picture::Part(content_id) = picture
            && seen.insert(content_id)
            && let Some(blob) = parts.picture(content_id)
        {
            inline.push(blob);
        }
    }
    let scheme = body.color_scheme().map(|scheme| match scheme {
        ColorScheme::Light => "light",
        ColorScheme::Dark => "dark",
        ColorScheme::Both => "light dark",
    });
    let shown = body.octets();
    let mut object = Map::new();
    object.insert("size".to_owned(), json!(shown));
    object.insert("remotePictures".to_owned(), json!(body.remote_pictures()));
    object.insert("inlineBlobIds".to_owned(), json!(inline));
    object.insert("colorScheme".to_owned(), json!(scheme));
    object.insert("isCut".to_owned(), json!(body.is_cut()));
    object
}
