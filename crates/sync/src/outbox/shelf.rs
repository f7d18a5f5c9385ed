//! The port to where the messages of an outbox lie.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use super::parcel::{Envelope, State};

/// A message in the outbox of an account: lower case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParcelId(String);

/// How many letters a name of a message has.
const LETTERS: usize = 8;

impl ParcelId {
    /// A name that is made of a number.
    pub fn of_number(number: u64) -> ParcelId {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let letter = |place: usize| {
            let shifted = number.checked_shr(u32::try_from(place.saturating_mul(5)).unwrap_or(0));
            let five = usize::try_from(shifted.unwrap_or(0) & 31).unwrap_or(0);
            ALPHABET.get(five).copied().map_or('0', char::from)
        };
        ParcelId((0..LETTERS).map(letter).collect())
    }

    /// The name of what a text says, for what has a name elsewhere.
    pub fn of_text(text: &str) -> ParcelId {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(text.as_bytes()).as_bytes();
        ParcelId::of_number(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ParcelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// It is no name of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 8 letters and digits, as `correio outbox` shows them")]
pub struct NotAnId;

impl FromStr for ParcelId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<ParcelId, NotAnId> {
        let is_one = |octet: u8| octet.is_ascii_digit() || octet.is_ascii_lowercase();
        let fits = text.len() == LETTERS && text.bytes().all(is_one);
        fits.then(|| ParcelId(text.to_owned())).ok_or(NotAnId)
    }
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its name.
    pub id: ParcelId,
    /// From whom to whom.
    pub envelope: Envelope,
    /// How far it is.
    pub state: State,
}

/// The outbox of an account, for the one who has its turn: nobody else changes what is there meanwhile, though messages may be
/// added. What a call returned for is durable.
pub trait OutboxShelf: Send + Sync {
    /// Why it does not go on.
    type Fault: Error + Send + Sync + 'static;

    /// All messages that can be read, the oldest first.
    fn parcels(&self) -> Result<Vec<Parcel>, Self::Fault>;

    /// Some octets of a message, from a place on; at the end none.
    fn part(&self, id: &ParcelId, from: u64) -> Result<Vec<u8>, Self::Fault>;

    /// Keeps how far a message is, in place of what was kept.
    fn keep(&self, id: &ParcelId, state: &State) -> Result<(), Self::Fault>;

    /// Takes a message out.
    fn remove(&self, id: &ParcelId) -> Result<(), Self::Fault>;
}
