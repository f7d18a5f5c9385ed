//! APPEND: puts messages into a mailbox, all or none (RFC 9051, 6.3.12; several: RFC 3502; UTF8: RFC 6855, 4;
//! APPENDLIMIT: RFC 7889). Its messages are streamed, so it is read in pieces: what stands before each, and what stands
//! after the last. REPLACE, which is an APPEND that says first what goes for it, is read here too.

use std::io;

use mailbox::limits::STAGED_IN_MEMORY_OCTETS_MAX;
use mailbox::operations::{Append as NewMessage, Appended};
use mailbox::{Account, Entry, MailboxId, Received, Refused};

use super::replace::Replaces;
use super::store::flag_names;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Row, parse_tag};
use crate::dialect::Feature;
use crate::frame::{MessageHead, Step, Then, Waits};
use crate::response::Code;
use crate::server::limits::{APPEND_HELD_OCTETS_MAX, APPEND_MESSAGES_MAX};
use crate::server::news::news_kept_back;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::words;
use crate::view::Removals;
use crate::wire::{
    Args, By, CommandWriter, DateTime, Flag, FlagList, Name, SequenceSet, Tag, flag_list,
    print_flag_list,
};
use crate::{Bad, Dialect, Syntax};

/// The row; what comes here whole has no message, and is in error.
pub(super) const ROW: Row = Row::new("APPEND", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("MULTIAPPEND"), Capability::Depends(limit)]);

