//! ID: says which program this is (RFC 2971).

use super::Run;
use crate::command::Id;
use crate::response::Response;
use crate::server::session::{Done, Session, Stop};

impl Run for Id {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        tracing::debug!(address = ?session.peer.address, client = ?self.pairs, "the client's ID");
        let pairs = vec![
            ("name".to_owned(), Some("correio".to_owned())),
            ("version".to_owned(), Some(session.service.version.to_string())),
        ];
        session.print(&Response::Id(Some(pairs)));
        Ok(Done::new("That is all"))
    }
}
