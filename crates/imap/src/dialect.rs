//! What a session has enabled: parsers and printers take it, so that none can forget it (RFC 9051, 6.3.1).

use std::fmt;

/// Something a client enables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `ENABLE IMAP4rev2`: UTF-8 names, ESEARCH instead of SEARCH, no RECENT (RFC 9051, appendix A).
    Imap4Rev2,
    /// `ENABLE UTF8=ACCEPT`: UTF-8 names and quoted strings (RFC 6855, 3).
    Utf8Accept,
    /// CONDSTORE: each FETCH with new flags carries the MODSEQ (RFC 7162, 3.1).
    Condstore,
    /// QRESYNC: VANISHED instead of EXPUNGE; implies CONDSTORE (RFC 7162, 3.2.3).
    Qresync,
    /// `ENABLE UIDONLY`: no message numbers in either direction (RFC 9586, 3).
    UidOnly,
}

impl Feature {
    const ALL: [Feature; 5] = [
        Feature::Imap4Rev2,
        Feature::Utf8Accept,
        Feature::Condstore,
        Feature::Qresync,
        Feature::UidOnly,
    ];

    const fn bit(self) -> u8 {
        match self {
            Feature::Imap4Rev2 => 1,
            Feature::Utf8Accept => 2,
            Feature::Condstore => 4,
            Feature::Qresync => 8,
            Feature::UidOnly => 16,
        }
    }

    /// The name in ENABLE and ENABLED.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Imap4Rev2 => "IMAP4rev2",
            Feature::Utf8Accept => "UTF8=ACCEPT",
            Feature::Condstore => "CONDSTORE",
            Feature::Qresync => "QRESYNC",
            Feature::UidOnly => "UIDONLY",
        }
    }

    /// The feature of that name, in any case.
    pub fn named(name: &str) -> Option<Feature> {
        Feature::ALL.into_iter().find(|feature| feature.name().eq_ignore_ascii_case(name))
    }
}

/// The set of features a session has enabled. The empty one is plain IMAP4rev1.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Dialect(u8);

impl Dialect {
    /// Plain IMAP4rev1.
    pub const REV1: Dialect = Dialect(0);
    /// IMAP4rev2, and nothing else.
    pub const REV2: Dialect = Dialect(1);

    /// Adds a feature and what it implies.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Dialect {
        let implied = match feature {
            Feature::Qresync => Feature::Condstore.bit(),
            Feature::Imap4Rev2 | Feature::Utf8Accept | Feature::Condstore | Feature::UidOnly => 0,
        };
        Dialect(self.0 | feature.bit() | implied)
    }

    /// Whether a feature is on.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// Whether IMAP4rev2 is on.
    pub const fn is_rev2(self) -> bool {
        self.has(Feature::Imap4Rev2)
    }

    /// Whether names and quoted strings are in UTF-8, instead of modified UTF-7 and ASCII.
    pub const fn is_utf8(self) -> bool {
        self.has(Feature::Imap4Rev2) || self.has(Feature::Utf8Accept)
    }

    /// Whether mod-sequences are shown without being asked for.
    pub const fn shows_modseq(self) -> bool {
        self.has(Feature::Condstore)
    }

    /// Whether VANISHED stands in for EXPUNGE.
    pub const fn shows_vanished(self) -> bool {
        self.has(Feature::Qresync) || self.has(Feature::UidOnly)
    }

    /// Whether there are no message numbers, only UIDs.
    pub const fn is_uid_only(self) -> bool {
        self.has(Feature::UidOnly)
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Feature::ALL.into_iter().filter(|feature| self.has(*feature)))
            .finish()
    }
}
