//! Message disposition notifications: what a part of the type `message/disposition-notification` says (RFC 8098, 3.1). Reading one never
//! fails: what is not there, or makes no sense, is none.

use crate::compose::Header;
use crate::header::fields;

/// How many errors, and how many fields of extensions, are looked at.
const LISTED_MAX: usize = 100;
/// How many characters of a value are.
const CHARACTERS_MAX: usize = 2_000;

/// What became of a message, as its reader's program says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DispositionNotification {
    /// The program that says it.
    pub reporting_ua: Option<String>,
    /// Who translated it from another kind of mail.
    pub mdn_gateway: Option<String>,
    /// The recipient as the sender wrote it, with the type of its address.
    pub original_recipient: Option<String>,
    /// The recipient, with the type of its address.
    pub final_recipient: Option<String>,
    /// The Message-ID of the message.
    pub original_message_id: Option<String>,
    /// What became of it.
    pub disposition: Option<NotifiedDisposition>,
    /// What went wrong.
    pub errors: Vec<String>,
    /// All other fields: names and values.
    pub extensions: Vec<(String, String)>,
}

/// What became of a message (RFC 8098, 3.2.6), in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifiedDisposition {
    /// `manual-action` or `automatic-action`.
    pub action_mode: String,
    /// `mdn-sent-manually` or `mdn-sent-automatically`.
    pub sending_mode: String,
    /// `displayed`, `deleted`, `dispatched` or `processed`.
    pub kind: String,
}

impl NotifiedDisposition {
    /// Reads a value of the field; modifiers are left out.
    fn read(value: &str) -> Option<NotifiedDisposition> {
        let (modes, kind) = value.split_once(';')?;
        let (action, sending) = modes.split_once('/')?;
        let kind = kind.split(['/', ',']).next().unwrap_or_default();
        let [action_mode, sending_mode, kind] =
            [action, sending, kind].map(|word| word.trim().to_ascii_lowercase());
        let is_known = ["manual-action", "automatic-action"].contains(&action_mode.as_str())
            && ["mdn-sent-manually", "mdn-sent-automatically"].contains(&sending_mode.as_str())
            && ["displayed", "deleted", "dispatched", "processed"].contains(&kind.as_str());
        is_known.then_some(NotifiedDisposition { action_mode, sending_mode, kind })
    }
}

impl DispositionNotification {
    /// Reads the octets of such a part, decoded.
    pub fn of(octets: &[u8]) -> DispositionNotification {
        let mut read = DispositionNotification::default();
        for field in fields(octets) {
            let value = text(&field.unfolded());
            let name = String::from_utf8_lossy(field.name).into_owned();
            let known = match name.to_ascii_lowercase().as_str() {
                "reporting-ua" => &mut read.reporting_ua,
                "mdn-gateway" => &mut read.mdn_gateway,
                "original-recipient" => &mut read.original_recipient,
                "final-recipient" => &mut read.final_recipient,
                "original-message-id" => &mut read.original_message_id,
                "disposition" => {
                    read.disposition =
                        read.disposition.or_else(|| NotifiedDisposition::read(&value));
                    continue;
                }
                "error" => {
                    if read.errors.len() < LISTED_MAX {
                        read.errors.push(value);
                    }
                    continue;
                }
                // No field at all.
                "" => continue,
                _ => {
                    if read.extensions.len() < LISTED_MAX {
                        read.extensions.push((name, value));
                    }
                    continue;
                }
            };
            if known.is_none() && !value.is_empty() {
                *known = Some(value);
            }
        }
        read
    }

    /// Writes the octets of such a part. What is no value of a field, and names of extensions that are none, cannot break out.
    pub fn write(&self) -> Vec<u8> {
        let mut header = Header::default();
        let known = [
            ("Reporting-UA", &self.reporting_ua),
            ("MDN-Gateway", &self.mdn_gateway),
            ("Original-Recipient", &self.original_recipient),
            ("Final-Recipient", &self.final_recipient),
            ("Original-Message-ID", &self.original_message_id),
        ];
        for (name, value) in known {
            if let Some(value) = value {
                header.text(name, &text(value.as_bytes()));
            }
        }
        if let Some(NotifiedDisposition { action_mode, sending_mode, kind }) = &self.disposition {
            header.text(
                "Disposition",
                &text(format!("{action_mode}/{sending_mode}; {kind}").as_bytes()),
            );
        }
        for error in &self.errors {
            header.text("Error", &text(error.as_bytes()));
        }
        for (name, value) in &self.extensions {
            if is_extension(name) {
                header.text(name, &text(value.as_bytes()));
            }
        }
        header.as_str().as_bytes().to_vec()
    }
}

