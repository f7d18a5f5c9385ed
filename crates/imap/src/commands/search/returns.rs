//! What an ESEARCH answer is to hold: the options behind RETURN, of SEARCH and of SORT (RFC 9051, 6.4.4; RFC 5267, 3).

use crate::Syntax;
use crate::fetch::Item;
use crate::wire::{Args, CommandWriter, PartialRange};

/// What an ESEARCH answer is to hold (RFC 9051, 6.4.4). Nothing at all means `all`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// The lowest number; of a SORT the one that comes first.
    pub min: bool,
    /// The highest number; of a SORT the one that comes last.
    pub max: bool,
    /// All numbers, in order.
    pub all: bool,
    /// How many.
    pub count: bool,
    /// How relevant each of those told is (RFC 6203, 4). Only where something is looked for with FUZZY.
    pub relevancy: bool,
    /// Some of them, in order (RFC 9394). Not beside `all`.
    pub partial: Option<PartialRange>,
    /// Nothing, but `$` is to mean the result from here on.
    pub save: bool,
    /// What changes in the results is to be told from here on (RFC 5267, 4.3).
    pub update: bool,
    /// With `update`: what of messages that come and are among the results is told in a FETCH (RFC 5465, 7). Empty: nothing.
    pub update_items: Vec<Item>,
    /// The same is going to be asked for again (RFC 5267, 4.2). All that this needs is kept anyway.
    pub context: bool,
}

impl SearchReturn {
    /// Takes ` RETURN (...)`, if it stands there.
    pub(in crate::commands) fn parse(args: &mut Args<'_>) -> Result<Option<SearchReturn>, Syntax> {
        if !args.eat_text(" RETURN ") {
            return Ok(None);
        }
        let mut returns = SearchReturn::default();
        args.list_or_empty(20, |args| {
            let error =
                args.expected("MIN, MAX, ALL, COUNT, RELEVANCY, PARTIAL, SAVE, UPDATE or CONTEXT");
            match args.word(error.expected)?.to_ascii_uppercase().as_str() {
                "MIN" => returns.min = true,
                "MAX" => returns.max = true,
                "ALL" => returns.all = true,
                "COUNT" => returns.count = true,
                "RELEVANCY" => returns.relevancy = true,
                "SAVE" => returns.save = true,
                "UPDATE" => {
                    returns.update = true;
                    // RFC 5465, 8 has no space there, its example in 7 does.
                    let mut ahead = args.clone();
                    ahead.eat(b' ');
                    if ahead.peek() == Some(b'(') {
                        returns.update_items = Item::parse_all(&mut ahead)?;
                        *args = ahead;
                    }
                }
                "CONTEXT" => returns.context = true,
                "PARTIAL" if returns.partial.is_none() => {
                    args.space()?;
                    returns.partial = Some(PartialRange::parse(args)?);
                }
                _ => return Err(error),
            }
            Ok(())
        })?;
        if returns.all && returns.partial.is_some() {
            return Err(args.expected("either ALL or PARTIAL"));
        }
        Ok(Some(returns))
    }

    /// Appends `RETURN (...) `.
    pub(in crate::commands) fn print(&self, out: &mut CommandWriter) {
        let words: Vec<&str> = [
            (self.min, "MIN"),
            (self.max, "MAX"),
            (self.all, "ALL"),
            (self.count, "COUNT"),
            (self.relevancy, "RELEVANCY"),
            (self.save, "SAVE"),
            (self.update, "UPDATE"),
            (self.context, "CONTEXT"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, word)| word)
        .collect();
        out.raw("RETURN (");
        for (index, word) in words.iter().enumerate() {
            out.raw(if index == 0 { "" } else { " " });
            out.raw(word);
            if *word == "UPDATE" && !self.update_items.is_empty() {
                out.space();
                Item::print_all(&self.update_items, out);
            }
        }
        if let Some(partial) = self.partial {
            out.raw(if words.is_empty() { "PARTIAL " } else { " PARTIAL " });
            partial.print(&mut out.out);
        }
        out.raw(") ");
    }

    /// With what an empty list means.
    pub(in crate::commands) fn or_all(self) -> SearchReturn {
        if self == SearchReturn::default() { SearchReturn { all: true, ..self } } else { self }
    }

    /// Whether nothing is to be answered.
    pub(in crate::commands) fn only_saves(&self) -> bool {
        *self == SearchReturn { save: true, ..SearchReturn::default() }
    }

    /// Whether of all that was found only the first, the last or a part are shown or saved.
    pub(in crate::commands) fn only_some(&self) -> bool {
        !(self.all || self.count) && (self.min || self.max || self.partial.is_some())
    }

    /// How relevant those are that are told, in their order, of all that were found.
    pub(in crate::commands) fn relevancies(&self, all: &[u8]) -> Option<Vec<u8>> {
        let mut told: Vec<usize> = self.told(all.len()).collect();
        told.sort_unstable();
        let of = |place: usize| all.get(place).copied();
        self.relevancy.then(|| told.into_iter().filter_map(of).collect())
    }

    /// The places, among so many, of what `$` is to stand for and whose mod-sequence is shown (RFC 4731, 3.2; RFC 5182, 2.4;
    /// RFC 9394, 3.2).
    pub(in crate::commands) fn told(&self, count: usize) -> impl Iterator<Item = usize> + use<> {
        if !self.only_some() {
            return (0..count).chain(Vec::new());
        }
        let partial = self.partial.map_or(0..0, |partial| partial.of(count));
        let ends =
            [(0..count).next().filter(|_| self.min), (0..count).next_back().filter(|_| self.max)];
        let ends = ends.into_iter().flatten().filter(|place| !partial.contains(place));
        let ends: Vec<usize> = ends.collect();
        partial.chain(ends)
    }
}
