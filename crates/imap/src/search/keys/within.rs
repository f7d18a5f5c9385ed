//! OLDER and YOUNGER: how many seconds ago a message came (RFC 5032).

use mailbox::search::Query;

use crate::Syntax;
use crate::capability::Capability;
use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::{Args, CommandWriter};

pub(super) const OLDER: Row = Row {
    capability: Some(Capability::AfterLogin("WITHIN")),
    ..Row::new("OLDER", |args, _| seconds(args).map(|seconds| Older(seconds).into()))
};

pub(super) const YOUNGER: Row =
    Row::new("YOUNGER", |args, _| -> Result<Key, Syntax> { Ok(Younger(seconds(args)?).into()) });

fn seconds(args: &mut Args<'_>) -> Result<u32, Syntax> {
    args.space()?;
    args.nz_number()
}

/// Came so many seconds ago or earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Older(pub u32);

impl Term for Older {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("OLDER ");
        out.number(self.0.into());
    }
}

impl Look for Older {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Older(self.0))
    }
}

/// Came so many seconds ago or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Younger(pub u32);

impl Term for Younger {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("YOUNGER ");
        out.number(self.0.into());
    }
}

impl Look for Younger {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Younger(self.0))
    }
}
