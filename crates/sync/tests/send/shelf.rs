//! An outbox in memory, whose n-th change can fail, and runs over it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use mailbox::{SetClock, Timestamp};
use sasl::Secret;
use sync::outbox::{
    CopyBy, Draft, Envelope, Manner, Notices, OutboxRun, OutboxShelf, Parcel, ParcelId, Sender,
    State, Taking, WhichParcels, Whom,
};
use sync::{Login, Network, Trouble, Trust, Words};

/// What is kept of a message, and its octets.
type Kept = (Envelope, State, Vec<u8>);

#[derive(Default)]
pub(crate) struct Shelf {
    parcels: Mutex<BTreeMap<ParcelId, Kept>>,
    changes: AtomicU32,
    /// Which change fails, counted from 1; 0: none.
    pub(crate) fails_at: AtomicU32,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk failed")]
pub(crate) struct Failed;

impl Shelf {
    pub(crate) fn add(&self, number: u64, draft: Draft) -> ParcelId {
        let (id, state) = (ParcelId::of_number(number), State::new(&draft.envelope));
        let mut parcels = self.parcels.lock().unwrap();
        parcels.insert(id.clone(), (draft.envelope, state, draft.octets));
        id
    }

    pub(crate) fn state(&self, id: &ParcelId) -> Option<State> {
        self.parcels.lock().unwrap().get(id).map(|(_, state, _)| state.clone())
    }

    pub(crate) fn spoil(&self, id: &ParcelId) {
        let mut parcels = self.parcels.lock().unwrap();
        if let Some((_, _, octets)) = parcels.get_mut(id) {
            octets[3] ^= 1;
        }
    }

    fn change(&self) -> Result<(), Failed> {
        let change = self.changes.fetch_add(1, Ordering::Relaxed) + 1;
        if change == self.fails_at.load(Ordering::Relaxed) { Err(Failed) } else { Ok(()) }
    }
}

impl OutboxShelf for Shelf {
    type Fault = Failed;

    fn parcels(&self) -> Result<Vec<Parcel>, Failed> {
        let parcels = self.parcels.lock().unwrap();
        let parcel = |(id, (envelope, state, _)): (&ParcelId, &Kept)| Parcel {
            id: id.clone(),
            envelope: envelope.clone(),
            state: state.clone(),
        };
        Ok(parcels.iter().map(parcel).collect())
    }

    fn part(&self, id: &ParcelId, from: u64) -> Result<Vec<u8>, Failed> {
        let parcels = self.parcels.lock().unwrap();
        let (_, _, octets) = parcels.get(id).ok_or(Failed)?;
        let from = (from as usize).min(octets.len());
        // In small parts, so that there are several.
        Ok(octets[from..octets.len().min(from + 100)].to_vec())
    }

    fn keep(&self, id: &ParcelId, state: &State) -> Result<(), Failed> {
        self.change()?;
        // As on a disk.
        let text = serde_json::to_string(state).unwrap();
        let mut parcels = self.parcels.lock().unwrap();
        parcels.get_mut(id).ok_or(Failed)?.1 = serde_json::from_str(&text).unwrap();
        Ok(())
    }

    fn remove(&self, id: &ParcelId) -> Result<(), Failed> {
        self.change()?;
        self.parcels.lock().unwrap().remove(id).map(drop).ok_or(Failed)
    }
}

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

pub(crate) fn draft(text: &str) -> Draft {
    let taking = Taking {
        account: "ana@example.org",
        local: None,
        sender: Sender::Account,
        whom: Whom::OfHeader,
        full_name: None,
        manner: Manner::Person,
        copy: CopyBy::Us,
        notices: Notices::default(),
        now: NOW,
        unique: "unique",
    };
    Draft::of(text.as_bytes(), &taking).unwrap()
}

pub(crate) fn letter(to: &str) -> Draft {
    draft(&format!(
        "To: {to}\nMessage-ID: <1@example.org>\nSubject: x\n\nHello\n.\n..\n{}",
        "line\n".repeat(60)
    ))
}

/// One run that sends; gives what stood in the way. No copies are made.
pub(crate) async fn sends(
    shelf: &Shelf,
    network: &dyn Network,
    endpoint: &str,
    after_s: i64,
) -> Result<Option<Trouble>, Failed> {
    let clock = SetClock::at(Timestamp(NOW.0 + after_s));
    let pass = sasl::Pass::Password(Secret::new("secret"));
    let endpoint = endpoint.parse().unwrap();
    let login = Login { endpoint: &endpoint, trust: &Trust::Usual, user: "ana", pass: &pass };
    let mut run = OutboxRun::new(shelf, &clock, Words::English, WhichParcels::Due)?;
    let trouble = run.send(network, &login, &mut |_, _| {}).await?;
    run.leave_copies()?;
    run.finish()?;
    Ok(trouble)
}

pub(crate) const CLEAR: &str = "submission+insecure://127.0.0.1:1587";
