//! What a command is: something that is read, printed and carried out (RFC 9051, 6). Each has a file of its own in
//! `commands`, with one row that says what has to be known of it before it runs.

use crate::capability::Capability;
use crate::commands::TABLE;
use crate::server::{AnyCommand, Run};
use crate::wire::{Args, By, CommandOctets, CommandWriter, Literals, Tag};
use crate::{Bad, Dialect, Syntax};

/// A command as a client sends it: any of `commands`, which `into` makes one.
#[derive(Debug)]
pub struct Command(Box<dyn AnyCommand>);

/// In which state of the connection a command may be given (RFC 9051, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Always.
    Any,
    /// Only before login.
    NotAuthenticated,
    /// After login.
    Authenticated,
    /// While a mailbox is open.
    Selected,
}

/// Which news of its mailbox the client hears at some point of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// None.
    Nothing,
    /// All but removals, where the command uses message numbers: others with numbers may be on their way already, so
    /// numbers stay until a command without comes (RFC 9051, 7.5.1).
    AllThatMovesNoNumber,
    /// All.
    All,
}

/// When a command's client hears the news of its mailbox (RFC 9051, 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Before it is carried out, so that it works on what is there now.
    pub before: Hears,
    /// After it.
    pub after: Hears,
}

impl News {
    /// Of a command whose answer is of one moment and holds nothing else.
    pub(crate) const NONE: News = News { before: Hears::Nothing, after: Hears::Nothing };
    /// Of a command about the mailbox as a whole, or about something else.
    pub(crate) const AFTER: News = News { before: Hears::Nothing, after: Hears::All };
    /// Of a command about some messages.
    pub(crate) const AROUND: News =
        News { before: Hears::AllThatMovesNoNumber, after: Hears::AllThatMovesNoNumber };
    /// Of a command about some messages that tells the news before it by itself.
    pub(crate) const OWN_BEFORE: News = News { before: Hears::Nothing, ..News::AROUND };
    /// Of a command that removes the messages it is about.
    pub(crate) const AROUND_WITH_REMOVALS: News = News { after: Hears::All, ..News::AROUND };
}

