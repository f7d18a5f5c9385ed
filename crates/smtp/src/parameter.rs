//! The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), AUTH (RFC 4954),
//! RET, ENVID, NOTIFY and ORCPT (RFC 3461).

use mailbox::Timestamp;

use crate::Syntax;
use crate::limits::{ENVELOPE_ID_OCTETS_MAX, ORIGINAL_RECIPIENT_OCTETS_MAX};

/// What a body may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// Only ASCII, says the sender.
    #[default]
    SevenBit,
    /// Any octets, in lines (RFC 6152).
    EightBit,
}

/// Whether the message may use UTF-8 in addresses and header (RFC 6531).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Utf8 {
    /// No.
    #[default]
    No,
    /// SMTPUTF8 was said.
    Yes,
}

/// How much of a message comes back when it cannot be delivered (RFC 3461, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// All of it.
    Full,
    /// Its header.
    Header,
}

/// When the sender wants to be told (RFC 3461, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify {
    /// When the message is delivered.
    pub success: Wanted,
    /// When it cannot be.
    pub failure: Wanted,
    /// When it is late.
    pub delay: Wanted,
}

/// Whether the sender wants a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// The address that the sender wrote first (RFC 3461, 4.2), decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// `rfc822` or `utf-8`.
    pub kind: String,
    /// The address.
    pub address: String,
}

/// What follows the address in MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// How many octets the message has, says the client.
    pub size: Option<u64>,
    /// What its body holds.
    pub body: BodyKind,
    /// Whether it uses UTF-8.
    pub utf8: Utf8,
    /// How much comes back.
    pub ret: Option<Return>,
    /// The sender's own name for it.
    pub envelope_id: Option<String>,
    /// Until when it is held (RFC 4865). Doors of the host say so; over SMTP it is not offered.
    pub hold_until: Option<Timestamp>,
}

/// What follows the address in RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientParameters {
    /// When the sender wants to be told; none: it did not say.
    pub notify: Option<Notify>,
    /// The address that it wrote first.
    pub original: Option<OriginalRecipient>,
}

/// A parameter that is wrong or not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFault {
    /// It is known, but not so (501).
    Syntax(Syntax),
    /// It is not known (555; RFC 5321, 4.1.1.11).
    Unknown,
}

impl From<Syntax> for ParameterFault {
    fn from(syntax: Syntax) -> ParameterFault {
        ParameterFault::Syntax(syntax)
    }
}

impl MailParameters {
    /// Parses what follows the path.
    pub fn parse(text: &str) -> Result<MailParameters, ParameterFault> {
        let mut parameters = MailParameters::default();
        let mut seen = Seen::default();
        for word in words(text)? {
            let (name, value) = word;
            let name = seen.first_time(name)?;
            match (name.as_str(), value) {
                ("SIZE", Some(value)) => parameters.size = Some(size(value)?),
                ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") => {}
                ("BODY", Some(value)) if value.eq_ignore_ascii_case("8BITMIME") => {
                    parameters.body = BodyKind::EightBit;
                }
                ("BODY", _) => return Err(Syntax("BODY=7BIT or BODY=8BITMIME").into()),
                ("SMTPUTF8", None) => parameters.utf8 = Utf8::Yes,
                // Who submitted it elsewhere; we trust nobody's word on that (RFC 4954, 5).
                ("AUTH", Some(value)) => drop(xtext(value)?),
                ("RET", Some(value)) if value.eq_ignore_ascii_case("FULL") => {
                    parameters.ret = Some(Return::Full);
                }
                ("RET", Some(value)) if value.eq_ignore_ascii_case("HDRS") => {
                    parameters.ret = Some(Return::Header);
                }
                ("RET", _) => return Err(Syntax("RET=FULL or RET=HDRS").into()),
                ("ENVID", Some(value)) => {
                    let id = printable(xtext(value)?)?;
                    if id.len() > ENVELOPE_ID_OCTETS_MAX {
                        return Err(Syntax("ENVID of at most 100 octets").into());
                    }
                    parameters.envelope_id = Some(id);
                }
                ("SIZE" | "SMTPUTF8" | "AUTH" | "ENVID", _) => {
                    return Err(Syntax("a value where one belongs, and none elsewhere").into());
                }
                _ => return Err(ParameterFault::Unknown),
            }
        }
        Ok(parameters)
    }

    /// Whether any parameter of RFC 3461 is there.
    pub fn asks_for_notification(&self) -> bool {
        self.ret.is_some() || self.envelope_id.is_some()
    }
}

impl RecipientParameters {
    /// Parses what follows the path.
    pub fn parse(text: &str) -> Result<RecipientParameters, ParameterFault> {
        let mut parameters = RecipientParameters::default();
        let mut seen = Seen::default();
        for (name, value) in words(text)? {
            let name = seen.first_time(name)?;
            match (name.as_str(), value) {
                ("NOTIFY", Some(value)) => parameters.notify = Some(Notify::parse(value)?),
                ("ORCPT", Some(value)) => {
                    parameters.original = Some(OriginalRecipient::parse(value)?);
                }
                ("NOTIFY" | "ORCPT", None) => return Err(Syntax("a value").into()),
                _ => return Err(ParameterFault::Unknown),
            }
        }
        Ok(parameters)
    }

