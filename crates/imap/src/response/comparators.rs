//! COMPARATOR: how texts are compared (RFC 5255, 4.8).

use crate::limits::ATTRIBUTES_MAX;
use crate::wire::{Args, print};
use crate::{Dialect, Syntax};

/// The comparator in force, and those that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparators {
    /// The one in force, with a `-` before its name where it puts texts in order from the other end.
    pub active: String,
    /// All that are named by what was asked, where those are several.
    pub matching: Vec<String>,
}

impl Comparators {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"COMPARATOR ");
        print::astring(out, self.active.as_bytes(), dialect);
        for (index, name) in self.matching.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b" (" } else { b" " });
            print::astring(out, name.as_bytes(), dialect);
        }
        if !self.matching.is_empty() {
            out.push(b')');
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Comparators, Syntax> {
        args.space()?;
        let active = args.astring_text()?.into_owned();
        let mut matching = Vec::new();
        if args.eat(b' ') && !args.is_empty() {
            matching = args.list(ATTRIBUTES_MAX, |args| Ok(args.astring_text()?.into_owned()))?;
        }
        Ok(Comparators { active, matching })
    }
}
