//! What is shown of an Email (RFC 8621, 4.1 and 4.2), and how, of whatever message it is of.

use message::Outline;
use serde_json::{Map, Value, json};

use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::PROPERTIES_MAX;
use crate::mail::{
    Bodies, BodyProperties, HeaderProperty, NotShown, Octets, Shown, Spent, ValueLimit, Values,
    headers,
};
use crate::reference::octets_of;

/// What is shown where a client does not say what it wants of an email in a mailbox (RFC 8621, 4.2).
const USUAL: [&str; 24] = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];

/// What is not in the message, but known of it.
const METADATA: [&str; 7] =
    ["id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt"];

/// What follows from the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) enum Part {
    Headers,
    Header(HeaderProperty),
    BodyStructure,
    BodyValues,
    TextBody,
    HtmlBody,
    Attachments,
    HasAttachment,
    Preview,
}

const PARTS: [(&str, Part); 8] = [
    ("headers", Part::Headers),
    ("bodyStructure", Part::BodyStructure),
    ("bodyValues", Part::BodyValues),
    ("textBody", Part::TextBody),
    ("htmlBody", Part::HtmlBody),
    ("attachments", Part::Attachments),
    ("hasAttachment", Part::HasAttachment),
    ("preview", Part::Preview),
];

/// What a client wants of emails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Wanted {
    /// Those of `METADATA` that are wanted.
    pub(in crate::server) metadata: Vec<&'static str>,
    parts: Vec<(String, Part)>,
    body: BodyProperties,
    values: Values,
    value_limit: ValueLimit,
}

impl Wanted {
    /// Takes the arguments that say how emails are shown; `properties` are those that are wanted, if the client says so, and the
    /// usual ones otherwise.
    pub(in crate::server) fn take(
        arguments: &mut Arguments,
        properties: Option<Vec<String>>,
    ) -> Result<Wanted, MethodError> {
        let usual = || USUAL.iter().map(|name| (*name).to_owned()).collect();
        let mut names: Vec<String> = properties.unwrap_or_else(usual);
        names.sort_unstable();
        names.dedup();
        let body: Option<Vec<String>> = arguments.optional("bodyProperties")?;
        let of_body = body.as_ref().map_or(0, Vec::len);
        if names.len().max(of_body) > PROPERTIES_MAX {
            let description = format!("more than {PROPERTIES_MAX} properties");
            return Err(MethodError::RequestTooLarge { description });
        }
        let body = body.map(BodyProperties::named).transpose();
        let body =
            body.map_err(|name| invalid("bodyProperties", &format!("there is no {name}")))?;
        let mut wanted = Wanted {
            metadata: Vec::new(),
            parts: Vec::new(),
            body: body.unwrap_or_default(),
            values: Values {
                of_text: arguments.or("fetchTextBodyValues", false)?,
                of_html: arguments.or("fetchHTMLBodyValues", false)?,
                all: arguments.or("fetchAllBodyValues", false)?,
            },
            value_limit: ValueLimit::of(arguments.or("maxBodyValueBytes", 0_u64)?),
        };
        for name in names {
            if let Some(known) = METADATA.iter().find(|known| **known == name) {
                wanted.metadata.push(known);
            } else if let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name) {
                wanted.parts.push((name, part.clone()));
            } else if let Some(header) = HeaderProperty::named(&name) {
                wanted.parts.push((name, Part::Header(header)));
            } else {
                return Err(invalid("properties", &format!("there is no {name}")));
            }
        }
        Ok(wanted)
    }

    /// Whether only what is not in the message is wanted.
    pub(in crate::server) fn is_only_metadata(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether more than headers may have to be read.
    pub(in crate::server) fn reads_bodies(&self) -> bool {
        self.parts.iter().any(|(_, part)| match part {
            Part::BodyStructure
            | Part::BodyValues
            | Part::TextBody
            | Part::HtmlBody
            | Part::Attachments => true,
            Part::Headers | Part::Header(_) | Part::HasAttachment | Part::Preview => false,
        })
    }

    /// Shows what follows from the message. The blob is that of the whole message.
    pub(in crate::server) fn show<O: Octets>(
        &self,
        outline: &Outline<'_>,
        octets: &O,
        blob: Id,
        spent: &mut Spent,
    ) -> Result<Map<String, Value>, NotShown<O::Fault>> {
        let envelope = outline.envelope();
        let tells = |part: &Part| match part {
            Part::Header(header) => header.of_envelope(&envelope).is_some(),
            Part::Headers => false,
            Part::BodyStructure
            | Part::BodyValues
            | Part::TextBody
            | Part::HtmlBody
            | Part::Attachments
            | Part::HasAttachment
            | Part::Preview => true,
        };
        let shown = Shown::of(outline, octets, blob, &self.body);
        let header = if self.parts.iter().all(|(_, part)| tells(part)) {
            None
        } else {
            // Where it is damaged, the envelope is what there is.
            Some(shown.read(outline.header(), spent)?).filter(|header| !header.is_empty())
        };
        let bodies = Bodies::of(outline);
        let mut object = Map::new();
        for (name, part) in &self.parts {
            let value = match (part, &header) {
                (Part::Header(property), Some(header)) => property.value(header),
                (Part::Header(property), None) => {
                    property.of_envelope(&envelope).unwrap_or_else(|| property.value(b""))
                }
                (Part::Headers, header) => headers(header.as_deref().unwrap_or_default()),
                (Part::BodyStructure, _) => shown.structure(spent)?,
                (Part::BodyValues, _) => {
                    shown.values(&bodies, self.values, self.value_limit, spent)?
                }
                (Part::TextBody, _) => shown.list(&bodies.text, spent)?,
                (Part::HtmlBody, _) => shown.list(&bodies.html, spent)?,
                (Part::Attachments, _) => shown.list(&bodies.attachments, spent)?,
                (Part::HasAttachment, _) => json!(bodies.has_attachment),
                (Part::Preview, _) => json!(outline.preview()),
            };
            if matches!(part, Part::Headers | Part::Header(_)) {
                spent.show(octets_of(&value))?;
            }
            object.insert(name.clone(), value);
        }
        Ok(object)
    }
}
