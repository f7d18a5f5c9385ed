//! DELE: marks a message; it is removed at QUIT and not before (RFC 1939, 5).

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Maildrop, Next, NotMarked, Stream, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "DELE",
    usage: "DELE message-number",
    states: States::Transaction,
    capability: Capability::None,
    parse,
};

/// The argument of DELE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dele {
    /// Which message.
    pub message: MessageNumber,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let message = args.message()?;
    args.end().map(|()| Command::Dele(Dele { message }))
}

impl Dele {
    pub(crate) fn run<S: Stream>(
        self,
        maildrop: &mut Maildrop,
        wire: &mut Wire<S>,
    ) -> Result<Next, Gone> {
        wire.answer(&match maildrop.mark(self.message) {
            Ok(()) => Answer::ok(Words::Marked(self.message, maildrop.fate())),
            Err(NotMarked::Absent(absent)) => Answer::err(absent.words()),
            Err(NotMarked::Fault(fault)) => Answer::fault(&fault),
        });
        Ok(Next::Go)
    }
}
