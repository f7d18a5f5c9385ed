//! Makes a message of an Email object (RFC 8621, 4.6).
//!
//! [`Draft::read`] takes the object and says all that is wrong with it. Then the blobs that it wants are looked at, and
//! [`Draft::compose`] gives the message: octets, and blobs between them that are encoded as they are read, so that no
//! attachment is ever held in memory.

mod body;
mod fault;
mod field;
mod part;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use message::{Encoder, Encoding, Header, Nature};
use serde_json::{Map, Value};

use self::body::bodies;
use self::fault::Faults;
use self::field::Fields;
use self::part::{Content, Leaf, Node};
use crate::error::{More, SetError};
use crate::id::Id;
use crate::limits::HEADER_OCTETS_MAX;
use crate::mail::HeaderProperty;

/// A message in the making: all of it but the blobs.
#[derive(Clone, Debug)]
pub struct Draft {
    fields: Fields,
    root: Node,
}

/// What has to be known of a blob.
#[derive(Clone, Debug)]
pub struct BlobFacts {
    /// How long it is.
    pub octets: u64,
    /// What its octets are like, if that was asked for.
    pub nature: Option<Nature>,
    /// The charset that it is known to be in, because it is a part of a message.
    pub charset: Option<String>,
}

/// How closely a blob has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its length is enough.
    Length,
    /// What its octets are like is wanted.
    Octets,
}

/// What the server gives to a message that the client did not.
#[derive(Clone, Debug)]
pub struct Made {
    /// The Message-ID, without its brackets.
    pub message_id: String,
    /// The time now.
    pub unix_s: i64,
    /// Letters and digits that nobody could know before, for the boundaries of multiparts.
    pub unique: String,
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As they are.
    Octets(Vec<u8>),
    /// A blob, encoded.
    Blob {
        /// Which.
        id: Id,
        /// How, as an [`Encoder`] does it.
        encoding: Encoding,
    },
}

impl Draft {
    /// Reads an Email object, without the properties that are not of the message (`mailboxIds`, `keywords`, `receivedAt`).
    pub fn read(mut email: Map<String, Value>) -> Result<Draft, SetError> {
        let mut faults = Faults::default();
        let root = bodies(&mut email, &mut faults);
        let mut fields = Fields::default();
        for (name, value) in &email {
            let Some(property) = HeaderProperty::named(name) else {
                faults.note(name, why_unknown(name));
                continue;
            };
            if is_of_part(&property.field) {
                faults.note(name, "it belongs to a part, and not to the message");
                continue;
            }
            fields.take(name, &property, value, &mut faults);
        }
        let mut root = root.unwrap_or_else(Node::empty);
        // RFC 8621, 4.6: what the message says already, its outermost part may not say again.
        fields.append(root.fields_mut(), "bodyStructure", &mut faults);
        faults.end()?;
        if fields.octets() > HEADER_OCTETS_MAX {
            return Err(too_large("the header is too large"));
        }
        Ok(Draft { fields, root })
    }

    /// The blobs that are wanted, each once, and how closely.
    pub fn blobs(&self) -> BTreeMap<&Id, Look> {
        let mut wanted = BTreeMap::new();
        self.root.each_leaf(&mut |leaf| {
            if let Content::Blob(id) = &leaf.content {
                let look = if leaf.is_legible() { Look::Octets } else { Look::Length };
                let before = wanted.entry(id).or_insert(look);
                if look == Look::Octets {
                    *before = look;
                }
            }
        });
        wanted
    }

