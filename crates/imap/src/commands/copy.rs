//! COPY: puts copies of messages into a mailbox, all or none (RFC 9051, 6.4.7; COPYUID: 7.1).

mod across;

use mailbox::operations::Copied;

use crate::Syntax;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::response::Code;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, By, CommandWriter, Messages, Name, SequenceSet};

pub(super) const ROW: Row = Row::with_uid("COPY", parse).hears(News::AROUND);

/// Copies messages to another mailbox (RFC 9051, 6.4.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// Where to.
    pub mailbox: Name,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Copy { by, messages, mailbox }))
}

impl Request for Copy {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("COPY ");
        self.messages.print(&mut out.out);
        out.space();
        out.mailbox(self.mailbox.as_str());
    }

    fn by(&self) -> By {
        self.by
    }
}

impl Run for Copy {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let uids = session.find_uids(self.by, &self.messages).await?;
        let (place, to) = session.destination(&self.mailbox).await?;
        if uids.is_empty() {
            return Ok(Done::completed());
        }
        let from = session.view()?.state().id;
        let account = place.account;
        let copied = match self.by {
            _ if account.id() != session.opened()?.id() => {
                session.copy_across(&uids, (&account, to), self.by).await?
            }
            By::Uid => session.patiently(account.copy(from, &uids, to)).await??,
            // RFC 2180, 4.4.1: numbers stand for messages that the client takes for present, so that it is all or none.
            By::Number => session.patiently(account.copy_all(from, &uids, to)).await??,
        };
        match copy_uid(&copied, self.by)? {
            Some(code) => Ok(Done::completed().with(code)),
            None => Ok(Done::completed()),
        }
    }
}

/// The code that says where copies went; none if nothing was copied.
pub(super) fn copy_uid(copied: &Copied, by: By) -> Result<Option<Code>, Stop> {
    if !copied.pairs.is_empty() {
        let (from, to): (Vec<u32>, Vec<u32>) =
            copied.pairs.iter().map(|(from, to)| (from.number(), to.number())).unzip();
        // In the order of the pairs: the first UID of one set went to the first of the other.
        let sets = SequenceSet::from_numbers(from).zip(SequenceSet::from_numbers(to));
        return Ok(sets.map(|(from, to)| Code::CopyUid(copied.uid_validity.0, from, to)));
    }
    match by {
        // Unknown UIDs are no mistake (RFC 9051, 6.4.9); numbers that stand for nothing any more are news.
        By::Uid => Ok(None),
        By::Number => Err(mailbox::Refused::NoSuchMessage.into()),
    }
}
