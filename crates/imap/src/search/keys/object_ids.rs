//! EMAILID and THREADID: one email, one thread (RFC 8474, 6.1).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::key::{Row, Term, atom};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::{CommandWriter, object_id};

pub(super) const EMAILID: Row = Row::new("EMAILID", |args, _| Ok(EmailId(atom(args)?).into()));

pub(super) const THREADID: Row = Row::new("THREADID", |args, _| Ok(ThreadId(atom(args)?).into()));

/// This email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailId(pub String);

impl Term for EmailId {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("EMAILID ");
        out.atom(&self.0);
    }
}

impl Look for EmailId {
    fn query(&self, view: &View) -> Result<Query, Stop> {
        Ok(object_id::email_of(view.other(), &self.0).map_or(Query::Nothing, Query::Email))
    }
}

/// Of this thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadId(pub String);

impl Term for ThreadId {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("THREADID ");
        out.atom(&self.0);
    }
}

impl Look for ThreadId {
    fn query(&self, view: &View) -> Result<Query, Stop> {
        Ok(object_id::thread_of(view.other(), &self.0).map_or(Query::Nothing, Query::Thread))
    }
}
