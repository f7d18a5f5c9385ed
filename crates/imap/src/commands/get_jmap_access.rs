//! GETJMAPACCESS: asks where the same mail is over JMAP, with the same ids and the same login (RFC 9698).

use crate::Syntax;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Response;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("GETJMAPACCESS", ConnectionState::Authenticated, parse)
    .brings(&[Capability::Depends(offer)]);

/// Whatever lets somebody in here lets them in there: passwords, app passwords and tokens are those of the host.
fn offer(connection: &Connection) -> Vec<String> {
    let is_offered = connection.is_authenticated && connection.has_jmap;
    is_offered.then(|| "JMAPACCESS".to_owned()).into_iter().collect()
}

/// Asks for the URL of JMAP's session object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetJmapAccess;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(GetJmapAccess))
}

impl Request for GetJmapAccess {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("GETJMAPACCESS");
    }
}

impl Run for GetJmapAccess {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let Some(url) = session.service.jmap_url.as_deref() else {
            return Err(Stop::Bad("This server has no JMAP".into()));
        };
        session.print(&Response::JmapAccess(url.to_owned()));
        Ok(Done::completed())
    }
}
