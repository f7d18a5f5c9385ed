//! CATENATE: a message is put together of texts that come with the command and of parts of messages that are here (RFC 4469),
//! perhaps only of some octets of them (URL-PARTIAL; RFC 5550, 5.7.1).

use mailbox::{Error, Incoming, Mailbox, Received, Refused, Rights, Uid};

use super::AppendForm;
use super::taking::{Segment, Taking};
use crate::Syntax;
use crate::commands::fetch::octets::Named;
use crate::limits::{CATENATED_PARTS_MAX, URL_OCTETS_MAX};
use crate::response::Code;
use crate::server::mailboxes::Place;
use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::url::MessageUrl;
use crate::wire::{Args, CommandWriter};

/// A part of a message that is put together, as a client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessagePart<'p> {
    /// These octets, without NUL.
    Text(&'p [u8]),
    /// What a URL names: see `MessageUrl`.
    Url(&'p str),
}

impl MessagePart<'_> {
    /// Appends it as a client sends it.
    pub(crate) fn print(&self, out: &mut CommandWriter) {
        match self {
            MessagePart::Text(octets) => {
                out.raw("TEXT ");
                out.literal_size(u64::try_from(octets.len()).unwrap_or(u64::MAX));
                out.out.extend_from_slice(octets);
            }
            MessagePart::Url(url) => {
                out.raw("URL ");
                out.astring(url.as_bytes());
            }
        }
    }
}

/// What comes next of a message that is put together.
enum Next {
    Url(String),
    /// A URL of so many octets, in a literal.
    UrlLiteral(u64),
    /// So many octets, in a literal.
    Text(AppendForm, u64),
}

impl Next {
    fn parse(args: &mut Args<'_>) -> Result<Next, Syntax> {
        if args.eat_text("URL ") {
            if args.peek() == Some(b'{') {
                return args.literal_size().map(Next::UrlLiteral);
            }
            return parse_url(args).map(Next::Url);
        }
        if args.eat_text("TEXT ") {
            return args.literal_size().map(|octets| Next::Text(AppendForm::Literal, octets));
        }
        if args.eat_text("UTF8 (~") {
            return args.literal_size().map(|octets| Next::Text(AppendForm::Utf8, octets));
        }
        Err(args.expected("TEXT, URL or UTF8"))
    }
}

pub(super) fn parse_url(args: &mut Args<'_>) -> Result<String, Syntax> {
    let error = args.expected("a shorter URL");
    let url = args.astring_text()?;
    if u64::try_from(url.len()).is_ok_and(|octets| octets <= URL_OCTETS_MAX) {
        Ok(url.into_owned())
    } else {
        Err(error)
    }
}

/// Whether another part follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Another,
    End,
}

/// Takes what stands behind a part.
pub(super) fn parse_then(args: &mut Args<'_>) -> Result<Then, Syntax> {
    if args.eat(b')') {
        return Ok(Then::End);
    }
    args.take(b' ', "a space or )").map(|()| Then::Another)
}

/// Takes a message in that is put together, up to the `)` behind its parts.
pub(super) async fn catenate(
    session: &mut Session<'_>,
    taking: &Taking,
    segment: &mut Segment,
) -> Result<Received, Stop> {
    let mut incoming = session.service.accounts.receive();
    let mut octets = 0u64;
    for _ in 0..CATENATED_PARTS_MAX {
        let more = match segment.read(session.dialect, Next::parse)? {
            Next::Url(url) => session.copy_url(taking, &url, octets, &mut incoming).await?,
            Next::UrlLiteral(length) => {
                let url = session.take_url(length, segment).await?;
                session.copy_url(taking, &url, octets, &mut incoming).await?
            }
            Next::Text(form, length) => {
                taking.check(session, form, octets.saturating_add(length))?;
                session.take_literal(segment.waits()?, form, &mut incoming).await?;
                *segment = session.next_segment().await?;
                segment.read(session.dialect, |args| super::close_utf8(args, form))?;
                length
            }
        };
        octets = octets.saturating_add(more);
        if segment.read(session.dialect, parse_then)? == Then::End {
            return Ok(incoming.finish().await?);
        }
    }
    Err(too_many())
}

/// The refusal of a message of more parts than we take.
pub(super) fn too_many() -> Stop {
    let text = format!("A message can be put together of {CATENATED_PARTS_MAX} parts at most");
    Stop::No(Some(Code::Limit), text.into())
}

impl Session<'_> {
    async fn take_url(&mut self, length: u64, segment: &mut Segment) -> Result<String, Stop> {
        if length > URL_OCTETS_MAX {
            return Err(Stop::No(Some(Code::Limit), "A URL cannot be that long".into()));
        }
        self.accept_literal(segment.waits()?);
        let mut url = Vec::new();
        while let Some(octets) = self.literal_octets().await? {
            url.extend_from_slice(&octets);
        }
        *segment = self.next_segment().await?;
        String::from_utf8(url).map_err(|_| Stop::Bad("Expected a URL in ASCII".into()))
    }

    /// Copies what a URL names, behind so many octets of the same message. Gives how many octets that was. Nothing is marked
    /// `\Seen` (RFC 4469, 3).
    pub(super) async fn copy_url(
        &mut self,
        taking: &Taking,
        url: &str,
        before: u64,
        incoming: &mut Incoming,
    ) -> Result<u64, Stop> {
        let bad = |text: &'static str| Stop::No(Some(Code::BadUrl(url.to_owned())), text.into());
        let Some(parsed) = MessageUrl::parse(url) else {
            return Err(bad("This is not the URL of a message in this account"));
        };
        let found = match self.mailbox_with(&parsed.mailbox, Rights::READ).await {
            Err(Stop::Model(Error::Refused(Refused::NoSuchMailbox | Refused::NoPermission))) => {
                None
            }
            found => Some(found?),
        };
        let is_meant = |(_, mailbox): &(Place, Mailbox)| {
            parsed.uid_validity.is_none_or(|validity| validity == mailbox.uid_validity.0)
        };
        let Some((place, mailbox)) = found.filter(is_meant) else {
            return Err(bad("There is no such mailbox"));
        };
        place.account.read_in(mailbox.id).await;
        let state = match place.account.state(mailbox.id) {
            Err(Error::Refused(Refused::NoSuchMailbox | Refused::NotSelectable)) => {
                return Err(bad("There is no such mailbox"));
            }
            state => state?,
        };
        let entry = Uid::new(parsed.uid).and_then(|uid| state.entries.find(uid));
        let email = match entry {
            Some(entry) => place.account.reader()?.email(entry.email)?,
            None => None,
        };
        let Some(email) = email else { return Err(bad("There is no such message")) };
        let named = Named::find(self, &email, &parsed.section, parsed.partial).await?;
        let Some(named) = named else { return Err(bad("The message has no such part")) };
        let octets = named.octets();
        taking.check(self, AppendForm::Literal, before.saturating_add(octets))?;
        named.copy(self, &email, incoming).await?;
        Ok(octets)
    }
}
