//! What STAT, LIST and UIDL tell (RFC 1939, 5 and 7).

use super::wire::Wire;
use super::{Fault, Stream};
use crate::MessageNumber;
use crate::args::number;
use crate::limits::{CLIENT_LISTING_LINES_MAX, CLIENT_UIDL_OCTETS_MAX};

/// A line of LIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The message.
    pub message: MessageNumber,
    /// Its size, as far as the server is to be believed.
    pub octets: u64,
}

/// A line of UIDL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueId {
    /// The message.
    pub message: MessageNumber,
    /// Its unique id. Opaque octets; some servers use others than RFC 1939, 7 allows.
    pub id: Box<[u8]>,
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
        let (message, octets) = two_numbers(str::from_utf8(line).ok()?)?;
        Some(Scan { message: MessageNumber::new(message)?, octets })
    })
    .await
}

/// Reads the lines of UIDL.
pub(super) async fn unique_ids<S: Stream>(wire: &mut Wire<S>) -> Result<Vec<UniqueId>, Fault> {
    read(wire, "a message number and a unique id", |line| {
        let (message, id) = line.split_at_checked(memchr::memchr(b' ', line)?)?;
        let message = u32::try_from(number(message).ok()?).ok()?;
        let id = id.trim_ascii();
        if id.is_empty() || id.len() > CLIENT_UIDL_OCTETS_MAX {
            return None;
        }
        Some(UniqueId { message: MessageNumber::new(message)?, id: id.into() })
    })
    .await
}

async fn read<S: Stream, T>(
    wire: &mut Wire<S>,
    expected: &'static str,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    let mut listed = Vec::new();
    while let Some(line) = wire.listed().await? {
        if listed.len() >= CLIENT_LISTING_LINES_MAX {
            let max = u64::try_from(CLIENT_LISTING_LINES_MAX).unwrap_or(u64::MAX);
            return Err(wire.break_off(Fault::TooMuch { what: "lines in a listing", max }));
        }
        listed.push(
            parse(&line).ok_or(Fault::Syntax(expected)).map_err(|fault| wire.break_off(fault))?,
        );
    }
    Ok(listed)
}
