//! KEYWORD and UNKEYWORD: a keyword that is set or not (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term, atom};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const ROW: Row = Row::new("KEYWORD", |args, _| Ok(Keyword(atom(args)?).into()));

pub(super) const UNKEYWORD: Row =
    Row::new("UNKEYWORD", |args, _| Ok(Key::from(Keyword(atom(args)?)).negate()));

/// The keyword is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword(pub String);

impl Term for Keyword {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("KEYWORD ");
        out.atom(&self.0);
    }
}

impl Look for Keyword {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        // No message has a keyword that none can have.
        Ok(mailbox::Keyword::new(&self.0).map_or(Query::Nothing, Query::Keyword))
    }
}
