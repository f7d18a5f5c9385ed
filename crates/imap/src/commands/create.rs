//! CREATE: Makes a mailbox (RFC 9051, 6.3.4), perhaps for a special use (RFC 6154, 3).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row {
    name: "CREATE",
    stage: Stage::Authenticated,
    capability: Some("CREATE-SPECIAL-USE"),
    parse,
};

/// Makes a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub mailbox: Name,
    /// Its special uses, without backslashes, as given: `Sent`.
    pub uses: Vec<String>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    let mut uses = Vec::new();
    if args.eat(b' ') && !args.is_empty() {
        args.open()?;
        if !args.eat_text("USE ") {
            return Err(args.expected("USE"));
        }
        uses = args.list_or_empty(20, |args| {
            args.take(b'\\', "a special use like \\Sent")?;
            args.atom("a special use like \\Sent").map(str::to_owned)
        })?;
        args.close()?;
    }
    args.end()?;
    Ok(Command::Create(Create { mailbox, uses }))
}

impl Create {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("CREATE ");
        out.mailbox(self.mailbox.as_str());
        if self.uses.is_empty() {
            return;
        }
        out.raw(" (USE (");
        for (index, name) in self.uses.iter().enumerate() {
            out.raw(if index > 0 { " \\" } else { "\\" });
            out.atom(name);
        }
        out.raw("))");
    }
}
