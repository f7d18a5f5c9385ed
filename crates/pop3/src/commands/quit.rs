//! QUIT: removes what was marked, all at once, and says goodbye when that is durable (RFC 1939, 6).

use mailbox::{Error, Refused};

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::reply::Reply;
use crate::server::{Gone, Maildrop, Next, Stream, Wire, wording};

pub(crate) const ROW: Row = Row { name: "QUIT", usage: "QUIT", stage: Stage::Both, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Quit)
}

/// Says goodbye to somebody who has not logged in.
pub(crate) fn leave<S: Stream>(wire: &mut Wire<S>) -> Result<Next, Gone> {
    wire.reply(&Reply::ok("bye"));
    Ok(Next::Close)
}

/// Enters the UPDATE state. The lock is free before the client hears of it, so that it can come back at once.
pub(crate) async fn update<S: Stream>(
    maildrop: Maildrop,
    wire: &mut Wire<S>,
) -> Result<Next, Gone> {
    let left = maildrop.messages();
    let marked = maildrop.marked();
    let removed = maildrop.remove_marked().await;
    drop(maildrop);
    wire.reply(&match removed {
        Ok(()) => Reply::ok(format!("bye ({left} messages left)")),
        // Another program removed them before; that is what was wanted.
        Err(Error::Refused(Refused::NoSuchMessage)) => Reply::ok("bye"),
        Err(error) => {
            let reply = wording::error(&error);
            Reply { text: format!("{marked} messages were not removed: {}", reply.text), ..reply }
        }
    });
    Ok(Next::Close)
}
