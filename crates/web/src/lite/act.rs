//! What is done with messages that were chosen: moved, marked, deleted; and moved back.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::folders::{self, Folders};
use super::list::{LISTED, encoded};
use super::page::{self, Page, token};
use super::reader::{Posted, Reader, answer, property};
use super::shown::Mailbox;
use super::words::Words;
use crate::auth::fields::Fields;
use crate::auth::html::see;
use crate::auth::next::Next;
use crate::limits::FORM_OCTETS_MAX;
use crate::problem::Problem;

/// The buttons for messages of a list, or of a page.
pub(super) fn buttons(reader: &Reader, folders: &Folders, open: Option<&Mailbox>) -> Markup {
    let words = reader.words;
    let role = open.and_then(|mailbox| mailbox.role.as_deref());
    let button = |action: &str, label: &str| {
        html! { button type="submit" name="action" value=(action) { (label) } }
    };
    let goes_to = |wanted: &str| role != Some(wanted) && folders.with_role(wanted).is_some();
    html! {
        div.acts role="group" aria-label=(words.chosen) {
            @if role != Some("drafts") && goes_to("archive") { (button("archive", words.to_archive)) }
            @if role == Some("junk") { (button("inbox", words.not_junk)) }
            @if !matches!(role, Some("drafts" | "sent")) && goes_to("junk") { (button("junk", words.is_junk)) }
            @if role == Some("trash") { (button("inbox", words.restore)) }
            @if goes_to("trash") { (button("trash", words.delete)) }
            @else { (button("destroy", words.destroy)) }
            (button("read", words.mark_read))
            (button("unread", words.mark_unread))
            (button("star", words.star))
            (button("unstar", words.unstar))
            span.move {
                (folders.choice(words, open.map(|mailbox| mailbox.id.as_str())))
                (button("move", words.move_there))
            }
        }
    }
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    /// Into the mailbox with a role.
    Role(&'static str),
    Move,
    Destroy,
    /// A keyword, to be there or not.
    Mark(&'static str, bool),
}

impl Action {
    fn read(text: &str) -> Option<Action> {
        Some(match text {
            "archive" => Action::Role("archive"),
            "junk" => Action::Role("junk"),
            "trash" => Action::Role("trash"),
            "inbox" => Action::Role("inbox"),
            "move" => Action::Move,
            "destroy" => Action::Destroy,
            "read" => Action::Mark("$seen", true),
            "unread" => Action::Mark("$seen", false),
            "star" => Action::Mark("$flagged", true),
            "unstar" => Action::Mark("$flagged", false),
            _ => return None,
        })
    }
}

pub(super) async fn take(posted: Posted<FORM_OCTETS_MAX>) -> Response {
    let Posted { reader, fields } = posted;
    done(&reader, &fields).await.unwrap_or_else(|problem| page::problem(&reader, &problem))
}

async fn done(reader: &Reader, fields: &Fields) -> Result<Response, Problem> {
    let asked = Action::read(fields.text("action"));
    let asked =
        asked.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "the form asks for nothing"))?;
    let ids = chosen(fields);
    let back = back(reader, fields.text("back"));
    if ids.is_empty() {
        return Ok(see(&format!("{back}&did=none")));
    }
    let from = Some(fields.text("in")).filter(|id| !id.is_empty());
    match asked {
        Action::Mark(keyword, is_on) => {
            let patch = json!({ format!("keywords/{keyword}"): is_on.then_some(true) });
            change(reader, &ids, &patch).await?;
            Ok(see(&back))
        }
        Action::Destroy if fields.text("sure") == "yes" => {
            let mut asking = Reader::asking();
            let set =
                asking.call("Email/set", json!({"accountId": reader.account, "destroy": ids}));
            answer(&reader.hear(&asking).await?, &set)?;
            Ok(see(&format!("{back}&did=destroyed&n={}", ids.len())))
        }
        Action::Destroy => Ok(ask_again(reader, fields, &ids)),
        Action::Move => moved(reader, &ids, from, fields.text("to"), &back).await,
        Action::Role(role) => {
            let to = reader.with_role(role).await?.ok_or_else(Problem::not_found)?;
            moved(reader, &ids, from, &to, &back).await
        }
    }
}

/// Moves messages out of one mailbox, or out of all they are in, into another.
async fn moved(
    reader: &Reader,
    ids: &[String],
    from: Option<&str>,
    to: &str,
    back: &str,
) -> Result<Response, Problem> {
    let patch = match from {
        Some(from) => {
            json!({ format!("mailboxIds/{from}"): null, format!("mailboxIds/{to}"): true })
        }
        None => json!({"mailboxIds": { to: true }}),
    };
    change(reader, ids, &patch).await?;
    let undo = |from| format!("&from_box={}&ids={}", encoded(from), encoded(&ids.join(",")));
    let undo = from.map(undo).unwrap_or_default();
    Ok(see(&format!("{back}&did=moved&n={}&to={}{undo}", ids.len(), encoded(to))))
}

