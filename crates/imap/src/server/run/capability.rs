//! CAPABILITY: says what is offered (RFC 9051, 6.1.1).

use super::Run;
use crate::command::Capability;
use crate::server::session::{Done, Session, Stop};

impl Run for Capability {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let capabilities = session.capabilities();
        let out = session.channel.out();
        out.extend_from_slice(b"* CAPABILITY ");
        out.extend_from_slice(capabilities.join(" ").as_bytes());
        out.extend_from_slice(b"\r\n");
        Ok(Done::new("That is all"))
    }
}
