//! STLS: goes on under TLS (RFC 2595, 4). Nothing said before counts afterwards.

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::reply::Reply;
use crate::server::{Gone, Next, Session, Stls, Stream};

pub(crate) const ROW: Row = Row { name: "STLS", usage: "STLS", stage: Stage::Authorization, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Stls)
}

pub(crate) fn run<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    if session.stls() == Stls::NotOffered {
        return session.junk(Reply::err("TLS is on already, or not to be had here"));
    }
    // Whatever came along with STLS was not protected; somebody in between may have put it there to have it run
    // under TLS (CVE-2011-0411).
    if session.wire.has_input() {
        return Err(Gone::Injection);
    }
    session.wire.reply(&Reply::ok("begin TLS"));
    Ok(Next::StartTls)
}
