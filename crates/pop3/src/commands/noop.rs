//! NOOP: shows that somebody is there (RFC 1939, 5).

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Next, Stream, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "NOOP",
    usage: "NOOP",
    states: States::Transaction,
    capability: Capability::None,
    parse,
};

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Noop)
}

pub(crate) fn run<S: Stream>(wire: &mut Wire<S>) -> Result<Next, Gone> {
    wire.answer(&Answer::ok(Words::Nothing));
    Ok(Next::Go)
}
