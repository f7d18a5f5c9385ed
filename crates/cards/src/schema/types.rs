//! The types of JSContact, as tables (RFC 9553, 2).

/// What a value is.
pub(super) enum Kind {
    /// A text.
    Text,
    /// True or false.
    Truth,
    /// A number that is not below 0, and at most so large.
    Number(u64),
    /// A number from 1 to 100: what is preferred has a lower one.
    Preference,
    /// A UTCDateTime.
    Date,
    /// Texts that each stand for true.
    Set,
    /// Texts by texts.
    Texts,
    /// An object.
    One(&'static Schema),
    /// Objects in order.
    List(&'static Schema),
    /// Objects by ids.
    ById(&'static Schema),
    /// Objects by texts.
    ByText(&'static Schema),
}

/// Whether a property has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Must,
    May,
}

use Kind::{ById, ByText, Date, List, Number, One, Preference, Set, Text, Texts, Truth};
use Need::{May, Must};

/// A type of objects.
pub(super) struct Schema {
    /// What `@type` may say.
    pub(super) names: &'static [&'static str],
    pub(super) properties: &'static [(&'static str, Kind, Need)],
}

/// The card itself. Its version and uid are said by the server where they are missing.
pub(super) const CARD: &Schema = &Schema {
    names: &["Card"],
    properties: &[
        ("@type", Text, May),
        ("version", Text, May),
        ("created", Date, May),
        ("kind", Text, May),
        ("language", Text, May),
        ("members", Set, May),
        ("prodId", Text, May),
        ("relatedTo", ByText(RELATION), May),
        ("uid", Text, May),
        ("updated", Date, May),
        ("name", One(NAME), May),
        ("nicknames", ById(NICKNAME), May),
        ("organizations", ById(ORGANIZATION), May),
        ("speakToAs", One(SPEAK_TO_AS), May),
        ("titles", ById(TITLE), May),
        ("emails", ById(EMAIL_ADDRESS), May),
        ("onlineServices", ById(ONLINE_SERVICE), May),
        ("phones", ById(PHONE), May),
        ("preferredLanguages", ById(LANGUAGE), May),
        ("calendars", ById(CALENDAR), May),
        ("schedulingAddresses", ById(SCHEDULING_ADDRESS), May),
        ("addresses", ById(ADDRESS), May),
        ("cryptoKeys", ById(CRYPTO_KEY), May),
        ("directories", ById(DIRECTORY), May),
        ("links", ById(LINK), May),
        ("media", ById(MEDIA), May),
        ("localizations", ByText(PATCH), May),
        ("anniversaries", ById(ANNIVERSARY), May),
        ("keywords", Set, May),
        ("notes", ById(NOTE), May),
        ("personalInfo", ById(PERSONAL_INFO), May),
    ],
};

const PATCH: &Schema = &Schema { names: &["PatchObject"], properties: &[] };

const RELATION: &Schema = &Schema { names: &["Relation"], properties: &[("relation", Set, May)] };

const NAME: &Schema = &Schema {
    names: &["Name"],
    properties: &[
        ("components", List(NAME_COMPONENT), May),
        ("isOrdered", Truth, May),
        ("defaultSeparator", Text, May),
        ("full", Text, May),
        ("sortAs", Texts, May),
        ("phoneticScript", Text, May),
        ("phoneticSystem", Text, May),
    ],
};

const NAME_COMPONENT: &Schema = &Schema {
    names: &["NameComponent"],
    properties: &[("value", Text, Must), ("kind", Text, Must), ("phonetic", Text, May)],
};

const NICKNAME: &Schema = &Schema {
    names: &["Nickname"],
    properties: &[("name", Text, Must), ("contexts", Set, May), ("pref", Preference, May)],
};

const ORGANIZATION: &Schema = &Schema {
    names: &["Organization"],
    properties: &[
        ("name", Text, May),
        ("units", List(ORG_UNIT), May),
        ("sortAs", Text, May),
        ("contexts", Set, May),
    ],
};

const ORG_UNIT: &Schema =
    &Schema { names: &["OrgUnit"], properties: &[("name", Text, Must), ("sortAs", Text, May)] };

const SPEAK_TO_AS: &Schema = &Schema {
    names: &["SpeakToAs"],
    properties: &[("grammaticalGender", Text, May), ("pronouns", ById(PRONOUNS), May)],
};

