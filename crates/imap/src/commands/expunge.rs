//! EXPUNGE: removes messages marked `\Deleted` (RFC 9051, 6.4.3); UID EXPUNGE only some of them (6.4.9).

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, Request, Row};
use crate::commands::Access;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::view::Removals;
use crate::wire::{Args, By, CommandWriter, Messages};

pub(super) const ROW: Row =
    Row::with_uid("EXPUNGE", parse).brings(&[Capability::AfterLogin("UIDPLUS")]);

/// Removes messages marked `\Deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expunge {
    /// Which; none: all.
    pub uids: Option<Messages>,
}

fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    let mut uids = None;
    if by == By::Uid {
        args.space()?;
        uids = Some(Messages::parse(args)?);
    }
    args.end()?;
    Ok(Command::new(Expunge { uids }))
}

impl Request for Expunge {
    fn print(&self, out: &mut CommandWriter) {
        match &self.uids {
            None => out.raw("EXPUNGE"),
            Some(uids) => {
                out.raw("UID EXPUNGE ");
                uids.print(&mut out.out);
            }
        }
    }

    fn by(&self) -> By {
        if self.uids.is_some() { By::Uid } else { By::Number }
    }

    fn uses_numbers(&self) -> bool {
        false
    }
}

impl Run for Expunge {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.view()?.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        let uids = match &self.uids {
            Some(messages) => Some(session.find_uids(By::Uid, messages).await?),
            None => None,
        };
        let mailbox = session.view()?.state().id;
        let account = session.opened()?.clone();
        let gone = session.patiently(account.expunge(mailbox, uids.as_ref())).await??;
        session.catch_up(Removals::Told, By::Uid).await?;
        let done = Done::completed();
        Ok(if gone.is_empty() { done } else { session.done_removing() })
    }
}
