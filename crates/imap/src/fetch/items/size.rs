//! RFC822.SIZE: how many octets a message has (RFC 9051, 2.3.4).

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, print},
};

pub(super) const ROW: Row = Row::plain("RFC822.SIZE", |_| Ok(Size.into()), parse_answer);

/// The size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    args.number64().map(Answer::Size)
}

impl Ask for Size {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"RFC822.SIZE");
    }
}

impl Reply for Size {
    const SOURCE: Source = Source::Entry;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        line.size(u64::from(message.entry.octets));
        Ok(())
    }
}

impl FetchLine<'_> {
    /// RFC822.SIZE
    pub fn size(&mut self, octets: u64) {
        self.item(b"RFC822.SIZE ");
        print::number(self.out, octets);
    }
}
