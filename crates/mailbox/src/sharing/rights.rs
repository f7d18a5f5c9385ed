//! Rights on a mailbox, as letters (RFC 4314, 2.1).

use std::fmt;
use std::ops::{BitAnd, BitOr};

use crate::Flags;

/// Some rights on a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rights(u16);

/// A letter that stands for no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no right {0:?}; the rights are l r s w i p k x t e a")]
pub struct UnknownRight(pub char);

/// The letters, in the order in which they are written.
const LETTERS: [(char, Rights); 11] = [
    ('l', Rights::LOOKUP),
    ('r', Rights::READ),
    ('s', Rights::SEEN),
    ('w', Rights::WRITE),
    ('i', Rights::INSERT),
    ('p', Rights::POST),
    ('k', Rights::CREATE),
    ('x', Rights::DELETE_MAILBOX),
    ('t', Rights::DELETE_MESSAGES),
    ('e', Rights::EXPUNGE),
    ('a', Rights::ADMINISTER),
];

impl Rights {
    /// None.
    pub const NONE: Rights = Rights(0);
    /// `l`: the mailbox is listed.
    pub const LOOKUP: Rights = Rights(1);
    /// `r`: it is opened and read.
    pub const READ: Rights = Rights(1 << 1);
    /// `s`: `\Seen` is set and taken away.
    pub const SEEN: Rights = Rights(1 << 2);
    /// `w`: other flags than `\Seen` and `\Deleted` are.
    pub const WRITE: Rights = Rights(1 << 3);
    /// `i`: messages are put in.
    pub const INSERT: Rights = Rights(1 << 4);
    /// `p`: mail is sent to its address.
    pub const POST: Rights = Rights(1 << 5);
    /// `k`: mailboxes are made below it.
    pub const CREATE: Rights = Rights(1 << 6);
    /// `x`: it is deleted or renamed.
    pub const DELETE_MAILBOX: Rights = Rights(1 << 7);
    /// `t`: `\Deleted` is set and taken away.
    pub const DELETE_MESSAGES: Rights = Rights(1 << 8);
    /// `e`: what is `\Deleted` is expunged.
    pub const EXPUNGE: Rights = Rights(1 << 9);
    /// `a`: rights are given and taken.
    pub const ADMINISTER: Rights = Rights(1 << 10);
    /// All of them.
    pub const ALL: Rights = Rights((1 << 11) - 1);

    /// What is needed to take messages out of a mailbox that is open: to read it, to mark them `\Deleted` and to expunge (RFC 6851, 4.2).
    pub const TAKEN_OUT: Rights =
        Rights(Rights::READ.0 | Rights::DELETE_MESSAGES.0 | Rights::EXPUNGE.0);

    /// What RFC 2086 called `c`: both rights over mailboxes (RFC 4314, 2.1.1; the first of its two readings).
    const OLD_CREATE: Rights = Rights(Rights::CREATE.0 | Rights::DELETE_MAILBOX.0);
    /// What RFC 2086 called `d`: both rights by which messages go.
    const OLD_DELETE: Rights = Rights(Rights::DELETE_MESSAGES.0 | Rights::EXPUNGE.0);

