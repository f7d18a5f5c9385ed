//! CHECK: all is on the disk already, so it is a NOOP (RFC 3501, 6.4.1).

use super::Run;
use crate::command::Check;
use crate::server::session::{Done, Session, Stop};

impl Run for Check {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Ok(Done::new("Everything is on the disk"))
    }
}
