//! QUIT: what was marked is removed, hidden or moved, all at once; goodbye is said when that is durable (RFC 1939, 6).

use mailbox::{Error, Quit};

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Wire, Words};

pub(crate) const ROW: Row =
    Row { name: "QUIT", usage: "QUIT", states: States::Both, capability: Capability::None, parse };

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
    mut maildrop: Maildrop,
    wire: &mut Wire<S>,
) -> Result<Next, Gone> {
    // A message counts as downloaded once it was sent, not when QUIT came along with its RETR.
    if maildrop.is_waiting(wire.flushes())
        && let Err(gone) = wire.flush().await
    {
        abandon(maildrop, wire.flushes()).await;
        return Err(gone);
    }
    let marked = maildrop.marked();
    match maildrop.close(Quit::Yes, wire.flushes()).await {
        Ok(outcome) => wire.answer(&Answer::ok(Words::Outcome(&outcome))),
        // An answer must not be more certain than the fact; the client sees at its next login.
        Err(Error::Fault(fault)) if fault.is_of_unknown_outcome() => {
            return Err(Gone::Fault(fault));
        }
        Err(error) => wire.answer(&Answer::not_done(marked, &error)),
    }
    Ok(Next::Close)
}

/// Ends a session that did not end with QUIT: nothing is removed (RFC 1939, 3 and 6).
pub(crate) async fn abandon(maildrop: Maildrop, flushes: u64) {
    if let Err(error) = maildrop.close(Quit::Broken, flushes).await {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, "what a broken POP3 session downloaded was not marked as read");
    }
}