    /// Whether any parameter of RFC 3461 is there.
    pub fn asks_for_notification(&self) -> bool {
        self.notify.is_some() || self.original.is_some()
    }
}

impl Notify {
    /// What holds when the sender did not say (RFC 3461, 4.1): failures and delays.
    pub const USUAL: Notify =
        Notify { success: Wanted::No, failure: Wanted::Yes, delay: Wanted::Yes };

    /// Parses the value.
    pub fn parse(text: &str) -> Result<Notify, Syntax> {
        const EXPECTED: Syntax = Syntax("NEVER, or any of SUCCESS, FAILURE and DELAY");
        let mut notify = Notify { success: Wanted::No, failure: Wanted::No, delay: Wanted::No };
        if text.eq_ignore_ascii_case("NEVER") {
            return Ok(notify);
        }
        for word in text.split(',') {
            match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => notify.success = Wanted::Yes,
                "FAILURE" => notify.failure = Wanted::Yes,
                "DELAY" => notify.delay = Wanted::Yes,
                _ => return Err(EXPECTED),
            }
        }
        Ok(notify)
    }

    /// Prints the value.
    pub fn print(self) -> String {
        let wanted = [("SUCCESS", self.success), ("FAILURE", self.failure), ("DELAY", self.delay)]
            .into_iter()
            .filter(|(_, wanted)| *wanted == Wanted::Yes)
            .map(|(word, _)| word)
            .collect::<Vec<_>>();
        if wanted.is_empty() { "NEVER".to_owned() } else { wanted.join(",") }
    }
}

impl OriginalRecipient {
    /// Parses `rfc822;xtext`.
    pub fn parse(value: &str) -> Result<OriginalRecipient, Syntax> {
        if value.len() > ORIGINAL_RECIPIENT_OCTETS_MAX {
            return Err(Syntax("ORCPT of at most 500 octets"));
        }
        let (kind, address) = value.split_once(';').ok_or(Syntax("ORCPT=rfc822;address"))?;
        let valid =
            !kind.is_empty() && kind.bytes().all(|o| o.is_ascii_alphanumeric() || o == b'-');
        if !valid {
            return Err(Syntax("ORCPT=rfc822;address"));
        }
        // RFC 6533, 3, also allows UTF-8 as it is.
        let address = printable(xtext(address)?)?;
        Ok(OriginalRecipient { kind: kind.to_owned(), address })
    }

    /// Prints the value.
    pub fn print(&self) -> String {
        format!("{};{}", self.kind, to_xtext(&self.address))
    }
}

/// Splits `NAME=value NAME` at spaces.
fn words(text: &str) -> Result<impl Iterator<Item = (&str, Option<&str>)>, Syntax> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(Syntax("a space before the parameters"));
    }
    Ok(text.split(' ').filter(|word| !word.is_empty()).map(|word| match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    }))
}

/// Finds parameters that come twice.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn first_time(&mut self, name: &str) -> Result<String, ParameterFault> {
        let name = name.to_ascii_uppercase();
        // Only a dozen names are known; more words cannot all be different and known.
        if self.0.contains(&name) || self.0.len() > 12 {
            return Err(Syntax("each parameter once").into());
        }
        self.0.push(name.clone());
        Ok(name)
    }
}

fn size(value: &str) -> Result<u64, Syntax> {
    const EXPECTED: Syntax = Syntax("SIZE=, up to 20 digits");
    if value.is_empty() || value.len() > 20 || !value.bytes().all(|o| o.is_ascii_digit()) {
        return Err(EXPECTED);
    }
    // Twenty digits may be more than 64 bits hold; it is too large in any case (RFC 1870, 4).
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// Decodes xtext (RFC 3461, 4). UTF-8 beyond ASCII stands for itself (RFC 6533, 3).
pub fn xtext(text: &str) -> Result<Vec<u8>, Syntax> {
    const EXPECTED: Syntax =
        Syntax("xtext: + and two upper-case hexadecimal digits for what is special");
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        match octet {
            b'+' => {
                let digits = (rest.next().and_then(hexadecimal), rest.next().and_then(hexadecimal));
                let (Some(high), Some(low)) = digits else { return Err(EXPECTED) };
                octets.push(high.wrapping_shl(4) | low);
            }
            b'!'..=b'~' if octet != b'=' => octets.push(octet),
            0x80.. => octets.push(octet),
            _ => return Err(EXPECTED),
        }
    }
    Ok(octets)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'A'..=b'F' => digit.checked_sub(b'A').and_then(|value| value.checked_add(10)),
        _ => None,
    }
}

/// Encodes xtext.
pub fn to_xtext(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'!'..=b'~' if octet != b'+' && octet != b'=' => encoded.push(char::from(octet)),
            _ => encoded.push_str(&format!("+{octet:02X}")),
        }
    }
    encoded
}

/// Controls in a decoded value would break the lines of a notification.
fn printable(octets: Vec<u8>) -> Result<String, Syntax> {
    String::from_utf8(octets)
        .ok()
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or(Syntax("printable text in xtext"))
}

#[cfg(test)]
mod tests;
