//! PREVIEW: the first words of a message, for a list of mail (RFC 8970). They are stored with each message, so that nobody
//! waits for them, `LAZY` or not.

use crate::Syntax;
use crate::capability::Capability;
use crate::commands::fetch::octets::outline;
use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine, Item};
use crate::server::outcome::Stop;
use crate::wire::{Args, print};

pub(super) const ROW: Row =
    Row::plain("PREVIEW", parse, parse_answer).brings(Capability::AfterLogin("PREVIEW"));

/// The first words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What to do if they are not known yet.
    pub unknown: Unknown,
}

/// What a server is to do about a preview that it has to make first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It makes it.
    Made,
    /// `(LAZY)`: it answers NIL, and the client asks again later.
    LeftOut,
}

fn parse(args: &mut Args<'_>) -> Result<Item, Syntax> {
    // Behind the only item of a FETCH, ` (` may begin what the command itself is modified by.
    if !args.eat_text(" (LAZY") {
        return Ok(Preview { unknown: Unknown::Made }.into());
    }
    while args.eat(b' ') {
        if !args.eat_text("LAZY") {
            return Err(args.expected("LAZY"));
        }
    }
    args.close()?;
    Ok(Preview { unknown: Unknown::LeftOut }.into())
}

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let octets = args.nstring()?;
    Ok(Answer::Preview(octets.map(|octets| String::from_utf8_lossy(&octets).into_owned())))
}

impl Ask for Preview {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.unknown {
            Unknown::Made => b"PREVIEW",
            Unknown::LeftOut => b"PREVIEW (LAZY)",
        });
    }
}

impl Reply for Preview {
    const SOURCE: Source = Source::Email;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(email) = message.email {
            line.preview(outline(email)?.preview());
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// PREVIEW: always in UTF-8 (RFC 8970, 3.3), so in a literal where the session takes no quoted UTF-8.
    pub fn preview(&mut self, preview: &str) {
        self.item(b"PREVIEW ");
        print::string(self.out, preview.as_bytes(), self.dialect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailbox::Uid;

    use crate::fetch::Fetched;
    use crate::{Dialect, Response};

    fn items(text: &str) -> Result<Vec<Item>, Syntax> {
        let mut args = Args::new(text.as_bytes(), Dialect::REV1);
        let items = Item::parse_all(&mut args)?;
        args.end().map(|()| items)
    }

    #[test]
    fn it_is_printed_as_it_is_read() {
        for (text, unknown) in [
            ("PREVIEW", Unknown::Made),
            ("PREVIEW (LAZY)", Unknown::LeftOut),
            ("preview (lazy LAZY)", Unknown::LeftOut),
        ] {
            let read = items(text).unwrap();
            assert_eq!(read, [Preview { unknown }.into()], "{text}");
            let mut out = Vec::new();
            read[0].print(&mut out);
            assert_eq!(items(std::str::from_utf8(&out).unwrap()), Ok(read), "{text}");
        }
        assert_eq!(items("(UID PREVIEW (LAZY) FLAGS)").unwrap().len(), 3);
        assert_eq!(items("(PREVIEW UID)").unwrap().len(), 2);
        for wrong in ["PREVIEW (LAZY", "PREVIEW (LAZY FAST)", "(PREVIEW (FAST))", "PREVIEW ()"] {
            assert!(items(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_answer_is_read_as_it_is_printed() {
        for dialect in [Dialect::REV1, Dialect::REV2] {
            for preview in ["", "Hello \"there\"", "Olá, tudo bem?"] {
                let mut out = Vec::new();
                let mut line = FetchLine::begin(&mut out, 7, Uid::MIN, dialect);
                line.preview(preview);
                line.end();
                let octets = out.strip_suffix(b"\r\n").unwrap();
                let answers = vec![Answer::Preview(Some(preview.to_owned()))];
                let want = Response::Fetch(Fetched { number: 7, answers });
                assert_eq!(Response::parse(octets, dialect), Ok(want));
            }
        }
        let nil = Response::parse(b"* 7 FETCH (PREVIEW NIL)", Dialect::REV1);
        let answers = vec![Answer::Preview(None)];
        assert_eq!(nil, Ok(Response::Fetch(Fetched { number: 7, answers })));
    }
}
