//! DELETE: removes a mailbox (RFC 9051, 6.3.5).

use super::Run;
use crate::command::Delete;
use crate::server::session::{Done, Session, Stop};

impl Run for Delete {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let id = session.mailbox_named(&self.mailbox)?.id;
        session.account()?.delete_mailbox(id).await?;
        Ok(Done::new("Deleted"))
    }
}
