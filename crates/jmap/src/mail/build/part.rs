//! One part of a message in the making, read from an EmailBodyPart (RFC 8621, 4.1.4 and 4.6).

use message::{Encoding, Header, Nature, Outline};
use serde_json::{Map, Value};

use super::BlobFacts;
use super::fault::Faults;
use super::field::Fields;
use crate::id::Id;
use crate::mail::{Form, HeaderProperty};

/// A part with all that is in it.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Multipart {
        fields: Fields,
        /// Without its boundary.
        content_type: String,
        children: Vec<Node>,
    },
    Leaf(Leaf),
}

/// A part that holds no others.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// All fields but Content-Type and Content-Transfer-Encoding.
    pub(super) fields: Fields,
    pub(super) media: Media,
    pub(super) content: Content,
}

/// What Content-Type says.
#[derive(Clone, Debug)]
pub(super) struct Media {
    /// Type and subtype in lower case, for decisions.
    kind: String,
    /// The value, without what the server adds.
    value: String,
    charset: Charset,
    /// The name of the file, where no disposition says it.
    name: Option<String>,
}

#[derive(Clone, Debug)]
enum Charset {
    /// The client says it, here or in the value.
    Said(Option<String>),
    /// The server finds it out, for a text.
    Open,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// UTF-8 with line ends of CRLF.
    Text(Vec<u8>),
    Blob(Id),
}

const TOKEN_OCTETS_MAX: usize = 900;

impl Node {
    /// A text without a word.
    pub(super) fn empty() -> Node {
        Node::Leaf(Leaf {
            fields: Fields::default(),
            media: Media::plain("text/plain".to_owned()),
            content: Content::Text(Vec::new()),
        })
    }

    /// Several parts as one.
    pub(super) fn multipart(subtype: &str, children: Vec<Node>) -> Node {
        let content_type = format!("multipart/{subtype}");
        Node::Multipart { fields: Fields::default(), content_type, children }
    }

    pub(super) fn fields_mut(&mut self) -> &mut Fields {
        match self {
            Node::Multipart { fields, .. } | Node::Leaf(Leaf { fields, .. }) => fields,
        }
    }

    /// Calls for each leaf.
    pub(super) fn each_leaf<'n>(&'n self, call: &mut impl FnMut(&'n Leaf)) {
        match self {
            Node::Leaf(leaf) => call(leaf),
            Node::Multipart { children, .. } => {
                children.iter().for_each(|child| child.each_leaf(call));
            }
        }
    }
}

impl Media {
    fn plain(kind: String) -> Media {
        Media { value: kind.clone(), kind, charset: Charset::Open, name: None }
    }

    fn is_text(&self) -> bool {
        self.kind.starts_with("text/")
    }

    fn is_message(&self) -> bool {
        matches!(self.kind.as_str(), "message/rfc822" | "message/global" | "message/news")
    }
}

impl Leaf {
    /// Whether how it is encoded depends on its octets.
    pub(super) fn is_legible(&self) -> bool {
        self.media.is_text() || self.media.is_message()
    }

    /// How it is encoded, and the fields that say so.
    pub(super) fn encoded(&self, facts: Option<&BlobFacts>) -> (Encoding, Header) {
        let of_text;
        let nature = match &self.content {
            Content::Text(text) => {
                of_text = Nature::of(text);
                Some(&of_text)
            }
            Content::Blob(_) => facts.and_then(|facts| facts.nature.as_ref()),
        };
        let mut value = self.media.value.as_str();
        let encoding = match nature {
            Some(nature) if self.media.is_text() => nature.of_text(),
            Some(nature) if self.media.is_message() => {
                // A message may not be encoded (RFC 2046, 5.2.1): one that has to be is a file like others.
                nature.of_message().unwrap_or_else(|| {
                    value = "application/octet-stream";
                    Encoding::Base64
                })
            }
            Some(_) | None => Encoding::Base64,
        };
        let charset = match &self.media.charset {
            Charset::Said(charset) => charset.clone(),
            Charset::Open if !self.media.is_text() => None,
            Charset::Open => match (&self.content, facts.and_then(|facts| facts.charset.clone())) {
                (Content::Text(_), _) => Some("utf-8".to_owned()),
                (Content::Blob(_), Some(known)) => Some(known),
                (Content::Blob(_), None) => nature.and_then(charset_of).map(str::to_owned),
            },
        };
        let parameters: Vec<(&str, &str)> = charset
            .iter()
            .map(|charset| ("charset", charset.as_str()))
            .chain(self.media.name.iter().map(|name| ("name", name.as_str())))
            .collect();
        let mut header = Header::default();
        header.parameters("Content-Type", value, &parameters);
        header.tokens("Content-Transfer-Encoding", encoding.name());
        (encoding, header)
    }
}

