//! A page of messages: of a folder, or of what was found.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::act::{self, Did};
use super::folders::{self, Folders};
use super::page::{self, Page, token};
use super::reader::{Reader, property};
use super::shown::{Address, Email, IN_LIST, Mailbox, minute, size};
use crate::auth::fields::Fields;
use crate::auth::html::see;
use crate::problem::Problem;

/// How many messages one page lists.
pub(super) const LISTED: u64 = 30;

/// What a list is of.
enum Of {
    Mailbox(String),
    Found(String),
}

/// Leads to the Inbox, with what that is to say.
pub(super) async fn inbox(reader: Reader, RawQuery(asked): RawQuery) -> Response {
    let found = reader.with_role("inbox").await;
    match found.and_then(|id| id.ok_or_else(Problem::not_found)) {
        Ok(id) => {
            let asked = asked.map(|asked| format!("?{asked}")).unwrap_or_default();
            see(&format!("{}/lite/mailbox/{id}{asked}", reader.base()))
        }
        Err(problem) => page::problem(&reader, &problem),
    }
}

pub(super) async fn mailbox(
    reader: Reader,
    Path(id): Path<String>,
    RawQuery(asked): RawQuery,
) -> Response {
    listed(&reader, Of::Mailbox(id), asked.as_deref()).await
}

pub(super) async fn search(reader: Reader, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::read(asked.as_deref().unwrap_or_default().as_bytes());
    let sought = fields.as_ref().map_or("", |fields| fields.text("q")).trim().to_owned();
    if sought.is_empty() {
        return see(&format!("{}/lite/", reader.base()));
    }
    listed(&reader, Of::Found(sought), asked.as_deref()).await
}

async fn listed(reader: &Reader, of: Of, asked: Option<&str>) -> Response {
    let fields = Fields::read(asked.unwrap_or_default().as_bytes());
    let from = fields.as_ref().and_then(|fields| fields.text("from").parse().ok()).unwrap_or(0);
    let did = fields.as_ref().and_then(Did::read);
    match List::ask(reader, of, from).await {
        Ok(list) => list.show(reader, did.as_ref()),
        Err(problem) => page::problem(reader, &problem),
    }
}

/// What is on a page.
struct List {
    of: Of,
    folders: Folders,
    emails: Vec<Email>,
    from: u64,
    total: u64,
}

impl List {
    async fn ask(reader: &Reader, of: Of, from: u64) -> Result<List, Problem> {
        let filter = match &of {
            Of::Mailbox(id) => json!({"inMailbox": id}),
            Of::Found(sought) => filter(sought),
        };
        let mut asking = Reader::asking();
        let account = &reader.account;
        let properties = Mailbox::PROPERTIES;
        let mailboxes =
            asking.call("Mailbox/get", json!({"accountId": account, "properties": properties}));
        let sort = json!([{"property": "receivedAt", "isAscending": false}]);
        let arguments = json!({"accountId": account, "filter": filter, "sort": sort, "position": from,
            "limit": LISTED, "calculateTotal": true});
        let query = asking.call("Email/query", arguments);
        let arguments =
            json!({"accountId": account, "#ids": query.result("/ids"), "properties": IN_LIST});
        let emails = asking.call("Email/get", arguments);
        let heard = reader.hear(&asking).await?;
        let folders = Folders::of(property(&heard, &mailboxes, "list")?);
        if let Of::Mailbox(id) = &of {
            folders.find(id).ok_or_else(Problem::not_found)?;
        }
        let ids: Vec<String> = property(&heard, &query, "ids")?;
        let total = property(&heard, &query, "total")?;
        let mut emails: Vec<Email> = property(&heard, &emails, "list")?;
        let place = |email: &Email| ids.iter().position(|id| *id == email.id);
        emails.sort_by_key(place);
        Ok(List { of, folders, emails, from, total })
    }

