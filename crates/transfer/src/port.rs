//! The port: where mail goes that is read from files, and where mail comes from that is written into files. An account
//! on this machine is one end ([`AccountSink`](crate::AccountSink), [`AccountSource`](crate::AccountSource)); a host
//! behind a socket is another.

use serde::{Deserialize, Serialize};

/// What a message has besides its octets (RFC 9051, 2.3: its attributes).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attributes {
    /// The mailbox.
    pub mailbox: String,
    /// Its flags as IMAP writes them, keywords included.
    pub flags: Vec<String>,
    /// Its internal date, in Unix seconds.
    pub date_s: Option<i64>,
    /// Its size, as far as it is known.
    pub octets: u64,
    /// UIDVALIDITY and UID of a message that comes out of a mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<(u32, u32)>,
    /// Its POP3 unique id (RFC 1939, 7), or the one that it had on another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uidl: Option<String>,
}

/// What takes messages: for each one `begin`, `write` as often as there are octets, and `end`. A sink that is dropped
/// between `begin` and `end` does not take that message.
pub trait MailSink {
    /// Why it cannot go on.
    type Fault: std::error::Error;

    /// Begins a message.
    fn begin(
        &mut self,
        message: &Attributes,
    ) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Takes octets of the message.
    fn write(&mut self, octets: &[u8]) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// The message is whole.
    fn end(&mut self) -> impl Future<Output = Result<(), Self::Fault>> + Send;
}

/// What gives messages: `next`, and then `read` until it gives no octets.
pub trait MailSource {
    /// Why it cannot go on.
    type Fault: std::error::Error;

    /// How many messages it gives in all, as far as it is known.
    fn expected(&self) -> Option<u64>;

    /// The next message; none after the last one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Attributes>, Self::Fault>> + Send;

    /// Octets of the message; none at all end it.
    fn read(&mut self) -> impl Future<Output = Result<Vec<u8>, Self::Fault>> + Send;
}
