//! ID: says which program this is (RFC 2971).

use super::Run;
use crate::command::Id;
use crate::server::session::{Done, Session, Stop};
use crate::wire::print;

impl Run for Id {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        tracing::debug!(address = ?session.peer.address, client = ?self.pairs, "the client's ID");
        let (version, dialect) = (session.service.version.clone(), session.dialect);
        let out = session.channel.out();
        out.extend_from_slice(b"* ID (\"name\" \"correio\" \"version\" ");
        print::string(out, version.as_bytes(), dialect);
        out.extend_from_slice(b")\r\n");
        Ok(Done::new("That is all"))
    }
}