/// Which messages; all that were shown, if so it says.
fn chosen(fields: &Fields) -> Vec<String> {
    let most = usize::try_from(LISTED).unwrap_or(usize::MAX);
    let split = |text: &str| -> Vec<String> {
        text.split(',').filter(|id| !id.is_empty()).take(most).map(str::to_owned).collect()
    };
    if fields.text("all") == "yes" {
        return split(fields.text("shown"));
    }
    fields.texts("id").take(most).map(str::to_owned).collect()
}

/// Where the form stood: a page of these, always with a query.
fn back(reader: &Reader, said: &str) -> String {
    let base = reader.base();
    let is_ours = |next: &Next| next.as_str().starts_with(&format!("{base}/lite/"));
    match Next::read(said).filter(is_ours) {
        Some(next) if next.as_str().contains('?') => next.as_str().to_owned(),
        Some(next) => format!("{}?", next.as_str()),
        None => format!("{base}/lite/?"),
    }
}

/// The same change for each. Messages that went meanwhile are passed over.
async fn change(reader: &Reader, ids: &[String], patch: &Value) -> Result<(), Problem> {
    let update: Map<String, Value> = ids.iter().map(|id| (id.clone(), patch.clone())).collect();
    let mut asking = Reader::asking();
    let set = asking.call("Email/set", json!({"accountId": reader.account, "update": update}));
    let heard = reader.hear(&asking).await?;
    let refused: Option<Map<String, Value>> = property(&heard, &set, "notUpdated")?;
    let refused = refused.unwrap_or_default();
    let why =
        refused.values().find(|why| why.get("type").and_then(Value::as_str) != Some("notFound"));
    match why {
        None => Ok(()),
        Some(why) => {
            let said = ["description", "type"].into_iter().find_map(|name| why.get(name)?.as_str());
            Err(Problem::new(StatusCode::CONFLICT, said.unwrap_or("it was refused")))
        }
    }
}

/// Asks whether it is meant: what is deleted here is gone from all mailboxes.
fn ask_again(reader: &Reader, fields: &Fields, ids: &[String]) -> Response {
    let words = reader.words;
    let back = back(reader, fields.text("back"));
    let main = html! {
        h1 { (words.destroy) }
        p { (words.count(ids.len())) " " (words.destroy_sure) }
        form method="post" action={ (reader.base()) "/lite/act" } {
            (token(reader))
            input type="hidden" name="back" value=(back);
            input type="hidden" name="all" value="yes";
            input type="hidden" name="shown" value=(ids.join(","));
            input type="hidden" name="sure" value="yes";
            div.acts {
                button type="submit" name="action" value="destroy" { (words.destroy) }
                a.button href=(back) { (words.cancel) }
            }
        }
    };
    let page = Page {
        title: words.destroy,
        folders: None,
        open: None,
        sought: "",
        status: StatusCode::OK,
    };
    page.with(reader, &main)
}

/// What was done, as the page says that comes after.
pub(super) enum Did {
    Nothing,
    Destroyed(usize),
    Moved {
        count: usize,
        to: String,
        /// From where, and which: to move them back.
        undo: Option<(String, String)>,
    },
    Sent,
}

impl Did {
    /// By the query of the page.
    pub(super) fn read(fields: &Fields) -> Option<Did> {
        let count = fields.text("n").parse().unwrap_or(1);
        Some(match fields.text("did") {
            "none" => Did::Nothing,
            "destroyed" => Did::Destroyed(count),
            "sent" => Did::Sent,
            "moved" => {
                let (from, ids) = (fields.text("from_box"), fields.text("ids"));
                let undo = (!from.is_empty() && !ids.is_empty())
                    .then(|| (from.to_owned(), ids.to_owned()));
                Did::Moved { count, to: fields.text("to").to_owned(), undo }
            }
            _ => return None,
        })
    }

    pub(super) fn said(&self, reader: &Reader, folders: &Folders, back: &str) -> Markup {
        let words: &Words = reader.words;
        let said = match self {
            Did::Nothing => words.chosen_none.to_owned(),
            Did::Sent => words.sent_now.to_owned(),
            Did::Destroyed(count) => format!("{} {}", words.count(*count), words.are_destroyed),
            Did::Moved { count, to, .. } => {
                let Some(to) = folders.find(to) else { return html! {} };
                format!("{} {} {}.", words.count(*count), words.are_moved, folders::name(words, to))
            }
        };
        html! {
            div.did role="status" {
                span { (said) }
                @if let Did::Moved { to, undo: Some((from, ids)), .. } = self {
                    form method="post" action={ (reader.base()) "/lite/act" } {
                        (token(reader))
                        input type="hidden" name="back" value=(back);
                        input type="hidden" name="all" value="yes";
                        input type="hidden" name="shown" value=(ids);
                        input type="hidden" name="in" value=(to);
                        input type="hidden" name="to" value=(from);
                        button.quiet type="submit" name="action" value="move" { (words.undo) }
                    }
                }
            }
        }
    }
}