const PRONOUNS: &Schema = &Schema {
    names: &["Pronouns"],
    properties: &[("pronouns", Text, Must), ("contexts", Set, May), ("pref", Preference, May)],
};

const TITLE: &Schema = &Schema {
    names: &["Title"],
    properties: &[("name", Text, Must), ("kind", Text, May), ("organizationId", Text, May)],
};

const EMAIL_ADDRESS: &Schema = &Schema {
    names: &["EmailAddress"],
    properties: &[
        ("address", Text, Must),
        ("contexts", Set, May),
        ("pref", Preference, May),
        ("label", Text, May),
    ],
};

const ONLINE_SERVICE: &Schema = &Schema {
    names: &["OnlineService"],
    properties: &[
        ("service", Text, May),
        ("uri", Text, May),
        ("user", Text, May),
        ("contexts", Set, May),
        ("pref", Preference, May),
        ("label", Text, May),
    ],
};

const PHONE: &Schema = &Schema {
    names: &["Phone"],
    properties: &[
        ("number", Text, Must),
        ("features", Set, May),
        ("contexts", Set, May),
        ("pref", Preference, May),
        ("label", Text, May),
    ],
};

const LANGUAGE: &Schema = &Schema {
    names: &["LanguagePref"],
    properties: &[("language", Text, Must), ("contexts", Set, May), ("pref", Preference, May)],
};

const SCHEDULING_ADDRESS: &Schema = &Schema {
    names: &["SchedulingAddress"],
    properties: &[
        ("uri", Text, Must),
        ("contexts", Set, May),
        ("pref", Preference, May),
        ("label", Text, May),
    ],
};

/// The properties of each kind of resource (RFC 9553, 1.4.4).
macro_rules! resource {
    ($name:literal, $uri:expr $(, $more:expr)*) => {
        &Schema {
            names: &[$name],
            properties: &[
                ("kind", Text, May),
                ("uri", Text, $uri),
                ("mediaType", Text, May),
                ("contexts", Set, May),
                ("pref", Preference, May),
                ("label", Text, May),
                $($more),*
            ],
        }
    };
}

const CALENDAR: &Schema = resource!("Calendar", Must);
const CRYPTO_KEY: &Schema = resource!("CryptoKey", Must);
const DIRECTORY: &Schema = resource!("Directory", Must, ("listAs", Number(u64::MAX), May));
const LINK: &Schema = resource!("Link", Must);
// RFC 9610, 3: in place of the address there may be a blob.
const MEDIA: &Schema = resource!("Media", May, ("blobId", Text, May));

const ADDRESS: &Schema = &Schema {
    names: &["Address"],
    properties: &[
        ("components", List(ADDRESS_COMPONENT), May),
        ("isOrdered", Truth, May),
        ("countryCode", Text, May),
        ("coordinates", Text, May),
        ("timeZone", Text, May),
        ("contexts", Set, May),
        ("full", Text, May),
        ("defaultSeparator", Text, May),
        ("pref", Preference, May),
        ("phoneticScript", Text, May),
        ("phoneticSystem", Text, May),
    ],
};

const ADDRESS_COMPONENT: &Schema = &Schema {
    names: &["AddressComponent"],
    properties: &[("value", Text, Must), ("kind", Text, Must), ("phonetic", Text, May)],
};

const ANNIVERSARY: &Schema = &Schema {
    names: &["Anniversary"],
    properties: &[("kind", Text, Must), ("date", One(DATE), Must), ("place", One(ADDRESS), May)],
};

/// A PartialDate or a Timestamp.
const DATE: &Schema = &Schema {
    names: &["PartialDate", "Timestamp"],
    properties: &[
        ("year", Number(9_999), May),
        ("month", Number(12), May),
        ("day", Number(31), May),
        ("calendarScale", Text, May),
        ("utc", Date, May),
    ],
};

const NOTE: &Schema = &Schema {
    names: &["Note"],
    properties: &[("note", Text, Must), ("created", Date, May), ("author", One(AUTHOR), May)],
};

const AUTHOR: &Schema =
    &Schema { names: &["Author"], properties: &[("name", Text, May), ("uri", Text, May)] };

const PERSONAL_INFO: &Schema = &Schema {
    names: &["PersonalInfo"],
    properties: &[
        ("kind", Text, Must),
        ("value", Text, Must),
        ("level", Text, May),
        ("listAs", Number(u64::MAX), May),
        ("label", Text, May),
    ],
};
