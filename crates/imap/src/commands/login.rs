//! LOGIN: logs in with name and password (RFC 9051, 6.2.3).

use std::fmt;

use sasl::{Secret, check_password};

use crate::Syntax;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Code;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("LOGIN", ConnectionState::NotAuthenticated, parse)
    .brings(&[Capability::Depends(disabled)]);

fn disabled(connection: &Connection) -> Vec<String> {
    let disabled = !connection.is_authenticated && !connection.takes_passwords;
    disabled.then(|| "LOGINDISABLED".to_owned()).into_iter().collect()
}

/// Logs in with name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let user = args.astring_text()?.into_owned();
    args.space()?;
    let password = args.astring_text()?.into_owned();
    args.end()?;
    Ok(Command::new(Login { user, password }))
}

impl Request for Login {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("LOGIN ");
        out.astring(self.user.as_bytes());
        out.space();
        out.astring(self.password.as_bytes());
    }
}

/// The name of this door in the directory.
pub(super) const DOOR: &str = "imap";

impl Run for Login {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if !session.takes_passwords() {
            return Err(words::privacy_required());
        }
        let password = Secret::new(self.password);
        let directory = &*session.service.directory;
        let login =
            check_password(directory, self.user.as_bytes(), &password, session.peer, DOOR).await;
        session.logged_in(login).await
    }
}

impl Session<'_> {
    /// Ends a login, one way or the other.
    pub(super) async fn logged_in(
        &mut self,
        login: Result<sasl::Login, sasl::Failure>,
    ) -> Result<Done, Stop> {
        match login {
            Ok(login) => {
                self.log_in(login).await?;
                // RFC 9051, 7.1: the capabilities after login, so that nobody has to ask.
                Ok(Done::completed().with(Code::Capability(self.capabilities())))
            }
            Err(failure) => {
                self.login_failures = self.login_failures.saturating_add(1);
                Err(Stop::Login(failure))
            }
        }
    }
}
