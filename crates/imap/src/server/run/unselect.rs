//! UNSELECT: leaves the mailbox without expunging (RFC 9051, 6.4.2).

use super::Run;
use crate::command::Unselect;
use crate::server::session::{Done, Session, Stop};

impl Run for Unselect {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.view = None;
        Ok(Done::new("Left"))
    }
}
