//! THREAD: messages and what answers them (RFC 5256, 4). Read and printed without recursion, however deep they lie.

use crate::Syntax;
use crate::limits::SEARCH_NUMBERS_MAX;
use crate::wire::{Args, print};

/// Threads: all their places, each before those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads(pub Vec<Place>);

/// A place in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How deep it lies: 0 is the top.
    pub depth: u32,
    /// The number or UID of the message; none: it is not there, only those below are.
    pub number: Option<u32>,
}

/// How a place was begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// With a parenthesis, which has to be closed.
    Parenthesis,
    /// With a space behind the only message above it.
    Space,
}

impl Threads {
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"THREAD");
        if !self.0.is_empty() {
            out.push(b' ');
        }
        let brothers = self.alone();
        let mut open: Vec<Begun> = Vec::new();
        let mut above = None;
        for (place, is_alone) in self.0.iter().zip(brothers) {
            let depth = usize::try_from(place.depth).unwrap_or(usize::MAX);
            while open.len() > depth {
                if open.pop() == Some(Begun::Parenthesis) {
                    out.push(b')');
                }
            }
            // What comes directly behind the number of the message above it stands apart from it.
            let follows = above
                .is_some_and(|above: &Place| above.number.is_some() && above.depth < place.depth);
            if follows {
                out.push(b' ');
            }
            if is_alone && follows {
                open.push(Begun::Space);
            } else {
                out.push(b'(');
                open.push(Begun::Parenthesis);
            }
            if let Some(number) = place.number {
                print::number(out, u64::from(number));
            }
            above = Some(place);
        }
        while let Some(begun) = open.pop() {
            if begun == Begun::Parenthesis {
                out.push(b')');
            }
        }
    }

    /// Of each place, whether no other lies beside it.
    fn alone(&self) -> Vec<bool> {
        let mut alone = vec![true; self.0.len()];
        // The last place met at each depth, up to the one at hand.
        let mut last: Vec<usize> = Vec::new();
        for (at, place) in self.0.iter().enumerate() {
            let depth = usize::try_from(place.depth).unwrap_or(usize::MAX);
            if let Some(brother) = last.get(depth).copied() {
                for at in [brother, at] {
                    if let Some(alone) = alone.get_mut(at) {
                        *alone = false;
                    }
                }
            }
            last.truncate(depth);
            last.push(at);
        }
        alone
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Threads, Syntax> {
        let mut threads = Threads::default();
        let mut open: Vec<u32> = Vec::new();
        let (mut depth, mut is_empty) = (0u32, false);
        while let Some(octet) = args.peek() {
            if threads.0.len() >= SEARCH_NUMBERS_MAX || open.len() >= SEARCH_NUMBERS_MAX {
                return Err(args.expected("fewer messages"));
            }
            match octet {
                b' ' => args.space()?,
                b'(' => {
                    args.open()?;
                    if is_empty {
                        threads.0.push(Place { depth, number: None });
                        depth = depth.saturating_add(1);
                    }
                    open.push(depth);
                    is_empty = true;
                }
                b')' if !is_empty => {
                    args.close()?;
                    depth = open.pop().ok_or(args.expected("the end of the response"))?;
                }
                _ => {
                    if open.is_empty() {
                        return Err(args.expected("a thread in parentheses"));
                    }
                    threads.0.push(Place { depth, number: Some(args.nz_number()?) });
                    depth = depth.saturating_add(1);
                    is_empty = false;
                }
            }
        }
        if open.is_empty() { Ok(threads) } else { Err(args.expected(")")) }
    }
}
