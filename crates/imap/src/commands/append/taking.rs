//! Takes in the messages of an APPEND or REPLACE as they come, and puts them into the mailbox: all, or none.

use std::io;

use bytes::Bytes;
use mailbox::limits::STAGED_IN_MEMORY_OCTETS_MAX;
use mailbox::operations::{Append as NewMessage, Appended};
use mailbox::{Account, Entry, Incoming, MailboxId, Received, Refused};

use super::catenate::catenate;
use super::{Append, AppendForm, AppendMessage, close_utf8, parse_message};
use crate::command::ConnectionState;
use crate::commands::replace::Replaces;
use crate::commands::store::flag_names;
use crate::dialect::Feature;
use crate::frame::{MessageHead, Step, Then, Waits};
use crate::response::Code;
use crate::server::limits::{APPEND_HELD_OCTETS_MAX, APPEND_MESSAGES_MAX};
use crate::server::news::news_kept_back;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::words;
use crate::view::Removals;
use crate::wire::{Args, By, Flag, Name, SequenceSet, Tag};
use crate::{Bad, Dialect, Syntax};

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
    let (tag, append, at) = match Append::parse_head(&head.octets, session.dialect) {
        Ok(read) => read,
        Err(bad) => {
            return match session.channel.framer.refuse_message() {
                Then::GoOn => Err(Unread::Bad(bad)),
                Then::HangUp => Err(Unread::Gone(io::ErrorKind::InvalidData.into())),
            };
        }
    };
    let completed = append.completed();
    let segment = Segment { octets: head.octets, at, literal: Some(head.waits) };
    let mut outcome = take_all(session, &append, segment).await;
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

/// What came of a command and was not read yet: up to the next literal, or to its end.
pub(super) struct Segment {
    octets: Bytes,
    at: usize,
    /// Whether the client waits to send the literal that is next; none: the command ends here.
    literal: Option<Waits>,
}

impl Segment {
    /// Reads on.
    pub(super) fn read<T>(
        &mut self,
        dialect: Dialect,
        parse: impl FnOnce(&mut Args<'_>) -> Result<T, Syntax>,
    ) -> Result<T, Stop> {
        let mut args = Args::new(self.octets.get(self.at..).unwrap_or_default(), dialect);
        let read = parse(&mut args).map_err(|syntax| Stop::Bad(syntax.to_string().into()))?;
        self.at = self.at.saturating_add(args.index());
        Ok(read)
    }

    /// Whether the client waits to send the literal that was just read of.
    pub(super) fn waits(&self) -> Result<Waits, Stop> {
        self.literal.ok_or(Stop::Bad("Expected the octets of a literal".into()))
    }

    fn is_the_end(&self) -> bool {
        self.literal.is_none() && self.at >= self.octets.len()
    }
}

/// What goes for what comes, and what came.
pub(super) struct Taking {
    replaced: Option<(Entry, By)>,
    /// The account in which it comes, and the mailbox there.
    account: Account,
    to: MailboxId,
    messages: Vec<NewMessage>,
    octets: u64,
    held: u64,
}

impl Taking {
    /// Begins, if there is such a mailbox, and a message to be replaced.
    pub(super) async fn begin(
        session: &mut Session<'_>,
        replaces: Option<Replaces>,
        mailbox: &Name,
    ) -> Result<Taking, Stop> {
        let replaced = match replaces {
            None => None,
            Some(replaces) => Some((session.replaced(replaces)?, replaces.by)),
        };
        let (place, to) = session.destination(mailbox).await?;
        if replaced.is_some() && place.account.id() != session.opened()?.id() {
            return Err(words::replaced_in_its_account());
        }
        let (account, messages) = (place.account, Vec::new());
        Ok(Taking { replaced, account, to, messages, octets: 0, held: 0 })
    }

    /// Refuses a message of so many octets, if it will be refused in the end, before it is sent (RFC 9051, 6.3.12).
    pub(super) fn check(
        &self,
        session: &Session<'_>,
        form: AppendForm,
        octets: u64,
    ) -> Result<(), Stop> {
        let held = self.held.saturating_add(octets.min(in_memory()));
        if self.messages.len() >= APPEND_MESSAGES_MAX || held > APPEND_HELD_OCTETS_MAX {
            let text = "That is too much for one APPEND; send the messages one by one";
            return Err(Stop::No(Some(Code::Limit), text.into()));
        }
        let octets_max = session.service.accounts.policy().message_octets_max;
        if octets > octets_max {
            return Err(Refused::TooLarge { octets_max }.into());
        }
        if form == AppendForm::Utf8 && !session.dialect.has(Feature::Utf8Accept) {
            return Err(Stop::Bad("ENABLE UTF8=ACCEPT comes before APPEND with UTF8".into()));
        }
        let messages = u64::try_from(self.messages.len()).unwrap_or(u64::MAX).saturating_add(1);
        let octets = self.octets.saturating_add(octets);
        match self.replaced {
            None => self.account.would_fit(octets, messages)?,
            Some((entry, _)) => {
                self.account.would_fit_instead(octets, entry.octets.into())?;
            }
        }
        Ok(())
    }

