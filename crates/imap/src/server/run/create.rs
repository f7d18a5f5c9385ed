//! CREATE: makes a mailbox, perhaps with a special use (RFC 9051, 6.3.4; RFC 6154, 3; RFC 8474, 4.1).

use mailbox::Refused;

use super::{Run, role_named};
use crate::command::Create;
use crate::response::Code;
use crate::server::session::{Done, Session, Stop};
use crate::wire::object_id;

impl Run for Create {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        // A separator at the end says that other mailboxes are to lie below: here they always can.
        let name = self.mailbox.as_str();
        let name = super::name(&name.strip_suffix('/').unwrap_or(name).into())?;
        let role = match self.uses.as_slice() {
            [] => None,
            [one] => Some(role_named(one).ok_or(Refused::SpecialUse)?),
            // A mailbox has one special use here.
            _ => return Err(Refused::SpecialUse.into()),
        };
        let id = session.account()?.create_mailbox(&name, role).await?;
        Ok(Done::new("Created").with(Code::MailboxId(object_id::mailbox(id))))
    }
}
