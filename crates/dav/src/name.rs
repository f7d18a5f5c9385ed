//! Names of elements and properties: a namespace, and a name in it.

/// The namespace of WebDAV (RFC 4918, 14).
pub const DAV: &str = "DAV:";
/// The namespace of CardDAV (RFC 6352, 4).
pub const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";
/// The namespace in which Apple says when a collection changed.
pub const CALENDARSERVER: &str = "http://calendarserver.org/ns/";

/// The name of an element or a property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The namespace; empty: none.
    pub space: String,
    /// The name in it.
    pub local: String,
}

impl Name {
    /// A name.
    pub fn new(space: &str, local: &str) -> Name {
        Name { space: space.to_owned(), local: local.to_owned() }
    }

    /// Whether it is this one.
    pub fn is(&self, space: &str, local: &str) -> bool {
        self.space == space && self.local == local
    }
}
