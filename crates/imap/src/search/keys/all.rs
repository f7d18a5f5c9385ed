//! ALL: every message (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const ROW: Row = Row::new("ALL", |_, _| Ok(All.into()));

/// Every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct All;

impl Term for All {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("ALL");
    }
}

impl Look for All {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::All)
    }
}
