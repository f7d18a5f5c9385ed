//! The port to whoever keeps the mail that is pulled: it knows what it has, takes messages in, and vouches for them.

use std::future::Future;

use mailbox::Timestamp;

use super::Identity;
use crate::MessageNumber;
use crate::client::Durable;

/// Keeps what is pulled from one maildrop, and remembers what it has seen there.
///
/// [`super::pull`] calls `known` first, for every message; then `begin`, `write` and `finish` for each that is taken,
/// with `settle` now and then and `pass` in between; then `asked_about_all`; and when something is to be removed,
/// `leaving` and `gone`. Between two calls the keeper may die: what was not settled may be gone then, what was settled
/// must be there.
///
/// Nothing is lost, because `settle` gives its word only for what is durable, and nothing else lets DELE be sent.
/// Nothing is there twice, because a message and its identity become durable together or not at all.
pub trait Keeper: Send {
    /// A message on its way in. Dropped before `finish`, nothing of it stays.
    type Incoming: Send;

    /// What is known of these messages, in the same order.
    fn known(
        &mut self,
        identities: &[Identity],
    ) -> impl Future<Output = Result<Vec<Known>, KeeperFault>> + Send;

    /// All that is in the maildrop has been asked about; what was not is not there any more. Forget it only after a
    /// while: a server that shows an empty maildrop today may show the old one tomorrow.
    fn asked_about_all(&mut self) -> impl Future<Output = Result<(), KeeperFault>> + Send;

    /// Begins to take a message in.
    fn begin(
        &mut self,
        arrival: &Arrival,
    ) -> impl Future<Output = Result<Self::Incoming, KeeperFault>> + Send;

    /// Takes octets of it, as they stand in the message.
    fn write(
        &mut self,
        incoming: &mut Self::Incoming,
        octets: &[u8],
    ) -> impl Future<Output = Result<(), KeeperFault>> + Send;

    /// It is whole. It need not be durable yet. Its identity, when that was, and `whole` are remembered with it, for
    /// [`Held`].
    fn finish(
        &mut self,
        incoming: Self::Incoming,
        identity: &Identity,
        whole: Whole,
    ) -> impl Future<Output = Result<(), KeeperFault>> + Send;

    /// Makes durable all that was finished and passed over, each message together with its identity, and then gives its
    /// word.
    fn settle(&mut self) -> impl Future<Output = Result<Durable, KeeperFault>> + Send;

    /// A message was not taken; why is to be remembered, so that it need not be looked at each time.
    fn pass(
        &mut self,
        identity: &Identity,
        passed: Passed,
    ) -> impl Future<Output = Result<(), KeeperFault>> + Send;

    /// A message that is held is listed with another size than before, and was found to be the same.
    fn resized(
        &mut self,
        identity: &Identity,
        octets: u64,
    ) -> impl Future<Output = Result<(), KeeperFault>> + Send;

    /// DELE is about to be sent for these. Must be durable when it returns: nobody may be left to tell how it ended. Gives
    /// its last word for each, in the same order; none: what is held cannot be read, so the message stays where it is.
    fn leaving(
        &mut self,
        identities: &[Identity],
    ) -> impl Future<Output = Result<Vec<Option<Durable>>, KeeperFault>> + Send;

    /// QUIT was answered with `+OK`: these are gone from the server, and are to be forgotten as its messages.
    fn gone(
        &mut self,
        identities: &[Identity],
    ) -> impl Future<Output = Result<(), KeeperFault>> + Send;
}

/// Why a keeper does not go on, in its own words: a full disk, a quota.
pub type KeeperFault = Box<dyn std::error::Error + Send + Sync>;

/// What a keeper knows of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// No record of it: it was never seen.
    New,
    /// The person wants all of it, however large or old it is.
    Wanted,
    /// It is held.
    Held(Held),
    /// It was seen and not taken, or only its header was.
    Passed(Passed),
}

/// A message that is held. One for which DELE was sent, but that is listed again, is held like any other: its removal
/// was lost with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it was first kept.
    pub since: Timestamp,
    /// The size that LIST told then.
    pub listed_octets: Option<u64>,
    /// The print of its header.
    pub header: Print,
    /// Whether the person still has it.
    pub here: Here,
    /// The keeper's word that it is durable, or was deleted here.
    pub durable: Durable,
}

/// Whether the person still has a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// It is still where it was kept.
    Kept,
    /// Somebody deleted it here.
    Deleted,
}

/// Why a message was not taken. What is not known stays as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// It has at least so many octets, whatever LIST says.
    pub octets_min: Option<u64>,
    /// When it came, or else was sent.
    pub date: Option<Timestamp>,
    /// Whether its header is held.
    pub header: HeaderHeld,
}

/// Whether the header of a message is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderHeld {
    /// It is not.
    #[default]
    No,
    /// It is.
    Yes,
}

/// A message that is about to come.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its number in this session.
    pub message: MessageNumber,
    /// Its identity; none: it will only be known when the message is whole.
    pub identity: Option<Identity>,
    /// The size that LIST told. It may be wrong.
    pub listed_octets: Option<u64>,
    /// How much of it comes.
    pub extent: Extent,
}

/// How much of a message is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The whole message.
    Whole,
    /// Its header only, because it is large. Afterwards it is `Known::Passed` with `HeaderHeld::Yes`.
    Header,
}

/// What came over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its size, with CRLF line ends.
    pub octets: u64,
    /// The size that LIST told.
    pub listed_octets: Option<u64>,
    /// The print of its header.
    pub header: Print,
    /// When it came, by its newest Received field, or else was sent; none: neither can be read.
    pub date: Option<Timestamp>,
    /// All of the message or not.
    pub extent: Extent,
    /// Whether a message of the same identity was held already. When its octets are the same, there is nothing new; if
    /// not, the server has given the id of a message that it no longer has to another one.
    pub again: Again,
}

/// Whether a message of the same identity was held already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// No.
    No,
    /// Yes.
    Yes,
}

/// A BLAKE3 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Print(pub [u8; 32]);
