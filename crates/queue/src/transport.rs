//! The ports: how mail leaves, and how senders are told.

use bytes::Bytes;
use sasl::Ready;
use smtp::Address;
use smtp::client::Body;
use smtp::command::{Mail, Rcpt};

use crate::Said;

/// How mail leaves.
pub trait Transport: Send + Sync + 'static {
    /// The way to a recipient. Recipients with the same way go together.
    fn route(&self, recipient: &Address) -> Route;

    /// Tries to send. Gives what came of it for each recipient, in their order; a recipient without an outcome is
    /// tried again.
    fn send<'a>(&'a self, parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>>;
}

/// The way to a recipient. Delivery straight to the hosts of a domain (MX) becomes one more variant with the domain in
/// it: the worker groups by route already, and each match on this type then asks what to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// It is here: mail that was held goes to people of this host as well.
    Here,
    /// All mail goes to one host, which knows the rest.
    Relay,
}

/// What is sent in one try.
pub struct Parcel<'a> {
    /// The message's name in the log.
    pub name: &'a str,
    /// The domain or the relay that it goes to.
    pub route: Route,
    /// The sender's part of the envelope.
    pub mail: Mail,
    /// At most `limits::RECIPIENTS_AT_ONCE`.
    pub recipients: Vec<Rcpt>,
    /// The message itself, read as it is sent.
    pub body: Box<dyn Body>,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Another host has it.
    Sent {
        /// Its reply.
        said: Said,
        /// Whether it tells the sender of success, as it was asked (RFC 3461).
        notifies: Notifies,
    },
    /// It was refused for good.
    Refused {
        /// Who refused, and the reply.
        said: Said,
    },
    /// It may work later.
    Deferred {
        /// Why it did not now.
        said: Said,
    },
}

/// Whether a host knows of notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifies {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// How senders are told.
pub trait Postmaster: Send + Sync + 'static {
    /// What we call ourselves.
    fn hostname(&self) -> String;

    /// Delivers a notification: into the account here, or by `OutboundQueue::add` with an empty sender when it is elsewhere.
    /// `Err`: it was not possible now, and is tried again.
    fn notify(&self, notification: Notification) -> Ready<'_, Result<(), mailbox::Fault>>;
}

/// A message to a sender. Its envelope's sender is empty (RFC 3464, 2).
#[derive(Clone, Debug)]
pub struct Notification {
    /// The sender of the message that it is about.
    pub to: Address,
    /// The whole report (RFC 3464).
    pub octets: Bytes,
}
