//! Writes messages: notices of delivery, and mail for tests. Octets from outside cannot break out of the field or the
//! part they are put in.

mod fold;
mod transfer;

use fold::{Folded, is_plain, quoted_string};
use transfer::{Encoded, encode};

/// Composes one message. Fields come in the order in which they are added; those of MIME are added at the end.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    header: String,
}

/// One part that holds no others.
#[derive(Clone, Debug)]
pub struct Leaf {
    content_type: String,
    fields: String,
    octets: Vec<u8>,
}

/// How an attached file is meant (RFC 2183, 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// To be shown with the message.
    Inline,
    /// To be saved.
    Attachment,
}

impl Composer {
    /// Begins a message.
    pub fn new() -> Composer {
        Composer::default()
    }

    /// Adds an unstructured field, such as Subject: encodes words where needed (RFC 2047) and folds.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Composer {
        Folded::field(&mut self.header, name).text(text).end();
        self
    }

    /// Adds a structured field whose value is ready, such as Date or Message-ID: folds at its spaces.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Composer {
        Folded::field(&mut self.header, name).tokens(value).end();
        self
    }

    /// Adds an address field; each address is a display name, perhaps empty, and the address itself.
    #[must_use]
    pub fn addresses(mut self, name: &str, addresses: &[(&str, &str)]) -> Composer {
        let mut folded = Folded::field(&mut self.header, name);
        for (index, (display, address)) in addresses.iter().enumerate() {
            let comma = if index.saturating_add(1) < addresses.len() { "," } else { "" };
            folded = if display.is_empty() {
                folded.tokens(&format!("{address}{comma}"))
            } else {
                folded.phrase(display).tokens(&format!("<{address}>{comma}"))
            };
        }
        folded.end();
        self
    }

    /// Ends the message with one part as its body.
    pub fn single(mut self, leaf: &Leaf) -> Vec<u8> {
        self.header.push_str("MIME-Version: 1.0\r\n");
        let mut out = self.header.into_bytes();
        leaf.write(&mut out);
        out
    }

    /// Ends the message with several parts: `content_type` is such as `multipart/mixed`, perhaps with parameters but
    /// without the boundary, which must not occur at the beginning of a line of a part.
    pub fn multipart(mut self, content_type: &str, boundary: &str, leaves: &[Leaf]) -> Vec<u8> {
        self.header.push_str("MIME-Version: 1.0\r\n");
        let value = format!("{content_type}; boundary={}", quoted_string(boundary));
        Folded::field(&mut self.header, "Content-Type").tokens(&value).end();
        self.header.push_str("\r\n");
        let mut out = self.header.into_bytes();
        for leaf in leaves {
            out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            leaf.write(&mut out);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        out
    }
}

impl Leaf {
    /// Plain text in UTF-8.
    pub fn text(text: &str) -> Leaf {
        Leaf::new("text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// Any content; for texts and messages, line ends become CRLF.
    pub fn new(content_type: &str, octets: Vec<u8>) -> Leaf {
        Leaf { content_type: content_type.to_owned(), fields: String::new(), octets }
    }

    /// Says that this is a file with a name.
    #[must_use]
    pub fn file(mut self, attached: Attached, name: &str) -> Leaf {
        let kind = match attached {
            Attached::Inline => "inline",
            Attached::Attachment => "attachment",
        };
        // RFC 2231, 4 for names that are not ASCII.
        let parameter = if is_plain(name) {
            format!("filename={}", quoted_string(name))
        } else {
            format!("filename*=utf-8''{}", fold::percent(name))
        };
        let value = format!("{kind}; {parameter}");
        Folded::field(&mut self.fields, "Content-Disposition").tokens(&value).end();
        self
    }

    /// Adds a field whose value is ready, such as Content-ID.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Leaf {
        Folded::field(&mut self.fields, name).tokens(value).end();
        self
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut header = String::new();
        Folded::field(&mut header, "Content-Type").tokens(&self.content_type).end();
        let Encoded { name, octets } = encode(&self.content_type, &self.octets);
        Folded::field(&mut header, "Content-Transfer-Encoding").tokens(name).end();
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(self.fields.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&octets);
    }
}
