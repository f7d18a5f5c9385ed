//! MOVE: moves messages to another mailbox, all or none (RFC 9051, 6.4.8).

use super::Run;
use super::copy::copy_uid;
use crate::command::{Access, Move};
use crate::response::{Code, Condition};
use crate::server::session::{Done, Session, Stop};
use crate::server::words;
use crate::view::Removals;

impl Run for Move {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.view()?.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        let uids = session.find_uids(self.by, &self.messages)?;
        let to = session.destination(&self.mailbox)?;
        if uids.is_empty() {
            return Ok(Done::new("There was nothing to move"));
        }
        let from = session.view()?.state().id;
        let moved = session.account()?.r#move(from, &uids, to).await?;
        let Some(code) = copy_uid(&moved, self.by)? else {
            return Ok(Done::new("There was nothing to move"));
        };
        // Before the removals: a client that has both can carry its copy over (RFC 6851, 4.3).
        session.untagged(Condition::Ok, Some(code), "Moved");
        session.catch_up(Removals::Told, self.by).await?;
        Ok(session.done_removing("Moved"))
    }
}

impl Session<'_> {
    /// The OK of a command that removed messages (RFC 7162, 3.2.7).
    pub(super) fn done_removing(&self, text: &'static str) -> Done {
        match self.view.as_deref() {
            Some(view) if self.dialect.shows_vanished() => {
                Done::new(text).with(Code::HighestModSeq(view.synced()))
            }
            Some(_) | None => Done::new(text),
        }
    }
}
