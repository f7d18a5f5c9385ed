//! Delivery status notifications: a message that says what became of another (RFC 3464, in a report as of RFC 6522).

use mailbox::Timestamp;
use message::{Composer, Leaf, format_date};
use smtp::{OriginalRecipient, Return, Utf8, to_xtext};

use crate::Said;
use crate::limits::{NAMED_RECIPIENTS_MAX, RETURNED_OCTETS_MAX};

/// What became of the message (RFC 3464, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was given up.
    Failed,
    /// It is late, and is still tried.
    Delayed,
    /// It is in the mailbox.
    Delivered,
    /// It went to a host that tells no more.
    Relayed,
}

/// What is left of the text of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextState {
    /// All of it.
    Kept,
    /// It was lost at this host; perhaps its header, or the beginning of that, is left.
    Lost,
}

/// All that a notification says.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What became of it.
    pub action: Action,
    /// Who is told: the envelope's sender.
    pub to: &'a str,
    /// What we call ourselves.
    pub hostname: &'a str,
    /// The name of the message that this is about; the notification's own name is made of it.
    pub name: &'a str,
    /// The sender's name for it (RFC 3461, 4.4).
    pub envelope_id: Option<&'a str>,
    /// When it came to us.
    pub arrived: Timestamp,
    /// Until when it is tried.
    pub until: Option<Timestamp>,
    /// How much of it the sender wants back.
    pub ret: Option<Return>,
    /// Whether it may go beyond ASCII (RFC 6533).
    pub utf8: Utf8,
    /// The recipients that this is about.
    pub recipients: Vec<Reported>,
    /// The first octets of the message, from its header on.
    pub text: &'a [u8],
    /// Whether there is more of it than that.
    pub state: TextState,
    /// When the notification is made.
    pub now: Timestamp,
}

/// What became of one recipient.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The address that we tried.
    pub address: String,
    /// The address that the sender wrote first.
    pub original: Option<OriginalRecipient>,
    /// What was said.
    pub said: Said,
}

/// Writes a notification. Of the message never more than its beginning comes back.
pub fn notification(report: &Report<'_>) -> Vec<u8> {
    let most = usize::try_from(RETURNED_OCTETS_MAX).unwrap_or(usize::MAX);
    let text = report.text.get(..most).unwrap_or(report.text);
    let report = &Report { text, ..report.clone() };
    let (header, _) = split_header(report.text);
    let mut composer = Composer::new()
        .raw("Date", &format_date(report.now.0))
        .addresses("From", &[("Mail Delivery", &format!("postmaster@{}", report.hostname))])
        .addresses("To", &[("", report.to)])
        .text("Subject", &subject(report.action, header))
        .raw("Message-ID", &message_id(report))
        // No program shall answer this (RFC 3834, 5).
        .raw("Auto-Submitted", "auto-replied");
    if let Some(original) = message::find(header, "Message-ID") {
        let original = String::from_utf8_lossy(&original.unfolded()).into_owned();
        composer = composer.raw("In-Reply-To", &original).raw("References", &original);
    }
    let (status_type, message_type) = match report.utf8 {
        Utf8::No => ("message/delivery-status", "message/rfc822"),
        Utf8::Yes => ("message/global-delivery-status", "message/global"),
    };
    let mut leaves =
        vec![Leaf::text(&explanation(report)), Leaf::new(status_type, status(report).into_bytes())];
    match returned(report) {
        // The third part may be left out (RFC 6522, 3).
        Returned::Header([]) if report.state == TextState::Lost => {}
        Returned::Header(header) => {
            leaves.push(Leaf::new("text/rfc822-headers", header.to_vec()));
        }
        Returned::Message(text) => leaves.push(Leaf::new(message_type, text.to_vec())),
    }
    composer.multipart("multipart/report; report-type=delivery-status", &boundary(report), &leaves)
}

fn subject(action: Action, header: &[u8]) -> String {
    let what = match action {
        Action::Failed => "Not delivered",
        Action::Delayed => "Delayed",
        Action::Delivered => "Delivered",
        Action::Relayed => "Relayed",
    };
    let about = message::find(header, "Subject")
        .map(|field| message::decode_words(&field.unfolded()))
        .map(|subject| subject.chars().take(100).collect::<String>())
        .filter(|subject| !subject.trim().is_empty());
    match about {
        Some(about) => format!("{what}: {about}"),
        None => what.to_owned(),
    }
}

fn message_id(report: &Report<'_>) -> String {
    format!("<{}.{}.{}@{}>", word(report.action), report.name, report.now.0, report.hostname)
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Failed => "failed",
        Action::Delayed => "delayed",
        Action::Delivered => "delivered",
        Action::Relayed => "relayed",
    }
}

