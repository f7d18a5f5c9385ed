//! What is kept of a message in the outbox: its envelope, which does not change, and how far it is. Both are JSON in the folder of
//! the companion.

use queue::{Progress, Said};
use serde::{Deserialize, Serialize};
use smtp::command::{Mail, Rcpt};
use smtp::{
    BodyKind, Brackets, MailParameters, Notify, OriginalRecipient, RecipientParameters, Return,
    Utf8,
};

/// The version of both.
pub const PARCEL_VERSION: u32 = 1;

/// From whom a message is, for whom, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The version of this form.
    pub version: u32,
    /// Who is told when it fails; none: nobody.
    pub from: Option<String>,
    /// For whom it is.
    pub recipients: Vec<String>,
    /// Whether its body goes beyond ASCII (RFC 6152).
    pub eight_bit: bool,
    /// Whether its header or an address does (RFC 6531).
    pub utf8: bool,
    /// When the sender wants to be told, as NOTIFY says it (RFC 3461, 4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<String>,
    /// Whether all of it comes back, or its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_full: Option<bool>,
    /// The sender's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope_id: Option<String>,
    /// Whether its copy in Sent is made by others.
    #[serde(default, skip_serializing_if = "is_false")]
    pub copied_by_others: bool,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Its subject, for lists.
    pub subject: String,
    /// When it came into the outbox, in seconds since 1970.
    pub queued_at: i64,
    /// How many octets it has.
    pub octets: u64,
    /// The SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

fn is_false(it: &bool) -> bool {
    !it
}

impl Envelope {
    /// The sender's part; none if it cannot be read.
    pub(crate) fn mail(&self) -> Option<Mail> {
        let from = match &self.from {
            Some(from) => Some(from.parse().ok()?),
            None => None,
        };
        let ret = self.return_full.map(|full| if full { Return::Full } else { Return::Header });
        let parameters = MailParameters {
            size: None,
            body: if self.eight_bit { BodyKind::EightBit } else { BodyKind::SevenBit },
            utf8: if self.utf8 { Utf8::Yes } else { Utf8::No },
            ret,
            envelope_id: self.envelope_id.clone(),
            hold_until: None,
        };
        Some(Mail { from, parameters, brackets: Brackets::There })
    }

    /// A recipient's part; none if it cannot be read.
    pub(crate) fn rcpt(&self, address: &str) -> Option<Rcpt> {
        let notify = self.notify.as_deref().and_then(|text| Notify::parse(text).ok());
        let original = notify.map(|_| OriginalRecipient {
            kind: if address.is_ascii() { "rfc822" } else { "utf-8" }.to_owned(),
            address: address.to_owned(),
        });
        let parameters = RecipientParameters { notify, original };
        Some(Rcpt { to: address.parse().ok()?, parameters, brackets: Brackets::There })
    }
}

/// How far a message is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The version of this form.
    pub version: u32,
    /// The recipients, in the order of the envelope.
    pub recipients: Vec<Recipient>,
    /// Set before the end of the text is sent, and taken back with the answer to it: if it is set otherwise, nobody knows whether the
    /// provider has the message (RFC 1047).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending_since: Option<i64>,
    /// How many answers to the end of the text were lost.
    #[serde(default)]
    pub answers_lost: u32,
    /// Why nothing is tried any more until a person decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// What last stood in the way that was not about the mail, in the words of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// How the copy in Sent is.
    pub copy: Copy,
}

/// A recipient of a message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// Whether it still waits.
    pub progress: Progress,
    /// What was said at the last try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Said>,
}

/// Why nothing is tried any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// The provider may have it, or not.
    Unsure,
    /// Its octets here are not what they were.
    Damaged,
}

/// How the copy in Sent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copy {
    /// It is to be made, once somebody has the message.
    Wanted {
        /// When it is tried next.
        next_at: i64,
        /// How often it was tried.
        tries: u32,
        /// Where it was asked to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<AskedCopy>,
    },
    /// It is there.
    Made,
    /// None is made.
    NotWanted,
}

/// A copy that a server was asked to take, and whose answer was not heard yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedCopy {
    /// The folder there.
    pub folder: String,
    /// Its UIDVALIDITY.
    pub validity: Option<u32>,
    /// The UID that the copy has at least.
    pub uid_next: Option<u32>,
}

impl State {
    /// Of a message that is new in the outbox.
    pub fn new(envelope: &Envelope) -> State {
        let now = envelope.queued_at;
        let recipient = |address: &String| Recipient {
            address: address.clone(),
            progress: Progress::Waiting { next_at: now, tries: 0 },
            last: None,
        };
        State {
            version: PARCEL_VERSION,
            recipients: envelope.recipients.iter().map(recipient).collect(),
            ending_since: None,
            answers_lost: 0,
            held: None,
            trouble: None,
            copy: match envelope.copied_by_others {
                true => Copy::NotWanted,
                false => Copy::Wanted { next_at: now, tries: 0, asked: None },
            },
        }
    }
}
