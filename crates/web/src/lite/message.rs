//! One message: who wrote it, what it says, and what is attached.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::act;
use super::folders::Folders;
use super::page::{self, Page, token};
use super::reader::{Reader, property};
use super::shown::{Address, Email, Mailbox, Part, moment, size};
use crate::auth::fields::Fields;
use crate::problem::Problem;

/// What is asked of a message that is read, or written on from.
pub(super) const WHOLE: [&str; 20] = [
    "id",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "sentAt",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "preview",
    "messageId",
    "references",
    "inReplyTo",
    "textBody",
    "htmlBody",
    "attachments",
    "bodyValues",
];

/// So many octets of a text are shown; the rest is a download away.
const TEXT_OCTETS_MAX: u32 = 512 << 10;

/// The arguments by which a message is asked for.
pub(super) fn whole(reader: &Reader, id: &str) -> Value {
    json!({"accountId": reader.account, "ids": [id], "properties": WHOLE, "fetchTextBodyValues": true,
        "maxBodyValueBytes": TEXT_OCTETS_MAX})
}

/// A body that can be shown (`docs/jmap/body.md`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
    #[serde(default)]
    remote_pictures: u64,
    #[serde(default)]
    inline_blob_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bodies {
    bodies: Vec<Body>,
}

/// How it is to be shown.
#[derive(Clone, Copy)]
struct Asked {
    /// As it was sent, though there is plain text.
    is_html: bool,
    has_pictures: bool,
}

pub(super) async fn show(
    reader: Reader,
    Path(id): Path<String>,
    RawQuery(asked): RawQuery,
) -> Response {
    let fields = Fields::read(asked.as_deref().unwrap_or_default().as_bytes());
    let said = |name| fields.as_ref().is_some_and(|fields| !fields.text(name).is_empty());
    let asked = Asked { is_html: said("html"), has_pictures: said("pictures") };
    match Message::ask(&reader, &id, asked).await {
        Ok(message) => message.show(&reader),
        Err(problem) => page::problem(&reader, &problem),
    }
}

struct Message {
    folders: Folders,
    email: Email,
    bodies: Vec<Body>,
    asked: Asked,
}

impl Message {
    async fn ask(reader: &Reader, id: &str, asked: Asked) -> Result<Message, Problem> {
        let account = &reader.account;
        let mut asking = Reader::asking();
        // Whoever opens it has seen it.
        let seen: Map<String, Value> =
            [(id.to_owned(), json!({"keywords/$seen": true}))].into_iter().collect();
        asking.call("Email/set", json!({"accountId": account, "update": seen}));
        let properties = Mailbox::PROPERTIES;
        let mailboxes =
            asking.call("Mailbox/get", json!({"accountId": account, "properties": properties}));
        let email = asking.call("Email/get", whole(reader, id));
        let arguments = json!({"accountId": account, "emailIds": [id], "showRemotePictures": asked.has_pictures});
        let bodies = asking.call("SafeBody/get", arguments);
        let heard = reader.hear(&asking).await?;
        let folders = Folders::of(property(&heard, &mailboxes, "list")?);
        let emails: Vec<Email> = property(&heard, &email, "list")?;
        let email = emails.into_iter().next().ok_or_else(Problem::not_found)?;
        // Without a safe body the text is shown, and the message is a download away.
        let bodies: Vec<Bodies> = property(&heard, &bodies, "list").unwrap_or_default();
        let bodies = bodies.into_iter().flat_map(|it| it.bodies).collect();
        Ok(Message { folders, email, bodies, asked })
    }

    fn show(&self, reader: &Reader) -> Response {
        let (base, words, email) = (reader.base(), reader.words, &self.email);
        let subject = email.subject.as_deref().filter(|it| !it.trim().is_empty());
        let title = subject.unwrap_or(words.no_subject);
        let open = email.mailbox_ids.keys().find_map(|id| self.folders.find(id));
        let write = |kind: &str| format!("{base}/lite/write?{kind}={}", email.id);
        let main = html! {
            @if let Some(open) = open {
                p.back { a href={ (base) "/lite/mailbox/" (open.id) } { "← " (super::folders::name(words, open)) } }
            }
            h1 { (title) }
            div.acts {
                a.button href=(write("reply")) { (words.reply) }
                a.button href=(write("reply-all")) { (words.reply_all) }
                a.button href=(write("forward")) { (words.forward) }
            }
            form method="post" action={ (base) "/lite/act" } {
                (token(reader))
                input type="hidden" name="id" value=(email.id);
                @if let Some(open) = open {
                    input type="hidden" name="in" value=(open.id);
                    input type="hidden" name="back" value={ (base) "/lite/mailbox/" (open.id) };
                }
                (act::buttons(reader, &self.folders, open))
            }
            (self.head(reader))
            (self.body(reader))
            (self.attachments(reader))
        };
        let open = open.map(|mailbox| mailbox.id.as_str());
        let folders = Some(&self.folders);
        Page { title, folders, open, sought: "", status: StatusCode::OK }.with(reader, &main)
    }

