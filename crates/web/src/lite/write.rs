//! Writing: a new message, an answer, one that is forwarded, a draft that goes on.

mod form;
mod send;

use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use self::form::{Letter, Said};
use self::send::{Outcome, kept};
use super::message::whole;
use super::page;
use super::reader::{Posted, Reader, property};
use super::shown::{Email, Part};
use super::{addresses, quote};
use crate::auth::fields::Fields;
use crate::auth::html::see;
use crate::limits::LETTER_OCTETS_MAX;
use crate::problem::Problem;

/// By which name and address somebody writes (RFC 8621, 6).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    id: String,
    name: String,
    email: String,
    #[serde(default)]
    text_signature: String,
}

/// What a message that is written has to do with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Answer {
        all: bool,
    },
    Forwarded,
    /// It is that one, which is not finished.
    Draft,
}

impl Kind {
    const ALL: [(&str, Kind); 4] = [
        ("reply", Kind::Answer { all: false }),
        ("reply-all", Kind::Answer { all: true }),
        ("forward", Kind::Forwarded),
        ("draft", Kind::Draft),
    ];

    fn name(self) -> &'static str {
        Kind::ALL
            .into_iter()
            .find(|(_, kind)| *kind == self)
            .map(|(name, _)| name)
            .unwrap_or_default()
    }

    /// Which is asked for, and of which message.
    fn of(fields: &Fields) -> Option<(Kind, String)> {
        Kind::ALL.into_iter().find_map(|(name, kind)| {
            Some(fields.text(name)).filter(|id| !id.is_empty()).map(|id| (kind, id.to_owned()))
        })
    }
}

/// The message that another one has to do with.
pub(super) struct About {
    kind: Kind,
    email: Email,
}

impl About {
    /// The parts that go along: all that was attached, unless it is answered.
    pub(super) fn attached(&self) -> &[Part] {
        match self.kind {
            Kind::Answer { .. } => &[],
            Kind::Forwarded | Kind::Draft => &self.email.attachments,
        }
    }

    /// Whether its text was written with formatting, of which these pages keep nothing.
    pub(super) fn loses_format(&self) -> bool {
        self.kind == Kind::Draft && self.email.html_body.iter().any(|part| part.kind == "text/html")
    }
}

/// What writing takes: the identities, and the message it is about.
struct Desktop {
    identities: Vec<Identity>,
    about: Option<About>,
}

async fn look(reader: &Reader, about: Option<(Kind, String)>) -> Result<Desktop, Problem> {
    let mut asking = Reader::asking();
    let identities = asking.call("Identity/get", json!({"accountId": reader.account}));
    let email = about.map(|(kind, id)| (kind, asking.call("Email/get", whole(reader, &id))));
    let heard = reader.hear(&asking).await?;
    let identities = property(&heard, &identities, "list")?;
    let about = match email {
        None => None,
        Some((kind, asked)) => {
            let emails: Vec<Email> = property(&heard, &asked, "list")?;
            let email = emails.into_iter().next().ok_or_else(Problem::not_found)?;
            Some(About { kind, email })
        }
    };
    Ok(Desktop { identities, about })
}

pub(super) async fn show(reader: Reader, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::read(asked.as_deref().unwrap_or_default().as_bytes());
    let about = fields.as_ref().and_then(Kind::of);
    let desktop = match look(&reader, about).await {
        Ok(desktop) => desktop,
        Err(problem) => return page::problem(&reader, &problem),
    };
    let mut letter = begun(&reader, &desktop);
    if let (None, Some(fields)) = (&desktop.about, &fields) {
        letter.to = fields.text("to").to_owned();
    }
    let is_saved = fields.as_ref().is_some_and(|fields| fields.text("did") == "saved");
    let said = is_saved.then_some(Said::Saved);
    form::show(&reader, &desktop.identities, desktop.about.as_ref(), &letter, said.as_ref())
}

