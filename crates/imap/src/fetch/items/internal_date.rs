//! INTERNALDATE: when a message came (RFC 9051, 2.3.3).

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, DateTime},
};

pub(super) const ROW: Row = Row::plain("INTERNALDATE", |_| Ok(InternalDate.into()), parse_answer);

/// When it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InternalDate;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    DateTime::parse(args).map(Answer::InternalDate)
}

impl Ask for InternalDate {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"INTERNALDATE");
    }
}

impl Reply for InternalDate {
    const SOURCE: Source = Source::Arrival;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        let told = || message.email.map(|email| email.internal_date);
        if let Some(arrived) = message.entry.arrived.time().or_else(told) {
            line.internal_date(arrived);
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// INTERNALDATE, in the zone in which it was told.
    pub fn internal_date(&mut self, date: mailbox::ZonedTime) {
        self.item(b"INTERNALDATE ");
        DateTime { timestamp: date.time, zone_minutes: date.zone_minutes }.print(self.out);
    }
}