/// The charset that octets show by themselves to be in; none: nobody knows.
fn charset_of(nature: &Nature) -> Option<&'static str> {
    match (nature.is_ascii(), nature.is_utf8()) {
        (true, _) => Some("us-ascii"),
        (false, true) => Some("utf-8"),
        (false, false) => None,
    }
}

/// What a part says by other properties than those of fields.
#[derive(Default)]
pub(super) struct Said {
    pub(super) part: Option<String>,
    pub(super) blob: Option<Id>,
    size: Option<u64>,
    name: Option<String>,
    kind: Option<String>,
    charset: Option<String>,
    pub(super) disposition: Option<String>,
    pub(super) cid: Option<String>,
    raw_type: Option<String>,
    pub(super) parts: Option<Vec<Value>>,
    pub(super) fields: Fields,
}

impl Said {
    /// Reads the properties of a part, but not the parts in it.
    pub(super) fn read(path: &str, object: &Map<String, Value>, faults: &mut Faults) -> Said {
        let mut said = Said::default();
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let at = format!("{path}/{name}");
            let at = at.as_str();
            match name.as_str() {
                "partId" => said.part = text(at, value, faults),
                "blobId" => {
                    let id = text(at, value, faults).and_then(|text| Id::try_from(text).ok());
                    said.blob = noted(at, "it is not an id", id, faults);
                }
                "size" => said.size = noted(at, "it is not a number", value.as_u64(), faults),
                "name" => said.name = line(at, value, faults),
                "type" => said.kind = media_type(at, value, &mut said.fields, faults),
                "charset" => said.charset = token(at, value, faults),
                "disposition" => {
                    said.fields.claim(at, "content-disposition", faults);
                    said.disposition = token(at, value, faults);
                }
                "cid" => said.cid(at, value, faults),
                "language" => said.language(at, value, faults),
                "location" => said.location(at, value, faults),
                "subParts" => {
                    let parts = value.as_array().cloned();
                    said.parts = noted(at, "it is not a list", parts, faults);
                }
                _ => said.field(at, name, value, faults),
            }
        }
        said
    }

    fn cid(&mut self, at: &str, value: &Value, faults: &mut Faults) {
        self.fields.claim(at, "content-id", faults);
        let is_right = |c: char| c.is_ascii_graphic() && !"<>".contains(c);
        if let Some(cid) = graphic(at, value, is_right, faults) {
            self.fields.add("Content-ID", &format!("<{cid}>"));
            self.cid = Some(cid);
        }
    }

    fn location(&mut self, at: &str, value: &Value, faults: &mut Faults) {
        self.fields.claim(at, "content-location", faults);
        if let Some(location) = graphic(at, value, |c| c.is_ascii_graphic(), faults) {
            self.fields.add("Content-Location", &location);
        }
    }

    fn language(&mut self, at: &str, value: &Value, faults: &mut Faults) {
        self.fields.claim(at, "content-language", faults);
        let is_tag = |tag: &str| {
            let is_right = |c: char| c.is_ascii_alphanumeric() || c == '-';
            !tag.is_empty() && tag.len() < 100 && tag.chars().all(is_right)
        };
        let tags: Option<Vec<&str>> = value
            .as_array()
            .and_then(|tags| tags.iter().map(|tag| tag.as_str().filter(|it| is_tag(it))).collect());
        match noted(at, "it is not a list of language tags", tags, faults) {
            Some(tags) if !tags.is_empty() => {
                self.fields.add("Content-Language", &tags.join(", "));
            }
            Some(_) | None => {}
        }
    }

    fn field(&mut self, at: &str, name: &str, value: &Value, faults: &mut Faults) {
        let property = HeaderProperty::named(name).filter(|_| name.starts_with("header:"));
        let Some(property) = property else {
            let why = match name {
                "headers" => "each field is a property of its own",
                _ if name.starts_with("header:") => "the field has no such form",
                _ => "there is no such property",
            };
            return faults.note(at, why);
        };
        let is = |field: &str| property.field.eq_ignore_ascii_case(field);
        if is("Content-Transfer-Encoding") || is("MIME-Version") {
            return faults.note(at, "the server chooses it");
        }
        if !is("Content-Type") {
            return self.fields.take(at, &property, value, faults);
        }
        self.fields.claim(at, "content-type", faults);
        let mut checked = Header::default();
        let raw = value.as_str().filter(|raw| {
            property.form == Form::Raw
                && !property.all
                && checked.verbatim("Content-Type", raw).is_ok()
        });
        let raw = raw.map(|raw| raw.trim().to_owned()).filter(|raw| !raw.is_empty());
        self.raw_type = noted(at, "it is not a media type in its raw form", raw, faults);
    }

    /// Makes it an attachment, unless it says what else it is.
    pub(super) fn attach(&mut self, path: &str, faults: &mut Faults) {
        if self.disposition.is_none() && !self.fields.has("content-disposition") {
            self.fields.claim(path, "content-disposition", faults);
            self.disposition = Some("attachment".to_owned());
        }
    }

    /// The type, or what it is when nothing was said.
    pub(super) fn kind(&self, usual: &str) -> String {
        match (&self.kind, &self.raw_type) {
            (Some(kind), _) => kind.clone(),
            (None, Some(raw)) => {
                let header = format!("Content-Type: {raw}\r\n\r\n");
                let outline = Outline::of(header.as_bytes());
                outline.root().map_or_else(String::new, |root| crate::mail::media_type(&root))
            }
            (None, None) => usual.to_owned(),
        }
    }

    /// Says the name of the file: in the disposition, or else in the type, so that no disposition appears that was not said.
    fn place_name(&mut self, path: &str, faults: &mut Faults) -> Option<String> {
        let name = self.name.take();
        match (&self.disposition, &name) {
            (Some(disposition), Some(name)) => {
                self.fields.add_with("Content-Disposition", disposition, &[("filename", name)]);
                None
            }
            (Some(disposition), None) => {
                self.fields.add("Content-Disposition", disposition);
                None
            }
            (None, Some(_)) if self.raw_type.is_some() => {
                faults.note(&format!("{path}/name"), "a field of the part says it");
                None
            }
            (None, _) => name,
        }
    }

    /// As a part that holds others.
    pub(super) fn into_multipart(
        mut self,
        path: &str,
        children: Vec<Node>,
        faults: &mut Faults,
    ) -> Node {
        let kind = self.kind("multipart/mixed");
        let at = |name: &str| format!("{path}/{name}");
        if !kind.starts_with("multipart/") {
            faults.note(&at("type"), "only a multipart has parts");
        }
        for (name, is_there) in [
            ("partId", self.part.is_some()),
            ("blobId", self.blob.is_some()),
            ("charset", self.charset.is_some()),
        ] {
            if is_there {
                faults.note(&at(name), "a multipart has none");
            }
        }
        if children.is_empty() {
            faults.note(&at("subParts"), "a multipart has a part at least");
        }
        let content_type = self.raw_type.take().unwrap_or_else(|| kind.clone());
        if has_parameter(&content_type, "boundary") {
            faults.note(&at("header:Content-Type"), "the server chooses the boundary");
        }
        if self.place_name(path, faults).is_some() {
            faults.note(&at("name"), "a multipart has none without a disposition");
        }
        Node::Multipart { fields: self.fields, content_type, children }
    }

    /// As a part that holds no others. `usual` is its type when none was said.
    pub(super) fn into_leaf(
        mut self,
        path: &str,
        usual: &str,
        values: &mut Values<'_>,
        faults: &mut Faults,
    ) -> Option<Node> {
        let at = |name: &str| format!("{path}/{name}");
        let kind = self.kind(usual);
        if kind.starts_with("multipart/") {
            faults.note(&at("subParts"), "a multipart has a part at least");
            return None;
        }
        let content = match (self.part.take(), self.blob.take()) {
            (Some(_), Some(_)) => {
                faults.note(&at("blobId"), "it has a partId, too");
                return None;
            }
            (None, None) => {
                faults.note(&at("partId"), "there is neither a partId nor a blobId");
                return None;
            }
            (None, Some(blob)) => Content::Blob(blob),
            (Some(part), None) => {
                for (name, is_there) in
                    [("charset", self.charset.is_some()), ("size", self.size.is_some())]
                {
                    if is_there {
                        faults.note(&at(name), "a part that is given by its partId has none");
                    }
                }
                if !kind.starts_with("text/") {
                    faults.note(&at("type"), "what bodyValues holds is a text");
                }
                let text = values.take(&part).map_err(|why| faults.note(&at("partId"), why));
                Content::Text(text.ok()?)
            }
        };
        let media = self.media(path, kind, &content, faults);
        Some(Node::Leaf(Leaf { fields: self.fields, media, content }))
    }

    fn media(&mut self, path: &str, kind: String, content: &Content, faults: &mut Faults) -> Media {
        let at = |name: &str| format!("{path}/{name}");
        let name = self.place_name(path, faults);
        let is_text = kind.starts_with("text/");
        if self.charset.is_some() && !is_text {
            faults.note(&at("charset"), "only a text has one");
        }
        let Some(raw) = self.raw_type.take() else {
            let charset = match self.charset.take() {
                Some(charset) => Charset::Said(Some(charset)),
                None => Charset::Open,
            };
            return Media { value: kind.clone(), kind, charset, name };
        };
        if self.charset.is_some() {
            faults.note(&at("charset"), "a field of the part says it");
        }
        let says_charset = has_parameter(&raw, "charset");
        if says_charset && matches!(content, Content::Text(_)) {
            // RFC 8621, 4.6: the server chooses it.
            let why = "a part that is given by its partId has no charset";
            faults.note(&at("header:Content-Type"), why);
        }
        let charset = if says_charset { Charset::Said(None) } else { Charset::Open };
        Media { value: raw, kind, charset, name }
    }
}

