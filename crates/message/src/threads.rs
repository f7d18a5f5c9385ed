//! What ties messages into threads: message ids (RFC 5322, 3.6.4) and the base subject (RFC 5256).

use crate::envelope::Envelope;
use crate::header::{fields, find};
use crate::lexer::Lexer;
use crate::limits::{MESSAGE_ID_OCTETS_MAX, REFERENCES_MAX};
use crate::octets::{is_space, trim};
use crate::subject::BaseSubject;

/// A message id without its angle brackets and with quoting undone, so that equal ids are equal octets
/// (RFC 5256, 3, REFERENCES). Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Vec<u8>);

impl MessageId {
    /// Its octets.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// The ids of a field value, in order.
    pub fn list(value: &[u8]) -> MessageIds<'_> {
        MessageIds { lexer: Lexer::new(value) }
    }

    fn new(octets: Vec<u8>) -> Option<MessageId> {
        (1..=MESSAGE_ID_OCTETS_MAX).contains(&octets.len()).then_some(MessageId(octets))
    }
}

/// See `MessageId::list`.
#[derive(Clone, Debug)]
pub struct MessageIds<'a> {
    lexer: Lexer<'a>,
}

impl Iterator for MessageIds<'_> {
    type Item = MessageId;

    fn next(&mut self) -> Option<MessageId> {
        loop {
            self.lexer.until(|octet| octet == b'<');
            self.lexer.bump()?;
            let mut id = Vec::new();
            loop {
                match self.lexer.peek()? {
                    b'>' => {
                        self.lexer.bump();
                        if let Some(id) = MessageId::new(id) {
                            return Some(id);
                        }
                        break;
                    }
                    // The id before it was not closed.
                    b'<' => break,
                    b'"' => self.lexer.quoted(&mut id),
                    octet if is_space(octet) => self.lexer.skip_space(),
                    octet => {
                        self.lexer.bump();
                        id.push(octet);
                    }
                }
            }
        }
    }
}

/// What a message says of its thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadKeys {
    /// Its own id.
    pub message_id: Option<MessageId>,
    /// The messages it answers, oldest first: References or, without any, the first id of In-Reply-To
    /// (RFC 5256, 3, REFERENCES, step 1). At most `REFERENCES_MAX`: of more, the first and the latest.
    pub references: Vec<MessageId>,
    /// Its subject without `Re:` and the like.
    pub subject: BaseSubject,
}

impl ThreadKeys {
    /// What an envelope tells of them: all but the References.
    pub fn of_envelope(envelope: &Envelope<'_>) -> ThreadKeys {
        let first = |value: Option<&[u8]>| MessageId::list(value.unwrap_or_default()).next();
        ThreadKeys {
            message_id: first(envelope.message_id),
            references: first(envelope.in_reply_to).into_iter().collect(),
            subject: envelope.subject.map(BaseSubject::of).unwrap_or_default(),
        }
    }

    /// Reads a message's header.
    pub fn of_header(header: &[u8]) -> ThreadKeys {
        let own = fields(header).find(|field| field.is("Message-ID"));
        let message_id = own.and_then(|field| {
            let bare = || MessageId::new(trim(field.value).to_vec());
            MessageId::list(field.value).next().or_else(|| {
                // Some programs forget the brackets.
                bare().filter(|id| !id.0.iter().any(|octet| is_space(*octet) || *octet == b'<'))
            })
        });
        let mut references: Vec<MessageId> = find(header, "References")
            .map(|field| MessageId::list(field.value).collect())
            .unwrap_or_default();
        if references.len() > REFERENCES_MAX {
            let latest = references.len().saturating_sub(REFERENCES_MAX).saturating_add(1);
            references.drain(1..latest);
        }
        if references.is_empty() {
            let answered = find(header, "In-Reply-To");
            references.extend(answered.and_then(|field| MessageId::list(field.value).next()));
        }
        let subject = find(header, "Subject").map(|field| BaseSubject::of(field.value));
        ThreadKeys { message_id, references, subject: subject.unwrap_or_default() }
    }
}
