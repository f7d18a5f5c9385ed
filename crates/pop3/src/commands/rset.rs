//! RSET: takes all marks back (RFC 1939, 5).

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "RSET",
    usage: "RSET",
    states: States::Transaction,
    capability: Capability::None,
    parse,
};

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Rset)
}

pub(crate) async fn run<S: Stream>(
    maildrop: &mut Maildrop,
    wire: &mut Wire<S>,
) -> Result<Next, Gone> {
    maildrop.unmark_all();
    wire.answer(&match maildrop.totals().await {
        Ok((messages, octets)) => Answer::ok(Words::Totals(messages, octets)),
        Err(fault) => Answer::fault(&fault),
    });
    Ok(Next::Go)
}
