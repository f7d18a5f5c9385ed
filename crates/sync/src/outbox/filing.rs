//! The copy in the provider's Sent, once: where an APPEND was not answered, or the provider puts what is sent there by itself, the
//! copy is found by its Message-ID among the messages that are new there.

use imap::client::{Fault, FetchEvent};
use imap::commands::{Fetch, Vanished};
use imap::fetch::items::BodySection;
use imap::fetch::{Item, Section, SectionText, See};
use imap::wire::{By, DateTime, Flag, Point, SequenceSet};
use mailbox::{Clock, Role};

use super::draft::message_id_of;
use super::parcel::{AskedCopy, Copy};
use super::shelf::{OutboxShelf, Parcel};
use crate::identity::header_of;
use crate::limits::{SENT_LOOKED_AT, SENT_SINCE_LOOKED_AT};
use crate::remote::{self, RemoteFolder};
use crate::session::Imap;

/// Names that folders for what was sent have where the server does not say what they are for.
const NAMES: [&str; 6] =
    ["Sent", "Sent Items", "Sent Messages", "Sent Mail", "Enviados", "Itens Enviados"];

/// Why a copy was not made.
#[derive(Debug)]
pub(super) enum FilingFault<F> {
    /// The server does not do it.
    Server(Fault),
    /// The outbox does not do what it should.
    Shelf(F),
}

/// The Sent folder of a provider, in a session that has logged in.
pub(super) struct Filer<'f, S> {
    pub(super) shelf: &'f S,
    pub(super) client: &'f mut Imap,
    pub(super) clock: &'f dyn Clock,
    folder: String,
}

