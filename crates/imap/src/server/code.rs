//! Status responses and their codes (RFC 9051, 7.1; RFC 5530).

use mailbox::{ModSeq, Uid, UidSet, UidValidity};

use crate::view::SequenceNumber;
use crate::wire::print;
use crate::{Dialect, Tag};

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Ok,
    No,
    Bad,
    Bye,
}

/// What a program can make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    AlreadyExists,
    AppendUid { uid_validity: UidValidity, uids: UidSet },
    AuthenticationFailed,
    AuthorizationFailed,
    BadCharset,
    Cannot,
    Capability(Vec<String>),
    Closed,
    CompressionActive,
    ContactAdmin,
    CopyUid { uid_validity: UidValidity, from: UidSet, to: UidSet },
    ExpungeIssued,
    HighestModSeq(ModSeq),
    InUse,
    Limit,
    MailboxId(String),
    Modified(Vec<(u32, u32)>),
    NoPerm,
    NonExistent,
    OverQuota,
    PrivacyRequired,
    ReadOnly,
    ReadWrite,
    TooBig,
    TryCreate,
    UidNext(Uid),
    UidValidity(UidValidity),
    Unavailable,
    UnknownCte,
    Unseen(SequenceNumber),
    UseAttr,
}

/// Prints a status: with the tag of the command it ends, or untagged.
pub(crate) fn print_status(
    out: &mut Vec<u8>,
    tag: Option<&Tag>,
    condition: Condition,
    code: Option<&Code>,
    text: &str,
    dialect: Dialect,
) {
    out.extend_from_slice(tag.map_or(b"*", |tag| tag.as_str().as_bytes()));
    out.extend_from_slice(match condition {
        Condition::Ok => b" OK ",
        Condition::No => b" NO ",
        Condition::Bad => b" BAD ",
        Condition::Bye => b" BYE ",
    });
    if let Some(code) = code {
        out.push(b'[');
        code.print(out);
        out.extend_from_slice(b"] ");
    }
    print::text(out, text, dialect);
    out.extend_from_slice(b"\r\n");
}

impl Code {
    fn print(&self, out: &mut Vec<u8>) {
        let word: &[u8] = match self {
            Code::AlreadyExists => b"ALREADYEXISTS",
            Code::AuthenticationFailed => b"AUTHENTICATIONFAILED",
            Code::AuthorizationFailed => b"AUTHORIZATIONFAILED",
            Code::BadCharset => b"BADCHARSET (US-ASCII UTF-8)",
            Code::Cannot => b"CANNOT",
            Code::Closed => b"CLOSED",
            Code::CompressionActive => b"COMPRESSIONACTIVE",
            Code::ContactAdmin => b"CONTACTADMIN",
            Code::ExpungeIssued => b"EXPUNGEISSUED",
            Code::InUse => b"INUSE",
            Code::Limit => b"LIMIT",
            Code::NoPerm => b"NOPERM",
            Code::NonExistent => b"NONEXISTENT",
            Code::OverQuota => b"OVERQUOTA",
            Code::PrivacyRequired => b"PRIVACYREQUIRED",
            Code::ReadOnly => b"READ-ONLY",
            Code::ReadWrite => b"READ-WRITE",
            Code::TooBig => b"TOOBIG",
            Code::TryCreate => b"TRYCREATE",
            Code::Unavailable => b"UNAVAILABLE",
            Code::UnknownCte => b"UNKNOWN-CTE",
            Code::UseAttr => b"USEATTR",
            Code::AppendUid { uid_validity, uids } => {
                named(out, b"APPENDUID ", u64::from(uid_validity.0));
                out.push(b' ');
                return print_uids(out, uids);
            }
            Code::CopyUid { uid_validity, from, to } => {
                named(out, b"COPYUID ", u64::from(uid_validity.0));
                out.push(b' ');
                print_uids(out, from);
                out.push(b' ');
                return print_uids(out, to);
            }
            Code::Capability(names) => {
                out.extend_from_slice(b"CAPABILITY ");
                out.extend_from_slice(names.join(" ").as_bytes());
                return;
            }
            Code::HighestModSeq(modseq) => return named(out, b"HIGHESTMODSEQ ", modseq.0),
            Code::MailboxId(id) => {
                out.extend_from_slice(b"MAILBOXID (");
                out.extend_from_slice(id.as_bytes());
                out.push(b')');
                return;
            }
            Code::Modified(set) => {
                out.extend_from_slice(b"MODIFIED ");
                return print_ranges(out, set.iter().copied());
            }
            Code::UidNext(uid) => return named(out, b"UIDNEXT ", u64::from(uid.number())),
            Code::UidValidity(validity) => {
                return named(out, b"UIDVALIDITY ", u64::from(validity.0));
            }
            Code::Unseen(number) => return named(out, b"UNSEEN ", u64::from(number.number())),
        };
        out.extend_from_slice(word);
    }
}

fn named(out: &mut Vec<u8>, name: &[u8], number: u64) {
    out.extend_from_slice(name);
    print::number(out, number);
}

/// Prints a set of UIDs.
pub(crate) fn print_uids(out: &mut Vec<u8>, uids: &UidSet) {
    print_ranges(out, uids.ranges().iter().map(|(first, last)| (first.number(), last.number())));
}

/// Prints ascending ranges as a set.
fn print_ranges(out: &mut Vec<u8>, ranges: impl Iterator<Item = (u32, u32)>) {
    for (index, (first, last)) in ranges.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        print::number(out, u64::from(first));
        if first != last {
            out.push(b':');
            print::number(out, u64::from(last));
        }
    }
}
