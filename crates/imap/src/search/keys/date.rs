//! BEFORE, ON and SINCE: when a message came; with SENT before them, when it was sent (RFC 9051, 6.4.4); with SAVED before
//! them, when it came into this mailbox (RFC 8514, 4.3).

use mailbox::search::Query;

use crate::Syntax;
use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::{self, Args, CommandWriter};

pub(super) const BEFORE: Row =
    Row::new("BEFORE", |args, _| date(args, DateOf::Arrival, Lies::Before));
pub(super) const ON: Row = Row::new("ON", |args, _| date(args, DateOf::Arrival, Lies::On));
pub(super) const SINCE: Row = Row::new("SINCE", |args, _| date(args, DateOf::Arrival, Lies::Since));
pub(super) const SENTBEFORE: Row =
    Row::new("SENTBEFORE", |args, _| date(args, DateOf::Sent, Lies::Before));
pub(super) const SENTON: Row = Row::new("SENTON", |args, _| date(args, DateOf::Sent, Lies::On));
pub(super) const SENTSINCE: Row =
    Row::new("SENTSINCE", |args, _| date(args, DateOf::Sent, Lies::Since));
pub(super) const SAVEDBEFORE: Row =
    Row::new("SAVEDBEFORE", |args, _| date(args, DateOf::Saved, Lies::Before));
pub(super) const SAVEDON: Row = Row::new("SAVEDON", |args, _| date(args, DateOf::Saved, Lies::On));
pub(super) const SAVEDSINCE: Row =
    Row::new("SAVEDSINCE", |args, _| date(args, DateOf::Saved, Lies::Since));
pub(super) const SAVEDATESUPPORTED: Row =
    Row::new("SAVEDATESUPPORTED", |_, _| Ok(SaveDateSupported.into()));

/// A date of the message lies before, on or since a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// Which date.
    pub of: DateOf,
    /// How it lies.
    pub lies: Lies,
    /// The day.
    pub date: wire::Date,
}

/// Which date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOf {
    /// INTERNALDATE
    Arrival,
    /// The Date field, without regard to its zone.
    Sent,
    /// SAVEDATE, in UTC.
    Saved,
}

/// How a date lies to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Earlier.
    Before,
    /// Within it.
    On,
    /// Within it or later.
    Since,
}

fn date(args: &mut Args<'_>, of: DateOf, lies: Lies) -> Result<Key, Syntax> {
    args.space()?;
    Ok(Date { of, lies, date: wire::Date::parse(args)? }.into())
}

impl Term for Date {
    fn print(&self, out: &mut CommandWriter) {
        out.raw(match self.of {
            DateOf::Arrival => "",
            DateOf::Sent => "SENT",
            DateOf::Saved => "SAVED",
        });
        out.raw(match self.lies {
            Lies::Before => "BEFORE ",
            Lies::On => "ON ",
            Lies::Since => "SINCE ",
        });
        self.date.print(&mut out.out);
    }
}

impl Look for Date {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        let days = self.date.days();
        let day = i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
        let since = |day| match self.of {
            DateOf::Arrival => Query::SinceDay(day),
            DateOf::Sent => Query::SentSinceDay(day),
            DateOf::Saved => Query::SavedSinceDay(day),
        };
        let before = |day| match self.of {
            DateOf::Arrival => Query::BeforeDay(day),
            DateOf::Sent => Query::SentBeforeDay(day),
            DateOf::Saved => Query::SavedBeforeDay(day),
        };
        Ok(match self.lies {
            Lies::Before => before(day),
            Lies::Since => since(day),
            Lies::On => Query::And(vec![since(day), before(day.saturating_add(1))]),
        })
    }
}

/// The mailbox knows when messages came into it: here each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveDateSupported;

impl Term for SaveDateSupported {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("SAVEDATESUPPORTED");
    }
}

impl Look for SaveDateSupported {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::All)
    }
}