/// How the arguments are read, beginning with the space before the first.
#[derive(Clone, Copy, Debug)]
enum Parse {
    Plain(fn(&mut Args<'_>) -> Result<Command, Syntax>),
    /// UID may stand before the command.
    WithUid(fn(&mut Args<'_>, By) -> Result<Command, Syntax>),
}

/// What is known of a command before its arguments are read.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// In which state of the connection it may be given.
    pub state: ConnectionState,
    /// The capabilities that say that we have it.
    pub capabilities: &'static [Capability],
    /// When news are told around it.
    pub news: News,
    parse: Parse,
}

impl Row {
    /// A command that needs no capability, with the news after it.
    pub(crate) const fn new(
        name: &'static str,
        state: ConnectionState,
        parse: fn(&mut Args<'_>) -> Result<Command, Syntax>,
    ) -> Row {
        let parse = Parse::Plain(parse);
        Row { name, state, capabilities: &[], news: News::AFTER, parse }
    }

    /// As `new`, about messages of the open mailbox, which UID before it names by UID.
    pub(crate) const fn with_uid(
        name: &'static str,
        parse: fn(&mut Args<'_>, By) -> Result<Command, Syntax>,
    ) -> Row {
        Row {
            name,
            state: ConnectionState::Selected,
            capabilities: &[],
            news: News::AFTER,
            parse: Parse::WithUid(parse),
        }
    }

    /// Whether UID may stand before it: it is about some messages.
    pub(crate) const fn takes_uid(&self) -> bool {
        matches!(self.parse, Parse::WithUid(_))
    }

    /// With these capabilities.
    pub(crate) const fn brings(self, capabilities: &'static [Capability]) -> Row {
        Row { capabilities, ..self }
    }

    /// With the news at these points.
    pub(crate) const fn hears(self, news: News) -> Row {
        Row { news, ..self }
    }
}

/// What a command says. What it does is `server::Run`.
pub(crate) trait Request:
    Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static
{
    /// Appends it as a client sends it, without its tag.
    fn print(&self, out: &mut CommandWriter);

    /// How it names messages. FETCH responses to UID commands show the UID (RFC 9051, 6.4.9).
    fn by(&self) -> By {
        By::Number
    }

    /// Whether it names some messages by their numbers.
    fn uses_numbers(&self) -> bool {
        self.by() == By::Number
    }
}

/// A command that was read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// Its tag.
    pub tag: Tag,
    /// Its row.
    pub row: &'static Row,
    /// The command.
    pub command: Command,
}

/// Reads a command: its octets with their literals as they came, without the last end of line.
pub fn parse(octets: &[u8], dialect: Dialect) -> Result<Parsed, Bad> {
    let mut args = Args::new(octets, dialect);
    match parse_args(&mut args) {
        Ok(parsed) => Ok(parsed),
        Err(syntax) => Err(Bad { tag: Tag::at_start(octets), syntax }),
    }
}

fn parse_args(args: &mut Args<'_>) -> Result<Parsed, Syntax> {
    let tag = parse_tag(args)?;
    let error = args.expected("a command");
    let name = args.word(error.expected)?;
    if name.eq_ignore_ascii_case("UID") {
        let (row, command) = parse_after_uid(args)?;
        return Ok(Parsed { tag, row, command });
    }
    let row = row_named(name).ok_or(error)?;
    let command = match row.parse {
        Parse::Plain(parse) => parse(args),
        Parse::WithUid(parse) => parse(args, By::Number),
    }?;
    Ok(Parsed { tag, row, command })
}

fn parse_after_uid(args: &mut Args<'_>) -> Result<(&'static Row, Command), Syntax> {
    args.space()?;
    let error = args
        .expected("COPY, EXPUNGE, FETCH, MOVE, REPLACE, SEARCH, SORT, STORE or THREAD after UID");
    let row = row_named(args.word(error.expected)?).ok_or(error)?;
    match row.parse {
        Parse::Plain(_) => Err(error),
        Parse::WithUid(parse) => parse(args, By::Uid).map(|command| (row, command)),
    }
}

fn row_named(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

pub(crate) fn parse_tag(args: &mut Args<'_>) -> Result<Tag, Syntax> {
    let error = args.expected("a tag and a space");
    let tag = Tag::new(args.run(|octet| octet != b' ')).ok_or(error)?;
    args.space().map_err(|_| error)?;
    Ok(tag)
}

/// Appends UID, where it has to stand before the command.
pub(crate) fn uid_prefix(out: &mut CommandWriter, by: By) {
    if by == By::Uid {
        out.raw("UID ");
    }
}

impl Command {
    /// Any command.
    pub(crate) fn new(command: impl Run) -> Command {
        Command(Box::new(command))
    }

    /// This command, if it is one of that kind.
    pub fn downcast<C: 'static>(&self) -> Option<&C> {
        let command: &dyn std::any::Any = &*self.0;
        command.downcast_ref()
    }

    /// How it names messages.
    pub(crate) fn by(&self) -> By {
        self.0.by()
    }

    /// The command, to be carried out.
    pub(crate) fn into_inner(self) -> Box<dyn AnyCommand> {
        self.0
    }

    /// Writes the command for a server that speaks this dialect and takes these literals.
    pub fn print(&self, tag: &Tag, dialect: Dialect, literals: Literals) -> CommandOctets {
        let mut out = CommandWriter::new(dialect, literals);
        out.raw(tag.as_str());
        out.space();
        self.0.print(&mut out);
        out.finish()
    }
}

impl<C: Run> From<C> for Command {
    fn from(command: C) -> Command {
        Command::new(command)
    }
}

impl Clone for Command {
    fn clone(&self) -> Command {
        Command(self.0.to_boxed())
    }
}

impl PartialEq for Command {
    fn eq(&self, other: &Command) -> bool {
        self.0.equals(&*other.0)
    }
}

impl Eq for Command {}