fn has_parameter(content_type: &str, name: &str) -> bool {
    let header = format!("Content-Type: {content_type}\r\n\r\n");
    let outline = Outline::of(header.as_bytes());
    outline.root().is_some_and(|root| root.parameters.decoded(name).is_some())
}

/// The texts of `bodyValues` that no part took yet.
pub(super) struct Values<'v>(pub(super) Map<String, Value>, pub(super) &'v mut Faults);

impl Values<'_> {
    fn take(&mut self, part: &str) -> Result<Vec<u8>, &'static str> {
        let value = self.0.remove(part).ok_or("bodyValues has none, or another part has it")?;
        let path = format!("bodyValues/{part}");
        let Value::Object(object) = value else { return Err("its value is not an object") };
        for (name, value) in &object {
            let is_right = match name.as_str() {
                "value" => value.is_string(),
                "isEncodingProblem" | "isTruncated" => *value == Value::Bool(false),
                _ => false,
            };
            if !is_right {
                self.1.note(&format!("{path}/{name}"), "there is no such value");
            }
        }
        let Some(Value::String(text)) = object.get("value") else {
            return Err("its value has no text");
        };
        // RFC 8621, 4.1.4: a text is read with its line ends as LF.
        Ok(text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
    }
}

fn noted<T>(at: &str, why: &str, value: Option<T>, faults: &mut Faults) -> Option<T> {
    if value.is_none() {
        faults.note(at, why);
    }
    value
}

