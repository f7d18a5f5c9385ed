//! The identities and counts of the model, each a type of its own so that two of them cannot be swapped.

use std::fmt;
use std::num::NonZeroU32;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// An account: one person's mail. The unit of consistency.
    AccountId(u32)
);
number!(
    /// A mailbox within its account. Never reused, and kept when the mailbox is renamed (RFC 8474, 4).
    MailboxId(u32)
);
number!(
    /// An email within its account: immutable content, shared by its copies (RFC 8474, 5.1).
    EmailId(u64)
);
number!(
    /// A thread within its account (RFC 8474, 5.2).
    ThreadId(u64)
);
number!(
    /// The account's change counter: IMAP's mod-sequence and JMAP's state (RFC 7162, 3.1). 0: before any change.
    ModSeq(u64)
);
number!(
    /// The UIDVALIDITY of a mailbox (RFC 9051, 2.3.1.1). Only grows.
    UidValidity(u32)
);
number!(
    /// A size in octets.
    Octets(u64)
);
number!(
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    Timestamp(i64)
);

impl Timestamp {
    /// The day it falls on in UTC: days since 1970-01-01.
    pub fn day(self) -> i32 {
        let day = self.0.div_euclid(86_400);
        i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
    }
}

/// An instant, and the zone in which it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZonedTime {
    /// The instant.
    pub time: Timestamp,
    /// Minutes east of Greenwich.
    pub zone_minutes: i16,
}

impl ZonedTime {
    /// An instant told in UTC.
    pub const fn utc(time: Timestamp) -> ZonedTime {
        ZonedTime { time, zone_minutes: 0 }
    }

    /// The day it falls on in its zone: days since 1970-01-01.
    pub fn day(self) -> i32 {
        let east_s = i64::from(self.zone_minutes).saturating_mul(60);
        Timestamp(self.time.0.saturating_add(east_s)).day()
    }
}

impl From<Timestamp> for ZonedTime {
    fn from(time: Timestamp) -> ZonedTime {
        ZonedTime::utc(time)
    }
}

/// When an email came, in eight octets, for those who hold a million of them: an instant and the zone in which it was told; or that
/// this is not known without reading the email.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Arrival(i64);

/// The zones of one second, from -32,768 minutes on.
const ZONES: i64 = 1 << 16;

impl Arrival {
    /// Not known here.
    pub const UNKNOWN: Arrival = Arrival(i64::MIN);

    /// Takes a time. One that is millions of years away is not known.
    pub fn of(arrived: ZonedTime) -> Arrival {
        let zone = i64::from(arrived.zone_minutes).saturating_sub(i16::MIN.into());
        let whole = arrived.time.0.checked_mul(ZONES).and_then(|whole| whole.checked_add(zone));
        whole.map_or(Arrival::UNKNOWN, Arrival)
    }

    /// The time, where it is known.
    pub fn time(self) -> Option<ZonedTime> {
        if self == Arrival::UNKNOWN {
            return None;
        }
        let zone = self.0.rem_euclid(ZONES).saturating_add(i16::MIN.into());
        let time = Timestamp(self.0.div_euclid(ZONES));
        i16::try_from(zone).ok().map(|zone_minutes| ZonedTime { time, zone_minutes })
    }
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.time().fmt(f)
    }
}

/// The UID of an entry in its mailbox: 1 or more, ascending, never reused (RFC 9051, 2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(NonZeroU32);

impl Uid {
    /// The lowest UID.
    pub const MIN: Uid = Uid(NonZeroU32::MIN);
    /// The highest UID.
    pub const MAX: Uid = Uid(NonZeroU32::MAX);

    /// Makes a UID of a number; 0 is none.
    pub const fn new(number: u32) -> Option<Uid> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Uid(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The UID after this one; none after the last.
    pub const fn next(self) -> Option<Uid> {
        match self.0.checked_add(1) {
            Some(number) => Some(Uid(number)),
            None => None,
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The BLAKE3 hash that names a body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyHash(pub [u8; 32]);

impl fmt::Display for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl std::str::FromStr for BodyHash {
    type Err = crate::Fault;

    /// Reads what it prints: 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<BodyHash, crate::Fault> {
        let not_one =
            || crate::Fault::new("no name of a body: 64 hexadecimal digits were expected");
        let mut hash = [0; 32];
        let digits = text.as_bytes().chunks(2);
        if text.len() != 64 || !text.is_ascii() {
            return Err(not_one());
        }
        for (octet, pair) in hash.iter_mut().zip(digits) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'));
            let read = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
            *octet = read.ok_or_else(not_one)?;
        }
        Ok(BodyHash(hash))
    }
}

impl fmt::Debug for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, BodyHash, Timestamp, ZonedTime};

    #[test]
    fn an_arrival_is_what_it_was_made_of_or_not_known() {
        for time in [i64::MIN, -(1 << 46), -1, 0, 1, 1_790_000_000, 1 << 46, i64::MAX] {
            for zone_minutes in [i16::MIN, -90, 0, 600, i16::MAX] {
                let arrived = ZonedTime { time: Timestamp(time), zone_minutes };
                let is_near = (-(1 << 46)..=1 << 46).contains(&time);
                assert_eq!(Arrival::of(arrived).time(), is_near.then_some(arrived));
            }
        }
        assert_eq!(Arrival::UNKNOWN.time(), None);
    }

    #[test]
    fn the_name_of_a_body_is_read_back() {
        let hash = BodyHash(*blake3::hash(b"a body").as_bytes());
        assert_eq!(hash.to_string().parse::<BodyHash>().unwrap(), hash);
        let upper = hash.to_string().to_uppercase();
        assert_eq!(upper.parse::<BodyHash>().unwrap(), hash);
        let long = "0".repeat(66);
        let accented = "\u{e9}".repeat(32);
        let signs = "+1".repeat(32);
        for text in ["", "00", &long[..63], &long, &accented, &signs] {
            assert!(text.parse::<BodyHash>().is_err(), "{text}");
        }
    }
}