impl<'f, S: OutboxShelf> Filer<'f, S> {
    /// Finds the folder, or makes it. None: this provider puts what is sent there by itself.
    pub(super) async fn new(
        shelf: &'f S,
        client: &'f mut Imap,
        clock: &'f dyn Clock,
    ) -> Result<Option<Filer<'f, S>>, Fault> {
        let can = remote::prepare(client).await?;
        if client.can("X-GM-EXT-1") {
            return Ok(None);
        }
        let folders = remote::listed(client, can).await?;
        let folders = remote::own(client, folders).await?;
        let folder = match sent_of(&folders) {
            Some(folder) => folder.name.clone(),
            None => made(client, &folders).await?,
        };
        Ok(Some(Filer { shelf, client, clock, folder }))
    }

    /// Puts a copy there, unless it is there.
    pub(super) async fn file(&mut self, parcel: &mut Parcel) -> Result<(), FilingFault<S::Fault>> {
        let opened = self.client.examine(&self.folder).await.map_err(FilingFault::Server)?;
        let validity = opened.uid_validity;
        let since = match &parcel.state.copy {
            Copy::Wanted { asked: Some(asked), .. } if asked.folder == self.folder => {
                asked.uid_next.filter(|_| asked.validity == validity)
            }
            Copy::Wanted { .. } | Copy::Made | Copy::NotWanted => None,
        };
        let is_there = self.has(&parcel.envelope.message_id, opened.exists, since).await;
        if !is_there.map_err(FilingFault::Server)? {
            let uid_next = opened.uid_next;
            let asked = AskedCopy { folder: self.folder.clone(), validity, uid_next };
            parcel.state.asks_copy(asked);
            self.keep(parcel)?;
            let octets = whole(self.shelf, parcel).map_err(FilingFault::Shelf)?;
            let date = Some(DateTime::utc(self.clock.now()));
            let appended = self.client.append(&self.folder, &[Flag::Seen], date, &octets).await;
            appended.map_err(FilingFault::Server)?;
        }
        parcel.state.copied(Copy::Made);
        self.keep(parcel)
    }

    fn keep(&self, parcel: &Parcel) -> Result<(), FilingFault<S::Fault>> {
        self.shelf.keep(&parcel.id, &parcel.state).map_err(FilingFault::Shelf)
    }

    /// Whether the open folder has a message of this name among its newest, and among those that came since.
    async fn has(
        &mut self,
        message_id: &str,
        exists: u32,
        since: Option<u32>,
    ) -> Result<bool, Fault> {
        let newest = exists.saturating_sub(SENT_LOOKED_AT.saturating_sub(1)).max(1);
        let runs = [
            since.and_then(Point::new).map(|since| (By::Uid, since)),
            Point::new(newest).filter(|_| exists > 0).map(|newest| (By::Number, newest)),
        ];
        for (by, first) in runs.into_iter().flatten() {
            let Some(set) = SequenceSet::from_ranges([(first, Point::LAST)]) else { continue };
            if self.is_among(message_id, by, set).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_among(
        &mut self,
        message_id: &str,
        by: By,
        messages: SequenceSet,
    ) -> Result<bool, Fault> {
        let text = SectionText::HeaderFields(vec!["Message-ID".to_owned()]);
        let section = Section { text, ..Section::default() };
        let field = BodySection { see: See::Peek, section, partial: None };
        let items: Vec<Item> = vec![field.into()];
        let messages = messages.into();
        let (changed_since, vanished, partial) = (None, Vanished::Untold, None);
        let fetch = Fetch { by, messages, items, changed_since, vanished, partial };
        let mut fetching = self.client.fetch_with(fetch).await?;
        let (mut is_there, mut looked_at) = (false, 0_usize);
        while let Some(event) = fetching.next().await? {
            let FetchEvent::Message(fetched) = event else { continue };
            looked_at = looked_at.saturating_add(1);
            if looked_at > SENT_SINCE_LOOKED_AT {
                let max = u64::try_from(SENT_SINCE_LOOKED_AT).unwrap_or(u64::MAX);
                return Err(Fault::TooMuch { what: "messages", max });
            }
            is_there |= message_id_of(header_of(&fetched)).as_deref() == Some(message_id);
        }
        Ok(is_there)
    }
}

/// All octets of a message.
pub(super) fn whole<S: OutboxShelf>(shelf: &S, parcel: &Parcel) -> Result<Vec<u8>, S::Fault> {
    let mut octets = Vec::new();
    loop {
        let part = shelf.part(&parcel.id, u64::try_from(octets.len()).unwrap_or(u64::MAX))?;
        if part.is_empty() {
            return Ok(octets);
        }
        octets.extend_from_slice(&part);
    }
}

/// The folder for what was sent: the one that the server says is for that, or one with a name as they have.
fn sent_of(folders: &[RemoteFolder]) -> Option<&RemoteFolder> {
    let of_role = folders.iter().find(|folder| folder.role == Some(Role::Sent));
    let named = |name: &&'static str| {
        let is_last = |folder: &&RemoteFolder| {
            let whole = folder.name.as_str();
            let last = folder.separator.and_then(|separator| whole.rsplit_once(separator));
            let (above, last) = last.unwrap_or(("INBOX", whole));
            above.eq_ignore_ascii_case("INBOX") && last.eq_ignore_ascii_case(name)
        };
        folders.iter().find(is_last)
    };
    of_role.or_else(|| NAMES.iter().find_map(named))
}

/// Makes a folder for what is sent, below the Inbox where everything is.
async fn made(client: &mut Imap, folders: &[RemoteFolder]) -> Result<String, Fault> {
    let inner = folders.iter().find_map(|folder| {
        let separator = folder.separator?;
        let is_below =
            |it: &RemoteFolder| it.name.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("INBOX"));
        (folders.len() > 1 && folders.iter().all(is_below)).then(|| format!("INBOX{separator}Sent"))
    });
    let name = inner.unwrap_or_else(|| "Sent".to_owned());
    client.create(&name).await?;
    match client.subscribe(&name).await {
        Ok(()) | Err(Fault::Refused(_)) => Ok(name),
        Err(fault) => Err(fault),
    }
}
