//! Properties of vCards that are entries of a list of JSContact, as a table for both directions (RFC 9555, 2).

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// Several texts, each an entry.
    Texts,
    /// An address of something.
    Uri,
    /// An address, or octets that stand in the vCard.
    Octets,
}

/// What else an entry may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Nothing that has a name of its own.
    Nothing,
    /// Where it is used, and which is preferred.
    Use,
    /// These, and what people call it.
    UseAndLabel,
}

/// One of them.
pub(super) struct Row {
    /// The name in a vCard.
    pub(super) name: &'static str,
    /// The property of JSContact.
    pub(super) list: &'static str,
    /// Where the value stands in an entry.
    pub(super) field: &'static str,
    /// The kind that tells it from others of the list.
    pub(super) kind: Option<&'static str>,
    pub(super) shape: Shape,
    pub(super) says: Says,
}

use Says::{Nothing, Use, UseAndLabel};
use Shape::{Octets, Text, Texts, Uri};

const fn row(
    name: &'static str,
    (list, field): (&'static str, &'static str),
    kind: Option<&'static str>,
    shape: Shape,
    says: Says,
) -> Row {
    Row { name, list, field, kind, shape, says }
}

/// All of them. Of those of one list the one without a kind stands last.
pub(super) const ROWS: &[Row] = &[
    row("NICKNAME", ("nicknames", "name"), None, Texts, Use),
    row("EMAIL", ("emails", "address"), None, Text, UseAndLabel),
    row("TEL", ("phones", "number"), None, Text, UseAndLabel),
    row("IMPP", ("onlineServices", "uri"), None, Uri, UseAndLabel),
    row("LANG", ("preferredLanguages", "language"), None, Text, Use),
    row("ROLE", ("titles", "name"), Some("role"), Text, Nothing),
    row("TITLE", ("titles", "name"), None, Text, Nothing),
    row("NOTE", ("notes", "note"), None, Text, Nothing),
    row("CONTACT-URI", ("links", "uri"), Some("contact"), Uri, UseAndLabel),
    row("URL", ("links", "uri"), None, Uri, UseAndLabel),
    row("ORG-DIRECTORY", ("directories", "uri"), Some("directory"), Uri, UseAndLabel),
    row("SOURCE", ("directories", "uri"), Some("entry"), Uri, UseAndLabel),
    row("FBURL", ("calendars", "uri"), Some("freeBusy"), Uri, UseAndLabel),
    row("CALURI", ("calendars", "uri"), Some("calendar"), Uri, UseAndLabel),
    row("CALADRURI", ("schedulingAddresses", "uri"), None, Uri, UseAndLabel),
    row("EXPERTISE", ("personalInfo", "value"), Some("expertise"), Text, UseAndLabel),
    row("HOBBY", ("personalInfo", "value"), Some("hobby"), Text, UseAndLabel),
    row("INTEREST", ("personalInfo", "value"), Some("interest"), Text, UseAndLabel),
    row("PHOTO", ("media", "uri"), Some("photo"), Octets, UseAndLabel),
    row("LOGO", ("media", "uri"), Some("logo"), Octets, UseAndLabel),
    row("SOUND", ("media", "uri"), Some("sound"), Octets, UseAndLabel),
    row("KEY", ("cryptoKeys", "uri"), None, Octets, UseAndLabel),
];

/// Where something is used: the context of JSContact and the type of a vCard.
pub(super) const CONTEXTS: [(&str, &str); 4] =
    [("private", "home"), ("work", "work"), ("billing", "billing"), ("delivery", "delivery")];

/// What a telephone can do, in the same way.
pub(super) const FEATURES: [(&str, &str); 8] = [
    ("mobile", "cell"),
    ("voice", "voice"),
    ("text", "text"),
    ("video", "video"),
    ("main-number", "main-number"),
    ("textphone", "textphone"),
    ("fax", "fax"),
    ("pager", "pager"),
];

/// What Apple's programs call things in all languages; they stand in marks of their own.
pub(super) const APPLE_LABELS: [&str; 14] = [
    "Home",
    "Work",
    "School",
    "Mobile",
    "Main",
    "HomePage",
    "Other",
    "HomeFAX",
    "WorkFAX",
    "Pager",
    "Anniversary",
    "Spouse",
    "Friend",
    "Assistant",
];
