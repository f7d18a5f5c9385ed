//! LOGOUT: says goodbye (RFC 9051, 6.1.3).

use super::Run;
use crate::command::Logout;
use crate::response::Condition;
use crate::server::session::{Done, Next, Session, Stop};

impl Run for Logout {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.view = None;
        session.untagged(Condition::Bye, None, "Goodbye");
        Ok(Done { next: Next::Close, ..Done::new("Logged out") })
    }
}
