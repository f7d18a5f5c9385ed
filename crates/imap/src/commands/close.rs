//! CLOSE: expunges without a word, and leaves the mailbox (RFC 9051, 6.4.1).

use super::Run;
use crate::command::{Access, Close};
use crate::server::session::{Done, Session, Stop};

impl Run for Close {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let view = session.view()?;
        if view.access() == Access::ReadWrite {
            match session.account()?.expunge(view.state().id, None).await {
                // It was deleted meanwhile, and can be left all the same.
                Ok(_) | Err(mailbox::Error::Refused(mailbox::Refused::NoSuchMailbox)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        session.view = None;
        Ok(Done::new("Closed"))
    }
}