    /// The message. `facts` tells of the blobs that were found, `octets_max` how large it may be: one that is certainly larger is
    /// refused, because the same blob may be in it a thousand times.
    pub fn compose(
        mut self,
        facts: &BTreeMap<Id, BlobFacts>,
        made: &Made,
        octets_max: u64,
    ) -> Result<Vec<Piece>, SetError> {
        let missing: Vec<Id> =
            self.blobs().into_keys().filter(|id| !facts.contains_key(*id)).cloned().collect();
        if !missing.is_empty() {
            return Err(SetError {
                more: Some(More::NotFound(missing)),
                ..SetError::of("blobNotFound")
            });
        }
        let mut octets = 0_u64;
        self.root.each_leaf(&mut |leaf| {
            if let Content::Blob(id) = &leaf.content {
                octets = octets.saturating_add(facts.get(id).map_or(0, |facts| facts.octets));
            }
        });
        if octets > octets_max {
            return Err(too_large("its attachments are larger than a message may be"));
        }
        // RFC 8621, 4.6: a Date and a Message-ID have to be there.
        if !self.fields.has("date") {
            self.fields.add("Date", &message::format_date(made.unix_s));
        }
        if !self.fields.has("message-id") {
            self.fields.add("Message-ID", &format!("<{}>", made.message_id));
        }
        self.fields.add("MIME-Version", "1.0");
        let mut writer =
            Writer { facts, unique: &made.unique, boundaries: 0, pieces: Vec::new(), open: vec![] };
        self.fields.write(&mut writer.open);
        writer.node(&self.root, Place::Root);
        writer.close();
        Ok(writer.pieces)
    }
}

fn too_large(why: &str) -> SetError {
    SetError { description: Some(why.to_owned()), ..SetError::of("tooLarge") }
}

fn is_of_part(field: &str) -> bool {
    let starts = field.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-"));
    starts || field.eq_ignore_ascii_case("MIME-Version")
}

fn why_unknown(property: &str) -> &'static str {
    match property {
        "headers" => "each field is a property of its own",
        "id" | "blobId" | "threadId" | "size" | "hasAttachment" | "preview" => {
            "only the server says it"
        }
        _ if property.starts_with("header:") => "the field has no such form",
        _ => "there is no such property",
    }
}

/// Whether the fields of a part are written already, as fields of the message.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Inside,
}

struct Writer<'w> {
    facts: &'w BTreeMap<Id, BlobFacts>,
    unique: &'w str,
    boundaries: u32,
    pieces: Vec<Piece>,
    /// What comes behind the pieces.
    open: Vec<u8>,
}

impl Writer<'_> {
    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if !open.is_empty() {
            self.pieces.push(Piece::Octets(open));
        }
    }

    /// A part and all in it. JSON is not nested deeply, so neither is this.
    fn node(&mut self, node: &Node, place: Place) {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf, place),
            Node::Multipart { fields, content_type, children } => {
                self.boundaries = self.boundaries.saturating_add(1);
                // Neither base64 nor quoted-printable has `=_` in it (RFC 2045, 6.7).
                let boundary = format!("=_{}.{}", self.unique, self.boundaries);
                let mut header = Header::default();
                header.tokens("Content-Type", &format!("{content_type}; boundary=\"{boundary}\""));
                self.header(fields, &header, place);
                for child in children {
                    self.open.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
                    self.node(child, Place::Inside);
                    self.open.extend_from_slice(b"\r\n");
                }
                self.open.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
        }
    }

    fn header(&mut self, fields: &Fields, more: &Header, place: Place) {
        match place {
            Place::Root => {}
            Place::Inside => fields.write(&mut self.open),
        }
        self.open.extend_from_slice(more.as_str().as_bytes());
        self.open.extend_from_slice(b"\r\n");
    }

    fn leaf(&mut self, leaf: &Leaf, place: Place) {
        let facts = match &leaf.content {
            Content::Text(_) => None,
            Content::Blob(id) => self.facts.get(id),
        };
        let (encoding, header) = leaf.encoded(facts);
        self.header(&leaf.fields, &header, place);
        match &leaf.content {
            Content::Text(text) => {
                self.open.extend_from_slice(&Encoder::new(encoding).encode(text));
            }
            Content::Blob(id) => {
                self.close();
                self.pieces.push(Piece::Blob { id: id.clone(), encoding });
            }
        }
    }
}
