//! AUTHENTICATE: Logs in with a SASL mechanism (RFC 9051, 6.2.2; RFC 4959). What follows goes line by line, in base64.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row {
    name: "AUTHENTICATE",
    stage: Stage::NotAuthenticated,
    capability: Some("SASL-IR"),
    parse,
};

/// Logs in with a SASL mechanism.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The mechanism, in capitals.
    pub mechanism: String,
    /// The initial response, decoded. An empty one is not none (RFC 4959, 3).
    pub initial: Option<Vec<u8>>,
}

impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mechanism = args.atom("a SASL mechanism")?.to_ascii_uppercase();
    let mut initial = None;
    if args.eat(b' ') && !args.is_empty() {
        let error = args.expected("an initial response in base64, or =");
        let octets = args.run(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet));
        initial = Some(decode(octets).ok_or(error)?);
    }
    args.end()?;
    Ok(Command::Authenticate(Authenticate { mechanism, initial }))
}

/// Reads an initial response: base64, or `=` for an empty one.
fn decode(octets: &[u8]) -> Option<Vec<u8>> {
    match octets {
        b"" => None,
        b"=" => Some(Vec::new()),
        _ => STANDARD.decode(octets).ok(),
    }
}

impl Authenticate {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("AUTHENTICATE ");
        out.atom(&self.mechanism);
        match self.initial.as_deref() {
            None => {}
            Some([]) => out.raw(" ="),
            Some(octets) => {
                out.space();
                out.raw(&STANDARD.encode(octets));
            }
        }
    }
}
