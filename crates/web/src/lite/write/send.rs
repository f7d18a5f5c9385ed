//! Keeping and sending what was written. It is kept as a draft first, so that what cannot be sent is not lost.

use serde_json::{Map, Value, json};

use super::form::{Letter, Said};
use super::{About, Identity, Kind};
use crate::lite::addresses::{self, NoAddress};
use crate::lite::quote;
use crate::lite::reader::{Reader, property};
use crate::lite::shown::{Address, Part};
use crate::problem::Problem;

/// What became of it.
pub(super) enum Outcome {
    /// Nothing: this is wrong with what stands in the form.
    Wrong(Said),
    Sent,
    /// A draft with this id.
    Saved(String),
    /// It is a draft with this id, and was not sent.
    NotSent(Said, String),
}

/// Keeps it as a draft, and sends it if that is wanted.
pub(super) async fn kept(
    reader: &Reader,
    identities: &[Identity],
    about: Option<&About>,
    letter: &Letter,
    sends: bool,
) -> Result<Outcome, Problem> {
    let people = match People::of(letter) {
        Ok(people) => people,
        Err(NoAddress(what)) => return Ok(Outcome::Wrong(Said::NoAddress(what))),
    };
    if sends && people.is_nobody() {
        return Ok(Outcome::Wrong(Said::Nobody));
    }
    let by = identities.iter().find(|it| it.id == letter.identity).or_else(|| identities.first());
    let Some(by) = by else {
        return Ok(Outcome::Wrong(Said::Refused(reader.words.no_identity.to_owned())));
    };
    let drafts = mailbox(reader, "drafts", "Drafts").await?;
    let email = written(by, &people, about, letter, &drafts);
    let id = match saved(reader, about, &email).await? {
        Ok(id) => id,
        Err(why) => return Ok(Outcome::Wrong(Said::Refused(why))),
    };
    if !sends {
        return Ok(Outcome::Saved(id));
    }
    let sent = mailbox(reader, "sent", "Sent").await?;
    if let Err(why) = submitted(reader, &id, by, (&drafts, &sent)).await? {
        return Ok(Outcome::NotSent(Said::Refused(why), id));
    }
    mark(reader, about).await;
    Ok(Outcome::Sent)
}

/// To whom it goes.
struct People {
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
}

impl People {
    fn of(letter: &Letter) -> Result<People, NoAddress> {
        let read = |typed: &str| addresses::read(typed);
        Ok(People { to: read(&letter.to)?, cc: read(&letter.cc)?, bcc: read(&letter.bcc)? })
    }

    fn is_nobody(&self) -> bool {
        self.to.is_empty() && self.cc.is_empty() && self.bcc.is_empty()
    }
}

/// The message, as it is created (RFC 8621, 4.6).
fn written(
    by: &Identity,
    people: &People,
    about: Option<&About>,
    letter: &Letter,
    drafts: &str,
) -> Value {
    let list = |people: &[Address]| people.iter().map(Address::to_json).collect::<Value>();
    let mut email = json!({
        "mailboxIds": {drafts: true},
        "keywords": {"$draft": true, "$seen": true},
        "from": [{"name": by.name, "email": by.email}],
        "to": list(&people.to),
        "cc": list(&people.cc),
        "bcc": list(&people.bcc),
        "subject": letter.subject,
        "bodyValues": {"text": {"value": letter.text.replace("\r\n", "\n")}},
        "textBody": [{"partId": "text", "type": "text/plain"}],
    });
    let Value::Object(fields) = &mut email else { return email };
    let attached = about.map(About::attached).unwrap_or_default();
    if !attached.is_empty() {
        let parts: Value = attached.iter().map(part).collect();
        fields.insert("attachments".to_owned(), parts);
    }
    let threaded = match about {
        Some(About { kind: Kind::Answer { .. }, email }) => Some(quote::references(email)),
        // A draft of an answer stays one.
        Some(About { kind: Kind::Draft, email }) => {
            let ids = |ids: &Option<Vec<String>>| ids.clone().unwrap_or_default();
            Some((ids(&email.in_reply_to), ids(&email.references)))
        }
        Some(About { kind: Kind::Forwarded, .. }) | None => None,
    };
    for (name, ids) in
        threaded.into_iter().flat_map(|(one, all)| [("inReplyTo", one), ("references", all)])
    {
        if !ids.is_empty() {
            fields.insert(name.to_owned(), json!(ids));
        }
    }
    email
}

