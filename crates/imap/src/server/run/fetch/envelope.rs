//! ENVELOPE: printed from the stored outline (RFC 9051, 7.5.2).

use message::{Addresses, Envelope};

use crate::Dialect;
use crate::wire::print::nstring;

/// Prints an envelope.
pub(super) fn print(out: &mut Vec<u8>, envelope: &Envelope<'_>, dialect: Dialect) {
    out.push(b'(');
    nstring(out, envelope.date, dialect);
    out.push(b' ');
    nstring(out, envelope.subject, dialect);
    for list in
        [envelope.from, envelope.sender, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc]
    {
        out.push(b' ');
        print_addresses(out, list, dialect);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to, dialect);
    out.push(b' ');
    nstring(out, envelope.message_id, dialect);
    out.push(b')');
}

fn print_addresses(out: &mut Vec<u8>, addresses: Addresses<'_>, dialect: Dialect) {
    if addresses.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for address in addresses {
        out.push(b'(');
        nstring(out, address.name, dialect);
        out.push(b' ');
        nstring(out, address.route, dialect);
        out.push(b' ');
        nstring(out, address.mailbox, dialect);
        out.push(b' ');
        nstring(out, address.host, dialect);
        out.push(b')');
    }
    out.push(b')');
}
