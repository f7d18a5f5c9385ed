//! The other end: what the server can do, and which folders it has.

use std::collections::HashMap;

use imap::client::{Client, Fault};
use imap::commands::{Form, List, ListReturn, ListSelect, StatusItem};
use imap::response::{Figure, ListLine, MailboxStatus, Response};
use imap::wire::special_use::role_named;
use imap::wire::{Name, Pattern};
use imap::{Feature, commands};
use mailbox::Role;

use crate::limits::{FOLDERS_MAX, STATUS_AT_ONCE};
use crate::network::Stream;

/// What a server can do that matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// It tells which messages went, and which changed (RFC 7162).
    pub(crate) qresync: bool,
    /// It tells which messages changed (RFC 7162).
    pub(crate) condstore: bool,
    /// It tells which messages and mailboxes are the same under another name (RFC 8474).
    pub(crate) object_id: bool,
}

/// A folder there that can hold messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteFolder {
    pub(crate) name: String,
    pub(crate) separator: Option<char>,
    pub(crate) role: Option<Role>,
    /// Whether it only shows messages of other folders (`\\All`, `\\Flagged`: RFC 6154, 2).
    pub(crate) gathers: bool,
    /// Whether it shows all of them (`\\All`).
    pub(crate) is_all: bool,
    pub(crate) figures: Figures,
}

/// Figures of a folder, as far as they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) validity: Option<u32>,
    pub(crate) uid_next: Option<u32>,
    pub(crate) messages: Option<u32>,
    pub(crate) modseq: Option<u64>,
    pub(crate) mailbox_id: Option<String>,
}

