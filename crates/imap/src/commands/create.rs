//! CREATE: makes a mailbox, perhaps for a special use (RFC 9051, 6.3.4; RFC 6154, 3; its identity: RFC 8474, 4.1).

use mailbox::Refused;

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Code;
use crate::server::Run;
use crate::server::mailboxes::Named;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::special_use::role_named;
use crate::wire::{Args, CommandWriter, Name, object_id};

pub(super) const ROW: Row = Row::new("CREATE", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("CREATE-SPECIAL-USE")]);

/// Makes a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub mailbox: Name,
    /// Its special uses, without backslashes, as given: `Sent`.
    pub uses: Vec<String>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    let mut uses = Vec::new();
    if args.eat(b' ') && !args.is_empty() {
        args.open()?;
        if !args.eat_text("USE ") {
            return Err(args.expected("USE"));
        }
        uses = args.list_or_empty(20, |args| {
            args.take(b'\\', "a special use like \\Sent")?;
            args.atom("a special use like \\Sent").map(str::to_owned)
        })?;
        args.close()?;
    }
    args.end()?;
    Ok(Command::new(Create { mailbox, uses }))
}

impl Request for Create {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("CREATE ");
        out.mailbox(self.mailbox.as_str());
        if self.uses.is_empty() {
            return;
        }
        out.raw(" (USE (");
        for (index, name) in self.uses.iter().enumerate() {
            out.raw(if index > 0 { " \\" } else { "\\" });
            out.atom(name);
        }
        out.raw("))");
    }
}

impl Run for Create {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let Named { place, name } = session.place_for(&self.mailbox).await?;
        let role = match self.uses.as_slice() {
            [] => None,
            [one] => Some(role_named(one).ok_or(Refused::SpecialUse)?),
            // A mailbox has one special use here.
            _ => return Err(Refused::SpecialUse.into()),
        };
        let id = place.account.create_mailbox(&name, role).await?;
        let id = object_id::mailbox(place.other(), id);
        Ok(Done::completed().with(Code::MailboxId(id)))
    }
}
