//! APPEND: puts messages into a mailbox, all or none (RFC 9051, 6.3.12; several: RFC 3502; put together: RFC 4469; UTF8:
//! RFC 6855, 4; APPENDLIMIT: RFC 7889). Its messages are streamed, so it is read in pieces: what stands before each, and what
//! stands after the last. REPLACE, which is an APPEND that says first what goes for it, is read here too. Here is what is said;
//! `taking` takes it in.

mod catenate;
mod taking;
mod urls;

pub use catenate::MessagePart;
pub(super) use taking::append_uid;
pub(crate) use taking::{Unread, run};
pub use urls::Catenate;

use super::replace::Replaces;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Row, parse_tag};
use crate::wire::{
    Args, By, CommandWriter, DateTime, FlagList, Name, Tag, flag_list, print_flag_list,
};
use crate::{Bad, Dialect, Syntax};

/// The row; what comes here whole is put together of URLs alone, or is in error.
pub(super) const ROW: Row = Row::new("APPEND", ConnectionState::Authenticated, parse).brings(&[
    Capability::AfterLogin("CATENATE"),
    Capability::AfterLogin("MULTIAPPEND"),
    Capability::AfterLogin("URL-PARTIAL"),
    Capability::Depends(limit),
]);

fn limit(connection: &Connection) -> Vec<String> {
    // RFC 7889, 2: told to those who can append.
    let octets_max = connection.message_octets_max;
    connection.is_authenticated.then(|| format!("APPENDLIMIT={octets_max}")).into_iter().collect()
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    Catenate::parse(args, None).map(Command::new)
}

/// What stands before the first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// What goes for it; none: an APPEND.
    pub replaces: Option<Replaces>,
    /// Where to.
    pub mailbox: Name,
    /// The first message.
    pub first: AppendMessage,
}

/// What stands before each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendMessage {
    /// Its flags; none given: none set.
    pub flags: FlagList,
    /// Its INTERNALDATE; none: now.
    pub date: Option<DateTime>,
    /// How the message is sent.
    pub form: AppendForm,
    /// Its size; 0 where it is put together.
    pub octets: u64,
}

/// How a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendForm {
    /// A literal: without NUL.
    Literal,
    /// A literal8: may have NUL (RFC 3516, 4.4).
    Literal8,
    /// `UTF8 (~{...})`: may have UTF-8 in its header (RFC 6855, 4). A `)` follows the message.
    Utf8,
    /// `CATENATE (...)`: put together of parts (RFC 4469).
    Catenate,
}

impl Append {
    /// Reads a command up to its first message: the octets end with the end of the line after the size. Of one that is put
    /// together all up to its parts is read.
    pub fn parse(octets: &[u8], dialect: Dialect) -> Result<(Tag, Append), Bad> {
        Self::parse_head(octets, dialect).map(|(tag, append, _)| (tag, append))
    }

    /// As `parse`; gives also how many octets were read.
    fn parse_head(octets: &[u8], dialect: Dialect) -> Result<(Tag, Append, usize), Bad> {
        let tag = Tag::at_start(octets);
        let mut args = Args::new(octets, dialect);
        match Self::parse_args(&mut args) {
            Ok((tag, append)) => Ok((tag, append, args.index())),
            Err(syntax) => Err(Bad { tag, syntax }),
        }
    }

    fn parse_args(args: &mut Args<'_>) -> Result<(Tag, Append), Syntax> {
        let tag = parse_tag(args)?;
        let replaces = Replaces::parse(args)?;
        if replaces.is_none() && !args.eat_text("APPEND ") {
            return Err(args.expected("APPEND"));
        }
        let mailbox = Name::parse(args)?;
        let first = parse_message(args)?;
        Ok((tag, Append { replaces, mailbox, first }))
    }

    /// Writes the command up to its first message.
    pub fn print(&self, tag: &Tag, out: &mut CommandWriter) {
        out.raw(tag.as_str());
        out.space();
        match self.replaces {
            Some(replaces) => replaces.print(out),
            None => out.raw("APPEND "),
        }
        out.mailbox(self.mailbox.as_str());
        self.first.print(out);
    }

    fn completed(&self) -> &'static str {
        match self.replaces {
            None => "APPEND completed",
            Some(Replaces { by: By::Number, .. }) => "REPLACE completed",
            Some(Replaces { by: By::Uid, .. }) => "UID REPLACE completed",
        }
    }
}

impl AppendMessage {
    /// Reads what stands between two messages; `before` is the form of the one that has just passed.
    pub fn parse_next(
        octets: &[u8],
        dialect: Dialect,
        before: AppendForm,
    ) -> Result<AppendMessage, Syntax> {
        let mut args = Args::new(octets, dialect);
        close_utf8(&mut args, before)?;
        parse_message(&mut args)
    }

    /// Reads what stands after the last message; `before` is that one's form.
    pub fn parse_end(octets: &[u8], dialect: Dialect, before: AppendForm) -> Result<(), Syntax> {
        let mut args = Args::new(octets, dialect);
        close_utf8(&mut args, before)?;
        args.end()
    }

    /// Writes what stands before a message, beginning with a space. `)` or nothing has to follow the message:
    /// see `AppendForm::after`.
    pub fn print(&self, out: &mut CommandWriter) {
        if !self.flags.is_empty() {
            out.space();
            print_flag_list(&mut out.out, &self.flags);
        }
        if let Some(date) = self.date {
            out.space();
            date.print(&mut out.out);
        }
        out.raw(match self.form {
            AppendForm::Literal => " ",
            AppendForm::Literal8 => " ~",
            AppendForm::Utf8 => " UTF8 (~",
            AppendForm::Catenate => return out.raw(" CATENATE ("),
        });
        out.literal_size(self.octets);
    }
}

impl AppendForm {
    /// What has to follow a message sent in this form.
    pub const fn after(self) -> &'static str {
        match self {
            AppendForm::Literal | AppendForm::Literal8 => "",
            AppendForm::Utf8 | AppendForm::Catenate => ")",
        }
    }
}

fn close_utf8(args: &mut Args<'_>, before: AppendForm) -> Result<(), Syntax> {
    match before {
        AppendForm::Utf8 => args.close(),
        AppendForm::Literal | AppendForm::Literal8 | AppendForm::Catenate => Ok(()),
    }
}

/// Takes what stands before a message, with the size of it, or up to its first part.
fn parse_message(args: &mut Args<'_>) -> Result<AppendMessage, Syntax> {
    args.space()?;
    let mut flags = FlagList::new();
    if args.peek() == Some(b'(') {
        flags = flag_list(args)?;
        args.space()?;
    }
    let mut date = None;
    if args.peek() == Some(b'"') {
        date = Some(DateTime::parse(args)?);
        args.space()?;
    }
    if args.eat_text("CATENATE (") {
        return Ok(AppendMessage { flags, date, form: AppendForm::Catenate, octets: 0 });
    }
    let form = if args.eat_text("UTF8 (~") {
        AppendForm::Utf8
    } else if args.eat(b'~') {
        AppendForm::Literal8
    } else {
        AppendForm::Literal
    };
    if args.peek() != Some(b'{') {
        return Err(
            args.expected("flags in parentheses, a date in quotes, or {size} of the message")
        );
    }
    let octets = args.literal_size()?;
    args.end()?;
    Ok(AppendMessage { flags, date, form, octets })
}
