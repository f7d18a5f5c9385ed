//! EXPUNGE and UID EXPUNGE: removes what is marked `\Deleted` (RFC 9051, 6.4.3 and 6.4.9).

use super::Run;
use crate::command::{Access, Expunge};
use crate::server::session::{Done, Session, Stop};
use crate::server::words;
use crate::view::Removals;
use crate::wire::By;

impl Run for Expunge {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.view()?.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        let uids = match &self.uids {
            Some(messages) => Some(session.find_uids(By::Uid, messages)?),
            None => None,
        };
        let mailbox = session.view()?.state().id;
        let gone = session.account()?.expunge(mailbox, uids.as_ref()).await?;
        session.catch_up(Removals::Told, By::Uid).await?;
        let done = Done::new("Expunged");
        Ok(if gone.is_empty() { done } else { session.done_removing("Expunged") })
    }
}