/// The part for people.
fn explanation(report: &Report<'_>) -> String {
    let lead = match report.action {
        Action::Failed => "Your message could not be delivered to:",
        Action::Delayed => {
            "Your message has not been delivered yet, and delivery will be retried, to:"
        }
        Action::Delivered => "Your message was delivered to:",
        Action::Relayed => "Your message was relayed to a host that sends no notifications, for:",
    };
    let mut text = format!("{lead}\r\n");
    for recipient in report.recipients.iter().take(NAMED_RECIPIENTS_MAX) {
        text.push_str(&format!("\r\n  {}\r\n", recipient.address));
        let said = match &recipient.said.remote {
            Some(remote) => format!("    {remote} said: {}\r\n", recipient.said.text),
            None => format!("    {}\r\n", recipient.said.text),
        };
        if report.action != Action::Delivered {
            text.push_str(&said);
        }
    }
    let more = report.recipients.len().saturating_sub(NAMED_RECIPIENTS_MAX);
    if more > 0 {
        text.push_str(&format!("\r\n  and {more} more\r\n"));
    }
    let close = match (report.action, report.until) {
        (Action::Failed, _) if report.state == TextState::Lost => {
            "No further attempts will be made. The text of your message was lost at this host and cannot be \
             returned; please send the message again. What is left of its header is attached."
                .to_owned()
        }
        (Action::Failed, _) => {
            "No further attempts will be made. The message, or its beginning, is attached."
                .to_owned()
        }
        (Action::Delayed, Some(until)) => {
            format!(
                "You need not do anything. Delivery will be retried until {}.",
                format_date(until.0)
            )
        }
        (Action::Delayed | Action::Delivered | Action::Relayed, _) => {
            "You need not do anything.".to_owned()
        }
    };
    text + &format!("\r\n{close}\r\n\r\nThe mail host {}\r\n", report.hostname)
}

/// The part for programs (RFC 3464, 2.2 and 2.3).
fn status(report: &Report<'_>) -> String {
    let mut text = String::new();
    if let Some(id) = report.envelope_id {
        text.push_str(&format!("Original-Envelope-Id: {}\r\n", to_xtext(id)));
    }
    text.push_str(&format!("Reporting-MTA: dns; {}\r\n", report.hostname));
    text.push_str(&format!("Arrival-Date: {}\r\n", format_date(report.arrived.0)));
    for recipient in &report.recipients {
        text.push_str("\r\n");
        if let Some(original) = &recipient.original {
            text.push_str(&format!(
                "Original-Recipient: {};{}\r\n",
                original.kind,
                to_xtext(&original.address)
            ));
        }
        let kind = if recipient.address.is_ascii() { "rfc822" } else { "utf-8" };
        text.push_str(&format!("Final-Recipient: {kind}; {}\r\n", recipient.address));
        text.push_str(&format!("Action: {}\r\n", word(report.action)));
        text.push_str(&format!("Status: {}\r\n", recipient.said.status));
        if let Some(remote) = &recipient.said.remote {
            text.push_str(&format!("Remote-MTA: dns; {remote}\r\n"));
            text.push_str(&format!("Diagnostic-Code: smtp; {}\r\n", ascii(&recipient.said.text)));
        }
        text.push_str(&format!("Last-Attempt-Date: {}\r\n", format_date(recipient.said.at)));
        if let (Action::Delayed, Some(until)) = (report.action, report.until) {
            text.push_str(&format!("Will-Retry-Until: {}\r\n", format_date(until.0)));
        }
    }
    text
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

enum Returned<'a> {
    Header(&'a [u8]),
    Message(&'a [u8]),
}

/// What comes back: the message only after a failure (RFC 3461, 4.3).
fn returned<'a>(report: &Report<'a>) -> Returned<'a> {
    let (header, _) = split_header(report.text);
    match (report.action, report.ret) {
        (Action::Failed, _) if report.state == TextState::Lost => Returned::Header(header),
        (Action::Failed, Some(Return::Full) | None) => Returned::Message(report.text),
        (Action::Failed, Some(Return::Header))
        | (Action::Delayed | Action::Delivered | Action::Relayed, _) => Returned::Header(header),
    }
}

/// Splits after the header's last line.
fn split_header(text: &[u8]) -> (&[u8], &[u8]) {
    let octets = message::fields(text).map(|field| field.raw.len()).fold(0, usize::saturating_add);
    text.split_at_checked(octets).unwrap_or((text, &[]))
}

/// A boundary that is nowhere in what comes back.
fn boundary(report: &Report<'_>) -> String {
    let text = String::from_utf8_lossy(report.text);
    let base = format!("=_report_{}_{}", report.name, report.now.0);
    // Were each of these in the text, its author knew the time and the name beforehand and had room for all.
    (0..1_000_u32)
        .map(|number| format!("{base}_{number}"))
        .find(|boundary| !text.contains(boundary.as_str()))
        .unwrap_or(base)
}

#[cfg(test)]
mod tests;
