//! STARTTLS: hands the connection over to TLS (RFC 9051, 6.2.1).

use crate::Syntax;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Next, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("STARTTLS", ConnectionState::NotAuthenticated, parse)
    .brings(&[Capability::Depends(start_tls)]);

fn start_tls(connection: &Connection) -> Vec<String> {
    let offered = !connection.is_authenticated && connection.can_start_tls;
    offered.then(|| "STARTTLS".to_owned()).into_iter().collect()
}

/// Begins TLS (RFC 9051, 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTls;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(StartTls))
}

impl Request for StartTls {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("STARTTLS");
    }
}

impl Run for StartTls {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if !session.can_start_tls() {
            return Err(Stop::Bad("TLS cannot be started here".into()));
        }
        Ok(Done { next: Next::StartTls, ..Done::saying("Begin TLS negotiation now") })
    }
}
