//! What a server sends: printed by the server half, read by the client half (RFC 9051, 7).

mod access;
mod code;
mod comparators;
mod esearch;
mod list;
mod mailbox_status;
mod metadata;
mod namespace;
mod quota;
mod status;
mod threads;

pub use access::{AclLine, IdentifierRights, ListRightsLine, MyRightsLine};
pub use code::Code;
pub use comparators::Comparators;
pub use esearch::{Change, Esearch, SearchNumbers};
pub use list::ListLine;
pub use mailbox_status::{Figure, MailboxStatus};
pub use metadata::{MetadataEntries, MetadataLine};
pub(crate) use metadata::{
    parse_name as parse_annotation_name, parse_value as parse_annotation_value,
};
pub use namespace::{Namespace, Namespaces};
pub use quota::{QuotaLine, QuotaResource, QuotaRoots};
pub use status::{Condition, Status};
pub use threads::{Place, Threads};

use crate::commands::{IdPairs, parse_pairs, print_pairs};
use crate::fetch::Fetched;
use crate::limits::CAPABILITIES_MAX;
use crate::wire::{Args, By, FlagList, SequenceSet, Tag, flag_list, print, print_flag_list};
use crate::{Dialect, Syntax};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// `+ ...`: the server waits for more of the command. Its text, or base64.
    Continue(String),
    /// `a1 OK ...`: the command of this tag is done.
    Tagged(Tag, Status),
    /// `* OK ...`: news, the greeting, or BYE.
    Untagged(Status),
    /// What the server can do.
    Capability(Vec<String>),
    /// What has been enabled.
    Enabled(Vec<String>),
    /// The flags of the mailbox.
    Flags(FlagList),
    /// A mailbox.
    List(ListLine),
    /// A subscription, as an answer to LSUB.
    Lsub(ListLine),
    /// The figures of a mailbox.
    MailboxStatus(MailboxStatus),
    /// What a search found, in IMAP4rev1.
    Search(SearchNumbers),
    /// What a search found.
    Esearch(Box<Esearch>),
    /// What was sorted, in order.
    Sort(SearchNumbers),
    /// Threads.
    Thread(Threads),
    /// How many messages there are now.
    Exists(u32),
    /// How many of them are `\Recent`, in IMAP4rev1.
    Recent(u32),
    /// The message of this number is gone; those after it move up.
    Expunge(u32),
    /// Messages that are gone (RFC 7162, 3.2.10).
    Vanished(Vanished),
    /// What FETCH asked, or new flags.
    Fetch(Fetched),
    /// Where mailboxes lie.
    Namespace(Namespaces),
    /// What the server is.
    Id(Option<IdPairs>),
    /// A quota.
    Quota(QuotaLine),
    /// Which quotas a mailbox counts to.
    QuotaRoots(QuotaRoots),
    /// The access list of a mailbox.
    Acl(AclLine),
    /// Which rights somebody can be given.
    ListRights(ListRightsLine),
    /// Which rights one has.
    MyRights(MyRightsLine),
    /// How texts are compared.
    Comparator(Comparators),
    /// Annotations.
    Metadata(MetadataLine),
    /// The URL of JMAP's session object (RFC 9698, 4).
    JmapAccess(String),
    /// One we do not know, by its name.
    Other(String),
}

/// Messages that are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// When they went.
    pub when: When,
    /// Their UIDs.
    pub uids: SequenceSet,
}

/// When messages went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before this session; message numbers do not move.
    Earlier,
    /// Now.
    Now,
}

impl Response {
    /// Reads a response with its literals as they came, without the last end of line.
    pub fn parse(octets: &[u8], dialect: Dialect) -> Result<Response, Syntax> {
        Self::parse_streamed(octets, dialect, &[])
    }

    /// Reads a response some of whose literals were streamed: see `Args::with_streamed`.
    pub fn parse_streamed(
        octets: &[u8],
        dialect: Dialect,
        streamed: &[usize],
    ) -> Result<Response, Syntax> {
        let mut args = Args::with_streamed(octets, dialect, streamed);
        if args.eat(b'+') {
            args.eat(b' ');
            return Ok(Response::Continue(String::from_utf8_lossy(args.rest()).into_owned()));
        }
        if args.eat_text("* ") {
            return parse_untagged(&mut args);
        }
        let tag = crate::command::parse_tag(&mut args)?;
        let condition = Condition::parse(&mut args)?;
        Ok(Response::Tagged(tag, Status::parse_rest(&mut args, condition)))
    }

