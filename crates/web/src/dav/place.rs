//! Where things are below `/dav/`, and their addresses. All of it belongs to one account, whose id stands in the path; what is in that
//! of somebody else is not there.

use mailbox::{AccountId, Book, BookId, Contacts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands in a segment of a path as it is (RFC 3986, 3.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b':')
    .remove(b'+')
    .remove(b'=')
    .remove(b',');

/// Where all address books are.
const HOME: &str = "contacts";

/// Something below `/dav/`, whether or not it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// Whoever is logged in (RFC 3744, 2).
    Principal,
    /// Where all address books are (RFC 6352, 7.1.1).
    Home,
    Book(String),
    Card(String, String),
}

/// The addresses of an account.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// The path of the root, without a slash behind it.
    root: String,
    account: String,
}

impl Addresses {
    pub(super) fn of(base_path: &str, account: AccountId) -> Addresses {
        let account = jmap::server::ids::account(account).as_str().to_owned();
        Addresses { root: format!("{base_path}/dav"), account }
    }

    /// What is at a path below the root; none: nothing can be there for this account.
    pub(super) fn place(&self, below: &str) -> Option<Place> {
        let decoded = |segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into);
        let segments = below.split('/').filter(|segment| !segment.is_empty()).map(decoded);
        let segments: Vec<String> = segments.collect::<Option<_>>()?;
        let mut segments = segments.into_iter();
        match segments.next() {
            None => return Some(Place::Root),
            Some(account) if account == self.account => {}
            Some(_) => return None,
        }
        match segments.next() {
            None => return Some(Place::Principal),
            Some(home) if home == HOME => {}
            Some(_) => return None,
        }
        match (segments.next(), segments.next(), segments.next()) {
            (None, ..) => Some(Place::Home),
            (Some(book), None, _) => Some(Place::Book(book)),
            (Some(book), Some(name), None) => Some(Place::Card(book, name)),
            (Some(_), Some(_), Some(_)) => None,
        }
    }

    /// What a client means by an address: a path, or a whole URL of ours. By which name it knows us does not matter.
    pub(super) fn meant(&self, href: &str) -> Option<Place> {
        let after = |scheme: &str| {
            let front = href.get(..scheme.len())?;
            front.eq_ignore_ascii_case(scheme).then(|| href.get(scheme.len()..).unwrap_or_default())
        };
        let path = match after("https://").or_else(|| after("http://")) {
            Some(rest) => rest.get(rest.find('/')?..)?,
            None => href,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let below = path.strip_prefix(self.root.as_str())?;
        if below.is_empty() || below.starts_with('/') { self.place(below) } else { None }
    }

    pub(super) fn root(&self) -> String {
        format!("{}/", self.root)
    }

    pub(super) fn principal(&self) -> String {
        format!("{}/{}/", self.root, self.account)
    }

    pub(super) fn home(&self) -> String {
        format!("{}/{}/{HOME}/", self.root, self.account)
    }

    /// The address of an address book, by its name in it.
    pub(super) fn book(&self, path: &str) -> String {
        format!("{}{}/", self.home(), utf8_percent_encode(path, ENCODED))
    }

    pub(super) fn card(&self, path: &str, name: &str) -> String {
        format!("{}{}", self.book(path), utf8_percent_encode(name, ENCODED))
    }

    pub(super) fn of_place(&self, place: &Place) -> String {
        match place {
            Place::Root => self.root(),
            Place::Principal => self.principal(),
            Place::Home => self.home(),
            Place::Book(path) => self.book(path),
            Place::Card(path, name) => self.card(path, name),
        }
    }
}

/// The address book of a path.
pub(super) fn book_at<'c>(contacts: &'c Contacts, path: &str) -> Option<&'c Book> {
    contacts.books().iter().find(|book| book.path == path)
}

/// The number of an address book among those of an edit.
pub(super) fn id_at(books: &[Book], path: &str) -> Option<BookId> {
    books.iter().find(|book| book.path == path).map(|book| book.id)
}

#[cfg(test)]
mod tests {
    use mailbox::AccountId;

    use super::{Addresses, Place};

    #[test]
    fn places_are_known_by_their_paths() {
        let addresses = Addresses::of("/mail", AccountId(7));
        let book = || "Família".to_owned();
        for (below, want) in [
            ("", Some(Place::Root)),
            ("/", Some(Place::Root)),
            ("/A7", Some(Place::Principal)),
            ("/A7/contacts/", Some(Place::Home)),
            ("/A7/contacts/Fam%C3%ADlia", Some(Place::Book(book()))),
            (
                "/A7/contacts/Fam%C3%ADlia/a%2Fb@c.vcf",
                Some(Place::Card(book(), "a/b@c.vcf".to_owned())),
            ),
            ("/A7/contacts/a/b/c", None),
            ("/A7/x", None),
            ("/A8/contacts/", None),
            ("/A7/contacts/%FF", None),
        ] {
            assert_eq!(addresses.place(below), want, "{below}");
            if let Some(place) = want {
                assert_eq!(addresses.meant(&addresses.of_place(&place)), Some(place));
            }
        }
        assert_eq!(
            addresses.meant("HTTPS://mx.example:8443/mail/dav/A7/?x"),
            Some(Place::Principal)
        );
        for other in ["https://mx.example", "/dav/A7/", "/mail/david/", "", "é"] {
            assert_eq!(addresses.meant(other), None, "{other}");
        }
    }
}
