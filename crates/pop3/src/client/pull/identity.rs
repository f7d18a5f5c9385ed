//! What a message is known by from one session to the next.

use super::Print;

/// The identity of a message in its maildrop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// What the server calls it.
    pub name: Name,
    /// How many messages of that name come before it. Two copies of a message may have one unique id (RFC 1939, 7).
    pub copy: u32,
}

/// What a message is called, the best that the server allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// Its unique id: opaque octets.
    Unique(Box<[u8]>),
    /// The print of its header and its size, where there are no unique ids.
    Header(Print),
    /// The print of the whole, where there is no TOP either. Such messages are fetched in each session.
    Content(Print),
}

impl Identity {
    /// The first message of a name.
    pub fn of(name: Name) -> Identity {
        Identity { name, copy: 0 }
    }

    /// The identity as octets, to be kept as a key; no two identities have the same.
    pub fn key(&self) -> Vec<u8> {
        let (kind, name): (u8, &[u8]) = match &self.name {
            Name::Unique(id) => (b'u', id),
            Name::Header(print) => (b'h', &print.0),
            Name::Content(print) => (b'c', &print.0),
        };
        let mut key = vec![kind];
        key.extend_from_slice(name);
        key.extend_from_slice(&self.copy.to_be_bytes());
        key
    }
}
