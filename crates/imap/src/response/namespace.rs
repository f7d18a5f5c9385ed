//! NAMESPACE: where a person's own, other people's and shared mailboxes lie (RFC 9051, 7.3.5).

use super::list::{parse_separator, print_separator};
use crate::limits::ATTRIBUTES_MAX;
use crate::wire::{Args, Name, print, utf7};
use crate::{Dialect, Syntax};

/// All namespaces; an empty list is shown as NIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// The person's own.
    pub personal: Vec<Namespace>,
    /// Other people's.
    pub others: Vec<Namespace>,
    /// Shared.
    pub shared: Vec<Namespace>,
}

/// One namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// What its names begin with.
    pub prefix: String,
    /// What stands between levels.
    pub separator: Option<char>,
}

impl Namespaces {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"NAMESPACE");
        for list in [&self.personal, &self.others, &self.shared] {
            out.push(b' ');
            if list.is_empty() {
                out.extend_from_slice(b"NIL");
                continue;
            }
            out.push(b'(');
            for namespace in list {
                out.push(b'(');
                if dialect.is_utf8() {
                    print::string(out, namespace.prefix.as_bytes(), dialect);
                } else {
                    print::string(out, utf7::encode(&namespace.prefix).as_bytes(), dialect);
                }
                out.push(b' ');
                print_separator(out, namespace.separator);
                out.push(b')');
            }
            out.push(b')');
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Namespaces, Syntax> {
        let mut lists: [Vec<Namespace>; 3] = Default::default();
        for list in &mut lists {
            args.space()?;
            *list = parse_list(args)?;
        }
        let [personal, others, shared] = lists;
        Ok(Namespaces { personal, others, shared })
    }
}

fn parse_list(args: &mut Args<'_>) -> Result<Vec<Namespace>, Syntax> {
    let mut list = Vec::new();
    if args.eat_nil() {
        return Ok(list);
    }
    args.open()?;
    while !args.eat(b')') {
        args.eat(b' ');
        if list.len() >= ATTRIBUTES_MAX {
            return Err(args.expected("fewer namespaces"));
        }
        args.open()?;
        let prefix = Name::parse_any(args)?.0;
        args.space()?;
        let separator = parse_separator(args)?;
        while args.eat(b' ') {
            args.skip_value()?;
        }
        args.close()?;
        list.push(Namespace { prefix, separator });
    }
    Ok(list)
}
