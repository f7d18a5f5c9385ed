//! COMPARATOR: tells or chooses how SEARCH, SORT and THREAD compare texts (RFC 5255, 4.7).

use mailbox::{Collation, Direction};

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::{COMPARATOR_OCTETS_MAX, COMPARATORS_MAX};
use crate::response::{Code, Comparators, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

/// Whoever offers the second level does not name the first (RFC 5255, 4.3).
pub(super) const ROW: Row = Row::new("COMPARATOR", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("I18NLEVEL=2")]);

/// Tells or chooses the active comparator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparator {
    /// Which ones would do, the best first: names of collations, perhaps with `*` in them and `+` or `-` before them, or
    /// `default`. None: only tell.
    pub wanted: Vec<String>,
}

/// The comparator of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Active {
    pub(crate) collation: Collation,
    /// Descending: texts are put in order from the other end.
    pub(crate) direction: Direction,
}

impl Default for Active {
    fn default() -> Active {
        Active { collation: Collation::default(), direction: Direction::Ascending }
    }
}

impl Active {
    fn name(self) -> String {
        let name = self.collation.name();
        match self.direction {
            Direction::Ascending => name.to_owned(),
            Direction::Descending => format!("-{name}"),
        }
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut wanted = Vec::new();
    while !args.is_empty() {
        if wanted.len() >= COMPARATORS_MAX {
            return Err(args.expected("fewer comparators"));
        }
        args.space()?;
        let error = args.expected("a comparator like i;unicode-casemap or *");
        let name = args.astring_text()?.into_owned();
        if !is_collation_order(&name) {
            return Err(error);
        }
        wanted.push(name);
    }
    Ok(Command::new(Comparator { wanted }))
}

/// RFC 4790, 3.2 and 3.3.
fn is_collation_order(name: &str) -> bool {
    let (_, pattern) = direction_of(name);
    let is_begun = pattern.starts_with(|first: char| first == '*' || first.is_ascii_alphabetic());
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-;=.*".contains(&octet);
    is_begun
        && pattern.len() <= COMPARATOR_OCTETS_MAX
        && pattern.bytes().all(fits)
        && !pattern.contains("**")
}

fn direction_of(name: &str) -> (Direction, &str) {
    match name.strip_prefix('-') {
        Some(pattern) => (Direction::Descending, pattern),
        None => (Direction::Ascending, name.strip_prefix('+').unwrap_or(name)),
    }
}

/// The comparators that a name stands for, the most widely useful first.
fn matching(name: &str) -> Vec<Active> {
    if name.eq_ignore_ascii_case("default") {
        return vec![Active::default()];
    }
    let (direction, pattern) = direction_of(name);
    let fits = |collation: &Collation| fits(pattern.as_bytes(), collation.name().as_bytes());
    let all = Collation::ALL.into_iter().filter(fits);
    all.map(|collation| Active { collation, direction }).collect()
}

/// Whether a pattern with `*` fits a name, in any case. In the worst case the product of their lengths.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    // Which beginnings of the name the pattern read so far stands for.
    let mut reached = vec![false; name.len().saturating_add(1)];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for octet in pattern {
        if *octet == b'*' {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            reached.iter_mut().skip(first).for_each(|reached| *reached = true);
            continue;
        }
        let mut next = vec![false; reached.len()];
        let further = reached.iter().zip(next.iter_mut().skip(1)).zip(name);
        for ((reached, next), there) in further {
            *next = *reached && there.eq_ignore_ascii_case(octet);
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

impl Request for Comparator {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("COMPARATOR");
        for name in &self.wanted {
            out.space();
            out.astring(name.as_bytes());
        }
    }
}

impl Run for Comparator {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut found: Vec<Active> = Vec::new();
        for name in &self.wanted {
            for active in matching(name) {
                if !found.contains(&active) {
                    found.push(active);
                }
            }
        }
        match found.first() {
            Some(first) => session.comparator = *first,
            None if self.wanted.is_empty() => {}
            None => {
                let text =
                    "No such comparator; there are i;unicode-casemap, i;ascii-casemap and i;octet";
                return Err(Stop::No(Some(Code::BadComparator), text.into()));
            }
        }
        let mut names: Vec<String> =
            found.iter().map(|active| active.collation.name().to_owned()).collect();
        names.dedup();
        let matching = if names.len() > 1 { names } else { Vec::new() };
        let active = session.comparator.name();
        session.print(&Response::Comparator(Comparators { active, matching }));
        Ok(Done::completed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_what_they_should() {
        let all = ["i;unicode-casemap", "i;ascii-casemap", "i;octet"];
        for (name, want) in [
            ("*", &all[..]),
            ("i;*", &all),
            ("i;*casemap", &all[..2]),
            ("*c*a*p", &all[..2]),
            ("I;Octet", &all[2..]),
            ("-i;octet", &["-i;octet"]),
            ("+i;octet", &all[2..]),
            ("default", &all[..1]),
            ("cz;*", &[]),
            ("i;octet*", &all[2..]),
            ("i;octe", &[]),
            ("i;ascii-numeric", &[]),
        ] {
            let found: Vec<String> = matching(name).into_iter().map(Active::name).collect();
            assert_eq!(found, want, "{name}");
        }
        for (name, want) in [
            ("i;basic;match=accent", true),
            ("**", false),
            ("", false),
            ("+", false),
            ("-*", true),
            ("--x", false),
            ("a b", false),
            ("1", false),
        ] {
            assert_eq!(is_collation_order(name), want, "{name}");
        }
    }
}
