//! Writes messages: notices of delivery, and mail for tests. Octets from outside cannot break out of the field or the
//! part they are put in.

mod fold;
mod header;
mod transfer;

pub use header::{Group, Header, NotAValue};
use transfer::encode;
pub use transfer::{Encoder, Encoding, Nature};

/// Composes one message. Fields come in the order in which they are added; those of MIME are added at the end.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    header: Header,
}

/// One part that holds no others.
#[derive(Clone, Debug)]
pub struct Leaf {
    content_type: String,
    fields: Header,
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
        self.header.text(name, text);
        self
    }

    /// Adds a structured field whose value is ready, such as Date or Message-ID: folds at its spaces.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Composer {
        self.header.tokens(name, value);
        self
    }

    /// Adds an address field; each address is a display name, perhaps empty, and the address itself.
    #[must_use]
    pub fn addresses(mut self, name: &str, addresses: &[(&str, &str)]) -> Composer {
        self.header.addresses(name, &[Group { name: None, members: addresses.to_vec() }]);
        self
    }

    /// Ends the message with one part as its body.
    pub fn single(mut self, leaf: &Leaf) -> Vec<u8> {
        self.header.tokens("MIME-Version", "1.0");
        let mut out = self.header.as_str().as_bytes().to_vec();
        leaf.write(&mut out);
        out
    }

    /// Ends the message with several parts: `content_type` is such as `multipart/mixed`, perhaps with parameters but
    /// without the boundary, which must not occur at the beginning of a line of a part.
    pub fn multipart(mut self, content_type: &str, boundary: &str, leaves: &[Leaf]) -> Vec<u8> {
        self.header.tokens("MIME-Version", "1.0");
        self.header.multipart(content_type, boundary);
        let mut out = self.header.as_str().as_bytes().to_vec();
        out.extend_from_slice(b"\r\n");
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
        Leaf { content_type: content_type.to_owned(), fields: Header::default(), octets }
    }

    /// Says that this is a file with a name.
    #[must_use]
    pub fn file(mut self, attached: Attached, name: &str) -> Leaf {
        let kind = match attached {
            Attached::Inline => "inline",
            Attached::Attachment => "attachment",
        };
        self.fields.parameters("Content-Disposition", kind, &[("filename", name)]);
        self
    }

    /// Adds a field whose value is ready, such as Content-ID.
    #[must_use]
    pub fn raw(mut self, name: &str, value: &str) -> Leaf {
        self.fields.tokens(name, value);
        self
    }

    fn write(&self, out: &mut Vec<u8>) {
        let (encoding, octets) = encode(&self.content_type, &self.octets);
        let mut header = Header::default();
        header.tokens("Content-Type", &self.content_type);
        header.tokens("Content-Transfer-Encoding", encoding.name());
        header.extend(&self.fields);
        out.extend_from_slice(header.as_str().as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&octets);
    }
}
