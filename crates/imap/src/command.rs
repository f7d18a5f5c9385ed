//! The commands: one a file, one row each in `TABLE` (RFC 9051, 6).

pub mod append;
mod authenticate;
#[path = "commands/capability.rs"]
mod capability;
#[path = "commands/check.rs"]
mod check;
mod close;
#[path = "commands/compress.rs"]
mod compress;
mod copy;
#[path = "commands/create.rs"]
mod create;
#[path = "commands/delete.rs"]
mod delete;
mod enable;
#[path = "commands/expunge.rs"]
mod expunge;
mod fetch;
#[path = "commands/get_quota_root.rs"]
mod get_quota_root;
#[path = "commands/id.rs"]
mod id;
mod idle;
mod list;
mod login;
#[path = "commands/logout.rs"]
mod logout;
mod move_messages;
mod namespace;
#[path = "commands/noop.rs"]
mod noop;
#[path = "commands/quota.rs"]
mod quota;
#[path = "commands/rename.rs"]
mod rename;
mod search;
mod select;
#[path = "commands/starttls.rs"]
mod starttls;
#[path = "commands/status.rs"]
mod status;
mod store;
#[path = "commands/subscribe.rs"]
mod subscribe;
#[path = "commands/unselect.rs"]
mod unselect;
#[path = "commands/unsubscribe.rs"]
mod unsubscribe;

pub use append::{Append, AppendForm, AppendMessage};
pub use authenticate::Authenticate;
pub use capability::Capability;
pub use check::Check;
pub use close::Close;
pub use compress::Compress;
pub use copy::Copy;
pub use create::Create;
pub use delete::Delete;
pub use enable::Enable;
pub use expunge::Expunge;
pub use fetch::{Fetch, Vanished};
pub use get_quota_root::GetQuotaRoot;
pub use id::{Id, IdPairs};
pub(crate) use id::{parse_pairs, print_pairs};
pub use idle::Idle;
pub use list::{Form, List, ListReturn, ListSelect, Lsub};
pub use login::Login;
pub use logout::Logout;
pub use move_messages::Move;
pub use namespace::Namespace;
pub use noop::Noop;
pub use quota::{GetQuota, SetQuota};
pub use rename::Rename;
pub use search::{Search, SearchReturn};
pub use select::{Access, Qresync, Resync, Select};
pub use starttls::StartTls;
pub use status::{Status, StatusItem};
pub use store::{Echo, Store};
pub use subscribe::Subscribe;
pub use unselect::Unselect;
pub use unsubscribe::Unsubscribe;

use crate::wire::{Args, By, CommandOctets, CommandWriter, Literals, Tag};
use crate::{Bad, Dialect, Syntax};

/// A command as a client sends it. APPEND is not among them: its messages are streamed (see `append`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described at its type")]
pub enum Command {
    Authenticate(Authenticate),
    Capability(Capability),
    Check(Check),
    Close(Close),
    Compress(Compress),
    Copy(Copy),
    Create(Create),
    Delete(Delete),
    Enable(Enable),
    Expunge(Expunge),
    Fetch(Fetch),
    GetQuota(GetQuota),
    GetQuotaRoot(GetQuotaRoot),
    Id(Id),
    Idle(Idle),
    List(List),
    Login(Login),
    Logout(Logout),
    Lsub(Lsub),
    Move(Move),
    Namespace(Namespace),
    Noop(Noop),
    Rename(Rename),
    Search(Search),
    Select(Select),
    SetQuota(SetQuota),
    StartTls(StartTls),
    Status(Status),
    Store(Store),
    Subscribe(Subscribe),
    Unselect(Unselect),
    Unsubscribe(Unsubscribe),
}

/// When a command may be given (RFC 9051, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Always.
    Any,
    /// Only before login.
    NotAuthenticated,
    /// After login.
    Authenticated,
    /// While a mailbox is open.
    Selected,
}

/// What is known of a command before its arguments are read.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// When it may be given.
    pub stage: Stage,
    /// The capability that says that we have it, where one does.
    pub capability: Option<&'static str>,
    /// Reads the arguments, beginning with the space before the first.
    pub parse: fn(&mut Args<'_>) -> Result<Command, Syntax>,
}

