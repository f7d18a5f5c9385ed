//! APPEND: Puts messages into a mailbox (RFC 9051, 6.3.12; several at once: RFC 3502; UTF8: RFC 6855, 4). Its messages
//! are streamed, so it is read in pieces: what stands before each message, and what stands after the last.

use super::{Row, Stage};
use crate::wire::{Args, CommandWriter, DateTime, FlagList, Name, Tag, flag_list, print_flag_list};
use crate::{Bad, Dialect, Syntax};

/// The row; what comes here whole has no message, and is in error.
pub(super) const ROW: Row = Row {
    name: "APPEND",
    stage: Stage::Authenticated,
    capability: Some("MULTIAPPEND"),
    parse: |args| {
        args.space()?;
        Name::parse(args)?;
        parse_message(args)?;
        Err(args.expected("the octets of a message"))
    },
};

/// What stands before the first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
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
    /// Its size.
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
}

impl Append {
    /// Reads a command up to its first message: the octets end with the end of the line after the size.
    pub fn parse(octets: &[u8], dialect: Dialect) -> Result<(Tag, Append), Bad> {
        let tag = Tag::at_start(octets);
        let mut args = Args::new(octets, dialect);
        match Self::parse_args(&mut args) {
            Ok((tag, append)) => Ok((tag, append)),
            Err(syntax) => Err(Bad { tag, syntax }),
        }
    }

    fn parse_args(args: &mut Args<'_>) -> Result<(Tag, Append), Syntax> {
        let tag = super::parse_tag(args)?;
        if !args.eat_text("APPEND ") {
            return Err(args.expected("APPEND"));
        }
        let mailbox = Name::parse(args)?;
        let first = parse_message(args)?;
        args.end()?;
        Ok((tag, Append { mailbox, first }))
    }

    /// Writes the command up to its first message.
    pub fn print(&self, tag: &Tag, out: &mut CommandWriter) {
        out.raw(tag.as_str());
        out.raw(" APPEND ");
        out.mailbox(self.mailbox.as_str());
        self.first.print(out);
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
        let message = parse_message(&mut args)?;
        args.end()?;
        Ok(message)
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
        });
        out.literal_size(self.octets);
    }
}

impl AppendForm {
    /// What has to follow a message sent in this form.
    pub const fn after(self) -> &'static str {
        match self {
            AppendForm::Literal | AppendForm::Literal8 => "",
            AppendForm::Utf8 => ")",
        }
    }
}

fn close_utf8(args: &mut Args<'_>, before: AppendForm) -> Result<(), Syntax> {
    match before {
        AppendForm::Utf8 => args.close(),
        AppendForm::Literal | AppendForm::Literal8 => Ok(()),
    }
}

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
    Ok(AppendMessage { flags, date, form, octets })
}
