//! RENAME: gives a mailbox another name (RFC 9051, 6.3.6).

use super::Run;
use crate::command::Rename;
use crate::server::session::{Done, Session, Stop};

impl Run for Rename {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let id = session.mailbox_named(&self.from)?.id;
        let to = self.to.as_str();
        let to = super::name(&to.strip_suffix('/').unwrap_or(to).into())?;
        session.account()?.rename_mailbox(id, &to).await?;
        Ok(Done::new("Renamed"))
    }
}
