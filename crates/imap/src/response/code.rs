//! Response codes: what a status response tells programs (RFC 9051, 7.1; RFC 5530).

use mailbox::ModSeq;

use super::{parse_names, print_names};
use crate::limits::ATTRIBUTES_MAX;
use crate::wire::{Args, FlagList, SequenceSet, flag_list, print, print_flag_list};
use crate::{Dialect, Syntax};

/// A response code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// To be shown to the person.
    Alert,
    /// A mailbox of that name is there already.
    AlreadyExists,
    /// The UIDVALIDITY of the mailbox and the UIDs of what was appended.
    AppendUid(u32, SequenceSet),
    /// Name or password is wrong.
    AuthenticationFailed,
    /// Logged in, but not allowed to act for that person.
    AuthorizationFailed,
    /// The charset of a search is not known; these are.
    BadCharset(Vec<String>),
    /// There is no such comparator (RFC 5255, 4.9).
    BadComparator,
    /// What this URL names is not there (RFC 4469, 4.1).
    BadUrl(String),
    /// Some of the events are not known; these are (RFC 5465, 3.1).
    BadEvent(Vec<String>),
    /// The operation cannot ever be done.
    Cannot,
    /// What the server can do.
    Capability(Vec<String>),
    /// The client does something it should not.
    ClientBug,
    /// The mailbox that was open is closed now.
    Closed,
    /// Compression is on already (RFC 4978, 3).
    CompressionActive,
    /// The person should ask the administrator.
    ContactAdmin,
    /// The UIDVALIDITY of the target, the UIDs copied, and the UIDs they got, in the same order.
    CopyUid(u32, SequenceSet, SequenceSet),
    /// Something is broken.
    Corruption,
    /// The password has expired.
    Expired,
    /// Others have removed some of the messages.
    ExpungeIssued,
    /// The mailbox has others below it.
    HasChildren,
    /// The mailbox's highest mod-sequence.
    HighestModSeq(ModSeq),
    /// The command of this tag goes on; so much of it is done, of so much (RFC 9585, 4).
    InProgress(Option<String>, Option<(u32, Option<u32>)>),
    /// In use by somebody else.
    InUse,
    /// A limit.
    Limit,
    /// The longest annotation that was asked for and not told, since it is longer than the client takes (RFC 5464, 4.2.1).
    MetadataLongEntries(u64),
    /// An annotation is longer than this (RFC 5464, 4.3).
    MetadataMaxSize(u64),
    /// There are as many annotations as there may be (RFC 5464, 4.3).
    MetadataTooMany,
    /// The identity of the mailbox (RFC 8474, 4).
    MailboxId(String),
    /// These had changed and were left alone (RFC 7162, 3.1.3).
    Modified(SequenceSet),
    /// The mailbox has no mod-sequences.
    NoModSeq,
    /// There is no such mailbox.
    NonExistent,
    /// News are told no more, since there were too many (RFC 5465, 5.8).
    NotificationOverflow,
    /// The results of the search with this tag are not kept current (RFC 5267, 4.3.1).
    NoUpdate(String),
    /// Not allowed.
    NoPerm,
    /// The search's result could not be saved (RFC 5182, 2.1).
    NotSaved,
    /// Over quota.
    OverQuota,
    /// A message cannot be read.
    Parse,
    /// The flags that can be changed for good.
    PermanentFlags(FlagList),
    /// Not without TLS.
    PrivacyRequired,
    /// The mailbox is open to look at only.
    ReadOnly,
    /// The mailbox is open to change.
    ReadWrite,
    /// The server does something it should not.
    ServerBug,
    /// Too large (RFC 4469, 3; RFC 7889, 4).
    TooBig,
    /// The mailbox could be made first.
    TryCreate,
    /// The next UID.
    UidNext(u32),
    /// UIDs do not last.
    UidNotSticky,
    /// A message number was named after UIDONLY (RFC 9586, 3).
    UidRequired,
    /// The UIDVALIDITY.
    UidValidity(u32),
    /// Not now.
    Unavailable,
    /// The transfer encoding is not known (RFC 3516, 4.3).
    UnknownCte,
    /// The number of the first unseen message, in IMAP4rev1.
    Unseen(u32),
    /// The special use cannot be given (RFC 6154, 3).
    UseAttr,
    /// No search is kept under this name (RFC 5466, 3.1).
    UndefinedFilter(String),
    /// Another code and what follows it.
    Other(String, String),
}

