//! UNSUBSCRIBE: takes a name from the subscriptions (RFC 9051, 6.3.8).

use super::Run;
use crate::command::Unsubscribe;
use crate::server::session::{Done, Session, Stop};

impl Run for Unsubscribe {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let name = super::name(&self.mailbox)?;
        session.account()?.unsubscribe(&name).await?;
        Ok(Done::new("Unsubscribed"))
    }
}
