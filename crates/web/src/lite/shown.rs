//! Mailboxes and emails, as far as these pages show them, and how dates and sizes are written.

use serde::Deserialize;
use serde_json::{Value, json};

/// What a list shows of an email.
pub(super) const IN_LIST: [&str; 9] =
    ["id", "from", "to", "subject", "receivedAt", "keywords", "size", "hasAttachment", "preview"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mailbox {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent_id: Option<String>,
    pub(super) role: Option<String>,
    pub(super) sort_order: u32,
    pub(super) unread_emails: u64,
}

impl Mailbox {
    /// What is asked for.
    pub(super) const PROPERTIES: [&str; 6] =
        ["id", "name", "parentId", "role", "sortOrder", "unreadEmails"];
}

/// An address of a header field.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) name: Option<String>,
    pub(super) email: String,
}

impl Address {
    /// The name, or else the address.
    pub(super) fn short(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.email)
    }

    /// Both, for people to read.
    pub(super) fn long(&self) -> String {
        match self.short() {
            name if name == self.email => name.to_owned(),
            name => format!("{name} <{}>", self.email),
        }
    }

    /// Both, for a JMAP object.
    pub(super) fn to_json(&self) -> Value {
        json!({"name": self.name, "email": self.email})
    }
}

/// A part of a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    pub(super) part_id: Option<String>,
    pub(super) blob_id: Option<String>,
    #[serde(default)]
    pub(super) size: u64,
    pub(super) name: Option<String>,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) charset: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) cid: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyValue {
    pub(super) value: String,
    #[serde(default)]
    pub(super) is_truncated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Email {
    pub(super) id: String,
    pub(super) mailbox_ids: std::collections::BTreeMap<String, bool>,
    pub(super) keywords: std::collections::BTreeMap<String, bool>,
    pub(super) size: u64,
    pub(super) received_at: String,
    pub(super) sent_at: Option<String>,
    pub(super) from: Option<Vec<Address>>,
    pub(super) to: Option<Vec<Address>>,
    pub(super) cc: Option<Vec<Address>>,
    pub(super) bcc: Option<Vec<Address>>,
    pub(super) reply_to: Option<Vec<Address>>,
    pub(super) subject: Option<String>,
    pub(super) preview: String,
    pub(super) has_attachment: bool,
    pub(super) message_id: Option<Vec<String>>,
    pub(super) references: Option<Vec<String>>,
    pub(super) in_reply_to: Option<Vec<String>>,
    pub(super) text_body: Vec<Part>,
    pub(super) html_body: Vec<Part>,
    pub(super) attachments: Vec<Part>,
    pub(super) body_values: std::collections::BTreeMap<String, BodyValue>,
}

impl Email {
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.keywords.contains_key(keyword)
    }
}

/// A moment (RFC 3339) to the minute, as these pages write it: `2026-11-30 17:05`, with its zone if that is another than UTC.
pub(super) fn moment(date: &str) -> String {
    let day_and_time = minute(date);
    let zone = date.get(19..).unwrap_or_default();
    let zone = zone.rfind(['+', '-', 'Z']).and_then(|at| zone.get(at..)).unwrap_or(zone);
    match zone {
        "Z" | "" => format!("{day_and_time} UTC"),
        zone => format!("{day_and_time} {zone}"),
    }
}

/// The same without its zone.
pub(super) fn minute(date: &str) -> String {
    date.get(..16).unwrap_or(date).replace('T', " ")
}

/// A size in octets, as people read it.
pub(super) fn size(octets: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    let (mut whole, mut tenths) = (octets, 0);
    for larger in units {
        if whole < 1_000 {
            break;
        }
        tenths = whole / 100 % 10;
        whole /= 1_000;
        unit = larger;
    }
    if whole < 10 && unit != "B" {
        format!("{whole}.{tenths} {unit}")
    } else {
        format!("{whole} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::{moment, size};

    #[test]
    fn dates_and_sizes_are_short() {
        for (date, want) in [
            ("2026-11-30T17:05:09Z", "2026-11-30 17:05 UTC"),
            ("2026-11-30T17:05:09+01:00", "2026-11-30 17:05 +01:00"),
            ("2026-11-30T17:05:09.25-03:30", "2026-11-30 17:05 -03:30"),
            ("", " UTC"),
        ] {
            assert_eq!(moment(date), want);
        }
        for (octets, want) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 KB"),
            (9_990, "9.9 KB"),
            (12_345, "12 KB"),
            (1_260_000, "1.2 MB"),
            (u64::MAX, "18446744073 GB"),
        ] {
            assert_eq!(size(octets), want);
        }
    }
}
