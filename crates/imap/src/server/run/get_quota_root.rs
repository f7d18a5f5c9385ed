//! GETQUOTAROOT: which quota a mailbox counts to, and how it stands (RFC 9208, 4.1.3).

use super::Run;
use super::quota::quota_line;
use crate::command::GetQuotaRoot;
use crate::response::{QuotaRoots, Response};
use crate::server::session::{Done, Session, Stop};
use crate::wire::Name;

impl Run for GetQuotaRoot {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mailbox = session.mailbox_named(&self.mailbox)?;
        let quota = session.account()?.quota()?;
        let name = Name::from(mailbox.name.as_str());
        let roots = QuotaRoots { mailbox: name, roots: vec![String::new()] };
        session.print(&Response::QuotaRoots(roots));
        session.print(&Response::Quota(quota_line(&quota)));
        Ok(Done::new("That is all"))
    }
}
