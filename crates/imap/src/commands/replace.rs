//! REPLACE: a message comes in the place of another (RFC 8508). It is read in pieces and streamed as APPEND is: see there.

use mailbox::operations::Append as NewMessage;
use mailbox::{Entry, MailboxId, Refused, Rights};

use super::append::{self, Catenate};
use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, Row, uid_prefix};
use crate::commands::Access;
use crate::response::{Code, Condition};
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::words;
use crate::view::Removals;
use crate::wire::{Args, By, CommandWriter, Messages, Point, SequenceSet};

/// The row; what comes here whole is put together of URLs alone, or is in error.
pub(super) const ROW: Row =
    Row::with_uid("REPLACE", parse).brings(&[Capability::AfterLogin("REPLACE")]);

fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let message = Point::parse(args)?;
    args.space()?;
    Catenate::parse(args, Some(Replaces { by, message })).map(Command::new)
}

/// Which message of the open mailbox goes for the one that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// What the number means.
    pub by: By,
    /// The message.
    pub message: Point,
}

impl Replaces {
    /// Takes the beginning of a REPLACE with the space before the mailbox's name; none if it is another command.
    pub(super) fn parse(args: &mut Args<'_>) -> Result<Option<Replaces>, Syntax> {
        let by = if args.eat_text("UID REPLACE ") {
            By::Uid
        } else if args.eat_text("REPLACE ") {
            By::Number
        } else {
            return Ok(None);
        };
        let message = Point::parse(args)?;
        args.space()?;
        Ok(Some(Replaces { by, message }))
    }

    /// Appends what `parse` takes.
    pub(super) fn print(self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("REPLACE ");
        self.message.print(&mut out.out);
        out.space();
    }
}

impl Session<'_> {
    /// The message that is to be replaced.
    pub(super) fn replaced(&self, replaces: Replaces) -> Result<Entry, Stop> {
        if replaces.by == By::Number && self.dialect.is_uid_only() {
            return Err(Stop::UidRequired);
        }
        let view = self.view()?;
        if view.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        self.opened()?.demand(view.state().id, Rights::TAKEN_OUT)?;
        let message = Messages::Set(SequenceSet::one(replaces.message));
        let found = self.find(replaces.by, &message)?;
        let index = found.into_iter().flatten().next();
        let entry = index.and_then(|index| view.entries().get(index));
        entry.ok_or(Stop::No(Some(Code::NonExistent), "There is no such message to replace".into()))
    }

    /// Puts a message in the place of another. Neither happens if one cannot.
    pub(super) async fn replace(
        &mut self,
        (replaced, by): (Entry, By),
        to: MailboxId,
        message: NewMessage,
    ) -> Result<Done, Stop> {
        let from = self.view()?.state().id;
        let appended = self.opened()?.replace((from, replaced.uid), to, message).await;
        let appended = match appended {
            Err(mailbox::Error::Refused(Refused::NoSuchMailbox)) => {
                return Err(words::no_destination());
            }
            appended => appended?,
        };
        // Before the removal: a client that has both can carry its copy over (RFC 8508, 3.2).
        if let Some(code) = append::append_uid(&appended) {
            self.untagged(Condition::Ok, Some(code), "Replacement message ready");
        }
        self.catch_up(Removals::Told, by).await?;
        Ok(self.done_removing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Append, AppendForm, AppendMessage};
    use crate::wire::{Literals, Name};
    use crate::{Dialect, Tag};

    #[test]
    fn it_is_read_as_it_is_printed() {
        let message =
            AppendMessage { flags: Vec::new(), date: None, form: AppendForm::Literal, octets: 25 };
        for (by, number, printed) in [
            (By::Number, Some(4), "a1 REPLACE 4 Drafts {25}\r\n"),
            (By::Uid, Some(2000), "a1 UID REPLACE 2000 Drafts {25}\r\n"),
            (By::Uid, None, "a1 UID REPLACE * Drafts {25}\r\n"),
        ] {
            let point = number.map_or(Some(Point::LAST), Point::new).unwrap();
            let replaces = Some(Replaces { by, message: point });
            let append = Append { replaces, mailbox: Name::from("Drafts"), first: message.clone() };
            let tag = Tag::new(b"a1").unwrap();
            let mut out = CommandWriter::new(Dialect::REV1, Literals::Waiting);
            append.print(&tag, &mut out);
            assert_eq!(out.finish_open().octets, printed.as_bytes());
            assert_eq!(Append::parse(printed.as_bytes(), Dialect::REV1).unwrap(), (tag, append));
        }
        for wrong in [
            "a REPLACE 0 Drafts {25}\r\n",
            "a REPLACE 1:2 Drafts {25}\r\n",
            "a REPLACE Drafts {25}\r\n",
        ] {
            assert!(Append::parse(wrong.as_bytes(), Dialect::REV1).is_err(), "{wrong}");
        }
    }
}
