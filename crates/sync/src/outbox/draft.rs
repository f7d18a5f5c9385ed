//! Makes a message fit to be sent (RFC 6409, 8): for whom it is, Bcc taken out, what is missing put in, lines ended by CRLF.

mod fields;

use mailbox::Timestamp;
use message::{Choice, Header, MessageId};
use smtp::wire::Text;
use smtp::{Address, Notify, Return};

use self::fields::{bare_from, completed_from, plain_fields, subject_of};
use super::parcel::{Envelope, PARCEL_VERSION};
use crate::letter::sha256;
use crate::limits::{LETTER_OCTETS_MAX, OUTBOX_RECIPIENTS_MAX};
use crate::trouble::shown;

/// For whom a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Those in its To, Cc and Bcc fields; where it was sent on, those in the Resent fields alone (RFC 5322, 3.6.6).
    OfHeader,
    /// Those who are named, and nobody else.
    Named(Vec<String>),
    /// Both.
    Both(Vec<String>),
}

/// Who is told when it cannot be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The address of the account.
    Account,
    /// Somebody else.
    Named(Address),
    /// Nobody (`<>`).
    Nobody,
}

/// Who hands the message over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A person: what does not look right is refused.
    Person,
    /// A program that expects `sendmail`: a text without a header is a message, and a name without a domain is somebody
    /// on this computer, whose mail goes to the account's own address.
    Program,
}

/// When the sender wants to be told, and of what (RFC 3461).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// When.
    pub notify: Option<Notify>,
    /// How much of the message comes back.
    pub ret: Option<Return>,
    /// The sender's own name for it.
    pub envelope_id: Option<String>,
}

/// Who puts a copy of it into Sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyBy {
    /// We do.
    Us,
    /// Whoever hands it over.
    Others,
}

/// How a message is taken.
#[derive(Clone, Debug)]
pub struct Taking<'t> {
    /// The address of the account.
    pub account: &'t str,
    /// The address of who has its mail here, which nobody elsewhere knows; none: that is not known.
    pub local: Option<&'t str>,
    /// Who is told of failures.
    pub sender: Sender,
    /// For whom it is.
    pub whom: Whom,
    /// The name beside the address, where the message has no From field.
    pub full_name: Option<&'t str>,
    /// Who hands it over.
    pub manner: Manner,
    /// Who puts a copy of it into Sent.
    pub copy: CopyBy,
    /// When the sender wants to be told.
    pub notices: Notices,
    /// The time.
    pub now: Timestamp,
    /// What no other message has: letters and digits.
    pub unique: &'t str,
}

/// A message that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// From whom to whom.
    pub envelope: Envelope,
    /// Its octets, as they are sent.
    pub octets: Vec<u8>,
}

/// Why a message cannot be sent by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the variants say")]
pub enum Unfit {
    /// It does not begin with a header.
    NoHeader,
    /// A line of its header is none.
    NotAField { line: String },
    /// It is for nobody.
    NoRecipients,
    /// It is for too many.
    TooManyRecipients,
    /// An address is none.
    NotAnAddress { text: String },
    /// A name has no domain.
    NoDomain { name: String },
    /// It is too large for the outbox.
    TooLarge { octets_max: u64 },
    /// It has an octet of zero, which no server takes without BINARYMIME.
    Nul,
    /// Its header is neither ASCII nor UTF-8.
    Charset,
}

