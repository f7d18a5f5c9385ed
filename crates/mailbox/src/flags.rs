//! Flags and keywords of an entry (RFC 9051, 2.3.2). On an entry both are bits; which bit stands for which keyword
//! is the mailbox's own table.

use std::fmt;

use crate::limits::KEYWORDS_MAX;

/// The flags of one entry: five system flags, then one bit for each keyword of the mailbox's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u64);

impl Flags {
    /// None.
    pub const NONE: Flags = Flags(0);
    /// `\Seen`
    pub const SEEN: Flags = Flags(1);
    /// `\Answered`
    pub const ANSWERED: Flags = Flags(1 << 1);
    /// `\Flagged`
    pub const FLAGGED: Flags = Flags(1 << 2);
    /// `\Deleted`
    pub const DELETED: Flags = Flags(1 << 3);
    /// `\Draft`
    pub const DRAFT: Flags = Flags(1 << 4);
    /// Not a flag, and nobody's to set: the body has line ends other than CRLF, so that POP3 sends more octets than it has
    /// (`Email::octets_in_lines`). It stands here so that listings know without looking at the email.
    pub const UNEVEN: Flags = Flags(1 << 5);
    /// Not a flag, and nobody's to set: the header of the message, or of a part of it, has UTF-8 beyond ASCII in it
    /// (RFC 6532), which POP3 must not send to everyone (RFC 6856, 2). It stands here for the same reason.
    pub const UTF8_HEADER: Flags = Flags(1 << 6);
    /// What is nobody's to set, and goes with the email.
    pub const INTERNAL: Flags = Flags(Self::UNEVEN.0 | Self::UTF8_HEADER.0);
    /// The five system flags.
    pub const SYSTEM: Flags = Flags(0b1_1111);
    /// Bits below this one are system flags, or kept free for more of them.
    const KEYWORDS_FROM_BIT: u32 = 8;

    /// The flag of the keyword that stands at `index` in the mailbox's table; none past the limit.
    pub fn keyword(index: usize) -> Option<Flags> {
        if index >= KEYWORDS_MAX {
            return None;
        }
        let bit = Self::KEYWORDS_FROM_BIT.checked_add(u32::try_from(index).ok()?)?;
        1u64.checked_shl(bit).map(Flags)
    }

    /// Whether all flags of `other` are set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// These without those.
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// The indexes of its keywords in the mailbox's table, ascending.
    pub fn keyword_indexes(self) -> impl Iterator<Item = usize> {
        let keywords = self.0 >> Self::KEYWORDS_FROM_BIT;
        (0..KEYWORDS_MAX).filter(move |index| keywords >> index & 1 == 1)
    }
}

/// A keyword: an IMAP atom of at most 255 octets that does not begin with a backslash (RFC 9051, 9: flag-keyword).
/// Compared without regard to case, kept as first written.
#[derive(Clone, Debug)]
pub struct Keyword(Box<str>);

impl Keyword {
    /// Takes a keyword; none if it is no atom or too long.
    pub fn new(text: &str) -> Option<Keyword> {
        let atom = |octet: u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet);
        (!text.is_empty() && text.len() <= 255 && text.bytes().all(atom))
            .then(|| Keyword(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Keyword) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Flags by name, as they come in: system flags as bits, keywords as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagNames {
    /// System flags only.
    pub system: Flags,
    /// Keywords, in the order given.
    pub keywords: Vec<Keyword>,
}

/// What to do with flags (RFC 9051, 6.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagMode {
    /// `FLAGS`: exactly these.
    Replace,
    /// `+FLAGS`: these too.
    Add,
    /// `-FLAGS`: these no longer.
    Remove,
}
