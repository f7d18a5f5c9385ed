//! QUIT: removes what was marked, all at once, and says goodbye when that is durable (RFC 1939, 6).

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Wire, Words};

pub(crate) const ROW: Row = Row { name: "QUIT", usage: "QUIT", stage: Stage::Both, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Quit)
}

/// Says goodbye to somebody who has not logged in.
pub(crate) fn leave<S: Stream>(wire: &mut Wire<S>) -> Result<Next, Gone> {
    wire.answer(&Answer::ok(Words::Bye));
    Ok(Next::Close)
}

/// Enters the UPDATE state. The lock is free before the client hears of it, so that it can come back at once.
pub(crate) async fn update<S: Stream>(
    maildrop: Maildrop,
    wire: &mut Wire<S>,
) -> Result<Next, Gone> {
    let marked = maildrop.marked();
    match maildrop.close().await {
        Ok(outcome) => wire.answer(&Answer::ok(Words::Outcome(&outcome))),
        Err(error) => wire.answer(&Answer::not_done(marked, &error)),
    }
    Ok(Next::Close)
}
