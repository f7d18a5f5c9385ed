//! What is looked at and added when people submit mail: From, Date and Message-ID (RFC 6409, 6.1 and 8).

use std::fmt::Write as _;

use message::AddressList;

use crate::Address;
use crate::delivery::Envelope;
use crate::trace::date;

/// The fields that a submitted message lacks.
pub(crate) fn missing_fields(header: &[u8], envelope: &Envelope, hostname: &str) -> String {
    let mut fields = String::new();
    // Writing to a string does not fail.
    if message::find(header, "Date").is_none() {
        let _ = write!(fields, "Date: {}\r\n", date(envelope.received_at));
    }
    if message::find(header, "From").is_none() {
        let address = envelope.from.as_ref().map(Address::to_string);
        let address =
            address.or_else(|| envelope.login.as_ref().map(|login| login.address.clone()));
        let _ = write!(fields, "From: {}\r\n", address.unwrap_or_default());
    }
    if message::find(header, "Message-ID").is_none() {
        let _ = write!(fields, "Message-ID: <{}@{hostname}>\r\n", envelope.id);
    }
    fields
}

/// Whom a header names as those it is from.
pub(crate) struct Authors {
    /// Each of them; `None` for one that is no address.
    pub(crate) who: Vec<Option<Address>>,
    /// Whether somebody passes on what somebody else wrote (RFC 5322, 3.6.6).
    pub(crate) is_redirect: bool,
}

/// Whom a header names in its From and Sender fields, all of which must be the user's own (RFC 6409, 6.1). What is
/// redirected keeps those of its author; it is from whom the topmost Resent-From and Resent-Sender name.
pub(crate) fn authors(header: &[u8]) -> Authors {
    let topmost = message::fields(header).find(|field| field.is("Resent-From"));
    let is_redirect = topmost.as_ref().is_some_and(|field| !addresses(field).is_empty());
    let mut who = Vec::new();
    if is_redirect {
        who.extend(topmost.iter().flat_map(addresses));
        // The Resent-Sender of the same block stands before the next Resent-From.
        let mut blocks = 0u32;
        for field in message::fields(header) {
            if field.is("Resent-From") {
                blocks = blocks.saturating_add(1);
            }
            if blocks > 1 {
                break;
            }
            if field.is("Resent-Sender") {
                who.extend(addresses(&field));
                break;
            }
        }
    } else {
        let named = |field: &message::Field<'_>| field.is("From") || field.is("Sender");
        let fields = message::fields(header).filter(named);
        fields.for_each(|field| who.extend(addresses(&field)));
    }
    Authors { who, is_redirect }
}

fn addresses(field: &message::Field<'_>) -> Vec<Option<Address>> {
    let list = AddressList::of(field.value);
    // The marks of a group have no host or no mailbox, and are nobody.
    let addresses = list.iter().filter(|address| address.host.is_some());
    let addresses = addresses.map(|address| {
        let local = str::from_utf8(address.mailbox?).ok()?;
        let (domain, rest) = crate::address::domain(str::from_utf8(address.host?).ok()?).ok()?;
        rest.is_empty().then(|| Address::new(local, domain).ok())?
    });
    addresses.collect()
}
