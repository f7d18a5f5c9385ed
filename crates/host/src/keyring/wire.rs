//! Messages of D-Bus as octets (D-Bus specification 0.43, “Message Protocol”), as far as a keyring needs them: written little-endian,
//! read in either order. What a length says is believed only as far as there are octets.

use sasl::Secret as Octets;

use super::KeyringFault;

/// The largest message that is read: a secret is small.
pub(super) const MESSAGE_OCTETS_MAX: usize = 1 << 20;
/// The part of a message that has a fixed place.
pub(super) const FIXED_OCTETS: usize = 16;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    Return,
    Error,
    Signal,
    Other,
}

/// A message that came.
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) reply_to: Option<u32>,
    pub(super) path: String,
    pub(super) member: String,
    pub(super) error: String,
    pub(super) signature: String,
    body: Octets,
    order: Order,
}

impl Message {
    /// What it says, if it is of these types.
    pub(super) fn body(&self, signature: &str) -> Result<Reader<'_>, KeyringFault> {
        if self.signature != signature {
            return Err(KeyringFault::Broken("an answer of other types"));
        }
        Ok(Reader { octets: self.body.expose(), at: 0, order: self.order })
    }

    /// The first text in it, which is what an error says.
    pub(super) fn text(&self) -> String {
        let mut body = Reader { octets: self.body.expose(), at: 0, order: self.order };
        let is_text = self.signature.starts_with('s');
        if is_text { body.text().unwrap_or_default() } else { String::new() }
    }
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// How many octets follow the fixed part; and how they are to be read.
pub(super) fn rest_octets(fixed: &[u8; FIXED_OCTETS]) -> Result<usize, KeyringFault> {
    let broken = KeyringFault::Broken("a message that is none of D-Bus");
    let order = order_of(fixed)?;
    let mut reader = Reader { octets: fixed, at: 4, order };
    let (body, _serial, fields) = (reader.number()?, reader.number()?, reader.number()?);
    let padded = fields.checked_next_multiple_of(8).ok_or(broken.clone())?;
    let rest = padded.checked_add(body).and_then(|rest| usize::try_from(rest).ok());
    rest.filter(|rest| *rest <= MESSAGE_OCTETS_MAX).ok_or(broken)
}

fn order_of(fixed: &[u8; FIXED_OCTETS]) -> Result<Order, KeyringFault> {
    match fixed {
        [b'l', _, _, 1, ..] => Ok(Order::Little),
        [b'B', _, _, 1, ..] => Ok(Order::Big),
        _ => Err(KeyringFault::Broken("a message that is none of D-Bus")),
    }
}

/// Reads a message: its fixed part, and the rest of it.
pub(super) fn read(fixed: &[u8; FIXED_OCTETS], rest: &[u8]) -> Result<Message, KeyringFault> {
    let order = order_of(fixed)?;
    let kind = match fixed.get(1) {
        Some(1) => Kind::Call,
        Some(2) => Kind::Return,
        Some(3) => Kind::Error,
        Some(4) => Kind::Signal,
        _ => Kind::Other,
    };
    let fields_octets = Reader { octets: fixed, at: 12, order }.length()?;
    let short = || KeyringFault::Broken("a message that ends too early");
    let fields = rest.get(..fields_octets).ok_or_else(short)?;
    let begins = fields_octets.checked_next_multiple_of(8).ok_or_else(short)?;
    let body = Octets::new(rest.get(begins..).ok_or_else(short)?);
    let mut message = Message {
        kind,
        reply_to: None,
        path: String::new(),
        member: String::new(),
        error: String::new(),
        signature: String::new(),
        body,
        order,
    };
    let mut reader = Reader { octets: fields, at: 0, order };
    while reader.at < fields.len() {
        reader.align(8)?;
        let code = reader.octet()?;
        let kind = reader.signature()?;
        match (code, kind.as_str()) {
            (1, "o") => message.path = reader.text()?,
            (3, "s") => message.member = reader.text()?,
            (4, "s") => message.error = reader.text()?,
            (5, "u") => message.reply_to = Some(reader.number()?),
            (8, "g") => message.signature = reader.signature()?,
            (_, "o" | "s") => drop(reader.text()?),
            (_, "g") => drop(reader.signature()?),
            (_, "u" | "i" | "b" | "h") => drop(reader.number()?),
            _ => return Err(KeyringFault::Broken("a field of a header that is not known")),
        }
    }
    Ok(message)
}

/// Reads values one after the other.
pub(super) struct Reader<'o> {
    octets: &'o [u8],
    at: usize,
    order: Order,
}

