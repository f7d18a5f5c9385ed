//! SELECT and EXAMINE: Open a mailbox (RFC 9051, 6.3.2 and 6.3.3), with CONDSTORE and QRESYNC (RFC 7162, 3.1.8 and 3.2.5).

use mailbox::ModSeq;

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name, SequenceSet};

pub(super) const SELECT: Row = Row {
    name: "SELECT",
    stage: Stage::Authenticated,
    capability: None,
    parse: |args| parse(args, Access::ReadWrite),
};

pub(super) const EXAMINE: Row = Row {
    name: "EXAMINE",
    stage: Stage::Authenticated,
    capability: None,
    parse: |args| parse(args, Access::ReadOnly),
};

/// How a mailbox is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// SELECT
    ReadWrite,
    /// EXAMINE
    ReadOnly,
}

/// Opens a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// To change it, or only to look.
    pub access: Access,
    /// The mailbox.
    pub mailbox: Name,
    /// What to do besides.
    pub resync: Resync,
}

/// What a client knows of the mailbox it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resync {
    /// It did not say.
    None,
    /// `(CONDSTORE)`: wants mod-sequences from here on.
    Condstore,
    /// `(QRESYNC (...))`: wants what changed since.
    Qresync(Qresync),
}

/// What a client that mirrors the mailbox remembers (RFC 7162, 3.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qresync {
    /// The UIDVALIDITY it remembers.
    pub uid_validity: u32,
    /// All changes up to here are known to it.
    pub modseq: ModSeq,
    /// The UIDs it has; none: any.
    pub known_uids: Option<SequenceSet>,
    /// Some message numbers and the UIDs they had, both ascending and without `*`.
    pub matches: Option<(SequenceSet, SequenceSet)>,
}

fn parse(args: &mut Args<'_>, access: Access) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    let mut resync = Resync::None;
    if args.eat(b' ') && !args.is_empty() {
        for parameter in args.list(10, parameter)? {
            // QRESYNC implies CONDSTORE, in whatever order they stand.
            if resync == Resync::None || resync == Resync::Condstore {
                resync = parameter;
            }
        }
    }
    args.end()?;
    Ok(Command::Select(Select { access, mailbox, resync }))
}

fn parameter(args: &mut Args<'_>) -> Result<Resync, Syntax> {
    let error = args.expected("CONDSTORE or QRESYNC");
    if args.eat_text("CONDSTORE") {
        return Ok(Resync::Condstore);
    }
    if !args.eat_text("QRESYNC ") {
        return Err(error);
    }
    args.open()?;
    let uid_validity = args.nz_number()?;
    args.space()?;
    let modseq = ModSeq(args.number64()?);
    let mut known_uids = None;
    let mut matches = None;
    while matches.is_none() && args.eat(b' ') {
        if args.eat(b'(') {
            let numbers = fixed_set(args)?;
            args.space()?;
            matches = Some((numbers, fixed_set(args)?));
            args.close()?;
        } else if known_uids.is_none() {
            known_uids = Some(fixed_set(args)?);
        } else {
            return Err(args.expected("( before message numbers and UIDs"));
        }
    }
    args.close()?;
    Ok(Resync::Qresync(Qresync { uid_validity, modseq, known_uids, matches }))
}

fn fixed_set(args: &mut Args<'_>) -> Result<SequenceSet, Syntax> {
    let error = args.expected("a set of numbers without *");
    let set = SequenceSet::parse(args)?;
    if set.mentions_last() { Err(error) } else { Ok(set) }
}

impl Select {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw(match self.access {
            Access::ReadWrite => "SELECT ",
            Access::ReadOnly => "EXAMINE ",
        });
        out.mailbox(self.mailbox.as_str());
        match &self.resync {
            Resync::None => {}
            Resync::Condstore => out.raw(" (CONDSTORE)"),
            Resync::Qresync(qresync) => {
                out.raw(" (QRESYNC (");
                out.number(u64::from(qresync.uid_validity));
                out.space();
                out.number(qresync.modseq.0);
                if let Some(known) = &qresync.known_uids {
                    out.space();
                    known.print(&mut out.out);
                }
                if let Some((numbers, uids)) = &qresync.matches {
                    out.raw(" (");
                    numbers.print(&mut out.out);
                    out.space();
                    uids.print(&mut out.out);
                    out.raw(")");
                }
                out.raw("))");
            }
        }
    }
}
