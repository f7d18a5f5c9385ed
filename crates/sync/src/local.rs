//! The port to the account here: where mail that was found elsewhere goes, and what is known of it.

use std::future::Future;

use mailbox::{
    FlagNames, MailboxId, Placed, Placement, PlacementName, PlacementNote, RemoteId, Timestamp,
};

use crate::{Endpoint, Service};

/// A message that has come whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// What it is called where it was found.
    pub name: PlacementName,
    /// The size that was told there.
    pub listed_octets: Option<u64>,
    /// The print of its header.
    pub header: [u8; 32],
    /// When it came there, as far as it says; none: now.
    pub date: Option<Timestamp>,
    /// Where it goes, when it is mirrored; none: it is taken into the Inbox.
    pub target: Option<Target>,
}

/// Where a mirrored message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The folder here.
    pub folder: MailboxId,
    /// Its flags there.
    pub flags: FlagNames,
    /// The zone in which its date was told, in minutes east of Greenwich.
    pub zone_minutes: i16,
}

/// The account here, for one maildrop or account elsewhere.
///
/// A message is begun, written and ended, or abandoned; one at a time. What was ended is gone again unless `commit`
/// follows: that makes it and all notes durable in one step.
pub trait LocalMail: Send {
    /// Why it does not go on.
    type Fault: std::error::Error + Send + Sync + 'static;

    /// The largest message that is taken here.
    fn message_octets_max(&self) -> u64;

    /// What is known of these messages, in the same order.
    fn placements(
        &mut self,
        names: &[PlacementName],
    ) -> impl Future<Output = Result<Vec<Option<Placed>>, Self::Fault>> + Send;

    /// Some of what is known behind a name, by name; none left: none.
    fn placements_after(
        &mut self,
        after: Option<&PlacementName>,
    ) -> impl Future<Output = Result<Vec<(PlacementName, Placement)>, Self::Fault>> + Send;

    /// Begins to take a message in.
    fn begin(&mut self) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Takes octets of it.
    fn write(&mut self, octets: &[u8]) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// It does not become whole.
    fn abandon(&mut self) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// It is whole.
    fn end(&mut self, arrived: Arrived) -> impl Future<Output = Result<(), Self::Fault>> + Send;

    /// Makes durable all that was ended, and these notes. Gives how many messages are new here.
    fn commit(
        &mut self,
        notes: Vec<PlacementNote>,
    ) -> impl Future<Output = Result<u64, Self::Fault>> + Send;

    /// Reads messages that were taken to their ends, and says which of them are what came.
    fn whole(
        &mut self,
        names: &[PlacementName],
    ) -> impl Future<Output = Result<Vec<bool>, Self::Fault>> + Send;
}

/// Which maildrop or account it is: another server or another user is another one, for their unique ids have nothing to do
/// with each other.
pub fn remote_id(endpoint: &Endpoint, user: &str) -> RemoteId {
    let kind = match endpoint.service {
        Service::Pop3 => "maildrop",
        Service::Imap => "folders",
        Service::Submission => "outbox",
    };
    let mut hasher = blake3::Hasher::new();
    for part in [kind, &endpoint.host, user] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
    RemoteId(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}