    fn head(&self, reader: &Reader) -> Markup {
        let (words, email) = (reader.words, &self.email);
        let field = |name: &str, people: &Option<Vec<Address>>| {
            let people = people.as_deref().unwrap_or_default();
            let people = people.iter().map(Address::long).collect::<Vec<_>>().join(", ");
            html! { @if !people.is_empty() { dt { (name) } dd { (people) } } }
        };
        let sent = email.sent_at.as_deref().unwrap_or(&email.received_at);
        html! {
            dl.head {
                (field(words.from, &email.from))
                (field(words.to, &email.to))
                (field(words.cc, &email.cc))
                (field(words.bcc, &email.bcc))
                dt { (words.date) }
                dd { time datetime=(sent) { (moment(sent)) } }
            }
        }
    }

    fn body(&self, reader: &Reader) -> Markup {
        let (words, email) = (reader.words, &self.email);
        let here = format!("{}/lite/email/{}", reader.base(), email.id);
        let is_html = |kind: &str| kind == "text/html";
        let has_html = self.bodies.iter().any(|body| is_html(&body.kind));
        let has_plain = email.text_body.iter().any(|part| part.kind == "text/plain");
        if has_html && (self.asked.is_html || !has_plain) {
            let remote: u64 = self.bodies.iter().map(|body| body.remote_pictures).sum();
            return html! {
                @if remote > 0 && !self.asked.has_pictures {
                    p.hint { (words.pictures_hidden) " " a href={ (here) "?html=1&pictures=1" } { (words.pictures_show) } }
                }
                @for body in &self.bodies {
                    @if let Some(url) = &body.url {
                        @if body.kind.starts_with("image/") { p { img.inline src=(url) alt=""; } }
                        @else {
                            iframe title=(words.body) src=(url) sandbox="allow-popups allow-popups-to-escape-sandbox" {}
                            p.hint { a href=(url) target="_blank" rel="noopener" { (words.alone) } }
                        }
                    }
                }
                @if has_plain { p.hint { a href=(here) { (words.as_text) } } }
            };
        }
        html! {
            @for part in &email.text_body { (text(part, email)) }
            @if has_html { p.hint { a href={ (here) "?html=1" } { (words.as_sent) } } }
        }
    }

    fn attachments(&self, reader: &Reader) -> Markup {
        let words = reader.words;
        // What stands in the text is not listed beside it, if that is shown as it was sent.
        let inline: Vec<&String> =
            self.bodies.iter().flat_map(|body| &body.inline_blob_ids).collect();
        let is_listed =
            |part: &&Part| part.blob_id.as_ref().is_some_and(|id| !inline.contains(&id));
        let listed: Vec<&Part> = self.email.attachments.iter().filter(is_listed).collect();
        html! {
            @if !listed.is_empty() {
                section.attachments {
                    h2 { (words.attachments) }
                    ul {
                        @for part in listed {
                            li { a href=(download(reader, part)) { (part.name.as_deref().unwrap_or(&part.kind)) } " " small { (size(part.size)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Where a part can be had as a file.
pub(super) fn download(reader: &Reader, part: &Part) -> String {
    let encoded = super::list::encoded;
    let name = part.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("attachment");
    format!(
        "{}/jmap/download/{}/{}/{}?accept={}",
        reader.base(),
        reader.account,
        part.blob_id.as_deref().unwrap_or_default(),
        encoded(name),
        encoded(&part.kind),
    )
}

/// A part as plain text, its links as links.
fn text(part: &Part, email: &Email) -> Markup {
    let value = part.part_id.as_ref().and_then(|id| email.body_values.get(id));
    let Some(value) = value else { return html! {} };
    let plain = match part.kind.as_str() {
        "text/html" => message::html_to_text(&value.value),
        _ => value.value.clone(),
    };
    let safe = safe::of_plain(&plain, safe::Flow::Fixed).show(|_| None).content;
    html! { div.text { (PreEscaped(safe)) @if value.is_truncated { p { "…" } } } }
}
