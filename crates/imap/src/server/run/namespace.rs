//! NAMESPACE: everybody has one, their own, without a prefix (RFC 9051, 6.3.10).

use super::Run;
use crate::command::Namespace;
use crate::server::session::{Done, Session, Stop};

impl Run for Namespace {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.channel.out().extend_from_slice(b"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
        Ok(Done::new("That is all"))
    }
}
