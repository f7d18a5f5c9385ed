//! What the host does for the methods.

use std::net::IpAddr;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::{
    Account, AccountId, Accounts, Fault, FlagNames, Timestamp, Uid, UidValidity, ZonedTime,
};
use serde_json::{Map, Value};

use super::push_subscription::PushKeys;
use super::safe_body::Bodies;

/// What the host does for the methods.
#[derive(Clone)]
pub struct Ports {
    /// Takes messages in, and knows what is decided for all accounts.
    pub accounts: Accounts,
    /// Makes names.
    pub fresh: Arc<dyn Fresh>,
    /// Keeps what is no mail.
    pub notes: Arc<dyn Notes>,
    /// Sends mail.
    pub outbox: Arc<dyn Outbox>,
    /// Writes mail into files.
    pub packers: Arc<dyn Packers>,
    /// Takes mail out of files.
    pub importers: Arc<dyn Importers>,
    /// Pushes changes to addresses elsewhere.
    pub pushes: Arc<dyn Pushes>,
    /// Signs the addresses of bodies, and keeps bodies that were made safe.
    pub bodies: Arc<Bodies>,
    /// Leaves mailing lists.
    pub lists: Arc<dyn Lists>,
}

/// What is waited for.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes names that nobody can guess.
pub trait Fresh: Send + Sync {
    /// A name that no other is like: at most 40 letters and digits.
    fn name(&self) -> Result<String, Fault>;
}

/// Keeps small things for users, durably.
pub trait Notes: Send + Sync {
    /// What a note holds; none: nothing was ever put there.
    fn read(&self, account: AccountId, kind: NoteKind) -> Result<Option<Bytes>, Fault>;

    /// Puts something into a note, if it holds what it did when it was read.
    fn write(
        &self,
        account: AccountId,
        kind: NoteKind,
        before: Option<Bytes>,
        after: Bytes,
    ) -> Waiting<'_, Result<Written, Fault>>;
}

/// What a note is about. A user has one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// What they are called in mail that they write.
    Identities,
    /// What they sent.
    Submissions,
    /// What is answered while they are away.
    Vacation,
    /// What programs remember for them.
    Preferences,
    /// How what they did to many emails is undone.
    Undo,
    /// Which addresses elsewhere are told what changed.
    PushSubscriptions,
    /// What becomes of mail that comes.
    Rules,
}

/// Whether something was put into a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was, and is durable.
    Yes,
    /// It was not: somebody else changed it since it was read.
    ChangedBefore,
}

/// Sends mail, as submission does: with the same checks of who may send from where, and to whom.
pub trait Outbox: Send + Sync {
    /// Whether a user may send from an address.
    fn may_send_as(&self, account: AccountId, address: &str) -> Result<bool, Fault>;

    /// Begins a message.
    fn begin<'a>(
        &'a self,
        sender: Sender<'a>,
        envelope: &'a Envelope,
    ) -> Waiting<'a, Result<Box<dyn Sending>, NotSent>>;

    /// Whether a message that is held waits still.
    fn is_held(&self, name: &str) -> Result<bool, Fault>;

    /// Calls a message back that is held. Gives whether that could be done, so that nobody ever gets it.
    fn call_back<'a>(&'a self, name: &'a str) -> Waiting<'a, Result<bool, Fault>>;
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The account.
    pub account: AccountId,
    /// The main address.
    pub address: &'a str,
    /// The device or app password, if it is known.
    pub device: Option<&'a str>,
    /// From where.
    pub peer: Option<IpAddr>,
}

/// From whom, to whom, and how (RFC 8621, 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Who is told when it fails; none: nobody.
    pub from: Option<String>,
    /// Parameters of MAIL, without those of RFC 4865.
    pub parameters: Map<String, Value>,
    /// To whom, each with parameters of RCPT.
    pub recipients: Vec<(String, Map<String, Value>)>,
    /// Until when it is held; none: it goes at once.
    pub hold_until: Option<Timestamp>,
}

/// A message on its way out. Dropped before it is finished, it leaves nothing behind.
pub trait Sending: Send {
    /// What the message is called, for `Outbox::call_back`.
    fn name(&self) -> String;

    /// Takes more of the message.
    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Waiting<'a, Result<(), NotSent>>;

    /// Ends it. `Ok`: it is durable, and each recipient gets it or its sender is told.
    fn finish(self: Box<Self>) -> Waiting<'static, Result<(), NotSent>>;
}

/// Pushes changes to addresses elsewhere (RFC 8620, 7.2).
pub trait Pushes: Send + Sync {
    /// The public key by which the host is known to those who take pushes, in base64 for URLs (RFC 9749, 3).
    fn application_server_key(&self) -> &str;

    /// Looks at an address and at the keys for it. `Err`: the property that is wrong, and why.
    fn check(&self, url: &str, keys: Option<&PushKeys>)
    -> Result<(), (&'static str, &'static str)>;

    /// Whether a user may make one more just now; if so, it counts. Each is told of at once, whoever is at its address (RFC 8620, 8.6).
    fn may_create(&self, account: AccountId) -> bool;

