//! Trace fields: Return-Path and Received (RFC 5321, 4.4).

use sasl::Security;

use crate::delivery::{Claim, Envelope};
use crate::{Brackets, Flavour, Utf8};

/// The name of the field that marks a sender of this host who did not log in.
const UNPROVEN_SENDER: &str = "X-Correio-Unproven-Sender";

/// Prints the Return-Path field.
pub(crate) fn return_path(envelope: &Envelope) -> String {
    match &envelope.from {
        Some(from) => format!("Return-Path: <{from}>\r\n"),
        None => "Return-Path: <>\r\n".to_owned(),
    }
}

/// Whether the trace names who logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It does: the header names somebody else as the author.
    Yes,
    /// It does not: an alias may be there to keep a name from the recipients.
    No,
}

/// Prints the Received field.
pub(crate) fn received(envelope: &Envelope, hostname: &str, named: Named) -> String {
    let from = match envelope.peer.address {
        Some(std::net::IpAddr::V4(address)) => format!("{} ([{address}])", envelope.hello),
        Some(std::net::IpAddr::V6(address)) => format!("{} ([IPv6:{address}])", envelope.hello),
        None => envelope.hello.clone(),
    };
    let mut notes = String::new();
    if let Some(name) = &envelope.oddities.greeted_as {
        notes.push_str(&format!("\r\n\t(greeted as {name})"));
    }
    if envelope.oddities.brackets == Brackets::Missing {
        notes.push_str("\r\n\t(addresses came without angle brackets)");
    }
    if named == Named::Yes
        && let Some(login) = &envelope.login
    {
        notes.push_str(&format!("\r\n\t(Authenticated sender: {})", login.address));
    }
    // With several recipients none is named: some may be blind copies (RFC 5321, 7.2).
    let recipient = match envelope.recipients.as_slice() {
        [only] => format!("\r\n\tfor <{}>", only.address),
        _ => String::new(),
    };
    format!(
        "Received: from {from}{notes}\r\n\tby {hostname} with {} id {}{recipient};\r\n\t{}\r\n",
        protocol(envelope),
        envelope.id,
        date(envelope.received_at)
    )
}

/// Prints the field that marks mail whose sender is said to be one of this host's, by somebody who did not log in.
pub(crate) fn unproven_sender(envelope: &Envelope) -> String {
    match (&envelope.from, envelope.claim) {
        (Some(from), Claim::OurDomain) => format!("{UNPROVEN_SENDER}: {from}\r\n"),
        (Some(_), Claim::Nothing) | (None, _) => String::new(),
    }
}

/// The protocol's registered name (RFC 3848; RFC 6531, 3.7.3).
fn protocol(envelope: &Envelope) -> String {
    let name = match (envelope.flavour, envelope.parameters.utf8) {
        (Flavour::Lmtp, Utf8::No) => "LMTP",
        (Flavour::Lmtp, Utf8::Yes) => "UTF8LMTP",
        (Flavour::Smtp | Flavour::Submission, Utf8::No) => "ESMTP",
        (Flavour::Smtp | Flavour::Submission, Utf8::Yes) => "UTF8SMTP",
    };
    let tls = if envelope.peer.security == Security::Tls { "S" } else { "" };
    let login = if envelope.login.is_some() { "A" } else { "" };
    format!("{name}{tls}{login}")
}

/// Prints a date (RFC 5322, 3.3).
pub(crate) fn date(time: mailbox::Timestamp) -> String {
    message::format_date(time.0)
}

/// Counts the Received fields of a header as it goes by, and tells where the header ends.
#[derive(Debug, Default)]
pub(crate) struct Hops {
    line: Vec<u8>,
    passed: HeaderPart,
    count: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum HeaderPart {
    /// At the start of a line of the header, or within its first octets.
    #[default]
    LineStart,
    /// Further in a line of the header.
    Line,
    /// After the header.
    Body,
}

impl Hops {
    /// How many there were.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Looks at a piece of the message, of which the line ends are CRLF. Gives how many octets of it are still header
    /// (with the blank line).
    pub(crate) fn look(&mut self, piece: &[u8]) -> usize {
        const NAME: &[u8] = b"received";
        let mut rest = piece;
        while !rest.is_empty() {
            match self.passed {
                HeaderPart::Body => break,
                HeaderPart::Line => {
                    let Some(end) = memchr::memchr(b'\n', rest) else { return piece.len() };
                    rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
                    self.passed = HeaderPart::LineStart;
                    self.line.clear();
                }
                HeaderPart::LineStart => {
                    let Some((octet, after)) = rest.split_first() else { break };
                    rest = after;
                    match octet {
                        b'\n' if self.line == b"\r" => self.passed = HeaderPart::Body,
                        b':' if self.line.trim_ascii_end().eq_ignore_ascii_case(NAME) => {
                            self.count = self.count.saturating_add(1);
                            self.passed = HeaderPart::Line;
                        }
                        _ => self.line.push(*octet),
                    }
                    if self.line.len() > NAME.len().saturating_add(2) {
                        self.passed = HeaderPart::Line;
                    }
                    if *octet == b'\n' && self.passed != HeaderPart::Body {
                        self.passed = HeaderPart::LineStart;
                        self.line.clear();
                    }
                }
            }
        }
        piece.len().saturating_sub(rest.len())
    }

    /// Whether the header is over.
    pub(crate) fn header_ended(&self) -> bool {
        self.passed == HeaderPart::Body
    }
}

#[cfg(test)]
mod tests {
    use super::Hops;

    #[test]
    fn received_fields_are_counted_in_the_header_only() {
        let message = b"Received: a\r\n\tb\r\nreceived : c\r\nX-Received: d\r\nReceivedly: e\r\n \
            Received: f\r\nab\r\nRECEIVED:\r\n\r\nReceived: g\r\n";
        for cut in 0..=message.len() {
            let mut hops = Hops::default();
            let header = hops.look(&message[..cut]) + hops.look(&message[cut..]);
            assert_eq!((hops.count(), hops.header_ended()), (3, true), "cut at {cut}");
            assert_eq!(&message[header..], b"Received: g\r\n");
        }
    }

    #[test]
    fn a_message_may_begin_with_its_body() {
        let mut hops = Hops::default();
        assert_eq!(hops.look(b"\r\nReceived: x\r\n"), 2);
        assert_eq!((hops.count(), hops.header_ended()), (0, true));
    }
}