    /// Reads letters, in any order; `c` and `d` stand for what they became (RFC 4314, 2.1.1).
    pub fn parse(letters: &str) -> Result<Rights, UnknownRight> {
        letters.chars().try_fold(Rights::NONE, |rights, letter| {
            let right = match letter {
                'c' => Some(Rights::OLD_CREATE),
                'd' => Some(Rights::OLD_DELETE),
                _ => LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, right)| *right),
            };
            right.map(|right| rights | right).ok_or(UnknownRight(letter))
        })
    }

    /// Rights from their bits, as they are kept; none if there is a bit that no right has.
    pub(crate) fn of_bits(bits: u64) -> Option<Rights> {
        u16::try_from(bits).ok().map(Rights).filter(|rights| Rights::ALL.has(*rights))
    }

    pub(crate) fn bits(self) -> u64 {
        self.0.into()
    }

    /// Whether all of these are among them.
    pub fn has(self, these: Rights) -> bool {
        self.0 & these.0 == these.0
    }

    /// Whether one of these is among them.
    pub fn has_any(self, these: Rights) -> bool {
        self.0 & these.0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Rights::NONE
    }

    /// These without those.
    #[must_use]
    pub fn without(self, those: Rights) -> Rights {
        Rights(self.0 & !those.0)
    }

    /// The flags that may be set and taken away: `\Seen` with `s`, `\Deleted` with `t`, all others with `w` (RFC 4314, 4).
    pub fn flags(self) -> Flags {
        let own = Flags::SEEN.with(Flags::DELETED);
        let mut flags = Flags::NONE;
        if self.has(Rights::SEEN) {
            flags = flags.with(Flags::SEEN);
        }
        if self.has(Rights::DELETE_MESSAGES) {
            flags = flags.with(Flags::DELETED);
        }
        if self.has(Rights::WRITE) {
            flags = flags.with(Flags(!own.with(Flags::INTERNAL).0));
        }
        flags
    }

    /// The letters, with `c` and `d` for programs that know RFC 2086 alone (RFC 4314, 2.1.1).
    pub fn with_old_letters(self) -> String {
        let mut letters = self.to_string();
        if self.has_any(Rights::OLD_CREATE) {
            letters.push('c');
        }
        if self.has_any(Rights::OLD_DELETE) {
            letters.push('d');
        }
        letters
    }

    /// Each right by itself.
    pub fn each(self) -> impl Iterator<Item = (char, Rights)> {
        LETTERS.into_iter().filter(move |(_, right)| self.has(*right))
    }
}

impl BitOr for Rights {
    type Output = Rights;

    fn bitor(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }
}

impl BitAnd for Rights {
    type Output = Rights;

    fn bitand(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }
}

/// The letters.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.each().try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_and_written() {
        for (read, written, with_old) in [
            ("", "", ""),
            ("lrswipkxtea", "lrswipkxtea", "lrswipkxteacd"),
            ("aetxkpiwsrl", "lrswipkxtea", "lrswipkxteacd"),
            // RFC 4314, 2.1.1: `d` becomes `et`, and `k` is shown with `c`.
            ("lrswida", "lrswitea", "lrswitead"),
            ("lrswikda", "lrswiktea", "lrswikteacd"),
            ("c", "kx", "kxc"),
            ("ll", "l", "l"),
        ] {
            let rights = Rights::parse(read).unwrap();
            assert_eq!(rights.to_string(), written);
            assert_eq!(rights.with_old_letters(), with_old);
        }
        for (wrong, letter) in [("lrQ", 'Q'), ("lrq", 'q'), ("l r", ' '), ("0", '0')] {
            assert_eq!(Rights::parse(wrong), Err(UnknownRight(letter)));
        }
        assert_eq!(Rights::of_bits(Rights::ALL.bits()), Some(Rights::ALL));
        assert_eq!(Rights::of_bits(Rights::ALL.bits() + 1), None);
    }

    #[test]
    fn each_flag_needs_its_right() {
        let flags = |letters| Rights::parse(letters).unwrap().flags();
        let keyword = Flags::keyword(0).unwrap();
        assert_eq!(flags("lrikxepa"), Flags::NONE);
        assert_eq!(flags("s"), Flags::SEEN);
        assert_eq!(flags("t"), Flags::DELETED);
        assert!(flags("w").contains(Flags::ANSWERED.with(Flags::FLAGGED).with(keyword)));
        assert!(!flags("w").contains(Flags::SEEN));
        assert!(!flags("w").contains(Flags::DELETED));
        assert_eq!(flags("lrswipkxtea").0 & Flags::INTERNAL.0, 0);
    }
}
