//! GETQUOTA and SETQUOTA: Ask for a quota and set it (RFC 9208, 4.1.2 and 4.1.4).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const GET: Row = Row {
    name: "GETQUOTA",
    stage: Stage::Authenticated,
    capability: Some("QUOTA"),
    parse: parse_get,
};

pub(super) const SET: Row =
    Row { name: "SETQUOTA", stage: Stage::Authenticated, capability: None, parse: parse_set };

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
    Ok(Command::GetQuota(GetQuota { root }))
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
    Ok(Command::SetQuota(SetQuota { root, limits }))
}

impl GetQuota {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("GETQUOTA ");
        out.astring(self.root.as_bytes());
    }
}

impl SetQuota {
    pub(super) fn print(&self, out: &mut CommandWriter) {
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