    /// Takes note that subscriptions of an account came, changed or went.
    fn changed(&self, account: AccountId);
}

/// Leaves mailing lists, by one request to each (RFC 8058).
pub trait Lists: Send + Sync {
    /// Whether it does: the host speaks to servers elsewhere where it was told to.
    fn is_on(&self) -> bool;

    /// Asks the server at an address to take somebody off its list. Nothing is said of whoever asks.
    fn leave<'a>(
        &'a self,
        account: AccountId,
        address: &'a str,
    ) -> Waiting<'a, Result<(), NotLeft>>;
}

/// Why a list was not left. Nobody learns from it which networks the host reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLeft {
    /// The host does not do this.
    Off,
    /// This user leaves too many in too short a time.
    TooMany,
    /// The address is none that is spoken to, or nobody answered.
    NotReached,
    /// The server answered that it does not do it, or leads elsewhere.
    Refused,
}

/// Writes mail into files that are one stream.
pub trait Packers: Send + Sync {
    /// Begins one.
    fn pack(&self, format: PackFormat) -> Box<dyn Packing>;
}

/// How mail lies in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFormat {
    /// An mbox.
    Mbox,
    /// A ZIP archive, with a file for each message.
    EmlZip,
    /// A tar archive of a Maildir++.
    MaildirTar,
}

/// Messages on their way into a file: `begin`, `write` as often as there are octets, `end`; and `finish` at last. What goes out is put
/// behind what `to` has.
pub trait Packing: Send {
    /// Begins a message.
    fn begin(&mut self, message: &Packed, to: &mut Vec<u8>);

    /// Takes octets of it.
    fn write(&mut self, octets: &[u8], to: &mut Vec<u8>);

    /// Ends it.
    fn end(&mut self, to: &mut Vec<u8>);

    /// Ends the file, which names what was left out if it can.
    fn finish(self: Box<Self>, left_out: &[String], to: &mut Vec<u8>);
}

/// What is known of a message besides its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The name of its mailbox.
    pub mailbox: String,
    /// Its keywords.
    pub flags: FlagNames,
    /// When it was received.
    pub date: ZonedTime,
    /// How many octets it has.
    pub octets: u64,
    /// How its lines end.
    pub line_ends: LineEnds,
    /// UIDVALIDITY and UID in its mailbox.
    pub uid: (UidValidity, Uid),
}

/// How the lines of a message end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// All with CRLF, and neither CR nor LF stands elsewhere.
    Crlf,
    /// In other ways, too.
    Mixed,
}

/// Takes the mail out of files.
pub trait Importers: Send + Sync {
    /// Takes all mail of a file into an account. `Err`: it failed; what came in before stays, and is known when it is imported again.
    fn import(
        &self,
        account: Account,
        file: Importing,
    ) -> Waiting<'_, Result<Imported, mailbox::Error>>;
}

/// A file whose mail is taken.
pub struct Importing {
    /// Its name, for people and for what its end says.
    pub name: String,
    /// The mailbox below which all goes, and into which messages go that lie loose; none: folders become mailboxes of their names, and
    /// the rest goes into the Inbox.
    pub into: Option<String>,
    /// How many octets it has.
    pub octets: u64,
    /// What becomes of messages that were imported before, and went since.
    pub again: Again,
    /// What it holds.
    pub content: Arc<dyn ReadAt>,
}

/// What becomes of messages that were imported before, and went since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// They stay away.
    Skip,
    /// They come in again.
    Take,
}

/// Octets that can be read from any place.
pub trait ReadAt: Send + Sync {
    /// Reads some, cut to what there is.
    fn read(&self, range: Range<u64>) -> Result<Bytes, Fault>;
}

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What came into each mailbox.
    pub mailboxes: Vec<ImportedInto>,
    /// What people are told: what was passed over or could not be read, and why.
    pub notes: Vec<String>,
    /// Why it did not go on: there is no room.
    pub full: Option<String>,
}

/// What came into a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedInto {
    /// Its whole name.
    pub name: String,
    /// New messages.
    pub imported: u64,
    /// Messages that were there already, or were imported before.
    pub known: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Octets of the new ones.
    pub octets: u64,
    /// Where the first refused ones lie, and why each was.
    pub refusals: Vec<String>,
}

/// Why a message is not sent (RFC 8621, 7.5).
#[derive(Debug)]
pub enum NotSent {
    /// The sender of the envelope is not the user's.
    MailFrom(String),
    /// The author is not the user.
    From(String),
    /// Some recipients cannot be written to.
    Recipients(Vec<String>),
    /// There are more recipients than a message may have.
    TooManyRecipients(u64),
    /// A parameter of the envelope is wrong.
    Parameters(String),
    /// The message is larger than so many octets.
    TooLarge(u64),
    /// The message is wrong.
    Message(String),
    /// Not now, or not for this user.
    Forbidden(String),
    /// It failed, and nothing was sent.
    Failed(String),
    /// It failed, and nobody knows whether it was sent.
    Unknown,
}
