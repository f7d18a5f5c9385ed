//! LOGIN: logs in with name and password (RFC 9051, 6.2.3).

use sasl::{Secret, check_password};

use super::Run;
use crate::command::Login;
use crate::response::Code;
use crate::server::session::{Done, Session, Stop};
use crate::server::words;

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
        session.logged_in(login)
    }
}

impl Session<'_> {
    /// Ends a login, one way or the other.
    pub(super) fn logged_in(
        &mut self,
        login: Result<sasl::Login, sasl::Failure>,
    ) -> Result<Done, Stop> {
        match login {
            Ok(login) => {
                self.log_in(login)?;
                // RFC 9051, 7.1: the capabilities after login, so that nobody has to ask.
                Ok(Done::new("Logged in").with(Code::Capability(self.capabilities())))
            }
            Err(failure) => {
                self.login_failures = self.login_failures.saturating_add(1);
                Err(Stop::Login(failure))
            }
        }
    }
}
