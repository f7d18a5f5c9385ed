//! By what a message is known again in another folder, or under other UIDs: its EMAILID where the server tells it
//! (RFC 8474); else some fields of its header with its size and the date when it came.

use imap::fetch::items::{BodySection, EmailId, InternalDate, Size};
use imap::fetch::{Answer, Fetched, Item, Octets, Section, SectionText, See};
use imap::wire::DateTime;

use crate::limits::HEADER_LOOKED_AT_OCTETS_MAX;
use crate::remote::Abilities;

/// A print of what a message is known by.
pub(crate) type Identity = [u8; 32];

/// What nothing is known by.
pub(crate) const UNKNOWN: Identity = [0; 32];

/// The fields that count.
pub(crate) const FIELDS: [&str; 4] = ["Date", "From", "Message-ID", "Subject"];

/// What has to be asked, beside the octets of the message.
pub(crate) fn items(can: Abilities) -> Vec<Item> {
    let mut items = vec![Size.into(), InternalDate.into()];
    if can.object_id {
        items.push(EmailId.into());
    }
    items
}

/// Whether header fields are asked for where something else would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    /// They are.
    Always,
    /// Only where they are needed.
    Needed,
}

/// What has to be asked where the octets are not.
pub(crate) fn items_alone(can: Abilities, fields: Fields) -> Vec<Item> {
    let mut items = items(can);
    if !can.object_id || fields == Fields::Always {
        let text = SectionText::HeaderFields(FIELDS.map(str::to_owned).to_vec());
        let section = Section { text, ..Section::default() };
        items.push(BodySection { see: See::Peek, section, partial: None }.into());
    }
    items
}

/// What is told of a message, with the beginning of its header or with the fields that were asked for.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) octets: Option<u64>,
    pub(crate) date: Option<DateTime>,
    email_id: Option<String>,
}

impl Told {
    pub(crate) fn of(fetched: &Fetched) -> Told {
        let mut told = Told::default();
        for answer in &fetched.answers {
            told.take(answer);
        }
        told
    }

    /// What a server will tell of a message that it is given.
    pub(crate) fn of_sent(octets: u64, date: DateTime) -> Told {
        Told { octets: Some(octets), date: Some(date), email_id: None }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other answers say nothing of it")]
    fn take(&mut self, answer: &Answer) {
        match answer {
            Answer::Size(octets) => self.octets = Some(*octets),
            Answer::InternalDate(date) => self.date = Some(*date),
            Answer::EmailId(id) => self.email_id = Some(id.clone()),
            _ => {}
        }
    }

    /// By what it is known; `UNKNOWN`: too little is told.
    pub(crate) fn identity(&self, header: &[u8]) -> Identity {
        let mut hasher = blake3::Hasher::new();
        if let Some(id) = &self.email_id {
            hasher.update(b"email\0").update(id.as_bytes());
            return *hasher.finalize().as_bytes();
        }
        let fields = fields_of(header);
        let (Some(octets), Some(date), false) = (self.octets, self.date, fields.is_empty()) else {
            return UNKNOWN;
        };
        hasher.update(b"fields\0").update(&octets.to_be_bytes());
        hasher.update(&date.timestamp.0.to_be_bytes());
        for field in fields {
            hasher.update(field.as_bytes()).update(&[0]);
        }
        *hasher.finalize().as_bytes()
    }
}

/// By what a message is known again that both ends have and of which only one told something: the header fields, whatever the
/// date when it came and the size, for not all servers keep these.
pub(crate) fn print_of(header: &[u8]) -> Identity {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"print\0");
    let start = header.get(..HEADER_LOOKED_AT_OCTETS_MAX.min(header.len())).unwrap_or_default();
    for field in fields_of(start) {
        hasher.update(field.as_bytes()).update(&[0]);
    }
    *hasher.finalize().as_bytes()
}

/// Whether a header names its message: others do not have the same name by chance (RFC 5322, 3.6.4).
pub(crate) fn has_message_id(header: &[u8]) -> bool {
    fields_of(header).iter().any(|field| field.starts_with("message-id:") && field.len() > 13)
}

/// The section with the fields, as it came.
pub(crate) fn header_of(fetched: &Fetched) -> &[u8] {
    let octets = fetched.answers.iter().find_map(|answer| {
        if let Answer::Section { octets: Some(Octets::Here(octets)), .. } = answer {
            Some(octets.as_slice())
        } else {
            None
        }
    });
    octets.unwrap_or_default()
}

/// A print of the fields alone. None: it has none of them.
pub(crate) fn fields_print(header: &[u8]) -> Option<[u8; 32]> {
    let fields = fields_of(header.get(..HEADER_LOOKED_AT_OCTETS_MAX).unwrap_or(header));
    let mut hasher = blake3::Hasher::new();
    for field in &fields {
        hasher.update(field.as_bytes()).update(&[0]);
    }
    (!fields.is_empty()).then(|| *hasher.finalize().as_bytes())
}

/// The fields that count, each unfolded and without needless spaces, in the order of their names. Servers give them in
/// one order or another.
fn fields_of(header: &[u8]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in header.split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(line);
        if text.starts_with([' ', '\t']) {
            if let Some(field) = fields.last_mut().filter(|_| is_open) {
                field.push(' ');
                field.push_str(text.trim());
            }
            continue;
        }
        let (name, value) = text.split_once(':').unwrap_or((&text, ""));
        is_open = FIELDS.iter().any(|known| known.eq_ignore_ascii_case(name.trim_end()));
        if is_open {
            fields.push(format!("{}:{}", name.trim_end().to_ascii_lowercase(), value.trim()));
        }
    }
    fields.sort();
    fields
}

/// The beginning of a message as it comes, as far as it is needed to know it again.
#[derive(Default)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    pub(crate) fn take(&mut self, octets: &[u8]) {
        let room = HEADER_LOOKED_AT_OCTETS_MAX.saturating_sub(self.0.len());
        self.0.extend_from_slice(octets.get(..room.min(octets.len())).unwrap_or_default());
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::*;

    fn told(octets: u64) -> Told {
        let date = Some(DateTime::utc(Timestamp(7)));
        Told { octets: Some(octets), date, email_id: None }
    }

    #[test]
    fn a_message_is_known_by_its_fields_however_they_come() {
        let message =
            b"Received: x\r\nSubject: long\r\n  story\r\nmessage-id: <1@x>\r\nX: y\r\n\r\nSubject: no\r\n";
        let identity = told(9).identity(message);
        for same in [
            b"Message-ID: <1@x>\r\nSubject:  long\r\n\tstory\r\n\r\n".as_slice(),
            b"SUBJECT: long story\nMESSAGE-ID : <1@x>\n",
        ] {
            assert_eq!(identity, told(9).identity(same));
            assert_ne!(identity, told(8).identity(same));
        }
        assert_ne!(identity, UNKNOWN);
    }

    #[test]
    fn what_has_no_fields_is_not_known() {
        assert_eq!(told(9).identity(b"\r\nSubject: no\r\n"), UNKNOWN);
        assert_eq!(told(9).identity(b"Received: x\r\n\r\n"), UNKNOWN);
        let none = Told { octets: Some(9), ..Told::default() };
        assert_eq!(none.identity(b"Subject: x\r\n\r\n"), UNKNOWN);
        let same = Told { email_id: Some("M1".to_owned()), ..Told::default() };
        assert_ne!(same.identity(b""), UNKNOWN);
    }
}
