//! SEARCH and UID SEARCH: Find messages (RFC 9051, 6.4.4); what to answer: RFC 4731, RFC 5182.

use super::{Command, Row, Stage, uid_prefix};
use crate::Syntax;
use crate::search::{Key, parse_program, print_program};
use crate::wire::{Args, By, CommandWriter};

pub(super) const ROW: Row = Row {
    name: "SEARCH",
    stage: Stage::Selected,
    capability: Some("ESEARCH"),
    parse: |args| parse(args, By::Number),
};

/// Finds messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What the answer's numbers mean.
    pub by: By,
    /// What to answer; none: RETURN was not said.
    pub returns: Option<SearchReturn>,
    /// The charset named; none: none was. Texts are UTF-8 where it is `UTF-8`, `US-ASCII` or none; a server that is
    /// given another answers `NO [BADCHARSET]` and does not look at them.
    pub charset: Option<String>,
    /// What the messages have to fulfil.
    pub key: Key,
}

/// What an ESEARCH answer is to hold (RFC 9051, 6.4.4). Nothing at all means `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchReturn {
    /// The lowest number.
    pub min: bool,
    /// The highest number.
    pub max: bool,
    /// All numbers.
    pub all: bool,
    /// How many.
    pub count: bool,
    /// Nothing, but `$` is to mean the result from here on.
    pub save: bool,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    let mut returns = None;
    if args.eat_text(" RETURN ") {
        returns = Some(parse_returns(args)?);
    }
    args.space()?;
    let mut charset = None;
    if args.eat_text("CHARSET ") {
        charset = Some(args.astring_text()?.into_owned());
        args.space()?;
    }
    let key = parse_program(args, charset.as_deref())?;
    args.end()?;
    Ok(Command::Search(Search { by, returns, charset, key }))
}

fn parse_returns(args: &mut Args<'_>) -> Result<SearchReturn, Syntax> {
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
    Ok(returns)
}

impl Search {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("SEARCH ");
        if let Some(returns) = self.returns {
            let words: Vec<&str> = [
                (returns.min, "MIN"),
                (returns.max, "MAX"),
                (returns.all, "ALL"),
                (returns.count, "COUNT"),
                (returns.save, "SAVE"),
            ]
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| word)
            .collect();
            out.raw("RETURN (");
            out.raw(&words.join(" "));
            out.raw(") ");
        }
        if let Some(charset) = &self.charset {
            out.raw("CHARSET ");
            out.astring(charset.as_bytes());
            out.space();
        }
        print_program(&self.key, out);
    }
}
