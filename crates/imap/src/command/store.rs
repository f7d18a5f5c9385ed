//! STORE and UID STORE: Change flags (RFC 9051, 6.4.6), perhaps only on messages unchanged since (RFC 7162, 3.1.3).

use mailbox::{FlagMode, ModSeq};

use super::{Command, Row, Stage, uid_prefix};
use crate::Syntax;
use crate::wire::{Args, By, CommandWriter, FlagList, Messages};
use crate::wire::{flags_bare_or_list, print_flag_list};

pub(super) const ROW: Row = Row {
    name: "STORE",
    stage: Stage::Selected,
    capability: None,
    parse: |args| parse(args, By::Number),
};

/// Changes flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// Only those unchanged since.
    pub unchanged_since: Option<ModSeq>,
    /// Set, add or remove.
    pub mode: FlagMode,
    /// Whether the new flags are to be told.
    pub echo: Echo,
    /// The flags.
    pub flags: FlagList,
}

/// Whether STORE tells the new flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It does.
    Told,
    /// `.SILENT`
    Silent,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let mut unchanged_since = None;
    if args.eat(b'(') {
        if !args.eat_text("UNCHANGEDSINCE ") {
            return Err(args.expected("UNCHANGEDSINCE"));
        }
        unchanged_since = Some(ModSeq(args.number64()?));
        args.close()?;
        args.space()?;
    }
    let mode = match args.peek() {
        Some(b'+') => FlagMode::Add,
        Some(b'-') => FlagMode::Remove,
        _ => FlagMode::Replace,
    };
    if mode != FlagMode::Replace {
        args.octets(1);
    }
    if !args.eat_text("FLAGS") {
        return Err(args.expected("FLAGS, +FLAGS or -FLAGS"));
    }
    let echo = if args.eat_text(".SILENT") { Echo::Silent } else { Echo::Told };
    args.space()?;
    let flags = flags_bare_or_list(args)?;
    args.end()?;
    Ok(Command::Store(Store { by, messages, unchanged_since, mode, echo, flags }))
}

impl Store {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("STORE ");
        self.messages.print(&mut out.out);
        if let Some(modseq) = self.unchanged_since {
            out.raw(" (UNCHANGEDSINCE ");
            out.number(modseq.0);
            out.raw(")");
        }
        out.raw(match self.mode {
            FlagMode::Replace => " FLAGS",
            FlagMode::Add => " +FLAGS",
            FlagMode::Remove => " -FLAGS",
        });
        out.raw(match self.echo {
            Echo::Told => " ",
            Echo::Silent => ".SILENT ",
        });
        print_flag_list(&mut out.out, &self.flags);
    }
}
