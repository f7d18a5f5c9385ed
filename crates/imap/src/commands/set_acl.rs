//! SETACL: gives and takes rights in a mailbox (RFC 4314, 3.1).

use mailbox::{Rights, RightsChange};

use super::access;
use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("SETACL", ConnectionState::Authenticated, parse);

/// Gives and takes rights in a mailbox (RFC 4314, 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAcl {
    /// The mailbox.
    pub mailbox: Name,
    /// To whom, or from whom.
    pub identifier: String,
    /// Which rights.
    pub change: RightsChange,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let (mailbox, identifier) = access::read(args)?;
    args.space()?;
    let error = args.expected("rights out of lrswipkxtea, perhaps with + or - before them");
    let letters = args.astring_text()?;
    let (kind, letters): (fn(Rights) -> RightsChange, &str) =
        if let Some(letters) = letters.strip_prefix('+') {
            (RightsChange::Add, letters)
        } else if let Some(letters) = letters.strip_prefix('-') {
            (RightsChange::Remove, letters)
        } else {
            (RightsChange::Replace, &letters)
        };
    // RFC 4314, 3.1: what is no right is not passed over.
    let change = kind(Rights::parse(letters).map_err(|_| error)?);
    args.end()?;
    Ok(Command::new(SetAcl { mailbox, identifier, change }))
}

impl Request for SetAcl {
    fn print(&self, out: &mut CommandWriter) {
        access::print(out, "SETACL", &self.mailbox, &self.identifier);
        out.space();
        let letters = match self.change {
            RightsChange::Replace(rights) => rights.to_string(),
            RightsChange::Add(rights) => format!("+{rights}"),
            RightsChange::Remove(rights) => format!("-{rights}"),
        };
        out.astring(letters.as_bytes());
    }
}

impl Run for SetAcl {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        // Before the identifier is looked at: who may not do this does not learn who there is.
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::ADMINISTER).await?;
        let grantee = session.grantee(&self.identifier)?;
        place.account.set_rights(mailbox.id, grantee, self.change).await?;
        Ok(Done::completed())
    }
}

#[cfg(test)]
mod tests {
    use crate::command;
    use crate::wire::Literals;
    use crate::{Dialect, Tag};

    #[test]
    fn the_commands_about_access_are_read_as_they_are_printed() {
        let tag = Tag::new(b"a1").unwrap();
        for text in [
            "SETACL INBOX ana@example.org lrs",
            "SETACL \"My mail\" -anyone +w",
            "SETACL INBOX ana -rx",
            "SETACL INBOX ana \"\"",
            "DELETEACL INBOX -ana@example.org",
            "GETACL INBOX",
            "LISTRIGHTS INBOX anyone",
            "MYRIGHTS \"Other Users/ana@example.org/My mail\"",
        ] {
            let read = command::parse(format!("a1 {text}").as_bytes(), Dialect::REV1).unwrap();
            let printed = read.command.print(&tag, Dialect::REV1, Literals::Waiting).octets;
            assert_eq!(String::from_utf8(printed).unwrap(), format!("a1 {text}\r\n"));
        }
        for wrong in [
            "SETACL INBOX ana",
            "SETACL INBOX ana lrQs",
            "SETACL INBOX ana lrq",
            "SETACL INBOX ana +-l",
            "SETACL INBOX ana l r",
            "SETACL INBOX ana lr0",
            "DELETEACL INBOX",
            "LISTRIGHTS INBOX",
            "GETACL",
            "MYRIGHTS INBOX ana",
        ] {
            let read = command::parse(format!("a1 {wrong}").as_bytes(), Dialect::REV1);
            assert!(read.is_err(), "{wrong}");
        }
    }
}
