//! What an ESEARCH answer is to hold: the options behind RETURN, of SEARCH and of SORT (RFC 9051, 6.4.4; RFC 5267, 3).

use crate::Syntax;
use crate::wire::{Args, CommandWriter};

/// What an ESEARCH answer is to hold (RFC 9051, 6.4.4). Nothing at all means `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// The lowest number; of a SORT the one that comes first.
    pub min: bool,
    /// The highest number; of a SORT the one that comes last.
    pub max: bool,
    /// All numbers, in order.
    pub all: bool,
    /// How many.
    pub count: bool,
    /// Nothing, but `$` is to mean the result from here on.
    pub save: bool,
}

impl SearchReturn {
    /// Takes ` RETURN (...)`, if it stands there.
    pub(in crate::commands) fn parse(args: &mut Args<'_>) -> Result<Option<SearchReturn>, Syntax> {
        if !args.eat_text(" RETURN ") {
            return Ok(None);
        }
        let mut returns = SearchReturn::default();
        args.list_or_empty(20, |args| {
            let error = args.expected("MIN, MAX, ALL, COUNT or SAVE");
            match args.word(error.expected)?.to_ascii_uppercase().as_str() {
                "MIN" => returns.min = true,
                "MAX" => returns.max = true,
                "ALL" => returns.all = true,
                "COUNT" => returns.count = true,
                "SAVE" => returns.save = true,
                _ => return Err(error),
            }
            Ok(())
        })?;
        Ok(Some(returns))
    }

    /// Appends `RETURN (...) `.
    pub(in crate::commands) fn print(self, out: &mut CommandWriter) {
        let words: Vec<&str> = [
            (self.min, "MIN"),
            (self.max, "MAX"),
            (self.all, "ALL"),
            (self.count, "COUNT"),
            (self.save, "SAVE"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, word)| word)
        .collect();
        out.raw("RETURN (");
        out.raw(&words.join(" "));
        out.raw(") ");
    }

    /// With what an empty list means.
    pub(in crate::commands) fn or_all(self) -> SearchReturn {
        if self == SearchReturn::default() { SearchReturn { all: true, ..self } } else { self }
    }

    /// Whether nothing is to be answered.
    pub(in crate::commands) fn only_saves(self) -> bool {
        self == SearchReturn { save: true, ..SearchReturn::default() }
    }

    /// Whether of all that was found only the first or the last are shown or saved.
    pub(in crate::commands) fn only_ends(self) -> bool {
        !(self.all || self.count) && (self.min || self.max)
    }
}
