//! What SEARCH can ask for (RFC 9051, 6.4.4): keys that a message fulfils or not.

pub(crate) mod key;
pub mod keys;
mod parse;
mod print;

pub use key::Leaf;
pub(crate) use parse::{FILTERS, parse_filter, parse_program};
pub(crate) use print::print_program;

/// A key. As read, `And` and `Or` hold at least two keys, never one of their own kind, no `Not` holds a `Not`, and no
/// `Fuzzy` a `Fuzzy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// All of these hold.
    And(Vec<Key>),
    /// One of these holds.
    Or(Vec<Key>),
    /// This does not hold.
    Not(Box<Key>),
    /// This holds more or less, as the server sees fit (RFC 6203, 3).
    Fuzzy(Box<Key>),
    /// This holds.
    Leaf(Leaf),
}

impl Key {
    /// Both: kept flat.
    pub fn and(keys: Vec<Key>) -> Key {
        let mut flat = Vec::with_capacity(keys.len());
        for key in keys {
            if let Key::And(keys) = key {
                flat.extend(keys);
            } else {
                flat.push(key);
            }
        }
        match <[Key; 1]>::try_from(flat) {
            Ok([key]) => key,
            Err(flat) if flat.is_empty() => keys::All.into(),
            Err(flat) => Key::And(flat),
        }
    }

    /// One of them: kept flat.
    pub fn or(keys: Vec<Key>) -> Key {
        let mut flat = Vec::with_capacity(keys.len());
        for key in keys {
            if let Key::Or(keys) = key {
                flat.extend(keys);
            } else {
                flat.push(key);
            }
        }
        match <[Key; 1]>::try_from(flat) {
            Ok([key]) => key,
            Err(flat) => Key::Or(flat),
        }
    }

    /// Whether this key, or some key in it, is so. The parser bounds how deep they lie (`NESTING_DEPTH_MAX`).
    pub(crate) fn any(&self, is_so: &dyn Fn(&Key) -> bool) -> bool {
        is_so(self)
            || match self {
                Key::And(keys) | Key::Or(keys) => keys.iter().any(|key| key.any(is_so)),
                Key::Not(key) | Key::Fuzzy(key) => key.any(is_so),
                Key::Leaf(_) => false,
            }
    }

    /// The same, more or less.
    pub fn fuzzy(self) -> Key {
        if let Key::Fuzzy(_) = self { self } else { Key::Fuzzy(Box::new(self)) }
    }

    /// The opposite.
    pub fn negate(self) -> Key {
        if let Key::Not(key) = self { *key } else { Key::Not(Box::new(self)) }
    }
}
