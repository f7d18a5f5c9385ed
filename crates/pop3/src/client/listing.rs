//! What STAT, LIST and UIDL tell (RFC 1939, 5 and 7).

use super::wire::Wire;
use super::{Fault, Stream};
use crate::MessageNumber;
use crate::args::number;
use crate::limits::{CLIENT_LISTING_LINES_MAX, CLIENT_LISTING_OCTETS_MAX, CLIENT_UIDL_OCTETS_MAX};

/// A line of LIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Its number in this session.
    pub message: MessageNumber,
    /// Its size, as far as the server is to be believed.
    pub octets: u64,
}

/// A line of UIDL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueId {
    /// Its number in this session.
    pub message: MessageNumber,
    /// Its unique id. Opaque octets; some servers use others than RFC 1939, 7 allows.
    pub id: Box<[u8]>,
}

/// What is on the server, as LIST and UIDL tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The sizes; none: the server would not list them.
    pub scans: Option<Vec<Scan>>,
    /// The unique ids; none: the server has none.
    pub ids: Option<Vec<UniqueId>>,
}

/// Reads the two numbers of a text; what follows them is ignored (RFC 1939, 5).
pub(super) fn two_numbers(text: &str) -> Option<(u32, u64)> {
    let mut words = text.split_ascii_whitespace();
    let messages = number(words.next()?.as_bytes()).ok()?;
    let octets = number(words.next()?.as_bytes()).ok()?;
    Some((u32::try_from(messages).ok()?, octets))
}

/// Reads the lines of LIST.
pub(super) async fn scans<S: Stream>(wire: &mut Wire<S>) -> Result<Vec<Scan>, Fault> {
    read(wire, "a message number and a size", |line| {
        let (message, octets) = two_numbers(&String::from_utf8_lossy(line))?;
        Some(Some(Scan { message: MessageNumber::new(message)?, octets }))
    })
    .await
}

/// Reads the lines of UIDL. A message whose id is empty or too long to be kept is passed over: it has none.
pub(super) async fn unique_ids<S: Stream>(wire: &mut Wire<S>) -> Result<Vec<UniqueId>, Fault> {
    read(wire, "a message number and a unique id", |line| {
        let end = memchr::memchr(b' ', line).unwrap_or(line.len());
        let (message, id) = line.split_at_checked(end)?;
        let message = MessageNumber::new(u32::try_from(number(message).ok()?).ok()?)?;
        let id = id.trim_ascii();
        let fits = (1..=CLIENT_UIDL_OCTETS_MAX).contains(&id.len());
        Some(fits.then(|| UniqueId { message, id: id.into() }))
    })
    .await
}

async fn read<S: Stream, T>(
    wire: &mut Wire<S>,
    expected: &'static str,
    parse: impl Fn(&[u8]) -> Option<Option<T>>,
) -> Result<Vec<T>, Fault> {
    let mut listed = Vec::new();
    let (mut lines, mut octets) = (0usize, 0usize);
    while let Some(line) = wire.listed().await? {
        lines = lines.saturating_add(1);
        octets = octets.saturating_add(line.len());
        for (count, max, what) in [
            (lines, CLIENT_LISTING_LINES_MAX, "lines in a listing"),
            (octets, CLIENT_LISTING_OCTETS_MAX, "octets in a listing"),
        ] {
            if count > max {
                let max = u64::try_from(max).unwrap_or(u64::MAX);
                return Err(wire.break_off(Fault::TooMuch { what, max }));
            }
        }
        match parse(&line) {
            Some(Some(line)) => listed.push(line),
            Some(None) => {}
            None => return Err(wire.break_off(Fault::Syntax(expected))),
        }
    }
    Ok(listed)
}
