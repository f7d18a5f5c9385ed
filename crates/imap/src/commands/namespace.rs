//! NAMESPACE: everybody has one, their own, without a prefix (RFC 9051, 6.3.10).

use super::Run;
use crate::command::Namespace;
use crate::response::{self, Namespaces, Response};
use crate::server::session::{Done, Session, Stop};

impl Run for Namespace {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let own = response::Namespace { prefix: String::new(), separator: Some('/') };
        session.print(&Response::Namespace(Namespaces {
            personal: vec![own],
            others: Vec::new(),
            shared: Vec::new(),
        }));
        Ok(Done::new("That is all"))
    }
}
