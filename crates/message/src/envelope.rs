//! The envelope of a message as IMAP means it (RFC 9051, 7.5.2): the fields mail programs list mail by.

use crate::address::{Addresses, pack};
use crate::header::{Field, fields};
use crate::pack::{Unpack, put_number, put_octets, put_optional};

/// The envelope. Strings are unfolded and otherwise as sent: encoded words are kept, eight-bit octets too, but never
/// CR, LF or NUL. A field that is there but empty is an empty string; an absent one is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Date.
    pub date: Option<&'a [u8]>,
    /// Subject.
    pub subject: Option<&'a [u8]>,
    /// From.
    pub from: Addresses<'a>,
    /// Sender; From where it is missing or empty.
    pub sender: Addresses<'a>,
    /// Reply-To; From where it is missing or empty.
    pub reply_to: Addresses<'a>,
    /// To.
    pub to: Addresses<'a>,
    /// Cc.
    pub cc: Addresses<'a>,
    /// Bcc.
    pub bcc: Addresses<'a>,
    /// In-Reply-To.
    pub in_reply_to: Option<&'a [u8]>,
    /// Message-ID.
    pub message_id: Option<&'a [u8]>,
}

impl<'a> Envelope<'a> {
    pub(crate) fn unpack(octets: &'a [u8]) -> Option<Envelope<'a>> {
        let mut unpack = Unpack(octets);
        let date = unpack.optional()?;
        let subject = unpack.optional()?;
        let in_reply_to = unpack.optional()?;
        let message_id = unpack.optional()?;
        let mut list = || Addresses::check(unpack.octets()?);
        let from = list()?;
        let or_from = |list: Addresses<'a>| if list.is_empty() { from } else { list };
        let envelope = Envelope {
            date,
            subject,
            from,
            sender: or_from(list()?),
            reply_to: or_from(list()?),
            to: list()?,
            cc: list()?,
            bcc: list()?,
            in_reply_to,
            message_id,
        };
        unpack.is_empty().then_some(envelope)
    }
}

/// The values an envelope is made of, as found in a header. Of a text field sent twice the first counts; address
/// fields sent twice are put together, so that no recipient goes unseen.
#[derive(Debug, Default)]
pub(crate) struct EnvelopeFields<'a> {
    texts: [Option<Field<'a>>; 4],
    lists: [Vec<&'a [u8]>; 6],
}

const TEXTS: [&str; 4] = ["Date", "Subject", "In-Reply-To", "Message-ID"];
const LISTS: [&str; 6] = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];

impl<'a> EnvelopeFields<'a> {
    pub(crate) fn take(&mut self, field: Field<'a>) {
        for (slot, _) in self.texts.iter_mut().zip(TEXTS).filter(|(_, name)| field.is(name)) {
            slot.get_or_insert(field);
        }
        for (slot, _) in self.lists.iter_mut().zip(LISTS).filter(|(_, name)| field.is(name)) {
            slot.push(field.value);
        }
    }

    pub(crate) fn pack(&self, out: &mut Vec<u8>) {
        for field in &self.texts {
            let text = field.map(|field| field.unfolded());
            put_optional(out, text.as_deref());
        }
        let mut list = Vec::new();
        for values in &self.lists {
            list.clear();
            pack(values.iter().copied(), &mut list);
            put_octets(out, &list);
        }
    }
}

/// An envelope read straight from a header, for those who hold no outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderEnvelope(Vec<u8>);

impl HeaderEnvelope {
    /// Reads the header.
    pub fn of(header: &[u8]) -> HeaderEnvelope {
        let mut found = EnvelopeFields::default();
        fields(header).for_each(|field| found.take(field));
        let mut packed = Vec::new();
        found.pack(&mut packed);
        HeaderEnvelope(packed)
    }

    /// The envelope.
    pub fn envelope(&self) -> Envelope<'_> {
        Envelope::unpack(&self.0).unwrap_or_default()
    }
}

/// Writes an envelope with its length before it.
pub(crate) fn put_envelope(out: &mut Vec<u8>, packed: &[u8]) {
    if packed.is_empty() {
        put_number(out, 0);
    } else {
        put_octets(out, packed);
    }
}
