//! COMPRESS: Compresses both directions from here on (RFC 4978).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row {
    name: "COMPRESS",
    stage: Stage::Authenticated,
    capability: Some("COMPRESS=DEFLATE"),
    parse,
};

/// Compresses both directions with DEFLATE, the only way there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compress;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    if !args.eat_text("DEFLATE") {
        return Err(args.expected("DEFLATE"));
    }
    args.end()?;
    Ok(Command::Compress(Compress))
}

impl Compress {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("COMPRESS DEFLATE");
    }
}