fn limit(connection: &Connection) -> Vec<String> {
    // RFC 7889, 2: told to those who can append.
    let octets_max = connection.message_octets_max;
    connection.is_authenticated.then(|| format!("APPENDLIMIT={octets_max}")).into_iter().collect()
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    Name::parse(args)?;
    parse_message(args)?;
    Err(args.expected("the octets of a message"))
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
        let tag = parse_tag(args)?;
        let replaces = Replaces::parse(args)?;
        if replaces.is_none() && !args.eat_text("APPEND ") {
            return Err(args.expected("APPEND"));
        }
        let mailbox = Name::parse(args)?;
        let first = parse_message(args)?;
        args.end()?;
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

pub(super) fn parse_message(args: &mut Args<'_>) -> Result<AppendMessage, Syntax> {
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

/// An APPEND that could not be read, or not to its end.
pub(crate) enum Unread {
    /// It is wrong.
    Bad(Bad),
    /// The connection broke.
    Gone(io::Error),
}

/// How an APPEND went.
pub(crate) struct Ended {
    pub(crate) tag: Tag,
    /// What to say when it was carried out.
    pub(crate) completed: &'static str,
    pub(crate) outcome: Result<Done, Stop>,
}

/// Carries out an APPEND of which all before the first message has come.
pub(crate) async fn run(session: &mut Session<'_>, head: MessageHead) -> Result<Ended, Unread> {
    let (tag, append) = match Append::parse(&head.octets, session.dialect) {
        Ok(read) => read,
        Err(bad) => {
            return match session.channel.framer.refuse_message() {
                Then::GoOn => Err(Unread::Bad(bad)),
                Then::HangUp => Err(Unread::Gone(io::ErrorKind::InvalidData.into())),
            };
        }
    };
    let completed = append.completed();
    let mut outcome = append_all(session, &append, head).await;
    if matches!(outcome, Err(Stop::Gone(_))) {
        return Ok(Ended { tag, completed, outcome });
    }
    // What is left of a message that is not wanted, and of the command, is passed over. Nothing is when it was read.
    if outcome.is_err() && session.channel.framer.refuse_message() == Then::HangUp {
        outcome = Err(Stop::Bye(Some(Code::TooBig), "The message is too large to be passed over"));
        return Ok(Ended { tag, completed, outcome });
    }
    if let Err(stop) = session.catch_up(Removals::Told, By::Number).await {
        news_kept_back(stop).map_err(Unread::Gone)?;
    }
    Ok(Ended { tag, completed, outcome })
}

async fn append_all(
    session: &mut Session<'_>,
    append: &Append,
    head: MessageHead,
) -> Result<Done, Stop> {
    let state = match append.replaces {
        None => ConnectionState::Authenticated,
        Some(_) => ConnectionState::Selected,
    };
    if let Some(lacking) = session.lacks(state) {
        return Err(Stop::Bad(lacking.into()));
    }
    let (replaced, account, to) = session.source_and_destination(append).await?;
    let mut waits = head.waits;
    let mut next = append.first.clone();
    let mut messages = Vec::new();
    let (mut octets, mut held) = (0u64, 0u64);
    loop {
        if next.octets == 0 {
            // RFC 3502, 6.3.11: an error by which a client can cancel all of it.
            let text = "A message needs at least one octet; nothing was stored";
            return Err(Stop::No(None, text.into()));
        }
        octets = octets.saturating_add(next.octets);
        let in_memory = u64::try_from(STAGED_IN_MEMORY_OCTETS_MAX).unwrap_or(u64::MAX);
        held = held.saturating_add(next.octets.min(in_memory));
        if messages.len() >= APPEND_MESSAGES_MAX || held > APPEND_HELD_OCTETS_MAX {
            let text = "That is too much for one APPEND; send the messages one by one";
            return Err(Stop::No(Some(Code::Limit), text.into()));
        }
        let instead = replaced.map(|(entry, _)| entry);
        session.look_ahead(&account, &next, (octets, messages.len()), instead)?;
        let received = session.take_message(waits, next.form).await?;
        messages.push(NewMessage {
            received,
            flags: flag_names(&settable(&next))?,
            internal_date: next.date.map(|date| mailbox::ZonedTime {
                time: date.timestamp,
                zone_minutes: date.zone_minutes,
            }),
            uidl: None,
        });
        let form = next.form;
        match session.next_step().await? {
            Step::AppendNext(_) if replaced.is_some() => {
                return Err(Stop::Bad("REPLACE takes one message".into()));
            }
            Step::AppendNext(head) => {
                next = AppendMessage::parse_next(&head.octets, session.dialect, form)
                    .map_err(|syntax| Stop::Bad(syntax.to_string().into()))?;
                waits = head.waits;
            }
            Step::AppendEnd(end) => {
                AppendMessage::parse_end(&end, session.dialect, form)
                    .map_err(|syntax| Stop::Bad(syntax.to_string().into()))?;
                return session.put(replaced, (&account, to), messages).await;
            }
            Step::Refused(refusal) => {
                return Err(match refusal.then {
                    Then::GoOn => Stop::Bad(refusal.why.to_string().into()),
                    Then::HangUp => Stop::Bye(Some(Code::TooBig), "That is too large"),
                });
            }
            Step::More | Step::Continue | Step::Command(_) | Step::AppendBegin(_) => {
                return Err(Stop::Bad("Expected the end of the APPEND".into()));
            }
        }
    }
}

/// The flags that can be kept. A flag that cannot is no reason to lose a message.
fn settable(message: &AppendMessage) -> Vec<Flag> {
    let can = |flag: &&Flag| flag_names(std::slice::from_ref(*flag)).is_ok();
    message.flags.iter().filter(can).cloned().collect()
}

impl Session<'_> {
    /// The message that goes for the one that comes, if any does, and the mailbox that this one is to go to.
    async fn source_and_destination(
        &mut self,
        append: &Append,
    ) -> Result<(Option<(Entry, By)>, Account, MailboxId), Stop> {
        let replaced = match append.replaces {
            None => None,
            Some(replaces) => Some((self.replaced(replaces)?, replaces.by)),
        };
        let (place, to) = self.destination(&append.mailbox).await?;
        if replaced.is_some() && place.account.id() != self.opened()?.id() {
            return Err(words::replaced_in_its_account());
        }
        Ok((replaced, place.account, to))
    }

    /// Refuses what will be refused in the end, before it is sent (RFC 9051, 6.3.12).
    fn look_ahead(
        &self,
        account: &Account,
        next: &AppendMessage,
        (octets, before): (u64, usize),
        replaced: Option<Entry>,
    ) -> Result<(), Stop> {
        let octets_max = self.service.accounts.policy().message_octets_max;
        if next.octets > octets_max {
            return Err(Refused::TooLarge { octets_max }.into());
        }
        if next.form == AppendForm::Utf8 && !self.dialect.has(Feature::Utf8Accept) {
            return Err(Stop::Bad("ENABLE UTF8=ACCEPT comes before APPEND with UTF8".into()));
        }
        let messages = u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1);
        match replaced {
            None => account.would_fit(octets, messages)?,
            Some(entry) => account.would_fit_instead(octets, entry.octets.into())?,
        }
        Ok(())
    }

    /// Takes a message in as it comes.
    async fn take_message(&mut self, waits: Waits, form: AppendForm) -> Result<Received, Stop> {
        self.channel.framer.accept_message();
        if waits == Waits::ForContinue {
            self.channel.out().extend_from_slice(b"+ Send the message\r\n");
        }
        let mut incoming = self.service.accounts.receive();
        while self.channel.framer.message_left() > 0 {
            let octets = self.channel.framer.take_message();
            if octets.is_empty() {
                self.channel.flush().await?;
                self.fill().await?;
            } else if form == AppendForm::Literal && memchr::memchr(0, &octets).is_some() {
                let text = "The message has an octet of zero: send it as a literal8, ~{size}";
                return Err(Stop::No(Some(Code::Cannot), text.into()));
            } else {
                incoming.write(&octets).await?;
            }
        }
        Ok(incoming.finish().await?)
    }

    async fn put(
        &mut self,
        replaced: Option<(Entry, By)>,
        (account, to): (&Account, MailboxId),
        mut messages: Vec<NewMessage>,
    ) -> Result<Done, Stop> {
        match (replaced, messages.pop()) {
            (Some(replaced), Some(message)) => self.replace(replaced, to, message).await,
            (_, last) => {
                messages.extend(last);
                append_to(account, to, messages).await
            }
        }
    }
}

async fn append_to(
    account: &Account,
    to: MailboxId,
    messages: Vec<NewMessage>,
) -> Result<Done, Stop> {
    let appended: Appended = match account.append(to, messages).await {
        Ok(appended) => appended,
        // It was deleted while the messages came.
        Err(mailbox::Error::Refused(Refused::NoSuchMailbox)) => {
            return Err(words::no_destination());
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Done { code: append_uid(&appended), ..Done::completed() })
}

/// The UIDs that messages got (RFC 4315, 3).
pub(super) fn append_uid(appended: &Appended) -> Option<Code> {
    let uids = appended.entries.iter().map(|(uid, _)| uid.number());
    SequenceSet::from_numbers(uids).map(|uids| Code::AppendUid(appended.uid_validity.0, uids))
}
