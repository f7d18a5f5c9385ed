//! SETMETADATA: sets annotations of a mailbox or of the server, and takes them away (RFC 5464, 4.3).

use bytes::Bytes;
use mailbox::{Annotate, Annotated, AnnotationName, Role};

use super::get_metadata::SPECIAL_USE;
use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::ANNOTATIONS_MAX;
use crate::response::{Code, parse_annotation_name, parse_annotation_value};
use crate::search::{FILTERS, parse_filter};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::special_use::role_named;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("SETMETADATA", ConnectionState::Authenticated, parse);

/// Sets annotations of a mailbox or of the server: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// The mailbox; the empty name stands for the server.
    pub mailbox: Name,
    /// Names and values; none: there is to be no such annotation.
    pub entries: Vec<(AnnotationName, Option<Vec<u8>>)>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse_reference(args)?;
    args.space()?;
    let entries = args.list(ANNOTATIONS_MAX, |args| {
        let error = args.expected("a name of at least two parts, or four below /vendor");
        let name = parse_annotation_name(args)?;
        if !name.can_be_kept() {
            return Err(error);
        }
        args.space()?;
        Ok((name, parse_annotation_value(args)?))
    })?;
    args.end()?;
    Ok(Command::new(SetMetadata { mailbox, entries }))
}

impl Request for SetMetadata {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("SETMETADATA ");
        out.mailbox(self.mailbox.as_str());
        for (index, (name, value)) in self.entries.iter().enumerate() {
            out.raw(if index == 0 { " (" } else { " " });
            out.astring(name.as_str().as_bytes());
            out.space();
            match value.as_deref() {
                // Only a literal8 can hold NUL.
                Some(octets) if memchr::memchr(0, octets).is_some() => {
                    out.raw("~");
                    out.literal_size(u64::try_from(octets.len()).unwrap_or(u64::MAX));
                    out.out.extend_from_slice(octets);
                }
                value => out.nstring(value),
            }
        }
        out.raw(")");
    }
}

impl Run for SetMetadata {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.mailbox.as_str().is_empty() {
            let change = of_server(self.entries)?;
            session.account()?.annotate(Annotated::Account, change).await?;
        } else {
            let (place, mailbox) = session.mailbox_named(&self.mailbox).await?;
            let change = of_mailbox(self.entries)?;
            place.account.annotate(Annotated::Mailbox(mailbox.id), change).await?;
        }
        Ok(Done::completed())
    }
}

/// What all users of the host see only the administrator sets; filters are looked at before somebody searches with them (RFC 5466, 3.2).
fn of_server(entries: Vec<(AnnotationName, Option<Vec<u8>>)>) -> Result<Annotate, Stop> {
    for (name, value) in &entries {
        if !name.is_private() {
            let text = "Only the administrator sets what all users of this server see";
            return Err(Stop::No(Some(Code::NoPerm), text.into()));
        }
        if let (Some(_), Some(value)) = (name.as_str().strip_prefix(FILTERS), value) {
            parse_filter(value).map_err(|fault| {
                let text = format!("That is no search, and cannot be kept as a filter: {fault}");
                Stop::No(Some(Code::Cannot), text.into())
            })?;
        }
    }
    let annotations = entries.into_iter().map(kept).collect();
    Ok(Annotate { annotations, role: None })
}

fn of_mailbox(entries: Vec<(AnnotationName, Option<Vec<u8>>)>) -> Result<Annotate, Stop> {
    let mut change = Annotate::default();
    for (name, value) in entries {
        if name.as_str() == SPECIAL_USE {
            change.role = Some(role(value.as_deref())?);
        } else {
            change.annotations.push(kept((name, value)));
        }
    }
    Ok(change)
}

fn kept((name, value): (AnnotationName, Option<Vec<u8>>)) -> (AnnotationName, Option<Bytes>) {
    (name, value.map(Bytes::from))
}

/// What a mailbox is for, by the value of its annotation (RFC 6154, 4): one attribute, or none.
fn role(value: Option<&[u8]>) -> Result<Option<Role>, Stop> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = std::str::from_utf8(value).ok().and_then(|text| text.strip_prefix('\\'));
    text.and_then(role_named).map(Some).ok_or_else(|| {
        let text = "A mailbox has one special use of those that this server has, like \\Archive";
        Stop::No(Some(Code::UseAttr), text.into())
    })
}
