//! BODY[...]: octets of a message as they are (RFC 9051, 6.4.5).

use crate::Syntax;
use crate::commands::fetch::octets::Named;
use crate::commands::fetch::{Reply, Sending, Source};
use crate::fetch::answer::{nstring, parse_origin};
use crate::fetch::item::{Ask, Row, See};
use crate::fetch::{Answer, FetchLine, Item, Partial, Section};
use crate::server::outcome::Stop;
use crate::wire::{Args, print};

pub(super) const ROW: Row =
    Row::brackets("BODY", |args| parse(args, See::Seen)).answered(parse_answer);

pub(super) const PEEK: Row = Row::brackets("BODY.PEEK", |args| parse(args, See::Peek));

/// Octets of the message: `BODY[1.MIME]<0.100>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySection {
    /// Whether `\Seen` is set.
    pub see: See,
    /// Which section.
    pub section: Section,
    /// Which octets of it.
    pub partial: Option<Partial>,
}

fn parse(args: &mut Args<'_>, see: See) -> Result<Item, Syntax> {
    let section = Section::parse(args)?;
    let partial = Partial::parse(args)?;
    Ok(BodySection { see, section, partial }.into())
}

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let section = Section::parse(args)?;
    let origin = parse_origin(args)?;
    let octets = nstring(args)?;
    Ok(Answer::Section { section, origin, octets })
}

impl Ask for BodySection {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BODY");
        self.see.print(out);
        self.section.print(out);
        Partial::print(self.partial, out);
    }

    fn sets_seen(&self) -> bool {
        self.see == See::Seen
    }
}

impl Reply for BodySection {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, mut to: Sending<'_, '_>) -> Result<(), Stop> {
        let origin = self.partial.map(|partial| partial.from);
        let named = Named::find(to.session, to.email, &self.section, self.partial).await?;
        let mut line = to.line();
        match named {
            None => line.no_section(&self.section, origin),
            Some(named) => {
                line.section_head(&self.section, origin, named.octets());
                named.send(to.session, to.email).await?;
            }
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// `BODY[...]`: its octets follow, exactly as many as said; `origin` is the first octet's index where only some
    /// were asked for.
    pub fn section_head(&mut self, section: &Section, origin: Option<u64>, octets: u64) {
        self.section_name(section, origin);
        print::literal_size(self.out, octets);
    }

    /// `BODY[...]` with its octets.
    pub fn section(&mut self, section: &Section, origin: Option<u64>, octets: &[u8]) {
        self.section_head(section, origin, u64::try_from(octets.len()).unwrap_or(u64::MAX));
        self.out.extend_from_slice(octets);
    }

    /// `BODY[...] NIL`: there is no such section.
    pub fn no_section(&mut self, section: &Section, origin: Option<u64>) {
        self.section_name(section, origin);
        self.out.extend_from_slice(b"NIL");
    }

    fn section_name(&mut self, section: &Section, origin: Option<u64>) {
        self.item(b"BODY");
        section.print(self.out);
        self.origin(origin);
        self.out.push(b' ');
    }
}
