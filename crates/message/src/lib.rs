//! Reads mail: RFC 5322 and MIME. Reading never fails, takes linear time, and is bounded by `limits`.
//!
//! `Scanner` makes an `Outline` while a message streams in; it is stored once and answers everything about the
//! message's structure from then on. The rest reads headers and text.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod address;
mod beginning;
mod charset;
mod compose;
mod content;
mod date;
mod disposition_notification;
mod encoded_word;
mod envelope;
mod header;
#[cfg(test)]
mod hostile;
mod html;
pub mod invariants;
mod lexer;
pub mod limits;
mod octets;
mod outline;
mod pack;
mod parameter;
mod part;
mod preview;
mod scanner;
mod section;
mod subject;
mod text;
mod threads;
mod transfer;
mod work;

pub use address::{Address, AddressIter, AddressList, Addresses};
pub use beginning::{has_header, is_field, is_known_field};
pub use charset::Reading;
pub use compose::{Attached, Composer, Encoder, Encoding, Group, Header, Leaf, Nature, NotAValue};
pub use date::{SentDate, format_date, format_date_in};
pub use disposition_notification::{DispositionNotification, NotifiedDisposition, is_extension};
pub use encoded_word::{Decoded, decode as decode_words, decode_noting as decode_words_noting};
pub use envelope::{Envelope, HeaderEnvelope};
pub use header::{Choice, Field, Fields, fields, find, select};
pub use html::html_to_text;
pub use outline::{Outline, Parts, Step, Walk, decode_envelope};
pub use parameter::{JoinedParameter, Parameter, ParameterIter, Parameters};
pub use part::{Disposition, Kind, Languages, Part};
pub use preview::preview;
pub use scanner::{HeaderText, Scanner};
pub use section::Section;
pub use subject::BaseSubject;
pub use text::{header_text, octets_text, part_text, searchable_text};
pub use threads::{MessageId, MessageIds, ThreadKeys};
pub use transfer::{Decoder, decode_transfer, decoded_octets};