    /// Keeps a message that came in whole.
    pub(super) fn keep(&mut self, next: &AppendMessage, received: Received) -> Result<(), Stop> {
        let octets = received.body.octets;
        if octets == 0 {
            return Err(nothing());
        }
        self.octets = self.octets.saturating_add(octets);
        self.held = self.held.saturating_add(octets.min(in_memory()));
        self.messages.push(NewMessage {
            received,
            flags: flag_names(&settable(next))?,
            internal_date: next.date.map(|date| mailbox::ZonedTime {
                time: date.timestamp,
                zone_minutes: date.zone_minutes,
            }),
            uidl: None,
        });
        Ok(())
    }

    /// Puts all into the mailbox.
    pub(super) async fn put(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        match (self.replaced, self.messages.pop()) {
            (Some(replaced), Some(message)) => session.replace(replaced, self.to, message).await,
            (_, last) => {
                self.messages.extend(last);
                append_to(&self.account, self.to, self.messages).await
            }
        }
    }
}

fn in_memory() -> u64 {
    u64::try_from(STAGED_IN_MEMORY_OCTETS_MAX).unwrap_or(u64::MAX)
}

/// RFC 3502, 6.3.11: an error by which a client can cancel all of it.
fn nothing() -> Stop {
    Stop::No(None, "A message needs at least one octet; nothing was stored".into())
}

/// The refusal of another message where one is replaced.
pub(super) fn only_one() -> Stop {
    Stop::Bad("REPLACE takes one message".into())
}

async fn take_all(
    session: &mut Session<'_>,
    append: &Append,
    mut segment: Segment,
) -> Result<Done, Stop> {
    let state = match append.replaces {
        None => ConnectionState::Authenticated,
        Some(_) => ConnectionState::Selected,
    };
    if let Some(lacking) = session.lacks(state) {
        return Err(Stop::Bad(lacking.into()));
    }
    let mut taking = Taking::begin(session, append.replaces, &append.mailbox).await?;
    let mut next = append.first.clone();
    loop {
        let received = match next.form {
            AppendForm::Catenate => catenate(session, &taking, &mut segment).await?,
            AppendForm::Literal | AppendForm::Literal8 | AppendForm::Utf8 => {
                if next.octets == 0 {
                    return Err(nothing());
                }
                taking.check(session, next.form, next.octets)?;
                let mut incoming = session.service.accounts.receive();
                session.take_literal(segment.waits()?, next.form, &mut incoming).await?;
                segment = session.next_segment().await?;
                segment.read(session.dialect, |args| close_utf8(args, next.form))?;
                incoming.finish().await?
            }
        };
        taking.keep(&next, received)?;
        if segment.is_the_end() {
            return taking.put(session).await;
        }
        if append.replaces.is_some() {
            return Err(only_one());
        }
        next = segment.read(session.dialect, parse_message)?;
    }
}

/// The flags that can be kept. A flag that cannot is no reason to lose a message.
fn settable(message: &AppendMessage) -> Vec<Flag> {
    let can = |flag: &&Flag| flag_names(std::slice::from_ref(*flag)).is_ok();
    message.flags.iter().filter(can).cloned().collect()
}

impl Session<'_> {
    /// What comes after a literal.
    pub(super) async fn next_segment(&mut self) -> Result<Segment, Stop> {
        match self.next_step().await? {
            Step::AppendNext(head) => {
                Ok(Segment { octets: head.octets, at: 0, literal: Some(head.waits) })
            }
            Step::AppendEnd(octets) => Ok(Segment { octets, at: 0, literal: None }),
            Step::Refused(refusal) => Err(match refusal.then {
                Then::GoOn => Stop::Bad(refusal.why.to_string().into()),
                Then::HangUp => Stop::Bye(Some(Code::TooBig), "That is too large"),
            }),
            Step::More | Step::Continue | Step::Command(_) | Step::AppendBegin(_) => {
                Err(Stop::Bad("Expected the end of the APPEND".into()))
            }
        }
    }

    /// Takes the octets of a literal in as they come.
    pub(super) async fn take_literal(
        &mut self,
        waits: Waits,
        form: AppendForm,
        incoming: &mut Incoming,
    ) -> Result<(), Stop> {
        self.accept_literal(waits);
        while let Some(octets) = self.literal_octets().await? {
            if form == AppendForm::Literal && memchr::memchr(0, &octets).is_some() {
                let text = "The message has an octet of zero: send it as a literal8, ~{size}";
                return Err(Stop::No(Some(Code::Cannot), text.into()));
            }
            incoming.write(&octets).await?;
        }
        Ok(())
    }

    /// Says that a literal is wanted.
    pub(super) fn accept_literal(&mut self, waits: Waits) {
        self.channel.framer.accept_message();
        if waits == Waits::ForContinue {
            self.channel.out().extend_from_slice(b"+ Send the message\r\n");
        }
    }

    /// The next octets of a literal; none: it is over.
    pub(super) async fn literal_octets(&mut self) -> Result<Option<Bytes>, Stop> {
        while self.channel.framer.message_left() > 0 {
            let octets = self.channel.framer.take_message();
            if !octets.is_empty() {
                return Ok(Some(octets));
            }
            self.channel.flush().await?;
            self.fill().await?;
        }
        Ok(None)
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
pub(in crate::commands) fn append_uid(appended: &Appended) -> Option<Code> {
    let uids = appended.entries.iter().map(|(uid, _)| uid.number());
    SequenceSet::from_numbers(uids).map(|uids| Code::AppendUid(appended.uid_validity.0, uids))
}
