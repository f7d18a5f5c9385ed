//! ID: Says who the program is, and asks the same (RFC 2971).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::limits::{ID_PAIRS_MAX, ID_VALUE_OCTETS_MAX};
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "ID", stage: Stage::Any, capability: Some("ID"), parse };

/// Says who the program is, and asks the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    /// Names and values; none if the program would not say.
    pub pairs: Option<IdPairs>,
}

/// Names (`name`, `version`, `os`, ...) and values.
pub type IdPairs = Vec<(String, Option<String>)>;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let pairs = parse_pairs(args)?;
    args.end()?;
    Ok(Command::Id(Id { pairs }))
}

/// Takes NIL or a list of names and values: also what the response holds.
pub(crate) fn parse_pairs(args: &mut Args<'_>) -> Result<Option<IdPairs>, Syntax> {
    if args.eat_nil() {
        return Ok(None);
    }
    let pairs = args.list_or_empty(ID_PAIRS_MAX, |args| {
        let error = args.expected("a value of at most 1024 octets");
        let name = args.string()?;
        args.space()?;
        let value = args.nstring()?;
        if value.as_ref().is_some_and(|value| value.len() > ID_VALUE_OCTETS_MAX) {
            return Err(error);
        }
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Ok((text(&name), value.as_deref().map(text)))
    })?;
    Ok(Some(pairs))
}

impl Id {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("ID ");
        let Some(pairs) = &self.pairs else { return out.raw("NIL") };
        out.raw("(");
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                out.space();
            }
            out.string(name.as_bytes());
            out.space();
            out.nstring(value.as_ref().map(String::as_bytes));
        }
        out.raw(")");
    }
}
