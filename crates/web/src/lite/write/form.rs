//! The form in which a message is written.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::{About, Identity, Kind};
use crate::auth::fields::Fields;
use crate::lite::page::{Page, token};
use crate::lite::reader::Reader;
use crate::lite::shown::size;
use crate::lite::words::Words;

/// A message as it stands in the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lite) struct Letter {
    pub(super) identity: String,
    pub(super) to: String,
    pub(super) cc: String,
    pub(super) bcc: String,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Letter {
    pub(super) fn read(fields: &Fields) -> Letter {
        let text = |name| fields.text(name).to_owned();
        Letter {
            identity: text("identity"),
            to: text("to-people"),
            cc: text("cc"),
            bcc: text("bcc"),
            subject: text("subject"),
            text: text("text"),
        }
    }
}

/// What is said above the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lite) enum Said {
    /// It was kept as a draft.
    Saved,
    /// This is no address.
    NoAddress(String),
    /// There is nobody it would go to.
    Nobody,
    /// The host does not send it, and why.
    Refused(String),
}

impl Said {
    fn of(&self, words: &Words) -> String {
        match self {
            Said::Saved => words.saved.to_owned(),
            Said::NoAddress(what) => format!("{} {what}", words.no_address),
            Said::Nobody => words.to_nobody.to_owned(),
            Said::Refused(why) => format!("{} {why}", words.not_sent),
        }
    }
}

pub(super) fn show(
    reader: &Reader,
    identities: &[Identity],
    about: Option<&About>,
    letter: &Letter,
    said: Option<&Said>,
) -> Response {
    let words = reader.words;
    let title = match about.map(|about| about.kind) {
        None => words.write,
        Some(Kind::Answer { .. }) => words.reply,
        Some(Kind::Forwarded) => words.forward,
        Some(Kind::Draft) => words.draft,
    };
    let is_wrong = said.is_some_and(|said| *said != Said::Saved);
    let main = html! {
        p.back { a href={ (reader.base()) "/lite/" } { "← " (words.to_inbox) } }
        h1 { (title) }
        @if let Some(said) = said { p role=(if is_wrong { "alert" } else { "status" }) { (said.of(words)) } }
        @if about.is_some_and(About::loses_format) { p.hint { (words.format_lost) } }
        form.letter method="post" action={ (reader.base()) "/lite/write" } {
            (token(reader))
            @if let Some(about) = about { input type="hidden" name=(about.kind.name()) value=(about.email.id); }
            (fields(words, identities, letter))
            @if let Some(about) = about { (attached(words, about)) }
            div.acts {
                button.main type="submit" name="action" value="send" { (words.send) }
                button type="submit" name="action" value="save" { (words.save) }
            }
        }
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page { title, folders: None, open: None, sought: "", status }.with(reader, &main)
}

fn fields(words: &Words, identities: &[Identity], letter: &Letter) -> Markup {
    // Who answers begins with the text.
    let first = if letter.to.is_empty() { "to-people" } else { "text" };
    let line = |name: &str, label: &str, value: &str| {
        html! {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" value=(value) autocomplete="off" autofocus[name == first];
        }
    };
    html! {
        @if identities.len() > 1 {
            label for="identity" { (words.from) }
            select id="identity" name="identity" {
                @for it in identities {
                    option value=(it.id) selected[it.id == letter.identity] { (it.name) " <" (it.email) ">" }
                }
            }
        } @else {
            input type="hidden" name="identity" value=(letter.identity);
        }
        (line("to-people", words.to, &letter.to))
        (line("cc", words.cc, &letter.cc))
        (line("bcc", words.bcc, &letter.bcc))
        (line("subject", words.subject, &letter.subject))
        label for="text" { (words.text) }
        // Browsers leave out a line end right behind the tag, so there is one more.
        textarea id="text" name="text" rows="18" autofocus[first == "text"] { "\n" (letter.text) }
    }
}

fn attached(words: &Words, about: &About) -> Markup {
    let parts = about.attached();
    html! {
        @if !parts.is_empty() {
            p.hint { (words.goes_along) }
            ul {
                @for part in parts {
                    li { (part.name.as_deref().unwrap_or(&part.kind)) " " small { (size(part.size)) } }
                }
            }
        }
    }
}
