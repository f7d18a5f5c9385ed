//! COMPRESS: compresses both directions from here on (RFC 4978). Nobody may do so before login.

use crate::Syntax;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Code;
use crate::server::Run;
use crate::server::outcome::{Done, Next, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("COMPRESS", ConnectionState::Authenticated, parse)
    .brings(&[Capability::Depends(deflate)]);

fn deflate(connection: &Connection) -> Vec<String> {
    let offered = connection.is_authenticated && !connection.is_compressed;
    offered.then(|| "COMPRESS=DEFLATE".to_owned()).into_iter().collect()
}

/// Compresses both directions with DEFLATE, the only way there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compress;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    if !args.eat_text("DEFLATE") {
        return Err(args.expected("DEFLATE"));
    }
    args.end()?;
    Ok(Command::new(Compress))
}

impl Request for Compress {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("COMPRESS DEFLATE");
    }
}

impl Run for Compress {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.channel.is_squeezed() {
            let text = "The connection is compressed already";
            return Err(Stop::No(Some(Code::CompressionActive), text.into()));
        }
        Ok(Done { next: Next::Squeeze, ..Done::saying("DEFLATE active") })
    }
}