/// Whether a name can be that of a field of an extension (RFC 8098, 3.3): it is one, and none of those that say something already.
pub fn is_extension(name: &str) -> bool {
    const KNOWN: [&str; 7] = [
        "reporting-ua",
        "mdn-gateway",
        "original-recipient",
        "final-recipient",
        "original-message-id",
        "disposition",
        "error",
    ];
    let is_name = (1..=76).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':');
    is_name && !KNOWN.contains(&name.to_ascii_lowercase().as_str())
}

/// A value on one line, and not without end.
fn text(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let text: String = text.chars().map(plain).take(CHARACTERS_MAX).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DispositionNotification, NotifiedDisposition, is_extension};

    #[test]
    fn the_example_of_rfc_8098_is_read_and_written() {
        let octets = b"Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n\
            Original-Recipient: rfc822;Joe_Recipient@example.com\r\n\
            Final-Recipient: rfc822;Joe_Recipient@example.com\r\n\
            Original-Message-ID: <199509192301.23456@example.org>\r\n\
            Disposition: manual-action/MDN-sent-manually;\r\n  Displayed\r\n";
        let read = DispositionNotification::of(octets);
        let want = DispositionNotification {
            reporting_ua: Some("joes-pc.cs.example.com; Foomail 97.1".to_owned()),
            mdn_gateway: None,
            original_recipient: Some("rfc822;Joe_Recipient@example.com".to_owned()),
            final_recipient: Some("rfc822;Joe_Recipient@example.com".to_owned()),
            original_message_id: Some("<199509192301.23456@example.org>".to_owned()),
            disposition: Some(NotifiedDisposition {
                action_mode: "manual-action".to_owned(),
                sending_mode: "mdn-sent-manually".to_owned(),
                kind: "displayed".to_owned(),
            }),
            errors: vec![],
            extensions: vec![],
        };
        assert_eq!(read, want);
        assert_eq!(DispositionNotification::of(&read.write()), want);
    }

    #[test]
    fn whatever_comes_is_read() {
        let nothing = DispositionNotification::default();
        for octets in
            [&b""[..], b"\r\n\r\nFinal-Recipient: x\r\n", b"\xff\xfe", b"no field", b": x\r\n"]
        {
            assert_eq!(DispositionNotification::of(octets), nothing);
        }
        for disposition in
            ["displayed", "a/b; displayed", "manual-action/mdn-sent-manually; read", ";", "/;/"]
        {
            let octets = format!("Disposition: {disposition}\r\n");
            assert_eq!(
                DispositionNotification::of(octets.as_bytes()).disposition,
                None,
                "{disposition}"
            );
        }
        let read = DispositionNotification::of(
            b"DISPOSITION: Automatic-Action / MDN-Sent-Automatically ; Processed/error, warning\r\nError: one\r\nError: two\r\nX-More: 1\r\n",
        );
        assert_eq!(read.disposition.unwrap().kind, "processed");
        assert_eq!(read.errors, ["one", "two"]);
        assert_eq!(read.extensions, [("X-More".to_owned(), "1".to_owned())]);
        let many = "Error: x\r\nX-Y: z\r\n".repeat(1_000);
        let read = DispositionNotification::of(many.as_bytes());
        assert_eq!((read.errors.len(), read.extensions.len()), (100, 100));
        let long = format!("Final-Recipient: {}\r\n", "x".repeat(10_000));
        let read = DispositionNotification::of(long.as_bytes());
        assert_eq!(read.final_recipient.unwrap().len(), 2_000);
    }

    #[test]
    fn nothing_breaks_out_of_its_field() {
        let evil = "x\r\nFinal-Recipient: rfc822;eve@example.org\r\n\r\nbody";
        let written = DispositionNotification {
            reporting_ua: Some(evil.to_owned()),
            final_recipient: Some("rfc822; ana@example.org".to_owned()),
            extensions: vec![
                (evil.to_owned(), "1".to_owned()),
                ("Final-Recipient".to_owned(), "rfc822;eve@example.org".to_owned()),
                ("X-Y".to_owned(), evil.to_owned()),
            ],
            ..DispositionNotification::default()
        };
        let read = DispositionNotification::of(&written.write());
        assert_eq!(read.final_recipient.as_deref(), Some("rfc822; ana@example.org"));
        assert_eq!(read.extensions.len(), 1);
        assert!(is_extension("EXTENSION-EXAMPLE") && !is_extension("") && !is_extension("a b"));
    }
}
