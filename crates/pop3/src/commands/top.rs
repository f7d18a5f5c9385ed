//! TOP: sends the header and some lines of the body (RFC 1939, 7). However many those are, the message does not count as
//! downloaded: fetchmail and others use TOP to look without leaving a trace.

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Gone, Maildrop, Next, Stream, Wire, transfer};
use crate::top_scan::TopScan;

pub(crate) const ROW: Row = Row {
    name: "TOP",
    usage: "TOP message-number lines",
    states: States::Transaction,
    capability: Capability::Always("TOP"),
    parse,
};

/// The arguments of TOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
    /// Which message.
    pub message: MessageNumber,
    /// How many lines of its body. More than it has: all of it.
    pub lines: u64,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let message = args.message()?;
    let lines = args.count()?;
    args.end().map(|()| Command::Top(Top { message, lines }))
}

impl Top {
    pub(crate) async fn run<S: Stream>(
        self,
        maildrop: &mut Maildrop,
        wire: &mut Wire<S>,
    ) -> Result<Next, Gone> {
        let scan = TopScan::new(self.lines);
        transfer::send(maildrop, wire, self.message, Some(scan)).await.map(|_| Next::Go)
    }
}
