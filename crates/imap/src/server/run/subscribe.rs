//! SUBSCRIBE: adds a name to the subscriptions (RFC 9051, 6.3.7).

use super::Run;
use crate::command::Subscribe;
use crate::server::session::{Done, Session, Stop};

impl Run for Subscribe {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let name = super::name(&self.mailbox)?;
        session.account()?.subscribe(&name).await?;
        Ok(Done::new("Subscribed"))
    }
}
