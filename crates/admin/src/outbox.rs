//! Outboxes in the data folder: a folder for each account, a file for each message, and one beside it that says how far it is.
//!
//! `ID.mail` is a line with the length of the next one, a line of JSON (`sync::outbox::Envelope`), and the message; it comes under that
//! name when it is whole and durable, and does not change. `ID.state` is JSON (`sync::outbox::State`), and replaced whole; without it the
//! message is new. Whoever changes what is there has the turn, which ends with the process; who adds needs none. The store is not
//! touched: a message is taken while another program has that, too.

use std::io;
use std::sync::Arc;

use mailbox::Timestamp;
use store::{Disk, DiskFile, RealDisk};
use sync::limits::OUTBOX_MESSAGES_MAX;
use sync::outbox::{Draft, Envelope, Held, OutboxShelf, PARCEL_VERSION, Parcel, ParcelId, State};

use crate::keep::Folder;

/// The end of the name of a message.
const MAIL: &str = ".mail";
/// The end of the name of what says how far it is.
const STATE: &str = ".state";
/// The end of the names of what is not whole yet.
const NEW: &str = ".new";
/// Room that is given up where the disk is full just when it has to be noted that the provider has a message: else it would be sent
/// twice.
const SPARE: &str = "spare";
const SPARE_OCTETS: u64 = 256 << 10;
/// By which the turn is taken, as the disk calls it.
const LOCK: &str = "lock";
/// The first line, with its end.
const LENGTH_OCTETS: usize = 9;
/// No envelope is so long.
const ENVELOPE_OCTETS_MAX: usize = 1 << 20;
/// How many octets of a message are read at once.
const PART_OCTETS: u64 = 256 << 10;
/// After so long what was not finished was given up, in seconds.
const UNFINISHED_S: i64 = 24 * 3_600;

/// The outbox of an account.
#[derive(Clone, Debug)]
pub struct Outbox {
    disk: Arc<dyn Disk>,
}

/// Why an outbox does not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum OutboxFault {
    /// There is no room, and nothing changed.
    #[error("the disk is full")]
    NoSpace,
    /// It holds as many messages as it may, and nothing changed.
    #[error(
        "the outbox holds {OUTBOX_MESSAGES_MAX} messages, and takes no more before some of them are sent or removed"
    )]
    TooMany,
    /// The disk failed, and it could not be taken back what was done.
    #[error(
        "the disk failed, and perhaps the message is in the outbox all the same; look with `correio outbox` ({0})"
    )]
    Unsure(io::Error),
    /// The disk failed.
    #[error("the outbox cannot be read or written ({0})")]
    Disk(io::Error),
    /// What is there is not what should be.
    #[error("{0} in the outbox cannot be read: it is damaged, or of a later version")]
    Unreadable(String),
}

impl From<io::Error> for OutboxFault {
    fn from(error: io::Error) -> OutboxFault {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return OutboxFault::NoSpace;
        }
        OutboxFault::Disk(error)
    }
}

/// What is in an outbox.
#[derive(Debug, Default)]
pub struct OutboxList {
    /// The messages, the oldest first; those of one second in any order.
    pub parcels: Vec<Parcel>,
    /// The names of those that cannot be read.
    pub unreadable: Vec<String>,
}

/// A message's file, and where in it the message begins.
struct Opened {
    file: Arc<dyn DiskFile>,
    envelope: Envelope,
    start: u64,
}

impl Outbox {
    /// On a disk.
    pub fn new(disk: Arc<dyn Disk>) -> Outbox {
        Outbox { disk }
    }

    /// That of an account in a data folder; made where there is none.
    pub fn of(folder: &Folder, account: &str) -> io::Result<Outbox> {
        let disk = RealDisk::new(folder.outbox().join(account))?;
        Ok(Outbox { disk: Arc::new(disk) })
    }

    /// Takes a message. `Ok` means durable.
    pub fn add(&self, draft: &Draft, now: Timestamp) -> Result<ParcelId, OutboxFault> {
        let names = self.disk.list("")?;
        let messages = names.iter().filter(|name| name.ends_with(MAIL)).count();
        if messages >= OUTBOX_MESSAGES_MAX {
            return Err(OutboxFault::TooMany);
        }
        let mut id = ParcelId::of_number(self.disk.random()?);
        while names.iter().any(|name| name.starts_with(id.as_str())) {
            id = ParcelId::of_number(self.disk.random()?);
        }
        self.put(id, draft, now)
    }

