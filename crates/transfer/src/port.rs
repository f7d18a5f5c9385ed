//! The port: where mail goes that is read from files, and where mail comes from that is written into files. An account
//! on this machine is one end ([`AccountSink`](crate::AccountSink), [`AccountSource`](crate::AccountSource)); a host
//! behind a socket is another.

use mailbox::ZonedTime;
use serde::{Deserialize, Serialize};

use crate::date;

/// What a mailbox is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxAttributes {
    /// Its whole name.
    pub name: String,
    /// What it is for, as IMAP writes it: `\\Sent` (RFC 6154, 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_use: Option<String>,
    /// Whether somebody subscribed to it.
    #[serde(default)]
    pub subscribed: bool,
}

/// What a source gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A mailbox, which may be empty.
    Mailbox(MailboxAttributes),
    /// A message: its octets follow.
    Message(Attributes),
}

/// What a message has besides its octets (RFC 9051, 2.3: its attributes).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Attributes {
    /// The mailbox.
    pub mailbox: String,
    /// Other mailboxes that it is in, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Its flags as IMAP writes them, keywords included.
    pub flags: Vec<String>,
    /// Its internal date (RFC 9051, 2.3.3), in the zone in which it was told.
    #[serde(flatten, with = "date")]
    pub date: Option<ZonedTime>,
    /// Its size, as far as it is known.
    pub octets: u64,
    /// How its lines end, as far as it is known.
    #[serde(default, skip_serializing_if = "LineEnds::is_crlf")]
    pub line_ends: LineEnds,
    /// UIDVALIDITY and UID of a message that comes out of a mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<(u32, u32)>,
    /// Its POP3 unique id (RFC 1939, 7), or the one that it had on another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uidl: Option<String>,
    /// Where it lies in files, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How the lines of a message end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnds {
    /// All with CRLF (RFC 5322, 2.3), and neither CR nor LF stands elsewhere. Files may then have LF instead.
    #[default]
    Crlf,
    /// CR or LF stand alone somewhere: only octet for octet it stays what it is.
    Mixed,
}

impl LineEnds {
    /// Of a whole message.
    pub fn of(octets: &[u8]) -> LineEnds {
        let mut after_cr = false;
        let ends = LineEnds::Crlf.look(octets, &mut after_cr);
        if after_cr { LineEnds::Mixed } else { ends }
    }

    /// Looks at octets of a message. `after_cr` is whether those before them ended with CR.
    pub(crate) fn look(self, octets: &[u8], after_cr: &mut bool) -> LineEnds {
        let mut mixed = self == LineEnds::Mixed;
        let mut rest = octets;
        while !mixed && let Some((first, _)) = rest.split_first() {
            if std::mem::take(after_cr) {
                mixed = *first != b'\n';
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let Some(at) = memchr::memchr2(b'\r', b'\n', rest) else { break };
            mixed = rest.get(at) == Some(&b'\n');
            *after_cr = !mixed;
            rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        }
        if mixed { LineEnds::Mixed } else { LineEnds::Crlf }
    }

    fn is_crlf(&self) -> bool {
        *self == LineEnds::Crlf
    }
}

/// What takes messages: for each one `begin`, `write` as often as there are octets, and `end` or `abandon`. A sink that is
/// dropped between `begin` and `end` does not take that message.
pub trait MailSink {
    /// Why it cannot go on.
    type Fault: std::error::Error;

    /// Sees to it that there is a mailbox.
    fn mailbox(
        &mut self,
        mailbox: &MailboxAttributes,
    ) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Begins a message.
    fn begin(
        &mut self,
        message: &Attributes,
    ) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Takes octets of the message.
    fn write(&mut self, octets: &[u8]) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// The message is whole.
    fn end(&mut self) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// The message will not become whole, and is not taken.
    fn abandon(&mut self) -> impl Future<Output = Result<(), Self::Fault>> + Send;
}

/// What gives mailboxes, each before its messages: `next`, and after a message `read` until it gives no octets.
pub trait MailSource {
    /// Why it cannot go on.
    type Fault: std::error::Error;

    /// How many messages it gives in all, as far as it is known.
    fn expected(&self) -> Option<u64>;

    /// The next mailbox or message; none after the last one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Item>, Self::Fault>> + Send;

    /// Octets of the message; none at all end it.
    fn read(&mut self) -> impl Future<Output = Result<Vec<u8>, Self::Fault>> + Send;
}

/// Why messages could not be carried on.
#[derive(Debug, thiserror::Error)]
pub enum CarryFault<S: std::error::Error + 'static, K: std::error::Error + 'static> {
    /// What gives them cannot go on.
    #[error(transparent)]
    Source(S),
    /// What takes them cannot go on.
    #[error(transparent)]
    Sink(K),
}

/// Carries all that a source gives to a sink.
pub async fn carry<S, K>(source: &mut S, sink: &mut K) -> Result<(), CarryFault<S::Fault, K::Fault>>
where
    S: MailSource<Fault: 'static>,
    K: MailSink<Fault: 'static>,
{
    while let Some(item) = source.next().await.map_err(CarryFault::Source)? {
        let message = match item {
            Item::Mailbox(mailbox) => {
                sink.mailbox(&mailbox).await.map_err(CarryFault::Sink)?;
                continue;
            }
            Item::Message(message) => message,
        };
        sink.begin(&message).await.map_err(CarryFault::Sink)?;
        loop {
            let octets = match source.read().await {
                Ok(octets) => octets,
                Err(fault) => {
                    // What is there is not the whole message.
                    sink.abandon().await.map_err(CarryFault::Sink)?;
                    return Err(CarryFault::Source(fault));
                }
            };
            if octets.is_empty() {
                break;
            }
            sink.write(&octets).await.map_err(CarryFault::Sink)?;
        }
        sink.end().await.map_err(CarryFault::Sink)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::LineEnds;

    #[test]
    fn cr_or_lf_alone_make_lines_mixed_however_the_message_is_cut() {
        for (text, want) in [
            (&b"a\r\n\r\nb"[..], LineEnds::Crlf),
            (b"", LineEnds::Crlf),
            (b"a\nb", LineEnds::Mixed),
            (b"a\rb", LineEnds::Mixed),
            (b"a\r\r\n", LineEnds::Mixed),
            (b"a\r\n\n", LineEnds::Mixed),
            (b"a\r", LineEnds::Mixed),
        ] {
            assert_eq!(LineEnds::of(text), want, "{text:?}");
            for step in 1..=3 {
                let (mut ends, mut after_cr) = (LineEnds::Crlf, false);
                for piece in text.chunks(step) {
                    ends = ends.look(piece, &mut after_cr);
                }
                if after_cr {
                    ends = LineEnds::Mixed;
                }
                assert_eq!(ends, want, "{text:?}");
            }
        }
    }
}
