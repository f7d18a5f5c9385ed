//! LANG: chooses the language of the texts behind `+OK` and `-ERR`, or lists the languages (RFC 6856, 3).

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::server::{Answer, Gone, Language, Next, Stream, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "LANG",
    usage: "LANG [language-range]",
    states: States::Both,
    capability: Capability::Always("LANG"),
    parse,
};

/// The argument of LANG.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Lang<'a> {
    /// A basic language range (RFC 4647, 2.1), `*` for the host's own choice; none: list the languages.
    pub range: Option<&'a [u8]>,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let range = args.optional();
    args.end().map(|()| Command::Lang(Lang { range }))
}

impl Lang<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"LANG");
        if let Some(range) = self.range {
            out.push(b' ');
            out.extend_from_slice(range);
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Runs; `preferred` is what the host speaks when it is asked to choose.
    pub(crate) fn run<S: Stream>(
        self,
        wire: &mut Wire<S>,
        preferred: Language,
    ) -> Result<Next, Gone> {
        let Some(range) = self.range else {
            wire.answer(&Answer::ok(Words::LanguagesFollow));
            for language in Language::ALL {
                wire.text(language.tag());
                wire.text(" ");
                wire.text(language.own_name());
                wire.text("\r\n");
            }
            wire.text(".\r\n");
            return Ok(Next::Go);
        };
        let chosen = if range == b"*" { Some(preferred) } else { Language::lookup(range) };
        // "Starting with the response to the LANG command"; a refusal is still in the language spoken so far.
        match chosen {
            Some(language) => {
                wire.language = language;
                wire.answer(&Answer::ok(Words::LanguageChanged));
            }
            None => wire.answer(&Answer::err(Words::NoSuchLanguage)),
        }
        Ok(Next::Go)
    }
}