/// The codes without arguments. A static, since a constant would be built at each use.
static PLAIN: [(&str, Code); 37] = [
    ("ALERT", Code::Alert),
    ("ALREADYEXISTS", Code::AlreadyExists),
    ("AUTHENTICATIONFAILED", Code::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", Code::AuthorizationFailed),
    ("BADCOMPARATOR", Code::BadComparator),
    ("CANNOT", Code::Cannot),
    ("CLIENTBUG", Code::ClientBug),
    ("CLOSED", Code::Closed),
    ("COMPRESSIONACTIVE", Code::CompressionActive),
    ("CONTACTADMIN", Code::ContactAdmin),
    ("CORRUPTION", Code::Corruption),
    ("EXPIRED", Code::Expired),
    ("EXPUNGEISSUED", Code::ExpungeIssued),
    ("HASCHILDREN", Code::HasChildren),
    ("INPROGRESS", Code::InProgress(None, None)),
    ("INUSE", Code::InUse),
    ("LIMIT", Code::Limit),
    ("METADATA TOOMANY", Code::MetadataTooMany),
    ("NOMODSEQ", Code::NoModSeq),
    ("NONEXISTENT", Code::NonExistent),
    ("NOPERM", Code::NoPerm),
    ("NOTIFICATIONOVERFLOW", Code::NotificationOverflow),
    ("NOTSAVED", Code::NotSaved),
    ("OVERQUOTA", Code::OverQuota),
    ("PARSE", Code::Parse),
    ("PRIVACYREQUIRED", Code::PrivacyRequired),
    ("READ-ONLY", Code::ReadOnly),
    ("READ-WRITE", Code::ReadWrite),
    ("SERVERBUG", Code::ServerBug),
    ("TOOBIG", Code::TooBig),
    ("TRYCREATE", Code::TryCreate),
    ("UIDNOTSTICKY", Code::UidNotSticky),
    ("UIDREQUIRED", Code::UidRequired),
    ("UNAVAILABLE", Code::Unavailable),
    ("UNKNOWN-CTE", Code::UnknownCte),
    ("USEATTR", Code::UseAttr),
    ("BADCHARSET", Code::BadCharset(Vec::new())),
];

impl Code {
    /// Appends the code without its brackets.
    pub(crate) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        if let Some((name, _)) = PLAIN.iter().find(|(_, code)| code == self) {
            return out.extend_from_slice(name.as_bytes());
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest has no arguments: see PLAIN")]
        match self {
            Code::AppendUid(validity, uids) => {
                print_number(out, "APPENDUID", u64::from(*validity));
                out.push(b' ');
                uids.print(out);
            }
            Code::BadCharset(charsets) => {
                out.extend_from_slice(b"BADCHARSET (");
                for (index, charset) in charsets.iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    print::astring(out, charset.as_bytes(), dialect);
                }
                out.push(b')');
            }
            Code::BadEvent(names) => {
                out.extend_from_slice(b"BADEVENT (");
                out.extend_from_slice(names.join(" ").as_bytes());
                out.push(b')');
            }
            Code::BadUrl(url) => print_url(out, url),
            Code::Capability(names) => print_names(out, "CAPABILITY", names),
            Code::CopyUid(validity, from, to) => {
                print_number(out, "COPYUID", u64::from(*validity));
                out.push(b' ');
                from.print(out);
                out.push(b' ');
                to.print(out);
            }
            Code::MetadataLongEntries(octets) => print_number(out, "METADATA LONGENTRIES", *octets),
            Code::MetadataMaxSize(octets) => print_number(out, "METADATA MAXSIZE", *octets),
            Code::HighestModSeq(modseq) => print_number(out, "HIGHESTMODSEQ", modseq.0),
            Code::InProgress(tag, counts) => print_progress(out, tag.as_deref(), *counts),
            Code::MailboxId(id) => {
                out.extend_from_slice(b"MAILBOXID (");
                out.extend_from_slice(id.as_bytes());
                out.push(b')');
            }
            Code::Modified(set) => {
                out.extend_from_slice(b"MODIFIED ");
                set.print(out);
            }
            Code::NoUpdate(tag) => {
                out.extend_from_slice(b"NOUPDATE ");
                print::string(out, tag.as_bytes(), dialect);
            }
            Code::PermanentFlags(flags) => {
                out.extend_from_slice(b"PERMANENTFLAGS ");
                print_flag_list(out, flags);
            }
            Code::UndefinedFilter(name) => {
                print_names(out, "UNDEFINED-FILTER", std::slice::from_ref(name));
            }
            Code::UidNext(uid) => print_number(out, "UIDNEXT", u64::from(*uid)),
            Code::UidValidity(validity) => print_number(out, "UIDVALIDITY", u64::from(*validity)),
            Code::Unseen(number) => print_number(out, "UNSEEN", u64::from(*number)),
            Code::Other(name, rest) => {
                out.extend_from_slice(name.as_bytes());
                if !rest.is_empty() {
                    out.push(b' ');
                    out.extend_from_slice(rest.as_bytes());
                }
            }
            _ => {}
        }
    }

    /// Takes `[` code `]` if it comes next. A known code with arguments that cannot be read becomes `Other`.
    pub(crate) fn parse(args: &mut Args<'_>) -> Option<Code> {
        if args.peek() != Some(b'[') {
            return None;
        }
        let mut ahead = args.clone();
        ahead.eat(b'[');
        let name = ahead.atom("a response code").ok()?.to_ascii_uppercase();
        let mut inside = ahead.clone();
        if let Ok(Some(code)) = parse_known(&mut inside, &name)
            && inside.eat(b']')
        {
            *args = inside;
            return Some(code);
        }
        ahead.eat(b' ');
        let rest = ahead.run(|octet| octet != b']');
        if !ahead.eat(b']') {
            return None;
        }
        *args = ahead;
        Some(Code::Other(name, String::from_utf8_lossy(rest).into_owned()))
    }
}

