//! RFC822, RFC822.HEADER and RFC822.TEXT: sections under their old names, which are no more in IMAP4rev2 (RFC 3501, 6.4.5).

use crate::Syntax;
use crate::commands::fetch::octets::Named;
use crate::commands::fetch::{Reply, Sending, Source};
use crate::fetch::answer::nstring;
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine, OldName, Part, Section, SectionText};
use crate::server::outcome::Stop;
use crate::wire::{Args, print};

pub(super) const MESSAGE: Row =
    Row::plain("RFC822", |_| Ok(Rfc822.into()), |args| parse_answer(args, SectionText::All));

pub(super) const HEADER: Row = Row::plain(
    "RFC822.HEADER",
    |_| Ok(Rfc822Header.into()),
    |args| parse_answer(args, SectionText::Header),
);

pub(super) const TEXT: Row = Row::plain(
    "RFC822.TEXT",
    |_| Ok(Rfc822Text.into()),
    |args| parse_answer(args, SectionText::Text),
);

/// As `BODY[]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc822;

/// As `BODY.PEEK[HEADER]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc822Header;

/// As `BODY[TEXT]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc822Text;

fn parse_answer(args: &mut Args<'_>, text: SectionText) -> Result<Answer, Syntax> {
    let section = Section { part: Part::default(), text };
    Ok(Answer::Section { section, origin: None, octets: nstring(args)? })
}

impl Ask for Rfc822 {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"RFC822");
    }

    fn sets_seen(&self) -> bool {
        true
    }
}

impl Reply for Rfc822 {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, to: Sending<'_, '_>) -> Result<(), Stop> {
        send(OldName::Message, SectionText::All, to).await
    }
}

impl Ask for Rfc822Header {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"RFC822.HEADER");
    }
}

impl Reply for Rfc822Header {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, to: Sending<'_, '_>) -> Result<(), Stop> {
        send(OldName::Header, SectionText::Header, to).await
    }
}

impl Ask for Rfc822Text {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"RFC822.TEXT");
    }

    fn sets_seen(&self) -> bool {
        true
    }
}

impl Reply for Rfc822Text {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, to: Sending<'_, '_>) -> Result<(), Stop> {
        send(OldName::Text, SectionText::Text, to).await
    }
}

async fn send(name: OldName, text: SectionText, mut to: Sending<'_, '_>) -> Result<(), Stop> {
    let section = Section { text, ..Section::default() };
    if let Some(named) = Named::find(to.session, to.email, &section, None).await? {
        to.line().old_name_head(name, named.octets());
        named.send(to.session, to.email).await?;
    }
    Ok(())
}

impl FetchLine<'_> {
    /// `RFC822` and its like: the octets follow, exactly as many as said.
    pub fn old_name_head(&mut self, name: OldName, octets: u64) {
        self.item(match name {
            OldName::Message => b"RFC822 ",
            OldName::Header => b"RFC822.HEADER ",
            OldName::Text => b"RFC822.TEXT ",
        });
        print::literal_size(self.out, octets);
    }
}
