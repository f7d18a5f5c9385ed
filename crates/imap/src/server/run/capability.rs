//! CAPABILITY: says what is offered (RFC 9051, 6.1.1).

use super::Run;
use crate::command::Capability;
use crate::response::Response;
use crate::server::session::{Done, Session, Stop};

impl Run for Capability {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let capabilities = session.capabilities();
        session.print(&Response::Capability(capabilities));
        Ok(Done::new("That is all"))
    }
}