impl Draft {
    /// Makes a message fit to be sent.
    pub fn of(octets: &[u8], taking: &Taking<'_>) -> Result<Draft, Unfit> {
        let most = usize::try_from(LETTER_OCTETS_MAX).unwrap_or(usize::MAX);
        if octets.len() > most {
            return Err(Unfit::TooLarge { octets_max: LETTER_OCTETS_MAX });
        }
        if octets.contains(&0) {
            return Err(Unfit::Nul);
        }
        let text = with_line_ends(without_mbox_line(octets));
        let (header, body) = split(&text, taking.manner)?;
        if str::from_utf8(header).is_err() {
            return Err(Unfit::Charset);
        }
        let recipients = recipients(header, taking)?;
        let header = without_hidden(without_own_trace(header, taking));
        let header = match bare_from(&header, taking.local) {
            Some(name) => completed_from(&header, &name, taking.account),
            None => header,
        };
        let header = plain_fields(&header);
        let (added, message_id) = added(&header, body, taking);
        let mut all = header;
        all.extend_from_slice(added.as_str().as_bytes());
        let from = match &taking.sender {
            Sender::Account => Some(taking.account.to_owned()),
            Sender::Named(address) => Some(address.to_string()),
            Sender::Nobody => None,
        };
        let is_ascii = |text: &String| text.is_ascii();
        let utf8 = !all.is_ascii() || !recipients.iter().chain(&from).all(is_ascii);
        let subject = subject_of(&all);
        all.extend_from_slice(b"\r\n");
        all.extend_from_slice(body);
        let Notices { notify, ret, envelope_id } = taking.notices.clone();
        let envelope = Envelope {
            version: PARCEL_VERSION,
            from,
            recipients,
            eight_bit: !body.is_ascii(),
            utf8,
            notify: notify.map(Notify::print),
            return_full: ret.map(|ret| ret == Return::Full),
            envelope_id,
            copied_by_others: taking.copy == CopyBy::Others,
            message_id,
            subject,
            queued_at: taking.now.0,
            octets: u64::try_from(all.len()).unwrap_or(u64::MAX),
            sha256: sha256(&all),
        };
        Ok(Draft { envelope, octets: all })
    }
}

/// The addresses in the From field of a message, as far as they are some; to find whose message it is.
pub fn authors(octets: &[u8]) -> Vec<String> {
    let octets = without_mbox_line(octets);
    let Some(field) = message::find(octets, "From") else { return Vec::new() };
    let list = message::AddressList::of(field.value);
    list.iter().filter_map(|address| address_of(&address)).map(|it| it.to_string()).collect()
}

/// Programs put the line before it that stands between the messages of an mbox file.
fn without_mbox_line(octets: &[u8]) -> &[u8] {
    if !octets.starts_with(b"From ") && !octets.starts_with(b">From ") {
        return octets;
    }
    let end = octets.iter().position(|octet| *octet == b'\n');
    end.and_then(|at| octets.get(at.saturating_add(1)..)).unwrap_or_default()
}

