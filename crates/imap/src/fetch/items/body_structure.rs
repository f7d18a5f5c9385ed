//! BODYSTRUCTURE: what a message is made of (RFC 9051, 7.5.2); and BODY, the same without extensions.

use message::Outline;

use crate::commands::fetch::octets::outline;
use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::structure::{Extensions, Structure, print_structure};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;

pub(super) const BODY_STRUCTURE: Row = Row::plain(
    "BODYSTRUCTURE",
    |_| Ok(BodyStructure.into()),
    |args| Structure::parse(args).map(Answer::BodyStructure),
);

pub(super) const BODY: Row =
    Row::plain("BODY", |_| Ok(Body.into()), |args| Structure::parse(args).map(Answer::Body));

/// The structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyStructure;

/// The structure without extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body;

impl Ask for BodyStructure {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BODYSTRUCTURE");
    }
}

impl Reply for BodyStructure {
    const SOURCE: Source = Source::Email;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(email) = message.email {
            line.structure(&outline(email)?, Extensions::Shown);
        }
        Ok(())
    }
}

impl Ask for Body {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BODY");
    }
}

impl Reply for Body {
    const SOURCE: Source = Source::Email;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(email) = message.email {
            line.structure(&outline(email)?, Extensions::Hidden);
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// BODYSTRUCTURE, or BODY without extensions.
    pub fn structure(&mut self, outline: &Outline<'_>, extensions: Extensions) {
        self.item(match extensions {
            Extensions::Shown => b"BODYSTRUCTURE ",
            Extensions::Hidden => b"BODY ",
        });
        print_structure(self.out, outline, extensions, self.dialect);
    }
}
