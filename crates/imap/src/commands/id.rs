//! ID: says who the program is, and asks the same (RFC 2971).

use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::{ID_PAIRS_MAX, ID_VALUE_OCTETS_MAX};
use crate::response::Response;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, print};
use crate::{Dialect, Syntax};

pub(super) const ROW: Row =
    Row::new("ID", ConnectionState::Any, parse).brings(&[Capability::Always("ID")]);

/// Says who the program is, and asks the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    /// Names and values; none if the program would not say.
    pub pairs: Option<IdPairs>,
}

/// Names (`name`, `version`, `os`, ...) and values.
pub type IdPairs = Vec<(String, Option<String>)>;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let pairs = parse_pairs(args)?;
    args.end()?;
    Ok(Command::new(Id { pairs }))
}

/// Takes NIL or a list of names and values: also what the response holds.
pub(crate) fn parse_pairs(args: &mut Args<'_>) -> Result<Option<IdPairs>, Syntax> {
    if args.eat_nil() {
        return Ok(None);
    }
    let pairs = args.list_or_empty(ID_PAIRS_MAX, |args| {
        let error = args.expected("a value of at most 1024 octets");
        let name = args.string()?;
        args.space()?;
        let value = args.nstring()?;
        if value.as_ref().is_some_and(|value| value.len() > ID_VALUE_OCTETS_MAX) {
            return Err(error);
        }
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Ok((text(&name), value.as_deref().map(text)))
    })?;
    Ok(Some(pairs))
}

impl Request for Id {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("ID ");
        let dialect = out.dialect();
        print_pairs(&mut out.out, self.pairs.as_ref(), dialect);
    }
}

/// Appends names and values: also what the response holds. What cannot be quoted is left out.
pub(crate) fn print_pairs(out: &mut Vec<u8>, pairs: Option<&IdPairs>, dialect: Dialect) {
    let Some(pairs) = pairs else { return out.extend_from_slice(b"NIL") };
    let mut before: &[u8] = b"(";
    for (name, value) in pairs {
        let value = value.as_ref().map(String::as_bytes);
        if [Some(name.as_bytes()), value].iter().flatten().any(|o| !print::is_quotable(o, dialect))
        {
            continue;
        }
        out.extend_from_slice(before);
        print::quoted(out, name.as_bytes());
        out.push(b' ');
        print::nstring(out, value, dialect);
        before = b" ";
    }
    out.extend_from_slice(if before == b"(" { b"()" } else { b")" });
}

/// The program's name and version, as far as they are given.
fn program(pairs: Option<&IdPairs>) -> String {
    let one = |wanted: &str| {
        let found = pairs?.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_deref()).filter(|value| !value.is_empty())
    };
    let parts = [one("name"), one("version")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

impl Run for Id {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let address = session.peer.address.map(tracing::field::display);
        let client = self.pairs.iter().flatten().filter_map(|(_, value)| value.as_deref());
        let client = client.collect::<Vec<_>>().join(" ");
        tracing::debug!(address, client, "the client's ID");
        session.service.introduced.tell(&program(self.pairs.as_ref()));
        let pairs = vec![
            ("name".to_owned(), Some("correio".to_owned())),
            ("version".to_owned(), Some(session.service.version.to_string())),
        ];
        session.print(&Response::Id(Some(pairs)));
        Ok(Done::completed())
    }
}
