//! SAVEDATE: when a message came into the mailbox it is in (RFC 8514, 4.2).

use mailbox::Timestamp;

use crate::capability::Capability;
use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, DateTime},
};

pub(super) const ROW: Row = Row::plain("SAVEDATE", |_| Ok(SaveDate.into()), parse_answer)
    .brings(Capability::AfterLogin("SAVEDATE"));

/// When it came into this mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveDate;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let date = if args.eat_nil() { None } else { Some(DateTime::parse(args)?) };
    Ok(Answer::SaveDate(date))
}

impl Ask for SaveDate {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SAVEDATE");
    }
}

impl Reply for SaveDate {
    const SOURCE: Source = Source::SaveDate;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(saved) = message.saved {
            line.save_date(saved);
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// SAVEDATE, in UTC.
    pub fn save_date(&mut self, saved: Timestamp) {
        self.item(b"SAVEDATE ");
        DateTime::utc(saved).print(self.out);
    }
}