fn text(at: &str, value: &Value, faults: &mut Faults) -> Option<String> {
    noted(at, "it is not a text", value.as_str().map(str::to_owned), faults)
}

fn graphic(
    at: &str,
    value: &Value,
    is_right: impl Fn(char) -> bool,
    faults: &mut Faults,
) -> Option<String> {
    let right = value.as_str().filter(|text| {
        !text.is_empty() && text.len() <= TOKEN_OCTETS_MAX && text.chars().all(is_right)
    });
    noted(at, "it holds what cannot stand there", right.map(str::to_owned), faults)
}

/// RFC 2045, 5.1.
fn is_token_character(c: char) -> bool {
    c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c)
}

fn token(at: &str, value: &Value, faults: &mut Faults) -> Option<String> {
    graphic(at, value, is_token_character, faults).filter(|token| token.len() < 128)
}

/// The name of a file: any text of one line.
fn line(at: &str, value: &Value, faults: &mut Faults) -> Option<String> {
    let right = value
        .as_str()
        .filter(|text| !text.chars().any(char::is_control) && text.len() <= TOKEN_OCTETS_MAX);
    noted(at, "it is not a name of one line", right.map(str::to_owned), faults)
}

fn media_type(at: &str, value: &Value, fields: &mut Fields, faults: &mut Faults) -> Option<String> {
    fields.claim(at, "content-type", faults);
    let is_token =
        |text: &str| !text.is_empty() && text.len() < 128 && text.chars().all(is_token_character);
    let right = value
        .as_str()
        .filter(|text| text.split_once('/').is_some_and(|(a, b)| is_token(a) && is_token(b)));
    noted(at, "it is not a media type", right.map(str::to_ascii_lowercase), faults)
}