    fn show(&self, reader: &Reader, did: Option<&Did>) -> Response {
        let words = reader.words;
        let (open, sought) = match &self.of {
            Of::Mailbox(id) => (self.folders.find(id), ""),
            Of::Found(sought) => (None, sought.as_str()),
        };
        let title = open.map_or(words.found, |mailbox| folders::name(words, mailbox));
        let here = self.here(reader, self.from);
        let main = html! {
            h1 { (title) }
            @if !sought.is_empty() { p.sub { "“" (sought) "”" } }
            @if let Some(did) = did { (did.said(reader, &self.folders, &here)) }
            @if self.emails.is_empty() {
                p.empty { (if open.is_some() { words.empty } else { words.found_none }) }
            } @else {
                form method="post" action={ (reader.base()) "/lite/act" } {
                    (token(reader))
                    input type="hidden" name="back" value=(here);
                    input type="hidden" name="shown" value=(self.ids());
                    @if let Some(open) = open { input type="hidden" name="in" value=(open.id); }
                    (act::buttons(reader, &self.folders, open))
                    (self.table(reader, open))
                    label.all { input type="checkbox" name="all" value="yes"; " " (words.all_shown) }
                }
            }
            (self.pages(reader))
        };
        let open = open.map(|mailbox| mailbox.id.as_str());
        let folders = Some(&self.folders);
        Page { title, folders, open, sought, status: StatusCode::OK }.with(reader, &main)
    }

    fn ids(&self) -> String {
        let ids: Vec<&str> = self.emails.iter().map(|email| email.id.as_str()).collect();
        ids.join(",")
    }

    fn table(&self, reader: &Reader, open: Option<&Mailbox>) -> Markup {
        let words = reader.words;
        // Of one's own mail it is of interest to whom it went.
        let is_own = open
            .and_then(|it| it.role.as_deref())
            .is_some_and(|role| role == "sent" || role == "drafts");
        html! {
            table {
                thead {
                    tr {
                        th scope="col" { span.only-heard { (words.select) } }
                        th scope="col" { (if is_own { words.to } else { words.from }) }
                        th scope="col" { (words.subject) }
                        th scope="col" { (words.date) " (UTC)" }
                        th scope="col" { (words.size) }
                    }
                }
                tbody {
                    @for email in &self.emails {
                        (row(reader, email, if is_own { &email.to } else { &email.from }))
                    }
                }
            }
        }
    }

    /// The ways to what comes before and after.
    fn pages(&self, reader: &Reader) -> Markup {
        let words = reader.words;
        let shown = u64::try_from(self.emails.len()).unwrap_or(u64::MAX);
        let (first, last) = (self.from.saturating_add(1), self.from.saturating_add(shown));
        html! {
            nav.pages aria-label=(words.pages) {
                @if self.from > 0 {
                    a rel="prev" href=(self.here(reader, self.from.saturating_sub(LISTED))) { (words.newer) }
                }
                @if shown > 0 { span { (first) "–" (last) " / " (self.total) } }
                @if last < self.total && shown > 0 {
                    a rel="next" href=(self.here(reader, last)) { (words.older) }
                }
            }
        }
    }

    /// The address of this list from some message on.
    fn here(&self, reader: &Reader, from: u64) -> String {
        let base = reader.base();
        match &self.of {
            Of::Mailbox(id) => format!("{base}/lite/mailbox/{id}?from={from}"),
            Of::Found(sought) => format!("{base}/lite/search?q={}&from={from}", encoded(sought)),
        }
    }
}

/// Text as a value in a query.
pub(super) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn row(reader: &Reader, email: &Email, people: &Option<Vec<Address>>) -> Markup {
    let words = reader.words;
    let is_new = !email.has("$seen");
    let path = if email.has("$draft") { "write?draft=" } else { "email/" };
    let link = format!("{}/lite/{path}{}", reader.base(), email.id);
    let subject = email.subject.as_deref().filter(|subject| !subject.trim().is_empty());
    let subject = subject.unwrap_or(words.no_subject);
    html! {
        tr.new[is_new] {
            td.pick { input type="checkbox" name="id" value=(email.id) aria-label={ (words.select) ": " (subject) }; }
            td.people { (names(people)) }
            td.what {
                a href=(link) { (subject) }
                @if is_new { " " em { (words.new) } }
                @if email.has("$flagged") { " " span title=(words.starred) { "★" } span.only-heard { (words.starred) } }
                @if email.has_attachment { " " em.soft { (words.attachment) } }
                " " span.preview { (email.preview) }
            }
            td.when { time datetime=(email.received_at) { (minute(&email.received_at)) } }
            td.size { (size(email.size)) }
        }
    }
}

/// The first few of some people.
fn names(people: &Option<Vec<Address>>) -> String {
    const SHOWN: usize = 3;
    let people = people.as_deref().unwrap_or_default();
    let mut names: Vec<&str> = people.iter().take(SHOWN).map(Address::short).collect();
    if people.len() > SHOWN {
        names.push("…");
    }
    names.join(", ")
}

/// All words have to be there, and what stands between quotation marks as it is: as the filter `text` of JMAP takes it.
fn filter(sought: &str) -> Value {
    json!({"text": sought})
}