/// What stands in the form at first.
fn begun(reader: &Reader, desktop: &Desktop) -> Letter {
    let words = reader.words;
    let own: Vec<String> = desktop.identities.iter().map(|it| it.email.clone()).collect();
    let Some(About { kind, email }) = &desktop.about else {
        let first = desktop.identities.first();
        let text = first.map(|it| signed("", it)).unwrap_or_default();
        return Letter {
            identity: first.map(|it| it.id.clone()).unwrap_or_default(),
            text,
            ..Letter::default()
        };
    };
    let by = identity_for(&desktop.identities, email, *kind);
    let identity = by.map(|by| by.id.clone()).unwrap_or_default();
    let written = |people: &[_]| addresses::written(Some(people));
    match kind {
        Kind::Answer { all } => {
            let (to, cc) = quote::recipients(email, &own, *all);
            let quoted = quote::answered(words, email);
            let text = by.map_or(quoted.clone(), |by| signed(&quoted, by));
            let subject = quote::subject(email.subject.as_deref(), "Re");
            Letter {
                identity,
                to: written(&to),
                cc: written(&cc),
                bcc: String::new(),
                subject,
                text,
            }
        }
        Kind::Forwarded => {
            let quoted = quote::forwarded(words, email);
            let text = by.map_or(quoted.clone(), |by| signed(&quoted, by));
            let subject = quote::subject(email.subject.as_deref(), "Fwd");
            Letter { identity, subject, text, ..Letter::default() }
        }
        Kind::Draft => Letter {
            identity,
            to: addresses::written(email.to.as_deref()),
            cc: addresses::written(email.cc.as_deref()),
            bcc: addresses::written(email.bcc.as_deref()),
            subject: email.subject.clone().unwrap_or_default(),
            text: quote::text(email),
        },
    }
}

/// The identity to which it came, or by which it was written.
fn identity_for<'i>(identities: &'i [Identity], email: &Email, kind: Kind) -> Option<&'i Identity> {
    let fields: &[&Option<Vec<_>>] = match kind {
        Kind::Draft => &[&email.from],
        Kind::Answer { .. } | Kind::Forwarded => &[&email.to, &email.cc, &email.bcc, &email.from],
    };
    let people = fields.iter().filter_map(|field| field.as_deref()).flatten();
    let mut found = people.filter_map(|person: &super::shown::Address| {
        identities.iter().find(|it| it.email.eq_ignore_ascii_case(&person.email))
    });
    found.next().or_else(|| identities.first())
}

/// With the signature above what is quoted.
fn signed(quoted: &str, by: &Identity) -> String {
    match by.text_signature.trim_end() {
        "" => quoted.to_owned(),
        signature => format!("\n\n-- \n{signature}\n{quoted}"),
    }
}

pub(super) async fn take(posted: Posted<LETTER_OCTETS_MAX>) -> Response {
    let Posted { reader, fields } = posted;
    taken(&reader, &fields).await.unwrap_or_else(|problem| page::problem(&reader, &problem))
}

async fn taken(reader: &Reader, fields: &Fields) -> Result<Response, Problem> {
    let letter = Letter::read(fields);
    let Desktop { identities, about } = look(reader, Kind::of(fields)).await?;
    let show = |about: Option<&About>, said: Said| {
        form::show(reader, &identities, about, &letter, Some(&said))
    };
    let sends = fields.text("action") == "send";
    let outcome = kept(reader, &identities, about.as_ref(), &letter, sends).await?;
    let home = format!("{}/lite/", reader.base());
    match outcome {
        Outcome::Wrong(said) => Ok(show(about.as_ref(), said)),
        Outcome::Sent => Ok(see(&format!("{home}?did=sent"))),
        Outcome::Saved(id) => {
            Ok(see(&format!("{}/lite/write?draft={id}&did=saved", reader.base())))
        }
        Outcome::NotSent(said, id) => {
            // What was kept is what goes on from here.
            let about = look(reader, Some((Kind::Draft, id))).await?.about;
            Ok(show(about.as_ref(), said))
        }
    }
}
