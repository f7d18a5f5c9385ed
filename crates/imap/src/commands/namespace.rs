//! NAMESPACE: asks where mailboxes lie (RFC 9051, 6.3.10): one's own without a prefix, and others' by whose they are.

use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{Namespaces, Response};
use crate::server::Run;
use crate::server::mailboxes::OTHER_USERS;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};
use crate::{Syntax, response};

pub(super) const ROW: Row = Row::new("NAMESPACE", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("NAMESPACE")]);

/// Asks where mailboxes lie (RFC 9051, 6.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Namespace))
}

impl Request for Namespace {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("NAMESPACE");
    }
}

impl Run for Namespace {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let own = response::Namespace { prefix: String::new(), separator: Some('/') };
        let others =
            response::Namespace { prefix: format!("{OTHER_USERS}/"), separator: Some('/') };
        session.print(&Response::Namespace(Namespaces {
            personal: vec![own],
            others: vec![others],
            shared: Vec::new(),
        }));
        Ok(Done::completed())
    }
}
