//! RETR: sends a whole message (RFC 1939, 5). Whether it becomes `\Seen` by that is the account's choice.

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::transfer::{Sent, send};
use crate::server::{Gone, Maildrop, Next, Stream, Wire};

pub(crate) const ROW: Row = Row {
    name: "RETR",
    usage: "RETR message-number",
    states: States::Transaction,
    capability: Capability::None,
    parse,
};

/// The argument of RETR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retr {
    /// Which message.
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
        if send(maildrop, wire, self.message, None).await? == Sent::Whole {
            maildrop.gathered(self.message, wire.flushes());
        }
        Ok(Next::Go)
    }
}
