//! NOOP: brings the news, as every command does (RFC 9051, 6.1.2).

use super::Run;
use crate::command::Noop;
use crate::server::session::{Done, Session, Stop};

impl Run for Noop {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Ok(Done::new("Nothing done"))
    }
}
