//! BODY and TEXT: text in the body, or anywhere (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const BODY: Row = Row::new("BODY", |args, texts| Ok(Body(texts.parse(args)?).into()));

pub(super) const TEXT: Row = Row::new("TEXT", |args, texts| Ok(Text(texts.parse(args)?).into()));

/// The text is in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(pub String);

impl Term for Body {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("BODY ");
        out.astring(self.0.as_bytes());
    }
}

impl Look for Body {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Body(self.0.clone()))
    }
}

/// The text is in header or body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl Term for Text {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("TEXT ");
        out.astring(self.0.as_bytes());
    }
}

impl Look for Text {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        Ok(Query::Text(self.0.clone()))
    }
}
