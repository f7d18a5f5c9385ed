//! QUOTA and QUOTAROOT (RFC 9208, 4.2).

use crate::limits::ATTRIBUTES_MAX;
use crate::wire::{Args, Name, print};
use crate::{Dialect, Syntax};

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaLine {
    /// The name of its root.
    pub root: String,
    /// What it limits.
    pub resources: Vec<QuotaResource>,
}

/// What a quota limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaResource {
    /// `STORAGE` (in units of 1024 octets), `MESSAGE`, ...
    pub name: String,
    /// How much is used.
    pub usage: u64,
    /// How much may be.
    pub limit: u64,
}

/// Which quotas a mailbox counts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaRoots {
    /// The mailbox.
    pub mailbox: Name,
    /// The names of the roots.
    pub roots: Vec<String>,
}

impl QuotaLine {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"QUOTA ");
        print::astring(out, self.root.as_bytes(), dialect);
        out.extend_from_slice(b" (");
        for (index, resource) in self.resources.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(resource.name.as_bytes());
            out.push(b' ');
            print::number(out, resource.usage);
            out.push(b' ');
            print::number(out, resource.limit);
        }
        out.push(b')');
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<QuotaLine, Syntax> {
        args.space()?;
        let root = args.astring_text()?.into_owned();
        args.space()?;
        let resources = args.list_or_empty(ATTRIBUTES_MAX, |args| {
            let name = args.atom("a quota resource")?.to_owned();
            args.space()?;
            let usage = args.number64()?;
            args.space()?;
            Ok(QuotaResource { name, usage, limit: args.number64()? })
        })?;
        Ok(QuotaLine { root, resources })
    }
}

impl QuotaRoots {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"QUOTAROOT ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        for root in &self.roots {
            out.push(b' ');
            print::astring(out, root.as_bytes(), dialect);
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<QuotaRoots, Syntax> {
        args.space()?;
        let mailbox = Name::parse_any(args)?;
        let mut roots = Vec::new();
        while args.eat(b' ') && !args.is_empty() {
            if roots.len() >= ATTRIBUTES_MAX {
                return Err(args.expected("fewer quota roots"));
            }
            roots.push(args.astring_text()?.into_owned());
        }
        Ok(QuotaRoots { mailbox, roots })
    }
}