/// Finds out what the server can do, and turns on what helps.
pub(crate) async fn prepare<S: Stream>(client: &mut Client<S>) -> Result<Abilities, Fault> {
    client.capabilities().await?;
    if client.can("COMPRESS=DEFLATE") {
        match client.compress().await {
            Ok(()) | Err(Fault::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let condstore = client.can("CONDSTORE") || client.can("QRESYNC");
    let mut can = Abilities { qresync: false, condstore, object_id: client.can("OBJECTID") };
    if client.can("QRESYNC") && (client.can("ENABLE") || client.can("IMAP4rev2")) {
        match client.enable(&[Feature::Qresync]).await {
            Ok(dialect) => can.qresync = dialect.has(Feature::Qresync),
            Err(Fault::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(can)
}

/// All folders that can hold messages, with their figures.
pub(crate) async fn listed<S: Stream>(
    client: &mut Client<S>,
    can: Abilities,
) -> Result<Vec<RemoteFolder>, Fault> {
    let rev2 = client.can("IMAP4rev2");
    let extended = rev2 || client.can("LIST-EXTENDED");
    let with_status = extended && (rev2 || client.can("LIST-STATUS"));
    let items = status_items(can);
    let returns = ListReturn {
        special_use: extended && (rev2 || client.can("SPECIAL-USE")),
        status: if with_status { items.clone() } else { Vec::new() },
        ..ListReturn::default()
    };
    let form = if returns == ListReturn::default() { Form::Basic } else { Form::Extended };
    let (lines, mut told) = client
        .list(List {
            form,
            select: ListSelect::default(),
            reference: Name::from(""),
            patterns: vec![Pattern("*".to_owned())],
            returns,
        })
        .await?;
    if lines.len() > FOLDERS_MAX {
        let max = u64::try_from(FOLDERS_MAX).unwrap_or(u64::MAX);
        return Err(Fault::TooMuch { what: "folders", max });
    }
    let mut lines: Vec<ListLine> = lines.into_iter().filter(holds_messages).collect();
    lines.sort_by(|one, other| one.mailbox.0.cmp(&other.mailbox.0));
    lines.dedup_by(|one, other| one.mailbox == other.mailbox);
    if !with_status {
        told = statuses(client, &lines, &items).await?;
    }
    let of: HashMap<String, Figures> =
        told.iter().map(|status| (key(&status.mailbox.0), Figures::of(status))).collect();
    Ok(lines.into_iter().map(|line| folder(line, &of)).collect())
}

/// The folders that can hold messages, and what they are for.
pub async fn folders_there(
    client: &mut Client<Box<dyn Stream>>,
) -> Result<Vec<(String, Option<Role>)>, Fault> {
    let can = prepare(client).await?;
    let there = listed(client, can).await?;
    Ok(there.into_iter().map(|folder| (folder.name, folder.role)).collect())
}

/// The folders that are the person's own. What others share with one is theirs, to keep and to move (RFC 2342, 5).
pub(crate) async fn own<S: Stream>(
    client: &mut Client<S>,
    folders: Vec<RemoteFolder>,
) -> Result<Vec<RemoteFolder>, Fault> {
    let others = OfOthers::asked(client).await?;
    Ok(folders.into_iter().filter(|folder| !others.has(folder)).collect())
}

/// Where folders of others are.
#[derive(Default)]
pub(crate) struct OfOthers {
    prefixes: Vec<String>,
}

impl OfOthers {
    /// Asks the server (RFC 2342). One that does not say has none.
    pub(crate) async fn asked<S: Stream>(client: &mut Client<S>) -> Result<OfOthers, Fault> {
        if !client.can("NAMESPACE") && !client.can("IMAP4rev2") {
            return Ok(OfOthers::default());
        }
        let namespaces = match client.namespace().await {
            Ok(namespaces) => namespaces,
            Err(Fault::Refused(_)) => return Ok(OfOthers::default()),
            Err(fault) => return Err(fault),
        };
        let of_others = namespaces.others.into_iter().chain(namespaces.shared);
        let prefixes = of_others.map(|it| it.prefix).filter(|prefix| !prefix.is_empty());
        Ok(OfOthers { prefixes: prefixes.collect() })
    }

    /// Whether a folder is one of them.
    pub(crate) fn has(&self, folder: &RemoteFolder) -> bool {
        let under = |prefix: &String| {
            let whole = prefix.strip_suffix(|c| folder.separator == Some(c));
            folder.name.starts_with(prefix.as_str()) || whole == Some(folder.name.as_str())
        };
        self.prefixes.iter().any(under)
    }
}

fn status_items(can: Abilities) -> Vec<StatusItem> {
    let mut items = vec![StatusItem::MESSAGES, StatusItem::UIDNEXT, StatusItem::UIDVALIDITY];
    if can.condstore {
        items.push(StatusItem::HIGHESTMODSEQ);
    }
    if can.object_id {
        items.push(StatusItem::MAILBOXID);
    }
    items
}

fn holds_messages(line: &ListLine) -> bool {
    !line.has("NoSelect") && !line.has("NonExistent")
}

/// Asks for the figures of each folder, many at once. A folder that has none is left out.
async fn statuses<S: Stream>(
    client: &mut Client<S>,
    lines: &[ListLine],
    items: &[StatusItem],
) -> Result<Vec<MailboxStatus>, Fault> {
    let mut told = Vec::new();
    for some in lines.chunks(STATUS_AT_ONCE) {
        let mut tickets = Vec::new();
        for line in some {
            let status = commands::Status { mailbox: line.mailbox.clone(), items: items.to_vec() };
            // A name that has to go as a literal has to wait for the others.
            match client.send(status.clone()).await {
                Err(Fault::Busy) => {
                    for ticket in tickets.drain(..) {
                        figures_of(client.finish(ticket).await, &mut told)?;
                    }
                    tickets.push(client.send(status).await?);
                }
                sent => tickets.push(sent?),
            }
        }
        for ticket in tickets {
            figures_of(client.finish(ticket).await, &mut told)?;
        }
    }
    Ok(told)
}

fn figures_of(
    done: Result<imap::client::Done, Fault>,
    told: &mut Vec<MailboxStatus>,
) -> Result<(), Fault> {
    match done {
        Ok(done) => {
            for response in done.responses {
                if let Response::MailboxStatus(status) = response {
                    told.push(status);
                }
            }
            Ok(())
        }
        Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

fn folder(line: ListLine, figures: &HashMap<String, Figures>) -> RemoteFolder {
    let figures = figures.get(&key(&line.mailbox.0)).cloned().unwrap_or_default();
    let role = line.attributes.iter().find_map(|attribute| role_named(attribute));
    let is_all = line.has("All");
    let gathers = is_all || line.has("Flagged");
    let separator = line.separator;
    RemoteFolder { name: line.mailbox.0, separator, role, gathers, is_all, figures }
}

/// The Inbox is the Inbox in any case (RFC 9051, 5.1).
fn key(name: &str) -> String {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name.to_owned() }
}

impl Figures {
    fn of(status: &MailboxStatus) -> Figures {
        let small = |item| status.number(item).and_then(|number| u32::try_from(number).ok());
        let id = status.figures.iter().find_map(|(_, figure)| match figure {
            Figure::Id(id) => Some(id.clone()),
            Figure::Number(_) | Figure::Unlimited => None,
        });
        Figures {
            validity: small(StatusItem::UIDVALIDITY),
            uid_next: small(StatusItem::UIDNEXT),
            messages: small(StatusItem::MESSAGES),
            modseq: status.number(StatusItem::HIGHESTMODSEQ),
            mailbox_id: id,
        }
    }
}