    /// Appends the response with its end of line. `Fetch` is not printed here (see `fetch::FetchLine`), and `Other` not
    /// at all.
    pub fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        match self {
            Response::Continue(text) => {
                out.extend_from_slice(b"+ ");
                out.extend_from_slice(text.as_bytes());
            }
            Response::Tagged(tag, status) => {
                out.extend_from_slice(tag.as_str().as_bytes());
                out.push(b' ');
                status.print(out, dialect);
            }
            Response::Fetch(_) | Response::Other(_) => return,
            Response::Exists(number) => print_number(out, *number, " EXISTS"),
            Response::Recent(number) => print_number(out, *number, " RECENT"),
            Response::Expunge(number) => print_number(out, *number, " EXPUNGE"),
            Response::Untagged(_)
            | Response::Capability(_)
            | Response::Enabled(_)
            | Response::Flags(_)
            | Response::List(_)
            | Response::Lsub(_)
            | Response::MailboxStatus(_)
            | Response::Search(_)
            | Response::Esearch(_)
            | Response::Sort(_)
            | Response::Thread(_)
            | Response::Vanished(_)
            | Response::Namespace(_)
            | Response::Id(_)
            | Response::Quota(_)
            | Response::QuotaRoots(_)
            | Response::Acl(_)
            | Response::ListRights(_)
            | Response::MyRights(_)
            | Response::Comparator(_)
            | Response::Metadata(_)
            | Response::JmapAccess(_) => {
                out.extend_from_slice(b"* ");
                self.print_untagged(out, dialect);
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    fn print_untagged(&self, out: &mut Vec<u8>, dialect: Dialect) {
        match self {
            Response::Continue(_)
            | Response::Tagged(..)
            | Response::Exists(_)
            | Response::Recent(_)
            | Response::Expunge(_)
            | Response::Fetch(_)
            | Response::Other(_) => {}
            Response::Untagged(status) => status.print(out, dialect),
            Response::Capability(names) => print_names(out, "CAPABILITY", names),
            Response::Enabled(names) => print_names(out, "ENABLED", names),
            Response::Flags(flags) => {
                out.extend_from_slice(b"FLAGS ");
                print_flag_list(out, flags);
            }
            Response::List(line) => {
                out.extend_from_slice(b"LIST ");
                line.print(out, dialect);
            }
            Response::Lsub(line) => {
                out.extend_from_slice(b"LSUB ");
                line.print(out, dialect);
            }
            Response::MailboxStatus(status) => status.print(out, dialect),
            Response::Search(found) => {
                out.extend_from_slice(b"SEARCH");
                found.print(out);
            }
            Response::Sort(found) => {
                out.extend_from_slice(b"SORT");
                found.print(out);
            }
            Response::Thread(threads) => threads.print(out),
            Response::Esearch(found) => found.print(out, dialect),
            Response::Vanished(vanished) => {
                out.extend_from_slice(match vanished.when {
                    When::Earlier => b"VANISHED (EARLIER) ",
                    When::Now => b"VANISHED ",
                });
                vanished.uids.print(out);
            }
            Response::Namespace(namespaces) => namespaces.print(out, dialect),
            Response::Id(pairs) => {
                out.extend_from_slice(b"ID ");
                print_pairs(out, pairs.as_ref(), dialect);
            }
            Response::Quota(quota) => quota.print(out, dialect),
            Response::QuotaRoots(roots) => roots.print(out, dialect),
            Response::Acl(line) => line.print(out, dialect),
            Response::ListRights(line) => line.print(out, dialect),
            Response::MyRights(line) => line.print(out, dialect),
            Response::Comparator(told) => told.print(out, dialect),
            Response::Metadata(line) => line.print(out, dialect),
            Response::JmapAccess(url) => {
                out.extend_from_slice(b"JMAPACCESS ");
                print::string(out, url.as_bytes(), dialect);
            }
        }
    }
}

fn print_number(out: &mut Vec<u8>, number: u32, name: &str) {
    out.extend_from_slice(b"* ");
    print::number(out, u64::from(number));
    out.extend_from_slice(name.as_bytes());
}

pub(crate) fn print_names(out: &mut Vec<u8>, kind: &str, names: &[String]) {
    out.extend_from_slice(kind.as_bytes());
    for name in names {
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
    }
}

/// Takes names with a space before each. Spaces too many are passed over.
pub(crate) fn parse_names(args: &mut Args<'_>) -> Result<Vec<String>, Syntax> {
    let mut names = Vec::new();
    while args.eat(b' ') {
        if args.is_empty() || matches!(args.peek(), Some(b' ' | b']')) {
            continue;
        }
        if names.len() >= CAPABILITIES_MAX {
            return Err(args.expected("fewer names"));
        }
        names.push(args.atom("a name")?.to_owned());
    }
    Ok(names)
}

fn parse_untagged(args: &mut Args<'_>) -> Result<Response, Syntax> {
    if args.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        return parse_numbered(args);
    }
    let start = args.clone();
    let name = args.word("the name of a response")?.to_ascii_uppercase();
    let response = match name.as_str() {
        "OK" | "NO" | "BAD" | "BYE" | "PREAUTH" => {
            *args = start;
            let condition = Condition::parse(args)?;
            return Ok(Response::Untagged(Status::parse_rest(args, condition)));
        }
        "CAPABILITY" => Response::Capability(parse_names(args)?),
        "ENABLED" => Response::Enabled(parse_names(args)?),
        "FLAGS" => {
            args.space()?;
            Response::Flags(flag_list(args)?)
        }
        "LIST" => Response::List(ListLine::parse(args)?),
        "LSUB" => Response::Lsub(ListLine::parse(args)?),
        "STATUS" => Response::MailboxStatus(MailboxStatus::parse(args)?),
        "SEARCH" => Response::Search(SearchNumbers::parse(args)?),
        "SORT" => Response::Sort(SearchNumbers::parse(args)?),
        "THREAD" => Response::Thread(Threads::parse(args)?),
        "ESEARCH" => Response::Esearch(Box::new(Esearch::parse(args)?)),
        "VANISHED" => Response::Vanished(parse_vanished(args)?),
        "NAMESPACE" => Response::Namespace(Namespaces::parse(args)?),
        "ID" => {
            args.space()?;
            Response::Id(parse_pairs(args)?)
        }
        "QUOTA" => Response::Quota(QuotaLine::parse(args)?),
        "COMPARATOR" => Response::Comparator(Comparators::parse(args)?),
        "METADATA" => Response::Metadata(MetadataLine::parse(args)?),
        "JMAPACCESS" => {
            args.space()?;
            Response::JmapAccess(String::from_utf8_lossy(&args.string()?).into_owned())
        }
        "ACL" => Response::Acl(AclLine::parse(args)?),
        "LISTRIGHTS" => Response::ListRights(ListRightsLine::parse(args)?),
        "MYRIGHTS" => Response::MyRights(MyRightsLine::parse(args)?),
        "QUOTAROOT" => Response::QuotaRoots(QuotaRoots::parse(args)?),
        _ => return Ok(Response::Other(name)),
    };
    end(args)?;
    Ok(response)
}

fn parse_numbered(args: &mut Args<'_>) -> Result<Response, Syntax> {
    let number = args.number()?;
    args.space()?;
    let error = args.expected("EXISTS, RECENT, EXPUNGE, FETCH or UIDFETCH");
    let name = args.word(error.expected)?;
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    let response = if is("FETCH") {
        args.space()?;
        Response::Fetch(Fetched::parse(args, By::Number, number)?)
    } else if is("UIDFETCH") {
        args.space()?;
        Response::Fetch(Fetched::parse(args, By::Uid, number)?)
    } else if is("EXISTS") {
        Response::Exists(number)
    } else if is("RECENT") {
        Response::Recent(number)
    } else if is("EXPUNGE") {
        Response::Expunge(number)
    } else {
        return Ok(Response::Other(name.to_ascii_uppercase()));
    };
    end(args)?;
    Ok(response)
}

fn parse_vanished(args: &mut Args<'_>) -> Result<Vanished, Syntax> {
    let when = if args.eat_text(" (EARLIER)") { When::Earlier } else { When::Now };
    args.space()?;
    let error = args.expected("a set of UIDs without *");
    let uids = SequenceSet::parse(args)?;
    if uids.mentions_last() { Err(error) } else { Ok(Vanished { when, uids }) }
}

/// Checks that a response is over. Spaces at the end are let pass: Yahoo ends its SEARCH with one.
fn end(args: &mut Args<'_>) -> Result<(), Syntax> {
    args.run(|octet| octet == b' ');
    if args.is_empty() { Ok(()) } else { Err(args.expected("the end of the response")) }
}
