//! GETQUOTA and SETQUOTA: ask for a quota and set it (RFC 9208, 4.1.2 and 4.1.4). An account has one quota root, without
//! a name.

use mailbox::operations::Quota;
use mailbox::{Mailbox, Rights};

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{Code, QuotaLine, QuotaResource, Response};
use crate::server::Run;
use crate::server::mailboxes::Place;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const GET: Row =
    Row::new("GETQUOTA", ConnectionState::Authenticated, parse_get).brings(&[
        Capability::AfterLogin("QUOTA"),
        Capability::AfterLogin("QUOTA=RES-STORAGE"),
        Capability::AfterLogin("QUOTA=RES-MESSAGE"),
    ]);

pub(super) const SET: Row = Row::new("SETQUOTA", ConnectionState::Authenticated, parse_set);

/// Asks for a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetQuota {
    /// The name of the quota root.
    pub root: String,
}

/// Sets a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetQuota {
    /// The name of the quota root.
    pub root: String,
    /// Resources (`STORAGE` in units of 1024 octets, `MESSAGE`) and their limits.
    pub limits: Vec<(String, u64)>,
}

fn parse_get(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let root = args.astring_text()?.into_owned();
    args.end()?;
    Ok(Command::new(GetQuota { root }))
}

fn parse_set(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let root = args.astring_text()?.into_owned();
    args.space()?;
    let limits = args.list_or_empty(20, |args| {
        let resource = args.atom("a quota resource like STORAGE")?.to_ascii_uppercase();
        args.space()?;
        Ok((resource, args.number64()?))
    })?;
    args.end()?;
    Ok(Command::new(SetQuota { root, limits }))
}

impl Request for GetQuota {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("GETQUOTA ");
        out.astring(self.root.as_bytes());
    }
}

impl Request for SetQuota {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("SETQUOTA ");
        out.astring(self.root.as_bytes());
        out.raw(" (");
        for (index, (resource, limit)) in self.limits.iter().enumerate() {
            if index > 0 {
                out.space();
            }
            out.atom(resource);
            out.space();
            out.number(*limit);
        }
        out.raw(")");
    }
}

impl Run for GetQuota {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let place = session.place_of_root(&self.root).await?;
        let line = session.quota_line(&place)?;
        session.print(&Response::Quota(line));
        Ok(Done::completed())
    }
}

impl Run for SetQuota {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Err(Stop::No(Some(Code::NoPerm), "Only the administrator sets quotas".into()))
    }
}

impl Session<'_> {
    /// The account of a quota root: one's own, or that of somebody who lets some mailbox be read.
    async fn place_of_root(&mut self, root: &str) -> Result<Place, Stop> {
        if root.is_empty() {
            return self.own();
        }
        for place in self.others().await? {
            let all = place.account.mailboxes()?;
            let reads = |it: &Mailbox| place.account.rights(it.id).has(Rights::READ);
            if place.quota_root() == root && all.iter().any(reads) {
                return Ok(place);
            }
        }
        Err(Stop::No(Some(Code::NonExistent), "There is no such quota root".into()))
    }

    /// What is used of what is limited. There is always one resource, as the grammar wants it (RFC 9208, 7): how many
    /// messages an account without limits of its own may hold the host limits all the same.
    pub(super) fn quota_line(&self, place: &Place) -> Result<QuotaLine, Stop> {
        let quota: Quota = place.account.quota()?;
        let resource =
            |name: &str, usage, limit| QuotaResource { name: name.to_owned(), usage, limit };
        // Units of 1,024 octets, begun ones counted (RFC 9208, 5.1).
        let used = quota.octets.0.div_ceil(1024);
        let storage = quota.octets_max.map(|max| resource("STORAGE", used, max.0 / 1024));
        let of_all = self.service.accounts.policy().messages_per_account_max;
        let messages_max = match (quota.messages_max, &storage) {
            (Some(max), _) => Some(max),
            (None, Some(_)) => None,
            (None, None) => Some(of_all),
        };
        let message = messages_max.map(|max| resource("MESSAGE", quota.messages, max));
        let resources = storage.into_iter().chain(message).collect();
        Ok(QuotaLine { root: place.quota_root(), resources })
    }
}
