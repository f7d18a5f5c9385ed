//! RETR: sends a whole message (RFC 1939, 5). It does not become `\Seen` by that.

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::server::{Gone, Maildrop, Next, Stream, Wire, transfer};

pub(crate) const ROW: Row =
    Row { name: "RETR", usage: "RETR message-number", stage: Stage::Transaction, parse };

/// RETR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retr {
    /// The message.
    pub message: MessageNumber,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let message = args.message()?;
    args.end().map(|()| Command::Retr(Retr { message }))
}

impl Retr {
    pub(crate) async fn run<S: Stream>(
        self,
        maildrop: &mut Maildrop,
        wire: &mut Wire<S>,
    ) -> Result<Next, Gone> {
        transfer::send(maildrop, wire, self.message, None).await.map(|()| Next::Go)
    }
}
