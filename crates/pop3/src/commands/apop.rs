//! APOP: logs in with a digest of the greeting's timestamp and the password (RFC 1939, 7). The directory checks it.

use std::sync::Arc;

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::commands::pass::{is_prohibited, prohibited};
use crate::server::{Gone, Next, Session, Stream, Words};

pub(crate) const ROW: Row = Row {
    name: "APOP",
    usage: "APOP name digest",
    states: States::Authorization,
    capability: Capability::None,
    parse,
};

/// How many hexadecimal digits an MD5 has.
const DIGEST_DIGITS: usize = 32;

/// The arguments of APOP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Apop<'a> {
    /// The login name, as it was sent.
    pub name: &'a [u8],
    /// The MD5 of the timestamp, angle brackets included, and the password behind it, as 32 hexadecimal digits.
    pub digest: &'a [u8],
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let name = args.word()?;
    let digest = args.word()?;
    args.end()?;
    if digest.len() != DIGEST_DIGITS || !digest.iter().all(u8::is_ascii_hexdigit) {
        return Err(Wrong);
    }
    Ok(Command::Apop(Apop { name, digest }))
}

impl Apop<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"APOP ");
        out.extend_from_slice(self.name);
        out.push(b' ');
        out.extend_from_slice(self.digest);
        out.extend_from_slice(b"\r\n");
    }

    pub(crate) async fn run<S: Stream>(self, session: &mut Session<S>) -> Result<Next, Gone> {
        let Some(timestamp) = session.timestamp.clone() else {
            return session.junk(Words::NoApop);
        };
        if is_prohibited(self.name) {
            return session.failed(prohibited());
        }
        let service = Arc::clone(&session.service);
        let directory = &*service.directory;
        let checked =
            sasl::check_apop(directory, self.name, &timestamp, self.digest, &session.peer, "pop3");
        match checked.await {
            Ok(login) => session.enter(login).await,
            Err(failure) => session.failed(failure),
        }
    }
}

/// Makes the timestamp of a greeting: like a Message-ID, never the same twice, and told by nothing that an outsider
/// could guess or learn from (RFC 1939, 7). It is not the host's name that makes it unique.
pub(crate) fn timestamp(nonce: &sasl::Nonce, now: mailbox::Timestamp) -> Box<str> {
    format!("<{}.{}@pop3>", nonce.as_str(), now.0).into()
}
