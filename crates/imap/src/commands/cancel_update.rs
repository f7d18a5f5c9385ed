//! CANCELUPDATE: ends searches whose results are kept current (RFC 5267, 4.3.5).

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::CANCELLED_TAGS_MAX;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("CANCELUPDATE", ConnectionState::Selected, parse)
    .brings(&[Capability::AfterLogin("CONTEXT=SEARCH"), Capability::AfterLogin("CONTEXT=SORT")]);

/// Ends searches with UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelUpdate {
    /// The tags of the commands that began them.
    pub tags: Vec<String>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut tags = Vec::new();
    while tags.is_empty() || !args.is_empty() {
        if tags.len() >= CANCELLED_TAGS_MAX {
            return Err(args.expected("fewer tags"));
        }
        args.space()?;
        tags.push(args.astring_text()?.into_owned());
    }
    args.end()?;
    Ok(Command::new(CancelUpdate { tags }))
}

impl Request for CancelUpdate {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("CANCELUPDATE");
        for tag in &self.tags {
            out.space();
            out.string(tag.as_bytes());
        }
    }
}

impl Run for CancelUpdate {
    /// A tag that no context has is passed over: it may have been ended by the server just now.
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let contexts = &mut session.view_mut()?.contexts;
        self.tags.iter().for_each(|tag| contexts.cancel(tag));
        Ok(Done::saying("No further updates"))
    }
}
