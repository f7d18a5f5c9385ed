//! GETMETADATA: asks for annotations of a mailbox or of the server (RFC 5464, 4.2).

use std::collections::HashSet;

use mailbox::{Annotated, Annotation, AnnotationDepth, AnnotationName, Mailbox};

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::limits::ANNOTATIONS_MAX;
use crate::response::{Code, MetadataEntries, MetadataLine, Response, parse_annotation_name};
use crate::server::Run;
use crate::server::mailboxes::Place;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::special_use::role_name;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("GETMETADATA", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("METADATA")]);

/// What a mailbox is for, as an annotation (RFC 6154, 4).
pub(super) const SPECIAL_USE: &str = "/private/specialuse";
/// How to reach those who run the host (RFC 5464, 3.2.1.1).
const ADMINISTRATOR: &str = "/shared/admin";
/// What they say of the host.
const COMMENT: &str = "/shared/comment";
/// So many octets of values go into one response.
const RESPONSE_OCTETS: usize = 64 << 10;

/// Asks for annotations of a mailbox or of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// The mailbox; the empty name stands for the server.
    pub mailbox: Name,
    /// Which are asked for.
    pub asked: AskedMetadata,
}

/// Which annotations are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedMetadata {
    /// Longer values are left out.
    pub octets_max: Option<u32>,
    /// Whether what lies below the names is asked for, too.
    pub depth: AnnotationDepth,
    /// The names; at least one.
    pub names: Vec<AnnotationName>,
}

/// The words for depths.
const DEPTHS: [(&str, AnnotationDepth); 3] = [
    ("0", AnnotationDepth::Itself),
    ("1", AnnotationDepth::Below),
    ("infinity", AnnotationDepth::All),
];

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let mut asked = AskedMetadata::default();
    args.space()?;
    if args.peek() == Some(b'(') {
        options(args, &mut asked)?;
        args.space()?;
    }
    let mailbox = Name::parse_reference(args)?;
    args.space()?;
    // The grammar has options before the mailbox, the examples behind it (RFC 5464, 4.2.1 and 5).
    let mut ahead = args.clone();
    if ahead.eat(b'(') && ahead.peek().is_some_and(|octet| octet.is_ascii_alphabetic()) {
        options(args, &mut asked)?;
        args.space()?;
    }
    asked.names = names(args)?;
    args.end()?;
    Ok(Command::new(GetMetadata { mailbox, asked }))
}

fn options(args: &mut Args<'_>, asked: &mut AskedMetadata) -> Result<(), Syntax> {
    args.list(10, |args| {
        let error = args.expected("MAXSIZE or DEPTH");
        match args.word(error.expected)?.to_ascii_uppercase().as_str() {
            "MAXSIZE" => {
                args.space()?;
                asked.octets_max = Some(args.number()?);
            }
            "DEPTH" => {
                args.space()?;
                let error = args.expected("0, 1 or infinity");
                let word = args.word(error.expected)?;
                let known = DEPTHS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
                asked.depth = known.map(|(_, depth)| *depth).ok_or(error)?;
            }
            _ => return Err(error),
        }
        Ok(())
    })
    .map(drop)
}

/// Takes names in parentheses, or as the examples of RFC 5464, 4.4.1 have them without.
fn names(args: &mut Args<'_>) -> Result<Vec<AnnotationName>, Syntax> {
    if args.peek() == Some(b'(') {
        return args.list(ANNOTATIONS_MAX, parse_annotation_name);
    }
    let mut names = vec![parse_annotation_name(args)?];
    while args.peek() == Some(b' ') && args.rest() != b" " {
        args.space()?;
        if names.len() >= ANNOTATIONS_MAX {
            return Err(args.expected("fewer names"));
        }
        names.push(parse_annotation_name(args)?);
    }
    Ok(names)
}

impl Request for GetMetadata {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("GETMETADATA ");
        let depth = DEPTHS.iter().find(|(_, depth)| *depth == self.asked.depth);
        let depth = depth.filter(|(_, depth)| *depth != AnnotationDepth::Itself);
        let octets_max = self.asked.octets_max.map(|octets| format!("MAXSIZE {octets}"));
        let depth = depth.map(|(word, _)| format!("DEPTH {word}"));
        let options: Vec<String> = octets_max.into_iter().chain(depth).collect();
        if !options.is_empty() {
            out.raw(&format!("({}) ", options.join(" ")));
        }
        out.mailbox(self.mailbox.as_str());
        out.raw(" ");
        print_names(out, &self.asked.names);
    }
}

/// Appends names in parentheses.
pub(super) fn print_names(out: &mut CommandWriter, names: &[AnnotationName]) {
    for (index, name) in names.iter().enumerate() {
        out.raw(if index == 0 { "(" } else { " " });
        out.astring(name.as_str().as_bytes());
    }
    out.raw(")");
}

impl Run for GetMetadata {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let annotations = if self.mailbox.as_str().is_empty() {
            session.server_annotations()?
        } else {
            let (place, mailbox) = session.mailbox_named(&self.mailbox).await?;
            annotations_of(&place, &mailbox)?
        };
        let longest = session.print_metadata(&self.mailbox, &self.asked, annotations).await?;
        Ok(match longest {
            None => Done::completed(),
            Some(octets) => Done::completed().with(Code::MetadataLongEntries(octets)),
        })
    }
}

/// All annotations of a mailbox that whoever uses it may see, with those that follow from what it is.
pub(super) fn annotations_of(place: &Place, mailbox: &Mailbox) -> Result<Vec<Annotation>, Stop> {
    let mut all = place.account.annotations(Annotated::Mailbox(mailbox.id))?;
    all.extend(mailbox.role.and_then(|role| made(SPECIAL_USE, &format!("\\{}", role_name(role)))));
    Ok(all)
}

