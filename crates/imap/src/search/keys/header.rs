//! HEADER: text in a field of the header (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term, Texts};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const ROW: Row = Row::new("HEADER", |args, texts| {
    let field = Texts::Utf8.parse(args)?;
    Ok(Header { field, text: texts.parse(args)? }.into())
});

/// The text is in the header field, decoded; letters in any case. An empty one: there is such a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The field's name.
    pub field: String,
    /// The text.
    pub text: String,
}

impl Term for Header {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("HEADER ");
        out.astring(self.field.as_bytes());
        out.space();
        out.astring(self.text.as_bytes());
    }
}

impl Look for Header {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Header(self.field.clone(), self.text.clone()))
    }
}
