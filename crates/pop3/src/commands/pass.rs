//! PASS: the password of the name that USER gave (RFC 1939, 7).

use sasl::{Failure, Secret, Syntax};

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Gone, Next, Session, Stream, Words};

pub(crate) const ROW: Row = Row {
    name: "PASS",
    usage: "PASS password",
    states: States::Authorization,
    capability: Capability::None,
    parse,
};

/// The argument of PASS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pass<'a> {
    /// The password: all that follows the space.
    pub password: &'a [u8],
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    Ok(Command::Pass(Pass { password: args.text()? }))
}

/// Whether a name or a password has characters that have to be refused (RFC 6856, 2.2).
pub(crate) fn is_prohibited(octets: &[u8]) -> bool {
    std::str::from_utf8(octets).is_ok_and(sasl::is_prohibited)
}

/// How that is refused.
pub(crate) fn prohibited() -> Failure {
    Failure::Syntax(Syntax("a name and a password without control or private characters"))
}

impl Pass<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"PASS ");
        out.extend_from_slice(self.password);
        out.extend_from_slice(b"\r\n");
    }

    /// Runs with the name that the command before this one gave.
    pub(crate) async fn run<S: Stream>(
        self,
        session: &mut Session<S>,
        user: Option<Vec<u8>>,
    ) -> Result<Next, Gone> {
        let Some(user) = user else {
            return session.junk(Words::PassAfterUser);
        };
        if is_prohibited(&user) || is_prohibited(self.password) {
            return session.failed(prohibited());
        }
        let service = std::sync::Arc::clone(&session.service);
        let password = Secret::new(self.password);
        let directory = &*service.directory;
        match sasl::check_password(directory, &user, &password, &session.peer, "pop3").await {
            Ok(login) => session.enter(login).await,
            Err(failure) => session.failed(failure),
        }
    }
}