/// A URL that is bad (RFC 4469, 5: url-resp-text). What cannot stand there is not in a good one anyway.
fn print_url(out: &mut Vec<u8>, url: &str) {
    out.extend_from_slice(b"BADURL ");
    for octet in url.bytes() {
        match octet {
            b' '..=b'~' if octet != b']' && octet != b'\\' => out.push(octet),
            _ => out.extend_from_slice(format!("%{octet:02X}").as_bytes()),
        }
    }
}

/// The details of INPROGRESS (RFC 9585, 5).
fn print_progress(out: &mut Vec<u8>, tag: Option<&str>, counts: Option<(u32, Option<u32>)>) {
    out.extend_from_slice(b"INPROGRESS (");
    match tag {
        Some(tag) => print::quoted(out, tag.as_bytes()),
        None => out.extend_from_slice(b"NIL"),
    }
    let (done, goal) = counts.map_or((None, None), |(done, goal)| (Some(done), goal));
    for number in [done, goal] {
        out.push(b' ');
        match number {
            Some(number) => print::number(out, u64::from(number)),
            None => out.extend_from_slice(b"NIL"),
        }
    }
    out.push(b')');
}

fn print_number(out: &mut Vec<u8>, name: &str, number: u64) {
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    print::number(out, number);
}

/// Takes the details of INPROGRESS. Numbers that make no sense are as good as none (RFC 9585, 6).
fn parse_progress(args: &mut Args<'_>) -> Result<Code, Syntax> {
    args.open()?;
    let tag =
        if args.eat_nil() { None } else { Some(String::from_utf8_lossy(&args.string()?).into()) };
    args.space()?;
    let done = if args.eat_nil() { None } else { Some(args.number()?) };
    args.space()?;
    let goal = if args.eat_nil() { None } else { Some(args.number()?) };
    args.close()?;
    let makes_sense = |done: &u32| goal.is_none_or(|goal| *done < goal);
    Ok(Code::InProgress(tag, done.filter(makes_sense).map(|done| (done, goal))))
}

fn parse_known(args: &mut Args<'_>, name: &str) -> Result<Option<Code>, Syntax> {
    if args.peek() == Some(b']') && name != "CAPABILITY" {
        return Ok(PLAIN.iter().find(|(plain, _)| *plain == name).map(|(_, code)| code.clone()));
    }
    if name == "CAPABILITY" {
        return parse_names(args).map(|names| Some(Code::Capability(names)));
    }
    args.space()?;
    Ok(Some(match name {
        "APPENDUID" => {
            let validity = args.nz_number()?;
            args.space()?;
            Code::AppendUid(validity, SequenceSet::parse(args)?)
        }
        "BADCHARSET" => {
            Code::BadCharset(args.list(100, |args| Ok(args.astring_text()?.into_owned()))?)
        }
        "BADEVENT" => {
            Code::BadEvent(args.list(ATTRIBUTES_MAX, |args| {
                args.atom("the name of an event").map(str::to_owned)
            })?)
        }
        "BADURL" => {
            let url = args.run(|octet| octet != b']');
            Code::BadUrl(String::from_utf8_lossy(url).into_owned())
        }
        "COPYUID" => {
            let validity = args.nz_number()?;
            args.space()?;
            let from = SequenceSet::parse(args)?;
            args.space()?;
            Code::CopyUid(validity, from, SequenceSet::parse(args)?)
        }
        "HIGHESTMODSEQ" => Code::HighestModSeq(ModSeq(args.number64()?)),
        "INPROGRESS" => parse_progress(args)?,
        "MAILBOXID" => {
            args.open()?;
            let id = args.atom("a mailbox identity")?.to_owned();
            args.close()?;
            Code::MailboxId(id)
        }
        "METADATA" => match args.word("LONGENTRIES, MAXSIZE or TOOMANY")? {
            "LONGENTRIES" => {
                args.space()?;
                Code::MetadataLongEntries(args.number64()?)
            }
            "MAXSIZE" => {
                args.space()?;
                Code::MetadataMaxSize(args.number64()?)
            }
            "TOOMANY" => Code::MetadataTooMany,
            _ => return Ok(None),
        },
        "MODIFIED" => Code::Modified(SequenceSet::parse(args)?),
        "NOUPDATE" => Code::NoUpdate(args.astring_text()?.into_owned()),
        "PERMANENTFLAGS" => Code::PermanentFlags(flag_list(args)?),
        "UNDEFINED-FILTER" => Code::UndefinedFilter(args.atom("a name")?.to_owned()),
        "UIDNEXT" => Code::UidNext(args.nz_number()?),
        "UIDVALIDITY" => Code::UidValidity(args.nz_number()?),
        "UNSEEN" => Code::Unseen(args.nz_number()?),
        _ => return Ok(None),
    }))
}
