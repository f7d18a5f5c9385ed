//! MODSEQ: the mod-sequence of a message (RFC 7162, 3.1.5).

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, print},
};

pub(super) const ROW: Row = Row::plain("MODSEQ", |_| Ok(ModSeq.into()), parse_answer);

/// The mod-sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModSeq;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    args.open()?;
    let modseq = args.number64()?;
    args.close()?;
    Ok(Answer::ModSeq(mailbox::ModSeq(modseq)))
}

impl Ask for ModSeq {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"MODSEQ");
    }
}

impl Reply for ModSeq {
    const SOURCE: Source = Source::Entry;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        line.modseq(message.entry.modseq);
        Ok(())
    }
}

impl FetchLine<'_> {
    /// MODSEQ
    pub fn modseq(&mut self, modseq: mailbox::ModSeq) {
        self.item(b"MODSEQ (");
        print::number(self.out, modseq.0);
        self.out.push(b')');
    }
}
