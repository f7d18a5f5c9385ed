//! Annotations: what programs keep with a mailbox, or with the account as a whole (RFC 5464). Some are one user's, the others all see
//! who may read the mailbox.

use std::sync::Arc;

use bytes::Bytes;

use crate::MailboxId;
use crate::limits::ANNOTATION_NAME_OCTETS_MAX;

const PRIVATE: &str = "/private";

/// The name of an annotation: components with a slash before each, in lower case, since names are told apart without regard to case
/// (RFC 5464, 3.2). The first says who sees it: `/private` or `/shared`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationName(Arc<str>);

/// How far below a name annotations are asked for (RFC 5464, 4.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnnotationDepth {
    /// Only the one of this name.
    #[default]
    Itself,
    /// Those with one component more as well.
    Below,
    /// All that begin with it.
    All,
}

/// What has annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// A mailbox.
    Mailbox(MailboxId),
    /// The account, in place of the server: such annotations are its owner's alone.
    Account,
}

/// An annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its name.
    pub name: AnnotationName,
    /// Its value; what the octets mean the name says.
    pub value: Bytes,
}

impl AnnotationName {
    /// Takes a name that can be asked for. None: it has `*`, `%`, control characters or others than ASCII, an empty component, begins
    /// neither with `/private` nor with `/shared`, or is too long (RFC 5464, 3.2).
    pub fn new(text: &str) -> Option<AnnotationName> {
        let is_allowed =
            |octet: u8| (b' '..=b'~').contains(&octet) && octet != b'*' && octet != b'%';
        let name = text.to_ascii_lowercase();
        let mut components = name.strip_prefix('/')?.split('/');
        let is_whole = components.clone().all(|component| !component.is_empty());
        let is_scoped = matches!(components.next(), Some("private" | "shared"));
        let is_short = name.len() <= ANNOTATION_NAME_OCTETS_MAX;
        let is_name = is_short && is_whole && is_scoped && name.bytes().all(is_allowed);
        is_name.then(|| AnnotationName(name.into()))
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one user's alone.
    pub fn is_private(&self) -> bool {
        // No name begins otherwise with this: see `new`.
        self.0.starts_with(PRIVATE)
    }

    /// Whether something can have this name: at least two components, and four below `vendor` (RFC 5464, 3.2).
    pub fn can_be_kept(&self) -> bool {
        let mut components = self.0.split('/').skip(2);
        match components.next() {
            None => false,
            Some("vendor") => components.count() >= 2,
            Some(_) => true,
        }
    }

    /// Whether this is the other, or so far below it.
    pub fn is_at(&self, other: &AnnotationName, depth: AnnotationDepth) -> bool {
        let Some(rest) = self.0.strip_prefix(&*other.0) else { return false };
        match (rest.strip_prefix('/'), depth) {
            (None, _) => rest.is_empty(),
            (Some(_), AnnotationDepth::Itself) => false,
            (Some(below), AnnotationDepth::Below) => !below.contains('/'),
            (Some(_), AnnotationDepth::All) => true,
        }
    }
}

impl std::fmt::Display for AnnotationName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Annotated {
    pub(crate) fn mailbox(self) -> Option<MailboxId> {
        match self {
            Annotated::Mailbox(mailbox) => Some(mailbox),
            Annotated::Account => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AnnotationName {
        AnnotationName::new(text).unwrap()
    }

    #[test]
    fn names_are_taken_as_the_rfc_has_them() {
        for (text, can_be_kept) in [
            ("/private", false),
            ("/shared", false),
            ("/shared/comment", true),
            ("/PRIVATE/Comment", true),
            ("/private/vendor", false),
            ("/private/vendor/correio", false),
            ("/private/vendor/correio/colour", true),
            ("/private/filters/values/boss", true),
            ("/shared/two words", true),
        ] {
            assert_eq!(name(text).can_be_kept(), can_be_kept, "{text}");
        }
        let long = |octets: usize| format!("/shared/{}", "x".repeat(octets.saturating_sub(8)));
        assert!(AnnotationName::new(&long(ANNOTATION_NAME_OCTETS_MAX)).is_some());
        assert_eq!(AnnotationName::new(&long(ANNOTATION_NAME_OCTETS_MAX + 1)), None);
        for wrong in [
            "",
            "/",
            "private",
            "/privates",
            "/other/comment",
            "/shared/",
            "/shared//comment",
            "/shared/a*",
            "/shared/%",
            "/shared/a\u{7}",
            "/shared/\u{e9}",
            "shared/comment",
            "/private/a\r\n",
        ] {
            assert_eq!(AnnotationName::new(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn names_are_told_apart_without_regard_to_case() {
        assert_eq!(name("/SHARED/Comment"), name("/shared/comment"));
        assert!(name("/Private/x").is_private());
        assert!(!name("/shared/private").is_private());
    }

    #[test]
    fn depths_count_components() {
        use AnnotationDepth::{All, Below, Itself};
        let above = name("/private/a");
        for (text, at) in [
            ("/private/a", [true, true, true]),
            ("/private/a/b", [false, true, true]),
            ("/private/a/b/c", [false, false, true]),
            ("/private/ab", [false, false, false]),
            ("/private", [false, false, false]),
            ("/shared/a", [false, false, false]),
        ] {
            assert_eq!(
                [Itself, Below, All].map(|depth| name(text).is_at(&above, depth)),
                at,
                "{text}"
            );
        }
    }
}