fn made(name: &str, value: &str) -> Option<Annotation> {
    let value = value.as_bytes().to_vec().into();
    AnnotationName::new(name).map(|name| Annotation { name, value })
}

impl Session<'_> {
    fn server_annotations(&self) -> Result<Vec<Annotation>, Stop> {
        let mut all = self.account()?.annotations(Annotated::Account)?;
        let said = &self.service.metadata;
        all.extend(said.administrator.as_deref().and_then(|uri| made(ADMINISTRATOR, uri)));
        all.extend(said.comment.as_deref().and_then(|text| made(COMMENT, text)));
        Ok(all)
    }

    /// Prints those annotations that are asked for. Gives the size of the longest that was too long for the client.
    pub(super) async fn print_metadata(
        &mut self,
        mailbox: &Name,
        asked: &AskedMetadata,
        mut annotations: Vec<Annotation>,
    ) -> Result<Option<u64>, Stop> {
        annotations.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let takes = |octets: usize| {
            asked.octets_max.is_none_or(|max| u32::try_from(octets).is_ok_and(|it| it <= max))
        };
        let mut longest = None;
        let mut told = Vec::new();
        for name in &asked.names {
            let found = annotations.iter().filter(|it| it.name.is_at(name, asked.depth));
            let mut is_there = false;
            for annotation in found {
                is_there |= annotation.name == *name;
                let octets = annotation.value.len();
                if takes(octets) {
                    told.push((annotation.name.clone(), Some(annotation.value.to_vec())));
                } else {
                    longest = longest.max(u64::try_from(octets).ok());
                }
            }
            if !is_there && asked.depth == AnnotationDepth::Itself {
                told.push((name.clone(), None));
            }
        }
        let mut seen = HashSet::new();
        told.retain(|(name, _)| seen.insert(name.clone()));
        let mut octets = 0usize;
        let mut values = Vec::new();
        for (name, value) in told {
            octets = octets.saturating_add(value.as_ref().map_or(0, Vec::len));
            values.push((name, value));
            if octets > RESPONSE_OCTETS {
                octets = 0;
                self.print_values(mailbox, std::mem::take(&mut values)).await?;
            }
        }
        self.print_values(mailbox, values).await?;
        Ok(longest)
    }

    async fn print_values(
        &mut self,
        mailbox: &Name,
        values: Vec<(AnnotationName, Option<Vec<u8>>)>,
    ) -> Result<(), Stop> {
        if !values.is_empty() {
            let entries = MetadataEntries::Values(values);
            self.print(&Response::Metadata(MetadataLine { mailbox: mailbox.clone(), entries }));
            self.channel.send_when_full().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::command;
    use crate::wire::Literals;
    use crate::{Dialect, Tag};

    fn printed(text: &str) -> Option<String> {
        let tag = Tag::new(b"a1").unwrap();
        let read = command::parse(format!("a1 {text}").as_bytes(), Dialect::REV1).ok()?;
        let printed = read.command.print(&tag, Dialect::REV1, Literals::Waiting).octets;
        Some(String::from_utf8(printed).unwrap())
    }

    #[test]
    fn it_is_read_as_it_is_printed() {
        for text in [
            "GETMETADATA \"\" (/shared/comment)",
            "GETMETADATA INBOX (/shared/comment /private/comment)",
            "GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment)",
            "GETMETADATA (MAXSIZE 0 DEPTH infinity) \"My mail\" (/private)",
            "GETMETADATA (DEPTH 1) INBOX (/private/filters/values)",
            "SETMETADATA INBOX (/private/comment NIL)",
            "SETMETADATA \"\" (/private/a \"x\" /shared/b \"\")",
        ] {
            assert_eq!(printed(text), Some(format!("a1 {text}\r\n")));
        }
    }

    #[test]
    fn other_ways_to_say_the_same_are_understood() {
        for (text, same) in [
            ("GETMETADATA INBOX /Shared/Comment", "GETMETADATA INBOX (/shared/comment)"),
            ("GETMETADATA INBOX /shared/a /private/b", "GETMETADATA INBOX (/shared/a /private/b)"),
            (
                "GETMETADATA INBOX (MAXSIZE 5) (/shared/a)",
                "GETMETADATA (MAXSIZE 5) INBOX (/shared/a)",
            ),
            ("getmetadata (depth 0) INBOX (\"/shared/a\")", "GETMETADATA INBOX (/shared/a)"),
        ] {
            assert_eq!(printed(text), Some(format!("a1 {same}\r\n")));
        }
        for wrong in [
            "GETMETADATA",
            "GETMETADATA INBOX",
            "GETMETADATA INBOX ()",
            "GETMETADATA INBOX comment",
            "GETMETADATA INBOX /shared//comment",
            "GETMETADATA INBOX /shared/",
            "GETMETADATA INBOX (/public/comment)",
            "GETMETADATA (DEPTH 2) INBOX /shared",
            "GETMETADATA (SIZE 2) INBOX /shared",
            "SETMETADATA INBOX",
            "SETMETADATA INBOX ()",
            "SETMETADATA INBOX (/private/comment)",
            "SETMETADATA INBOX /private/comment \"x\"",
            "SETMETADATA INBOX (/private \"x\")",
            "SETMETADATA INBOX (/private/vendor/correio \"x\")",
        ] {
            assert_eq!(printed(wrong), None, "{wrong}");
        }
    }
}