impl<'o> Reader<'o> {
    fn take(&mut self, count: usize) -> Result<&'o [u8], KeyringFault> {
        let short = || KeyringFault::Broken("a value that ends too early");
        let end = self.at.checked_add(count).ok_or_else(short)?;
        let taken = self.octets.get(self.at..end).ok_or_else(short)?;
        self.at = end;
        Ok(taken)
    }

    /// Goes on to a multiple of so many octets.
    pub(super) fn align(&mut self, to: usize) -> Result<(), KeyringFault> {
        let short = || KeyringFault::Broken("a value that ends too early");
        let next = self.at.checked_next_multiple_of(to).ok_or_else(short)?;
        self.take(next.saturating_sub(self.at)).map(drop)
    }

    fn octet(&mut self) -> Result<u8, KeyringFault> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    /// A number, or a yes or no.
    pub(super) fn number(&mut self) -> Result<u32, KeyringFault> {
        self.align(4)?;
        let octets = self.take(4)?.first_chunk::<4>().copied().unwrap_or_default();
        Ok(match self.order {
            Order::Little => u32::from_le_bytes(octets),
            Order::Big => u32::from_be_bytes(octets),
        })
    }

    fn length(&mut self) -> Result<usize, KeyringFault> {
        let length = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        Some(length).filter(|it| *it <= MESSAGE_OCTETS_MAX).ok_or(KeyringFault::Broken("a length"))
    }

    /// A text, or the path of an object.
    pub(super) fn text(&mut self) -> Result<String, KeyringFault> {
        let length = self.length()?;
        self.ended(length)
    }

    /// The names of types.
    pub(super) fn signature(&mut self) -> Result<String, KeyringFault> {
        let length = usize::from(self.octet()?);
        self.ended(length)
    }

    fn ended(&mut self, length: usize) -> Result<String, KeyringFault> {
        let text = std::str::from_utf8(self.take(length)?);
        let text = text.map_err(|_| KeyringFault::Broken("a text that is no UTF-8"))?.to_owned();
        self.take(1)?;
        Ok(text)
    }

    /// Octets.
    pub(super) fn octets(&mut self) -> Result<Octets, KeyringFault> {
        let length = self.length()?;
        self.take(length).map(Octets::new)
    }

    /// Paths of objects; more than `most` are refused.
    pub(super) fn paths(&mut self, most: usize) -> Result<Vec<String>, KeyringFault> {
        let length = self.length()?;
        let end = self.at.saturating_add(length);
        let mut found = Vec::new();
        while self.at < end {
            if found.len() >= most {
                return Err(KeyringFault::Broken("a list of more than was asked for"));
            }
            found.push(self.text()?);
        }
        Ok(found)
    }
}

/// Writes values one after the other, little-endian.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub(super) fn octets(self) -> Octets {
        Octets::new(self.0)
    }

    /// Goes on to a multiple of so many octets.
    pub(super) fn align(&mut self, to: usize) -> &mut Writer {
        let next = self.0.len().checked_next_multiple_of(to).unwrap_or(self.0.len());
        self.0.resize(next, 0);
        self
    }

    fn octet(&mut self, octet: u8) -> &mut Writer {
        self.0.push(octet);
        self
    }

    /// A number, or a yes or no.
    pub(super) fn number(&mut self, number: u32) -> &mut Writer {
        self.align(4).0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// A text, or the path of an object.
    pub(super) fn text(&mut self, text: &str) -> &mut Writer {
        self.number(u32::try_from(text.len()).unwrap_or(0));
        self.0.extend_from_slice(text.as_bytes());
        self.octet(0)
    }

    /// The names of types.
    pub(super) fn signature(&mut self, signature: &str) -> &mut Writer {
        self.octet(u8::try_from(signature.len()).unwrap_or(0));
        self.0.extend_from_slice(signature.as_bytes());
        self.octet(0)
    }

    /// Octets.
    pub(super) fn bytes(&mut self, octets: &[u8]) -> &mut Writer {
        self.number(u32::try_from(octets.len()).unwrap_or(0));
        self.0.extend_from_slice(octets);
        self
    }

    /// A list of values that each begin at a multiple of so many octets.
    pub(super) fn list(&mut self, to: usize, write: impl FnOnce(&mut Writer)) -> &mut Writer {
        self.number(0);
        let length_at = self.0.len().saturating_sub(4);
        self.align(to);
        let begins = self.0.len();
        write(self);
        let length = u32::try_from(self.0.len().saturating_sub(begins)).unwrap_or(0);
        if let Some(place) = self.0.get_mut(length_at..length_at.saturating_add(4)) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        self
    }
}

/// A call of an object.
pub(super) struct Call<'c> {
    pub(super) to: &'c str,
    pub(super) path: &'c str,
    pub(super) interface: &'c str,
    pub(super) member: &'c str,
    pub(super) signature: &'c str,
    pub(super) body: Writer,
}

/// Writes a call.
pub(super) fn call(call: Call<'_>, serial: u32) -> Octets {
    let body = call.body.octets();
    let mut head = Writer::default();
    head.octet(b'l').octet(1).octet(0).octet(1);
    head.number(u32::try_from(body.expose().len()).unwrap_or(0)).number(serial);
    head.list(8, |head| {
        let mut field = |code: u8, kind: &str, text: &str| {
            head.align(8).octet(code).signature(kind).text(text);
        };
        field(1, "o", call.path);
        field(2, "s", call.interface);
        field(3, "s", call.member);
        field(6, "s", call.to);
        if !call.signature.is_empty() {
            head.align(8).octet(8).signature("g").signature(call.signature);
        }
    });
    head.align(8).0.extend_from_slice(body.expose());
    head.octets()
}

#[cfg(test)]
pub(super) mod answers {
    //! Messages as a keyring sends them.

    use super::{Octets, Writer};

    /// A message of this kind, in answer to a serial, from a path.
    pub(in super::super) fn message(
        (kind, reply_to): (u8, u32),
        (path, member): (&str, &str),
        (signature, body): (&str, Writer),
    ) -> Octets {
        let body = body.octets();
        let mut head = Writer::default();
        head.octet(b'l').octet(kind).octet(0).octet(1);
        head.number(u32::try_from(body.expose().len()).unwrap()).number(1);
        head.list(8, |head| {
            head.align(8).octet(5).signature("u").number(reply_to);
            if !path.is_empty() {
                head.align(8).octet(1).signature("o").text(path);
                head.align(8).octet(3).signature("s").text(member);
            }
            if kind == 3 {
                head.align(8).octet(4).signature("s").text(member);
            }
            head.align(8).octet(8).signature("g").signature(signature);
        });
        head.align(8).0.extend_from_slice(body.expose());
        head.octets()
    }
}
