//! ENVELOPE: the header fields mail programs list mail by (RFC 9051, 7.5.2). Printed from the model's, read into one of
//! its own.

use crate::limits::ENVELOPE_ADDRESSES_MAX;
use crate::wire::{Args, print};
use crate::{Dialect, Syntax};

/// An envelope as a server sent it. Strings are as in the header: encoded words are not decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Date.
    pub date: Option<Vec<u8>>,
    /// Subject.
    pub subject: Option<Vec<u8>>,
    /// From.
    pub from: Vec<Address>,
    /// Sender.
    pub sender: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc.
    pub bcc: Vec<Address>,
    /// In-Reply-To.
    pub in_reply_to: Option<Vec<u8>>,
    /// Message-ID.
    pub message_id: Option<Vec<u8>>,
}

/// An address, or the beginning or end of a group (no host).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The name.
    pub name: Option<Vec<u8>>,
    /// The source route.
    pub route: Option<Vec<u8>>,
    /// The local part; of a group's beginning its name; at a group's end none.
    pub mailbox: Option<Vec<u8>>,
    /// The domain.
    pub host: Option<Vec<u8>>,
}

impl Envelope {
    /// Takes an envelope.
    pub(crate) fn parse(args: &mut Args<'_>) -> Result<Envelope, Syntax> {
        args.open()?;
        let date = text(args)?;
        args.space()?;
        let subject = text(args)?;
        let mut lists: [Vec<Address>; 6] = Default::default();
        for list in &mut lists {
            args.space()?;
            *list = addresses(args)?;
        }
        args.space()?;
        let in_reply_to = text(args)?;
        args.space()?;
        let message_id = text(args)?;
        args.close()?;
        let [from, sender, reply_to, to, cc, bcc] = lists;
        Ok(Envelope { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id })
    }
}

fn text(args: &mut Args<'_>) -> Result<Option<Vec<u8>>, Syntax> {
    Ok(args.nstring()?.map(std::borrow::Cow::into_owned))
}

fn addresses(args: &mut Args<'_>) -> Result<Vec<Address>, Syntax> {
    let mut addresses = Vec::new();
    if args.eat_nil() {
        return Ok(addresses);
    }
    args.open()?;
    while !args.eat(b')') {
        // The grammar has nothing between addresses; Outlook.com puts a space there.
        args.eat(b' ');
        if addresses.len() >= ENVELOPE_ADDRESSES_MAX {
            return Err(args.expected("fewer addresses"));
        }
        args.open()?;
        let name = text(args)?;
        args.space()?;
        let route = text(args)?;
        args.space()?;
        let mailbox = text(args)?;
        args.space()?;
        let host = text(args)?;
        args.close()?;
        addresses.push(Address { name, route, mailbox, host });
    }
    Ok(addresses)
}

/// Appends an envelope.
pub(crate) fn print_envelope(
    out: &mut Vec<u8>,
    envelope: &message::Envelope<'_>,
    dialect: Dialect,
) {
    out.push(b'(');
    print::nstring(out, envelope.date, dialect);
    out.push(b' ');
    print::nstring(out, envelope.subject, dialect);
    out.push(b' ');
    let begin = out.len();
    print_addresses(out, &envelope.from, dialect);
    let from = begin..out.len();
    for list in [&envelope.sender, &envelope.reply_to] {
        out.push(b' ');
        if *list == envelope.from {
            // As nearly always.
            out.extend_from_within(from.clone());
        } else {
            print_addresses(out, list, dialect);
        }
    }
    for list in [&envelope.to, &envelope.cc, &envelope.bcc] {
        out.push(b' ');
        print_addresses(out, list, dialect);
    }
    out.push(b' ');
    print::nstring(out, envelope.in_reply_to, dialect);
    out.push(b' ');
    print::nstring(out, envelope.message_id, dialect);
    out.push(b')');
}

fn print_addresses(out: &mut Vec<u8>, addresses: &message::Addresses<'_>, dialect: Dialect) {
    if addresses.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for address in addresses.iter() {
        out.push(b'(');
        print::nstring(out, address.name, dialect);
        out.push(b' ');
        print::nstring(out, address.route, dialect);
        out.push(b' ');
        print::nstring(out, address.mailbox, dialect);
        out.push(b' ');
        print::nstring(out, address.host, dialect);
        out.push(b')');
    }
    out.push(b')');
}
