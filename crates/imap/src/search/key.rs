//! What a SEARCH key is: something that is read, printed and looked for. Each has a file of its own in `keys`, with a row
//! for each of its names.

use std::any::Any;
use std::fmt::Debug;

use super::Key;
use crate::Syntax;
use crate::capability::Capability;
use crate::commands::search::{AnyTerm, Look};
use crate::wire::{Args, CommandWriter};

/// One key that is made of no other: any of `keys`, which `Key::from` takes.
#[derive(Debug)]
pub struct Leaf(Box<dyn AnyTerm>);

/// What is known of a key by its name.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The capability that says that we have it, where one does.
    pub capability: Option<Capability>,
    /// Reads what stands behind the name.
    pub(crate) parse: fn(&mut Args<'_>, Texts) -> Result<Key, Syntax>,
}

impl Row {
    /// A key that needs no capability.
    pub(crate) const fn new(
        name: &'static str,
        parse: fn(&mut Args<'_>, Texts) -> Result<Key, Syntax>,
    ) -> Row {
        Row { name, capability: None, parse }
    }
}

/// What a key says. How it is looked for is `commands::search::Look`.
pub(crate) trait Term: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Appends it.
    fn print(&self, out: &mut CommandWriter);

    /// Appends its opposite, if that has a name. Whether it has.
    fn print_not(&self, _out: &mut CommandWriter) -> bool {
        false
    }

    /// Whether it names messages by their numbers.
    fn uses_numbers(&self) -> bool {
        false
    }

    /// Whether it asks for mod-sequences, and so turns them on (RFC 7162, 3.1).
    fn uses_modseq(&self) -> bool {
        false
    }
}

/// How the texts of a search are to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Texts {
    /// As UTF-8; ASCII is that too.
    Utf8,
    /// Not at all: the search is going to be refused.
    Unknown,
}

impl Texts {
    /// Of a search with this charset.
    pub(super) fn of(charset: Option<&str>) -> Texts {
        let known = |charset: &str| {
            charset.eq_ignore_ascii_case("UTF-8") || charset.eq_ignore_ascii_case("US-ASCII")
        };
        if charset.is_none_or(known) { Texts::Utf8 } else { Texts::Unknown }
    }

    /// Takes a space and a text.
    pub(crate) fn parse(self, args: &mut Args<'_>) -> Result<String, Syntax> {
        args.space()?;
        match self {
            Texts::Utf8 => args.astring_text().map(std::borrow::Cow::into_owned),
            Texts::Unknown => {
                args.astring().map(|octets| String::from_utf8_lossy(&octets).into_owned())
            }
        }
    }
}

/// Takes a space and an atom.
pub(super) fn atom(args: &mut Args<'_>) -> Result<String, Syntax> {
    args.space()?;
    args.atom("an atom").map(str::to_owned)
}

/// Takes a space and a number.
pub(super) fn number(args: &mut Args<'_>) -> Result<u64, Syntax> {
    args.space()?;
    args.number64()
}

impl Leaf {
    /// This key, if it is one of that kind.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        let term: &dyn Any = &*self.0;
        term.downcast_ref()
    }

    /// The key, to be looked for.
    pub(crate) fn inner(&self) -> &dyn AnyTerm {
        &*self.0
    }
}

impl<T: Look> From<T> for Key {
    fn from(term: T) -> Key {
        Key::Leaf(Leaf(Box::new(term)))
    }
}

impl Clone for Leaf {
    fn clone(&self) -> Leaf {
        Leaf(self.0.to_boxed())
    }
}

impl PartialEq for Leaf {
    fn eq(&self, other: &Leaf) -> bool {
        self.0.equals(&*other.0)
    }
}

impl Eq for Leaf {}
