//! Message numbers, and UID before UIDs: some messages by name (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term};
use crate::server::messages::{find_present, uids};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::{CommandWriter, Messages};

pub(super) const UID: Row = Row::new("UID", |args, _| {
    args.space()?;
    Ok(Uids(Messages::parse(args)?).into())
});

/// One of these message numbers. They stand without a name before them, and so have no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(pub Messages);

/// One of these UIDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uids(pub Messages);

impl Term for Numbers {
    fn print(&self, out: &mut CommandWriter) {
        self.0.print(&mut out.out);
    }

    fn uses_numbers(&self) -> bool {
        matches!(self.0, Messages::Set(_))
    }
}

impl Look for Numbers {
    fn query(&self, view: &View) -> Result<Query, Stop> {
        Ok(Query::Uids(view.uids_at(&find_present(view, &self.0))))
    }
}

impl Term for Uids {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("UID ");
        self.0.print(&mut out.out);
    }
}

impl Look for Uids {
    fn query(&self, view: &View) -> Result<Query, Stop> {
        Ok(Query::Uids(match &self.0 {
            Messages::Set(set) => uids(view, set),
            Messages::Saved => view.saved().clone(),
        }))
    }
}
