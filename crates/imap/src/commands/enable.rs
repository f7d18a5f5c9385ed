//! ENABLE: turns on what changes the server's answers (RFC 9051, 6.3.1; RFC 5161).

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::dialect::Feature;
use crate::response::{Code, Condition, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("ENABLE", ConnectionState::Authenticated, parse)
    .brings(&[Capability::Always("ENABLE")]);

/// Turns on what changes what the server sends. Names it does not know are to be ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enable {
    /// The names, as given: see `Feature::named`.
    pub names: Vec<String>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut names = Vec::new();
    while names.is_empty() || args.peek() == Some(b' ') {
        args.space()?;
        if args.is_empty() && !names.is_empty() {
            break;
        }
        if names.len() >= 100 {
            return Err(args.expected("fewer names"));
        }
        names.push(args.atom("the name of a capability")?.to_owned());
    }
    args.end()?;
    Ok(Command::new(Enable { names }))
}

impl Request for Enable {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("ENABLE");
        for name in &self.names {
            out.space();
            out.atom(name);
        }
    }
}

impl Run for Enable {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut enabled = Vec::new();
        for name in &self.names {
            let Some(feature) = Feature::named(name) else { continue };
            if !session.dialect.has(feature) && !enabled.contains(&feature) {
                enabled.push(feature);
            }
        }
        for feature in &enabled {
            match feature {
                Feature::Condstore | Feature::Qresync => {
                    session.enable_modseq();
                    session.dialect = session.dialect.with(*feature);
                }
                Feature::Imap4Rev2 | Feature::Utf8Accept | Feature::UidOnly => {
                    session.dialect = session.dialect.with(*feature);
                }
            }
        }
        let names = enabled.iter().map(|feature| feature.name().to_owned()).collect();
        session.print(&Response::Enabled(names));
        Ok(Done::completed())
    }
}

impl Session<'_> {
    /// Turns CONDSTORE on, as any of its commands does (RFC 7162, 3.1).
    pub(crate) fn enable_modseq(&mut self) {
        if self.dialect.shows_modseq() {
            return;
        }
        self.dialect = self.dialect.with(Feature::Condstore);
        if let Some(view) = self.view.as_deref() {
            let code = Code::HighestModSeq(view.synced());
            self.untagged(Condition::Ok, Some(code), "Highest mod-sequence");
        }
    }
}
