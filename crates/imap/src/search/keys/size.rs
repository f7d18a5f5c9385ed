//! LARGER and SMALLER: how many octets a message has (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term, number};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const LARGER: Row = Row::new("LARGER", |args, _| Ok(Larger(number(args)?).into()));

pub(super) const SMALLER: Row = Row::new("SMALLER", |args, _| Ok(Smaller(number(args)?).into()));

/// More octets than this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Larger(pub u64);

impl Term for Larger {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("LARGER ");
        out.number(self.0);
    }
}

impl Look for Larger {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Larger(self.0))
    }
}

/// Fewer octets than this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller(pub u64);

impl Term for Smaller {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("SMALLER ");
        out.number(self.0);
    }
}

impl Look for Smaller {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Smaller(self.0))
    }
}
