//! On a companion's folder, what people send here goes out of the queue into the outbox of their account at a provider, and from
//! there with the next run of `correio outbox send`. The host itself speaks to no provider.

use std::io;
use std::sync::Arc;

use admin::keep::Folder;
use admin::{Outbox, OutboxFault};
use mailbox::{Clock, Timestamp};
use queue::{Notifies, Outcome, Parcel, RelayTransport, Route, Said, Transport};
use sasl::Ready;
use smtp::Address;
use sync::Words;
use sync::companion::{Companion, ProviderAccount};
use sync::limits::LETTER_OCTETS_MAX;
use sync::outbox::{CopyBy, Draft, Manner, Notices, ParcelId, Sender, Taking, Whom};

/// What leads to people elsewhere.
pub(crate) enum Elsewhere {
    /// A relay host.
    Relay(RelayTransport),
    /// The outboxes of a companion.
    Outboxes(Outboxes),
}

impl Transport for Elsewhere {
    fn route(&self, recipient: &Address) -> Route {
        match self {
            Elsewhere::Relay(relay) => relay.route(recipient),
            Elsewhere::Outboxes(_) => Route::Relay,
        }
    }

    fn send<'a>(&'a self, parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>> {
        match self {
            Elsewhere::Relay(relay) => relay.send(parcel),
            Elsewhere::Outboxes(outboxes) => Box::pin(outboxes.take(parcel)),
        }
    }
}

/// The outboxes of a companion.
pub(crate) struct Outboxes {
    pub(crate) folder: Folder,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The accounts at providers; none: this is no companion, or they cannot be read.
pub(crate) fn companion_of(folder: &Folder) -> Option<Companion> {
    let text = machine::files::read_text(&folder.companion()).ok()?;
    Companion::read(&text).ok()
}

/// Why a message is not in an outbox.
enum NotTaken {
    /// It never will be.
    Never(&'static str, String),
    /// It may be later.
    Now(String),
}

impl Outboxes {
    async fn take(&self, mut parcel: Parcel<'_>) -> Vec<Outcome> {
        let (recipients, now) = (parcel.recipients.len(), self.clock.now());
        let outcome = match self.taken(&mut parcel, now).await {
            Ok(id) => {
                let text = format!("in the outbox as {id}");
                // What was asked of notifications does not go along: whoever asked hears that it was handed on (RFC 3461, 5.2.2).
                Outcome::Sent { said: Said::new(None, "2.0.0", &text, now), notifies: Notifies::No }
            }
            Err(NotTaken::Never(status, why)) => {
                Outcome::Refused { said: Said::new(None, status, &why, now) }
            }
            Err(NotTaken::Now(why)) => {
                Outcome::Deferred { said: Said::new(None, "4.3.0", &why, now) }
            }
        };
        vec![outcome; recipients]
    }

    async fn taken(&self, parcel: &mut Parcel<'_>, now: Timestamp) -> Result<ParcelId, NotTaken> {
        let from = parcel.mail.from.as_ref().map(Address::to_string).unwrap_or_default();
        let accounts = companion_of(&self.folder).unwrap_or_default().accounts;
        let is_theirs = |account: &&ProviderAccount| {
            let addresses = [&account.local, &account.address];
            account.submission.is_some()
                && addresses.iter().any(|it| it.eq_ignore_ascii_case(&from))
        };
        let account = accounts.iter().find(is_theirs).ok_or_else(|| {
            let why = format!("no account at a provider sends for {from}; `correio account set NAME --submission URL` gives one a server for that");
            NotTaken::Never("5.7.1", why)
        })?;
        let octets = read(parcel).await.map_err(|error| NotTaken::Now(error.to_string()))?;
        let named = parcel.recipients.iter().map(|recipient| recipient.to.to_string()).collect();
        // The same message of the queue is the same in the outbox, also when it is tried again after a failure of ours.
        let id = ParcelId::of_text(&format!("{} {named:?}", parcel.name));
        let taking = Taking {
            account: &account.address,
            local: Some(&account.local),
            sender: Sender::Account,
            whom: Whom::Named(named),
            full_name: None,
            manner: Manner::Program,
            // Mail programs and the webmail keep one themselves.
            copy: CopyBy::Others,
            notices: Notices::default(),
            now,
            unique: id.as_str(),
        };
        let draft = Draft::of(&octets, &taking);
        let draft = draft.map_err(|unfit| NotTaken::Never("5.6.0", unfit.tell(Words::English)))?;
        let outbox = Outbox::of(&self.folder, account.name.as_str()).map_err(OutboxFault::from);
        let added = outbox.and_then(|outbox| outbox.add_as(id, &draft, now));
        added.map_err(|fault| NotTaken::Now(fault.to_string()))
    }
}

async fn read(parcel: &mut Parcel<'_>) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    while let Some(piece) = parcel.body.piece().await? {
        octets.extend_from_slice(&piece);
        if u64::try_from(octets.len()).unwrap_or(u64::MAX) > LETTER_OCTETS_MAX {
            break;
        }
    }
    Ok(octets)
}
