//! UTF8: from here on messages are sent as they are, with UTF-8 in their headers (RFC 6856, 2.1).

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Next, Session, Stream, Words};

/// With USER: names and passwords may be UTF-8 as well (RFC 6856, 2.2).
pub(crate) const ROW: Row = Row {
    name: "UTF8",
    usage: "UTF8",
    states: States::Authorization,
    capability: Capability::Always("UTF8 USER"),
    parse,
};

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Utf8)
}

/// Turns the mode on. STLS after it is a client's mistake that a server may refuse (RFC 6856, 2.1); we would rather have
/// it go on under TLS, where the mode is off again like all that was said before.
pub(crate) fn run<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    session.utf8 = crate::server::Utf8::On;
    session.wire.answer(&Answer::ok(Words::Utf8On));
    Ok(Next::Go)
}
