//! What the commands have in common that name a mailbox and one entry of its access list (RFC 4314, 3).

use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

/// Reads the mailbox, and whose entry it is.
pub(super) fn read(args: &mut Args<'_>) -> Result<(Name, String), Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.space()?;
    Ok((mailbox, args.astring_text()?.into_owned()))
}

/// Prints the name of the command, and what `read` reads.
pub(super) fn print(out: &mut CommandWriter, command: &str, mailbox: &Name, identifier: &str) {
    out.raw(command);
    out.space();
    out.mailbox(mailbox.as_str());
    out.space();
    out.astring(identifier.as_bytes());
}
