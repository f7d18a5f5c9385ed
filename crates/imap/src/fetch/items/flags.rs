//! FLAGS: the flags of a message (RFC 9051, 7.5.2).

use mailbox::Keyword;

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine, Recent, print_flags};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, flag_list},
};

pub(super) const ROW: Row = Row::plain("FLAGS", |_| Ok(Flags.into()), parse_answer);

/// The flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    flag_list(args).map(Answer::Flags)
}

impl Ask for Flags {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"FLAGS");
    }
}

impl Reply for Flags {
    const SOURCE: Source = Source::Entry;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        line.flags(message.entry.flags, message.keywords, message.recent);
        Ok(())
    }
}

impl FetchLine<'_> {
    /// FLAGS. `keywords` is the mailbox's table, to which the flags' keyword bits refer.
    pub fn flags(&mut self, flags: mailbox::Flags, keywords: &[Keyword], recent: Recent) {
        self.item(b"FLAGS ");
        print_flags(self.out, flags, keywords, recent);
    }
}
