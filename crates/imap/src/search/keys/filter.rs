//! FILTER: a search that is kept under a name (RFC 5466). Before anything is looked for, what it stands for takes its place.

use mailbox::search::Query;

use crate::capability::Capability;
use crate::commands::search::Look;
use crate::response::Code;
use crate::search::key::{Row, Term, atom};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const ROW: Row = Row {
    capability: Some(Capability::AfterLogin("FILTERS")),
    ..Row::new("FILTER", |args, _| {
        let error = args.expected("the name of a filter, without /");
        let name = atom(args)?;
        if name.contains('/') { Err(error) } else { Ok(Filter(name).into()) }
    })
};

/// Fulfils what is kept under this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(pub String);

impl Filter {
    /// It is not there.
    pub(crate) fn undefined(&self) -> Stop {
        let text = "There is no such filter, or it names others in too many steps";
        Stop::No(Some(Code::UndefinedFilter(self.0.clone())), text.into())
    }
}

impl Term for Filter {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("FILTER ");
        out.atom(&self.0);
    }
}

impl Look for Filter {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Err(self.undefined())
    }
}