    /// Takes a message under a name that is its own, unless it is there. `Ok` means durable.
    pub fn add_as(
        &self,
        id: ParcelId,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<ParcelId, OutboxFault> {
        if self.disk.open(&format!("{id}{MAIL}"))?.is_some() {
            // What made it may have ended before it was durable.
            self.disk.sync_directory("")?;
            return Ok(id);
        }
        self.put(id, draft, now)
    }

    fn put(&self, id: ParcelId, draft: &Draft, now: Timestamp) -> Result<ParcelId, OutboxFault> {
        let unfinished = format!("{id}.{}{NEW}", now.0);
        // One that was cut in the same second may have left it.
        if self.disk.open(&unfinished)?.is_some() {
            self.disk.remove(&unfinished)?;
        }
        if let Err(error) = self.write(&unfinished, &whole(draft)?) {
            // What is left of it is swept away later, where it cannot be now.
            drop(self.disk.remove(&unfinished));
            return Err(error.into());
        }
        let name = format!("{id}{MAIL}");
        self.disk.rename(&unfinished, &name)?;
        match self.disk.sync_directory("") {
            Ok(()) => Ok(id),
            // It must not be refused and sent all the same.
            Err(error) => match self.disk.remove(&name).and_then(|()| self.disk.sync_directory(""))
            {
                Ok(()) => Err(error.into()),
                Err(again) => Err(OutboxFault::Unsure(again)),
            },
        }
    }

    /// Takes the turn until what comes back is dropped; none: another program has it. Clears away what earlier ones left
    /// unfinished.
    pub fn turn(&self, now: Timestamp) -> Result<Option<OutboxTurn>, OutboxFault> {
        let lock = match self.disk.lock() {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let names = self.disk.list("")?;
        for name in names.iter().filter(|name| is_left_over(name, &names, now)) {
            self.disk.remove(name)?;
        }
        if !names.iter().any(|name| name == SPARE) {
            let unfinished = format!("{SPARE}{NEW}");
            let file = self.disk.create(&unfinished)?;
            file.allocate(0, SPARE_OCTETS)?;
            file.sync_data()?;
            self.disk.rename(&unfinished, SPARE)?;
            self.disk.sync_directory("")?;
        }
        Ok(Some(OutboxTurn { outbox: self.clone(), _lock: lock }))
    }

    /// Removes what the outbox itself needs, when no message is in it and nobody has the turn.
    pub fn clear(&self) -> Result<(), OutboxFault> {
        let _lock = self.disk.lock()?;
        let names = self.disk.list("")?;
        if names.iter().all(|name| [SPARE, LOCK].contains(&name.as_str())) {
            names.iter().try_for_each(|name| self.disk.remove(name))?;
        }
        Ok(())
    }

    /// What is there, as far as it can be read.
    pub fn list(&self) -> Result<OutboxList, OutboxFault> {
        let mut list = OutboxList::default();
        for name in self.disk.list("")? {
            let Some(id) = name.strip_suffix(MAIL).and_then(|id| id.parse().ok()) else { continue };
            match self.parcel(&id) {
                Ok(Some(parcel)) => list.parcels.push(parcel),
                // Another program took it out meanwhile.
                Ok(None) => {}
                Err(OutboxFault::Unreadable(name)) => list.unreadable.push(name),
                Err(other) => return Err(other),
            }
        }
        list.parcels
            .sort_by(|a, b| (a.envelope.queued_at, &a.id).cmp(&(b.envelope.queued_at, &b.id)));
        list.unreadable.sort();
        Ok(list)
    }

    /// One message; none: it is not there.
    pub fn parcel(&self, id: &ParcelId) -> Result<Option<Parcel>, OutboxFault> {
        let Some(Opened { envelope, .. }) = self.opened(id)? else { return Ok(None) };
        let state = self.state(id, &envelope)?;
        Ok(Some(Parcel { id: id.clone(), envelope, state }))
    }

    /// Some octets of a message, from a place on; at the end none.
    pub fn part(&self, id: &ParcelId, from: u64) -> Result<Vec<u8>, OutboxFault> {
        let Some(Opened { file, envelope, start }) = self.opened(id)? else {
            return Err(OutboxFault::Unreadable(id.to_string()));
        };
        let octets = envelope.octets.saturating_sub(from).min(PART_OCTETS);
        let mut part = vec![0; usize::try_from(octets).unwrap_or(0)];
        file.read_at(start.saturating_add(from), &mut part)?;
        Ok(part)
    }

    /// A message's file; none: it is not there.
    fn opened(&self, id: &ParcelId) -> Result<Option<Opened>, OutboxFault> {
        let name = format!("{id}{MAIL}");
        let unreadable = || OutboxFault::Unreadable(name.clone());
        let Some(file) = self.disk.open(&name)? else { return Ok(None) };
        let mut line = [0; LENGTH_OCTETS];
        file.read_at(0, &mut line).map_err(|_| unreadable())?;
        let digits = str::from_utf8(&line).ok().and_then(|line| line.strip_suffix('\n'));
        let octets = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let octets = octets.filter(|it| *it <= ENVELOPE_OCTETS_MAX).ok_or_else(unreadable)?;
        let mut json = vec![0; octets];
        let behind = u64::try_from(LENGTH_OCTETS).unwrap_or(0);
        file.read_at(behind, &mut json).map_err(|_| unreadable())?;
        let envelope: Envelope = serde_json::from_slice(&json).map_err(|_| unreadable())?;
        if envelope.version > PARCEL_VERSION {
            return Err(unreadable());
        }
        let start = behind.saturating_add(u64::try_from(octets).unwrap_or(0));
        Ok(Some(Opened { file, envelope, start }))
    }

    /// How far a message is. Where that cannot be read nobody knows whether it was sent.
    fn state(&self, id: &ParcelId, envelope: &Envelope) -> Result<State, OutboxFault> {
        let Some(file) = self.disk.open(&format!("{id}{STATE}"))? else {
            return Ok(State::new(envelope));
        };
        let octets = usize::try_from(file.octets()?).unwrap_or(usize::MAX);
        let mut json = vec![0; octets.min(ENVELOPE_OCTETS_MAX.saturating_mul(4))];
        file.read_at(0, &mut json)?;
        let is_its = |state: &State| {
            let addresses = state.recipients.iter().map(|recipient| &recipient.address);
            state.version <= PARCEL_VERSION && addresses.eq(&envelope.recipients)
        };
        let read = serde_json::from_slice::<State>(&json).ok().filter(is_its);
        Ok(read.unwrap_or_else(|| State { held: Some(Held::Unsure), ..State::new(envelope) }))
    }

    /// Writes a file whose name is not durable yet.
    fn write(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        let file = self.disk.create(name)?;
        file.write_at(0, octets)?;
        file.sync_data()
    }
}

fn whole(draft: &Draft) -> Result<Vec<u8>, OutboxFault> {
    let mut json = serde_json::to_vec(&draft.envelope).map_err(io::Error::from)?;
    json.push(b'\n');
    let mut octets = format!("{:08x}\n", json.len()).into_bytes();
    octets.extend_from_slice(&json);
    octets.extend_from_slice(&draft.octets);
    Ok(octets)
}

/// Whether a file is of no use any more. One that somebody adds just now is young.
fn is_left_over(name: &str, all: &[String], now: Timestamp) -> bool {
    if let Some(begun) = name.strip_suffix(NEW) {
        let since = begun.rsplit_once('.').and_then(|(_, since)| since.parse::<i64>().ok());
        return since.is_none_or(|since| now.0.saturating_sub(since) > UNFINISHED_S);
    }
    let message = name.strip_suffix(STATE).map(|id| format!("{id}{MAIL}"));
    message.is_some_and(|message| !all.contains(&message))
}

/// An outbox, for who has its turn.
pub struct OutboxTurn {
    outbox: Outbox,
    _lock: Box<dyn Send + Sync>,
}

impl OutboxTurn {
    /// The outbox.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn replace(&self, id: &ParcelId, json: &[u8]) -> io::Result<()> {
        let disk = &self.outbox.disk;
        let (name, unfinished) = (format!("{id}{STATE}"), format!("{id}{STATE}{NEW}"));
        // One that failed before may have left it.
        if disk.open(&unfinished)?.is_some() {
            disk.remove(&unfinished)?;
        }
        self.outbox.write(&unfinished, json)?;
        disk.rename(&unfinished, &name)?;
        disk.sync_directory("")
    }
}

impl OutboxShelf for OutboxTurn {
    type Fault = OutboxFault;

    fn parcels(&self) -> Result<Vec<Parcel>, OutboxFault> {
        Ok(self.outbox.list()?.parcels)
    }

    fn part(&self, id: &ParcelId, from: u64) -> Result<Vec<u8>, OutboxFault> {
        self.outbox.part(id, from)
    }

    fn keep(&self, id: &ParcelId, state: &State) -> Result<(), OutboxFault> {
        let json = serde_json::to_vec(state).map_err(io::Error::from)?;
        match self.replace(id, &json).map_err(OutboxFault::from) {
            // Only what is known already may take the room: nothing new is begun on a full disk.
            Err(OutboxFault::NoSpace) if !state.is_ending() => {
                drop(self.outbox.disk.remove(SPARE));
                Ok(self.replace(id, &json)?)
            }
            other => other,
        }
    }

    fn remove(&self, id: &ParcelId) -> Result<(), OutboxFault> {
        let disk = &self.outbox.disk;
        disk.remove(&format!("{id}{MAIL}"))?;
        disk.sync_directory("")?;
        let state = format!("{id}{STATE}");
        if disk.open(&state)?.is_some() {
            disk.remove(&state)?;
            disk.sync_directory("")?;
        }
        Ok(())
    }
}
