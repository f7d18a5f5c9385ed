//! UID: the unique identifier of a message (RFC 9051, 2.3.1.1).

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, print},
};

pub(super) const ROW: Row = Row::plain("UID", |_| Ok(Uid.into()), parse_answer);

/// The UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uid;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    args.nz_number().map(Answer::Uid)
}

impl Ask for Uid {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"UID");
    }
}

impl Reply for Uid {
    const SOURCE: Source = Source::Entry;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        line.uid(message.entry.uid);
        Ok(())
    }
}

impl FetchLine<'_> {
    /// UID
    pub fn uid(&mut self, uid: mailbox::Uid) {
        self.item(b"UID ");
        print::number(self.out, u64::from(uid.number()));
    }
}
