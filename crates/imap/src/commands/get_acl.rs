//! GETACL: asks who may do what in a mailbox (RFC 4314, 3.3).

use mailbox::{AccountId, Grantee, Rights, Sign};

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{AclLine, IdentifierRights, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("GETACL", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("ACL"), Capability::AfterLogin("RIGHTS=texk")]);

/// Asks who may do what in a mailbox (RFC 4314, 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAcl {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(GetAcl { mailbox }))
}

impl Request for GetAcl {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("GETACL ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for GetAcl {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_named(&self.mailbox).await?;
        let access = place.account.access(mailbox.id)?;
        let owner: AccountId = place.account.id();
        let owner = (Grantee::User(owner), Sign::Given, Rights::ALL);
        let grants = access.grants().iter().map(|it| (it.grantee, it.sign, it.rights));
        let entry = |(grantee, sign, rights): (Grantee, Sign, Rights)| {
            let identifier = session.identifier(grantee, sign)?;
            Some(IdentifierRights { identifier, rights: rights.with_old_letters() })
        };
        let entries = std::iter::once(owner).chain(grants).filter_map(entry).collect();
        let mailbox = place.shown(&mailbox.name);
        session.print(&Response::Acl(AclLine { mailbox, entries }));
        Ok(Done::completed())
    }
}
