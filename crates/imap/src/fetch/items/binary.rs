//! BINARY[...] and BINARY.SIZE[...]: a part of a message, decoded, and its size (RFC 3516; RFC 9051, 6.4.5).

use crate::Syntax;
use crate::capability::Capability;
use crate::commands::fetch::octets::Binary as Found;
use crate::commands::fetch::{Reply, Sending, Source};
use crate::fetch::answer::{nstring, parse_origin};
use crate::fetch::item::{Ask, Row, See};
use crate::fetch::{Answer, FetchLine, Item, Nul, Part, Partial};
use crate::server::outcome::Stop;
use crate::wire::{Args, print};

pub(super) const ROW: Row = Row::brackets("BINARY", |args| parse(args, See::Seen))
    .answered(parse_answer)
    .brings(Capability::AfterLogin("BINARY"));

pub(super) const PEEK: Row = Row::brackets("BINARY.PEEK", |args| parse(args, See::Peek));

pub(super) const SIZE: Row = Row::brackets("BINARY.SIZE", parse_size).answered(parse_size_answer);

/// A part, decoded: `BINARY[1]<0.100>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Whether `\Seen` is set.
    pub see: See,
    /// Which part; the empty one is the message.
    pub part: Part,
    /// Which octets of it.
    pub partial: Option<Partial>,
}

/// The size of a part, decoded: `BINARY.SIZE[1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinarySize(pub Part);

fn parse(args: &mut Args<'_>, see: See) -> Result<Item, Syntax> {
    let part = Part::parse_in_brackets(args)?;
    let partial = Partial::parse(args)?;
    Ok(Binary { see, part, partial }.into())
}

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let part = Part::parse_in_brackets(args)?;
    let origin = parse_origin(args)?;
    let octets = nstring(args)?;
    Ok(Answer::Binary { part, origin, octets })
}

fn parse_size(args: &mut Args<'_>) -> Result<Item, Syntax> {
    Part::parse_in_brackets(args).map(|part| BinarySize(part).into())
}

fn parse_size_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let part = Part::parse_in_brackets(args)?;
    args.space()?;
    Ok(Answer::BinarySize(part, args.number64()?))
}

impl Ask for Binary {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BINARY");
        self.see.print(out);
        self.part.print_in_brackets(out);
        Partial::print(self.partial, out);
    }

    fn sets_seen(&self) -> bool {
        self.see == See::Seen
    }
}

impl Reply for Binary {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, mut to: Sending<'_, '_>) -> Result<(), Stop> {
        let origin = self.partial.map(|partial| partial.from);
        let found = Found::find(to.email, &self.part)?;
        let encoded = match found {
            Found::Part(encoded) => encoded,
            Found::Missing => {
                to.line().no_binary(&self.part, origin);
                return Ok(());
            }
            // It is left out, and the command ends with NO (RFC 9051, 6.4.5).
            Found::Unknown => {
                to.missed.unknown_encoding = true;
                return Ok(());
            }
        };
        let (wanted, nul) = encoded.wanted(to.session, to.email, self.partial).await?;
        let octets = wanted.end.saturating_sub(wanted.start);
        to.line().binary_head(&self.part, origin, octets, nul);
        encoded.send(to.session, to.email, wanted).await
    }
}

impl Ask for BinarySize {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BINARY.SIZE");
        self.0.print_in_brackets(out);
    }
}

impl Reply for BinarySize {
    const SOURCE: Source = Source::Octets;

    async fn send(&self, mut to: Sending<'_, '_>) -> Result<(), Stop> {
        let found = Found::find(to.email, &self.0)?;
        let octets = match found {
            Found::Part(encoded) => encoded.octets(to.session, to.email).await?,
            Found::Missing => 0,
            Found::Unknown => {
                to.missed.unknown_encoding = true;
                return Ok(());
            }
        };
        to.line().binary_size(&self.0, octets);
        Ok(())
    }
}

impl FetchLine<'_> {
    /// `BINARY[...]`: the octets follow, exactly as many as said. They may have NUL only if `nul` says so (RFC 3516,
    /// 4.2).
    pub fn binary_head(&mut self, part: &Part, origin: Option<u64>, octets: u64, nul: Nul) {
        self.item(b"BINARY");
        part.print_in_brackets(self.out);
        self.origin(origin);
        self.out.extend_from_slice(match nul {
            Nul::Possible => b" ~",
            Nul::Absent => b" ",
        });
        print::literal_size(self.out, octets);
    }

    /// `BINARY[...] NIL`: there is no such part.
    pub fn no_binary(&mut self, part: &Part, origin: Option<u64>) {
        self.item(b"BINARY");
        part.print_in_brackets(self.out);
        self.origin(origin);
        self.out.extend_from_slice(b" NIL");
    }

    /// `BINARY.SIZE[...]`
    pub fn binary_size(&mut self, part: &Part, octets: u64) {
        self.item(b"BINARY.SIZE");
        part.print_in_brackets(self.out);
        self.out.push(b' ');
        print::number(self.out, octets);
    }
}
