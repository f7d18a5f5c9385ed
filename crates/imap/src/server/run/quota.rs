//! GETQUOTA and SETQUOTA: an account has one quota root, without a name (RFC 9208, 4.1).

use mailbox::operations::Quota;

use super::Run;
use crate::command::{GetQuota, SetQuota};
use crate::server::code::Code;
use crate::server::session::{Done, Session, Stop};
use crate::wire::print;

impl Run for GetQuota {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if !self.root.is_empty() {
            let text = "There is no such quota root, only \"\"";
            return Err(Stop::No(Some(Code::NonExistent), text.into()));
        }
        let quota = session.account()?.quota()?;
        print_quota(session.channel.out(), &quota);
        Ok(Done::new("That is all"))
    }
}

impl Run for SetQuota {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Err(Stop::No(Some(Code::NoPerm), "Only the administrator sets quotas".into()))
    }
}

/// Prints what is used of what is limited.
pub(super) fn print_quota(out: &mut Vec<u8>, quota: &Quota) {
    out.extend_from_slice(b"* QUOTA \"\" (");
    // Units of 1,024 octets, begun ones counted (RFC 9208, 5.1).
    let storage =
        quota.octets_max.map(|max| ("STORAGE", quota.octets.0.div_ceil(1024), max.0 / 1024));
    let message = quota.messages_max.map(|max| ("MESSAGE", quota.messages, max));
    for (index, (name, used, max)) in storage.into_iter().chain(message).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        print::number(out, used);
        out.push(b' ');
        print::number(out, max);
    }
    out.extend_from_slice(b")\r\n");
}
