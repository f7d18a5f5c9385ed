//! NOOP: shows that somebody is there (RFC 1939, 5).

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::reply::Reply;
use crate::server::{Gone, Next, Stream, Wire};

pub(crate) const ROW: Row = Row { name: "NOOP", usage: "NOOP", stage: Stage::Transaction, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Noop)
}

pub(crate) fn run<S: Stream>(wire: &mut Wire<S>) -> Result<Next, Gone> {
    wire.reply(&Reply::ok(""));
    Ok(Next::Go)
}
