//! MODSEQ: what was changed at a mod-sequence or later (RFC 7162, 3.1.5).

use mailbox::search::Query;

use crate::Syntax;
use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("MODSEQ", |args, _| parse(args));

/// Changed at this mod-sequence or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModSeq(pub mailbox::ModSeq);

/// `MODSEQ 620` or `MODSEQ "/flags/\\draft" all 620`. We keep one mod-sequence a message, so the flag is passed over.
fn parse(args: &mut Args<'_>) -> Result<Key, Syntax> {
    args.space()?;
    if args.peek() == Some(b'"') {
        args.quoted()?;
        args.space()?;
        if !["PRIV", "SHARED", "ALL"].into_iter().any(|kind| args.eat_text(kind)) {
            return Err(args.expected("priv, shared or all"));
        }
        args.space()?;
    }
    args.number64().map(|number| ModSeq(mailbox::ModSeq(number)).into())
}

impl Term for ModSeq {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("MODSEQ ");
        out.number(self.0.0);
    }

    fn uses_modseq(&self) -> bool {
        true
    }
}

impl Look for ModSeq {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::ModSeqFrom(self.0))
    }
}
