//! GETQUOTA and SETQUOTA: an account has one quota root, without a name (RFC 9208, 4.1).

use mailbox::operations::Quota;

use super::Run;
use crate::command::{GetQuota, SetQuota};
use crate::response::{Code, QuotaLine, QuotaResource, Response};
use crate::server::session::{Done, Session, Stop};

impl Run for GetQuota {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if !self.root.is_empty() {
            let text = "There is no such quota root, only \"\"";
            return Err(Stop::No(Some(Code::NonExistent), text.into()));
        }
        let quota = session.account()?.quota()?;
        session.print(&Response::Quota(quota_line(&quota)));
        Ok(Done::new("That is all"))
    }
}

impl Run for SetQuota {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Err(Stop::No(Some(Code::NoPerm), "Only the administrator sets quotas".into()))
    }
}

/// What is used of what is limited.
pub(super) fn quota_line(quota: &Quota) -> QuotaLine {
    let resource = |name: &str, usage, limit| QuotaResource { name: name.to_owned(), usage, limit };
    // Units of 1,024 octets, begun ones counted (RFC 9208, 5.1).
    let used = quota.octets.0.div_ceil(1024);
    let storage = quota.octets_max.map(|max| resource("STORAGE", used, max.0 / 1024));
    let message = quota.messages_max.map(|max| resource("MESSAGE", quota.messages, max));
    QuotaLine { root: String::new(), resources: storage.into_iter().chain(message).collect() }
}
