//! Fields of a header that have to be written anew before a message is sent.

use message::{Group, Header};

use crate::trouble::shown;

/// The fields that hold addresses (RFC 5322, 3.6).
const ADDRESSES: [&str; 9] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
];

/// How many characters of a subject are kept for lists.
const SUBJECT_CHARACTERS_MAX: usize = 200;

/// The name in the From field, where its address is one of this computer: cron's mail is from `root`, and who reads mail here has an address
/// here.
pub(super) fn bare_from(header: &[u8], local: Option<&str>) -> Option<String> {
    let field = message::find(header, "From")?;
    let list = message::AddressList::of(field.value);
    let first = list.iter().next()?;
    let text = |octets: Option<&[u8]>| message::decode_words(octets.unwrap_or_default());
    let (name, mailbox) = (text(first.name), text(first.mailbox));
    let address = format!("{mailbox}@{}", text(first.host));
    if local.is_some_and(|local| local.eq_ignore_ascii_case(&address)) {
        return Some(name);
    }
    if first.host != Some(b"") {
        return None;
    }
    Some(match (name.is_empty(), mailbox.is_empty()) {
        (true, _) => mailbox,
        (_, true) => name,
        (false, false) => format!("{name} ({mailbox})"),
    })
}

/// The header with a From field that has this name and the address of the account, for others know nobody by such a name.
pub(super) fn completed_from(header: &[u8], name: &str, account: &str) -> Vec<u8> {
    let mut from = Header::default();
    from.addresses("From", &[Group { name: None, members: vec![(name, account)] }]);
    let mut completed = Vec::with_capacity(header.len());
    let mut unwritten = Some(from);
    for field in message::fields(header) {
        match unwritten.take_if(|_| field.is("From")) {
            Some(from) => completed.extend_from_slice(from.as_str().as_bytes()),
            None => completed.extend_from_slice(field.raw),
        }
    }
    completed
}

/// The header with words beyond ASCII encoded (RFC 2047), as far as they may be: programs write them as they are, and many servers
/// take no such header (RFC 6531, 3.1). Addresses beyond ASCII stay.
pub(super) fn plain_fields(header: &[u8]) -> Vec<u8> {
    if header.is_ascii() {
        return header.to_vec();
    }
    let mut plain = Vec::with_capacity(header.len());
    for field in message::fields(header) {
        match encoded(&field).filter(|encoded| encoded.is_ascii()) {
            Some(encoded) => plain.extend_from_slice(encoded.as_bytes()),
            None => plain.extend_from_slice(field.raw),
        }
    }
    plain
}

/// None: it is fine as it is, or cannot be written in another way.
fn encoded(field: &message::Field<'_>) -> Option<String> {
    if field.raw.is_ascii() {
        return None;
    }
    let name = str::from_utf8(field.name).ok()?;
    let mut header = Header::default();
    if !ADDRESSES.iter().any(|known| field.is(known)) {
        let is_structured = name.get(..8).is_some_and(|it| it.eq_ignore_ascii_case("Content-"));
        let value = field.unfolded();
        header.text(name, str::from_utf8(&value).ok()?);
        return (!is_structured).then(|| header.as_str().to_owned());
    }
    let list = message::AddressList::of(field.value);
    let mut members: Vec<(String, String)> = Vec::new();
    for address in list.iter() {
        // Groups are not taken apart.
        let (mailbox, host) = (address.mailbox?, address.host?);
        let name = message::decode_words(address.name.unwrap_or_default());
        let local = smtp::Address::new(str::from_utf8(mailbox).ok()?, smtp::Domain::Here).ok()?;
        members.push((name, format!("{local}@{}", str::from_utf8(host).ok()?)));
    }
    let members = members.iter().map(|(name, address)| (name.as_str(), address.as_str()));
    header.addresses(name, &[Group { name: None, members: members.collect() }]);
    Some(header.as_str().to_owned())
}

/// The subject, fit to be shown.
pub(super) fn subject_of(header: &[u8]) -> String {
    let Some(field) = message::find(header, "Subject") else { return String::new() };
    let subject = shown(&message::decode_words(&field.unfolded()));
    subject.chars().take(SUBJECT_CHARACTERS_MAX).collect()
}
