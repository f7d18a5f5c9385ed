//! The port to where mail goes: the session asks it, `host` answers.

use std::fmt;
use std::sync::Arc;

use mailbox::Timestamp;
use sasl::{Login, Peer, Ready};

use crate::{Address, Brackets, Flavour, MailParameters, RecipientParameters, ReversePath};

/// Where mail goes.
pub trait Delivery: Send + Sync + 'static {
    /// Whether somebody who is logged in may send from an address, in MAIL and in the From field, and whose it is.
    fn sender<'a>(
        &'a self,
        login: &'a Login,
        address: &'a Address,
    ) -> Ready<'a, Result<Owner, Refused>>;

    /// What somebody who is not logged in claims by naming a sender in MAIL, or why that is not taken.
    fn claim<'a>(&'a self, address: &'a Address) -> Ready<'a, Result<Claim, Refused>>;

    /// Where the mail for a recipient goes, or why it is not taken. Nobody's mail goes to other hosts but that of
    /// people who are logged in.
    fn recipient<'a>(&'a self, asking: Asking<'a>) -> Ready<'a, Result<Vec<Target>, Refused>>;

    /// Begins to take a message.
    fn receive(&self, envelope: Arc<Envelope>)
    -> Ready<'static, Result<Box<dyn Receipt>, Refused>>;

    /// A name that no other message ever has: letters and digits, at most 32.
    fn fresh_id(&self) -> String;
}

/// Takes one message as its octets arrive. Dropped before it is finished, it leaves nothing behind.
pub trait Receipt: Send {
    /// Takes more octets. After a refusal no more come, and it is not finished.
    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Ready<'a, Result<(), Refused>>;

    /// Ends a message of SMTP: one answer for all. `Ok` means that the message is durable and that each recipient
    /// gets it or its sender a notification. Otherwise nothing was stored.
    fn finish_whole(self: Box<Self>) -> Ready<'static, Result<(), Refused>>;

    /// Ends a message of LMTP: an answer for each recipient, in their order. `Ok` means durable.
    fn finish_each(self: Box<Self>) -> Ready<'static, Vec<Result<(), Refused>>>;
}

/// What is asked about a recipient.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The address in RCPT. Its domain is `Domain::Here` for a bare `postmaster`, and for bare names over LMTP.
    pub address: &'a Address,
    /// The transaction so far.
    pub envelope: &'a Envelope,
}

/// All that is known of a message besides its octets.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its name in logs and in the Received field.
    pub id: String,
    /// Through which protocol it came.
    pub flavour: Flavour,
    /// The other end of the connection.
    pub peer: Peer,
    /// What the client calls itself.
    pub hello: String,
    /// What it did against the rules and was let pass.
    pub oddities: Oddities,
    /// Who is logged in.
    pub login: Option<Login>,
    /// Who is told when it fails.
    pub from: ReversePath,
    /// What that sender claims without having logged in.
    pub claim: Claim,
    /// What followed MAIL.
    pub parameters: MailParameters,
    /// To whom, in the order of RCPT.
    pub recipients: Vec<Recipient>,
    /// When MAIL was given.
    pub received_at: Timestamp,
    /// How many octets at the start of what `Receipt::write` takes are the Return-Path field. It belongs to mail in
    /// a mailbox, not to mail that is sent on (RFC 5321, 4.4): the queue skips it.
    pub return_path_octets: u64,
}

impl Envelope {
    /// Whether it is from somebody who has not logged in and is not trusted either. Where a connection comes from does
    /// not count: what reaches this machine's own port 25 may be anybody's, through a proxy or a web form.
    pub fn is_from_stranger(&self) -> bool {
        self.flavour == Flavour::Smtp && self.login.is_none()
    }
}

/// Whose address somebody who is logged in sends from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Their own, or one that they were given.
    User,
    /// One of another host, of which this one cannot know; the trace names the login.
    Elsewhere,
}

/// What a client does that no rule allows and that harms nobody; devices do. It is noted in the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// What it calls itself, where that is neither a host's name nor an address (RFC 5321, 4.1.4: no ground to refuse mail).
    pub greeted_as: Option<String>,
    /// Whether a path came without its angle brackets.
    pub brackets: Brackets,
}

/// What a sender claims that has not logged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Claim {
    /// Nothing that this host could know better.
    #[default]
    Nothing,
    /// To be an address of this host. The message is marked: it may be a forgery, or come back through a mailing list.
    OurDomain,
}

/// A recipient that was taken.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The address in RCPT.
    pub address: Address,
    /// What followed it.
    pub parameters: RecipientParameters,
    /// Where its mail goes, as the directory says.
    pub targets: Vec<Target>,
}

/// Where mail goes. An alias has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into an account here.
    Account {
        /// The account's number in the store.
        account: u32,
        /// What stood after the `+` (RFC 5233).
        detail: Option<String>,
    },
    /// To another host.
    Elsewhere(Address),
}

/// Why mail is not taken. Nothing was stored, but for `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The domain is ours, and nobody has that address.
    UnknownUser,
    /// The domain is not ours, and who asks is not logged in.
    RelayDenied,
    /// The domain is not ours, and no way to other hosts is configured.
    NoRelay,
    /// The account is switched off.
    Disabled,
    /// The mailbox is full, and may have room later.
    FullForNow,
    /// The mailbox is full, and the host is set to say so for good.
    Full,
    /// The login may not use that sender.
    NotYours,
    /// The sender is an address of this host, and who names it has not logged in.
    LoginFirst,
    /// Too much mail is being taken in at once.
    Busy,
    /// The message is larger than a message may be.
    TooLarge {
        /// The most a message may have.
        octets_max: u64,
    },
    /// The sender has sent too much lately.
    TooMuch {
        /// When it may go on, in seconds.
        wait_s: u32,
    },
    /// The disk has no room just now.
    NoSpace,
    /// A rule of the host says no.
    Policy(Policy),
    /// Our failure; it was logged.
    Fault,
    /// The host failed, and nobody knows whether the message was stored. No answer is given: the connection ends, and
    /// the client comes again.
    Unknown,
}

/// What a rule says to the client, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy(String);

impl Policy {
    /// Takes the text; what is not printable ASCII is replaced, for it goes into a reply.
    pub fn new(text: &str) -> Policy {
        Policy(
            text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).take(400).collect(),
        )
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