/// A part that goes along as it is.
fn part(part: &Part) -> Value {
    let Part { blob_id, kind, name, charset, disposition, cid, .. } = part;
    let mut fields = Map::new();
    for (field, value) in [("blobId", blob_id), ("name", name), ("charset", charset), ("cid", cid)]
    {
        if let Some(value) = value {
            fields.insert(field.to_owned(), value.as_str().into());
        }
    }
    fields.insert("type".to_owned(), kind.as_str().into());
    let disposition = disposition.as_deref().unwrap_or("attachment");
    fields.insert("disposition".to_owned(), disposition.into());
    Value::Object(fields)
}

/// Keeps it, in place of the draft that it was.
async fn saved(
    reader: &Reader,
    about: Option<&About>,
    email: &Value,
) -> Result<Result<String, String>, Problem> {
    let before = about.filter(|about| about.kind == Kind::Draft).map(|about| &about.email.id);
    let mut asking = Reader::asking();
    let arguments = json!({"accountId": reader.account, "create": {"letter": email}});
    let set = asking.call("Email/set", arguments);
    let heard = reader.hear(&asking).await?;
    let created: Option<Map<String, Value>> = property(&heard, &set, "created")?;
    let id = created.as_ref().and_then(|it| it.get("letter")?.get("id")?.as_str());
    let Some(id) = id else {
        let refused: Option<Map<String, Value>> = property(&heard, &set, "notCreated")?;
        return Ok(Err(why(refused.as_ref().and_then(|it| it.get("letter")))));
    };
    // Only once the new one is there.
    if let Some(before) = before {
        let mut asking = Reader::asking();
        asking.call("Email/set", json!({"accountId": reader.account, "destroy": [before]}));
        reader.hear(&asking).await?;
    }
    Ok(Ok(id.to_owned()))
}

/// Hands it to the queue; then it goes from one mailbox to another.
async fn submitted(
    reader: &Reader,
    id: &str,
    by: &Identity,
    (drafts, sent): (&str, &str),
) -> Result<Result<(), String>, Problem> {
    let mut asking = Reader::asking();
    let patch = json!({
        format!("mailboxIds/{drafts}"): null,
        format!("mailboxIds/{sent}"): true,
        "keywords/$draft": null,
    });
    let arguments = json!({
        "accountId": reader.account,
        "create": {"sent": {"emailId": id, "identityId": by.id}},
        "onSuccessUpdateEmail": {"#sent": patch},
    });
    let set = asking.call("EmailSubmission/set", arguments);
    let heard = reader.hear(&asking).await?;
    let created: Option<Map<String, Value>> = property(&heard, &set, "created")?;
    if created.is_some_and(|it| it.contains_key("sent")) {
        return Ok(Ok(()));
    }
    let refused: Option<Map<String, Value>> = property(&heard, &set, "notCreated")?;
    Ok(Err(why(refused.as_ref().and_then(|it| it.get("sent")))))
}

/// Marks the message that was answered or forwarded. It is sent already, so nothing fails any more.
async fn mark(reader: &Reader, about: Option<&About>) {
    let Some(About { kind, email }) = about else { return };
    let keyword = match kind {
        Kind::Answer { .. } => "$answered",
        Kind::Forwarded => "$forwarded",
        Kind::Draft => return,
    };
    let patch = json!({ format!("keywords/{keyword}"): true });
    let update: Map<String, Value> = [(email.id.clone(), patch)].into_iter().collect();
    let mut asking = Reader::asking();
    asking.call("Email/set", json!({"accountId": reader.account, "update": update}));
    if let Err(problem) = reader.hear(&asking).await {
        tracing::debug!(why = problem.detail(), "an answered message was not marked");
    }
}

/// What is wrong, of a SetError (RFC 8620, 5.3).
fn why(error: Option<&Value>) -> String {
    let said = ["description", "type"].into_iter().find_map(|name| error?.get(name)?.as_str());
    said.unwrap_or("it was refused").to_owned()
}

/// The mailbox with a role; it is made if there is none.
async fn mailbox(reader: &Reader, role: &str, name: &str) -> Result<String, Problem> {
    if let Some(id) = reader.with_role(role).await? {
        return Ok(id);
    }
    let mut asking = Reader::asking();
    let create = json!({"new": {"name": name, "role": role}});
    let set = asking.call("Mailbox/set", json!({"accountId": reader.account, "create": create}));
    let created: Option<Map<String, Value>> =
        property(&reader.hear(&asking).await?, &set, "created")?;
    let id = created.as_ref().and_then(|it| it.get("new")?.get("id")?.as_str());
    id.map(str::to_owned).ok_or_else(Problem::not_found)
}
