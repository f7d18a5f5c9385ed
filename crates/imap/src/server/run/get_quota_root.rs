//! GETQUOTAROOT: which quota a mailbox counts to, and how it stands (RFC 9208, 4.1.3).

use super::Run;
use super::quota::print_quota;
use crate::command::GetQuotaRoot;
use crate::server::session::{Done, Session, Stop};
use crate::wire::print;

impl Run for GetQuotaRoot {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mailbox = session.mailbox_named(&self.mailbox)?;
        let quota = session.account()?.quota()?;
        let dialect = session.dialect;
        let out = session.channel.out();
        out.extend_from_slice(b"* QUOTAROOT ");
        print::mailbox(out, mailbox.name.as_str(), dialect);
        out.extend_from_slice(b" \"\"\r\n");
        print_quota(out, &quota);
        Ok(Done::new("That is all"))
    }
}