fn with_line_ends(octets: &[u8]) -> Vec<u8> {
    let (mut lines, mut text) = (Text::outgoing(), Vec::with_capacity(octets.len()));
    lines.take(octets, &mut text);
    lines.finish(&mut text);
    if !text.is_empty() && !text.ends_with(b"\r\n") {
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// Splits a message into its header, without the blank line, and its body.
fn split(text: &[u8], manner: Manner) -> Result<(&[u8], &[u8]), Unfit> {
    let mut octets = 0_usize;
    for field in message::fields(text) {
        if field.name.is_empty() {
            match manner {
                Manner::Program => return Ok(text.split_at_checked(octets).unwrap_or((text, &[]))),
                Manner::Person if octets == 0 => return Err(Unfit::NoHeader),
                Manner::Person => {
                    let line = shown(&String::from_utf8_lossy(field.raw));
                    return Err(Unfit::NotAField { line });
                }
            }
        }
        octets = octets.saturating_add(field.raw.len());
    }
    if octets == 0 && manner == Manner::Person {
        return Err(Unfit::NoHeader);
    }
    let (header, rest) = text.split_at_checked(octets).unwrap_or((text, &[]));
    Ok((header, rest.strip_prefix(b"\r\n").unwrap_or(rest)))
}

/// What comes from this computer's own host has its trace before it, which says who is who here. That is nobody's business elsewhere.
fn without_own_trace<'h>(header: &'h [u8], taking: &Taking<'_>) -> &'h [u8] {
    let first = message::fields(header).next();
    let trace = first.filter(|field| taking.local.is_some() && field.is("Received"));
    trace.and_then(|field| header.get(field.raw.len()..)).unwrap_or(header)
}

/// The fields that only the sender may see, and those that the last host puts in.
fn without_hidden(header: &[u8]) -> Vec<u8> {
    let mut rest = message::select(header, &["Bcc", "Resent-Bcc", "Return-Path"], Choice::NotNamed);
    // The blank line behind the fields is put back later.
    while rest.ends_with(b"\r\n\r\n") || rest == b"\r\n" {
        rest.truncate(rest.len().saturating_sub(2));
    }
    rest
}

const TO: [&str; 3] = ["To", "Cc", "Bcc"];
const RESENT_TO: [&str; 3] = ["Resent-To", "Resent-Cc", "Resent-Bcc"];

fn recipients(header: &[u8], taking: &Taking<'_>) -> Result<Vec<String>, Unfit> {
    let mut found: Vec<String> = Vec::new();
    let of_header = |found: &mut Vec<String>| {
        let resent = message::fields(header).any(|it| RESENT_TO.iter().any(|name| it.is(name)));
        let names = if resent { RESENT_TO } else { TO };
        for field in message::fields(header).filter(|it| names.iter().any(|name| it.is(name))) {
            take_addresses(field.value, taking, found)?;
        }
        Ok(())
    };
    match &taking.whom {
        Whom::OfHeader => of_header(&mut found)?,
        Whom::Named(named) => take_named(named, taking, &mut found)?,
        Whom::Both(named) => {
            take_named(named, taking, &mut found)?;
            of_header(&mut found)?;
        }
    }
    match found.len() {
        0 => Err(Unfit::NoRecipients),
        many if many > OUTBOX_RECIPIENTS_MAX => Err(Unfit::TooManyRecipients),
        _ => Ok(found),
    }
}

fn take_named(named: &[String], taking: &Taking<'_>, found: &mut Vec<String>) -> Result<(), Unfit> {
    for text in named {
        let before = found.len();
        take_addresses(text.as_bytes(), taking, found)?;
        let is_known = |it: &String| text.contains(it.as_str());
        if found.len() == before && !found.iter().any(is_known) && taking.manner == Manner::Person {
            return Err(Unfit::NotAnAddress { text: shown(text) });
        }
    }
    Ok(())
}

/// Adds the addresses of a field, each once.
fn take_addresses(value: &[u8], taking: &Taking<'_>, found: &mut Vec<String>) -> Result<(), Unfit> {
    for address in message::AddressList::of(value).iter() {
        // The marks around a group.
        if address.host.is_none() {
            continue;
        }
        let name = [address.mailbox, address.name].into_iter().flatten().find(|it| !it.is_empty());
        let recipient = match (address_of(&address), name) {
            (Some(address), _) => address.to_string(),
            (None, Some(name)) if address.host == Some(b"") => match taking.manner {
                Manner::Program => taking.account.to_owned(),
                Manner::Person => {
                    let name = shown(&String::from_utf8_lossy(name));
                    return Err(Unfit::NoDomain { name });
                }
            },
            (None, _) => {
                let text = shown(&String::from_utf8_lossy(value));
                return Err(Unfit::NotAnAddress { text });
            }
        };
        if !found.contains(&recipient) {
            found.push(recipient);
        }
    }
    Ok(())
}

/// An address of a field, where it has a domain.
fn address_of(address: &message::Address<'_>) -> Option<Address> {
    let local = str::from_utf8(address.mailbox?).ok()?;
    let host = str::from_utf8(address.host?).ok().filter(|host| !host.is_empty())?;
    // Quoted again where it must be.
    let local = Address::new(local, smtp::Domain::Here).ok()?;
    format!("{local}@{host}").parse().ok()
}

/// What a header lacks, and the name of the message.
fn added(header: &[u8], body: &[u8], taking: &Taking<'_>) -> (Header, String) {
    let mut added = Header::default();
    let has = |name: &str| message::find(header, name).is_some();
    if !has("From") {
        let name = taking.full_name.unwrap_or_default();
        let group = message::Group { name: None, members: vec![(name, taking.account)] };
        added.addresses("From", &[group]);
    }
    if !has("Date") {
        added.tokens("Date", &message::format_date(taking.now.0));
    }
    let message_id = match message_id_of(header) {
        Some(there) => there,
        None => {
            let domain = taking.account.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
            let made = format!("{}.{}@{domain}", taking.now.0, taking.unique);
            added.tokens("Message-ID", &format!("<{made}>"));
            made
        }
    };
    let is_named = has("MIME-Version") || has("Content-Type") || has("Content-Transfer-Encoding");
    if !body.is_ascii() && !is_named && str::from_utf8(body).is_ok() {
        added.tokens("MIME-Version", "1.0");
        added.tokens("Content-Type", "text/plain; charset=UTF-8");
        added.tokens("Content-Transfer-Encoding", "8bit");
    }
    (added, message_id)
}

/// The name that a message has, without its brackets.
pub(super) fn message_id_of(header: &[u8]) -> Option<String> {
    let field = message::find(header, "Message-ID")?;
    let id = MessageId::list(field.value).next()?;
    Some(String::from_utf8_lossy(id.as_octets()).into_owned())
}

#[cfg(test)]
mod tests;
