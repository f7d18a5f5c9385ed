//! ENABLE: Turns on what changes what the server sends (RFC 9051, 6.3.1; RFC 5161).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "ENABLE", stage: Stage::Authenticated, capability: Some("ENABLE"), parse };

/// Turns on what changes what the server sends. Names it does not know are to be ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enable {
    /// The names, as given: see `Feature::named`.
    pub names: Vec<String>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut names = Vec::new();
    while names.is_empty() || args.peek() == Some(b' ') {
        args.space()?;
        if args.is_empty() && !names.is_empty() {
            break;
        }
        if names.len() >= 100 {
            return Err(args.expected("fewer names"));
        }
        names.push(args.atom("the name of a capability")?.to_owned());
    }
    args.end()?;
    Ok(Command::Enable(Enable { names }))
}

impl Enable {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("ENABLE");
        for name in &self.names {
            out.space();
            out.atom(name);
        }
    }
}
