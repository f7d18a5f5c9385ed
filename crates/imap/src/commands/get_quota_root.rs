//! GETQUOTAROOT: asks which quota a mailbox counts to, and how it stands (RFC 9208, 4.1.3).

use mailbox::Rights;

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{QuotaRoots, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("GETQUOTAROOT", ConnectionState::Authenticated, parse);

/// Asks which quota a mailbox counts to (RFC 9208, 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetQuotaRoot {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(GetQuotaRoot { mailbox }))
}

impl Request for GetQuotaRoot {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("GETQUOTAROOT ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for GetQuotaRoot {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        // RFC 9208, 4.1.3 leaves the right open; it is that of the other figures.
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::READ).await?;
        let name = place.shown(&mailbox.name);
        let roots = QuotaRoots { mailbox: name, roots: vec![place.quota_root()] };
        session.print(&Response::QuotaRoots(roots));
        let line = session.quota_line(&place)?;
        session.print(&Response::Quota(line));
        Ok(Done::completed())
    }
}