/// `UID` stands before five of the others.
const UID: Row = Row { name: "UID", stage: Stage::Selected, capability: None, parse: parse_uid };

/// All commands.
pub static TABLE: &[Row] = &[
    append::ROW,
    authenticate::ROW,
    capability::ROW,
    check::ROW,
    close::ROW,
    compress::ROW,
    copy::ROW,
    create::ROW,
    delete::ROW,
    enable::ROW,
    select::EXAMINE,
    expunge::ROW,
    fetch::ROW,
    quota::GET,
    get_quota_root::ROW,
    id::ROW,
    idle::ROW,
    list::LIST,
    login::ROW,
    logout::ROW,
    list::LSUB,
    move_messages::ROW,
    namespace::ROW,
    noop::ROW,
    rename::ROW,
    search::ROW,
    select::SELECT,
    quota::SET,
    starttls::ROW,
    status::ROW,
    store::ROW,
    subscribe::ROW,
    UID,
    unselect::ROW,
    unsubscribe::ROW,
];

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
    let row = TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name)).ok_or(error)?;
    let command = (row.parse)(args)?;
    Ok(Parsed { tag, row, command })
}

pub(crate) fn parse_tag(args: &mut Args<'_>) -> Result<Tag, Syntax> {
    let error = args.expected("a tag and a space");
    let tag = Tag::new(args.run(|octet| octet != b' ')).ok_or(error)?;
    args.space().map_err(|_| error)?;
    Ok(tag)
}

fn parse_uid(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let error = args.expected("COPY, EXPUNGE, FETCH, MOVE, SEARCH or STORE after UID");
    match args.word(error.expected)?.to_ascii_uppercase().as_str() {
        "COPY" => copy::parse(args, By::Uid),
        "EXPUNGE" => expunge::parse_uid(args),
        "FETCH" => fetch::parse(args, By::Uid),
        "MOVE" => move_messages::parse(args, By::Uid),
        "SEARCH" => search::parse(args, By::Uid),
        "STORE" => store::parse(args, By::Uid),
        _ => Err(error),
    }
}

fn uid_prefix(out: &mut CommandWriter, by: By) {
    if by == By::Uid {
        out.raw("UID ");
    }
}

impl Command {
    /// Writes the command for a server that speaks this dialect and takes these literals.
    pub fn print(&self, tag: &Tag, dialect: Dialect, literals: Literals) -> CommandOctets {
        let mut out = CommandWriter::new(dialect, literals);
        out.raw(tag.as_str());
        out.space();
        self.print_body(&mut out);
        out.finish()
    }

    fn print_body(&self, out: &mut CommandWriter) {
        match self {
            Command::Authenticate(command) => command.print(out),
            Command::Capability(command) => command.print(out),
            Command::Check(command) => command.print(out),
            Command::Close(command) => command.print(out),
            Command::Compress(command) => command.print(out),
            Command::Copy(command) => command.print(out),
            Command::Create(command) => command.print(out),
            Command::Delete(command) => command.print(out),
            Command::Enable(command) => command.print(out),
            Command::Expunge(command) => command.print(out),
            Command::Fetch(command) => command.print(out),
            Command::GetQuota(command) => command.print(out),
            Command::GetQuotaRoot(command) => command.print(out),
            Command::Id(command) => command.print(out),
            Command::Idle(command) => command.print(out),
            Command::List(command) => command.print(out),
            Command::Login(command) => command.print(out),
            Command::Logout(command) => command.print(out),
            Command::Lsub(command) => command.print(out),
            Command::Move(command) => command.print(out),
            Command::Namespace(command) => command.print(out),
            Command::Noop(command) => command.print(out),
            Command::Rename(command) => command.print(out),
            Command::Search(command) => command.print(out),
            Command::Select(command) => command.print(out),
            Command::SetQuota(command) => command.print(out),
            Command::StartTls(command) => command.print(out),
            Command::Status(command) => command.print(out),
            Command::Store(command) => command.print(out),
            Command::Subscribe(command) => command.print(out),
            Command::Unselect(command) => command.print(out),
            Command::Unsubscribe(command) => command.print(out),
        }
    }
}
