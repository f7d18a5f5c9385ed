//! SELECT and EXAMINE: opens a mailbox and, for a client that has been here before, says what changed since
//! (RFC 9051, 6.3.2; RFC 7162, 3.1.8 and 3.2.5).

use mailbox::{Flags, Mailbox, MailboxKind, MailboxState, ModSeq, Refused, Rights, Uid, UidSet};

use super::list::list_line;
use crate::Syntax;
use crate::command::{Command, ConnectionState, News, Request, Row};
use crate::dialect::Feature;
use crate::response::{Code, Condition, Response, Vanished, When};
use crate::server::Run;
use crate::server::mailboxes::{Guest, Place};
use crate::server::messages::{to_set, to_uids};
use crate::server::news::Items;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::view::{SequenceNumber, View};
use crate::wire::{Args, By, CommandWriter, Name, SequenceSet, object_id};

pub(super) const SELECT: Row =
    Row::new("SELECT", ConnectionState::Authenticated, |args| parse(args, Access::ReadWrite))
        .hears(News::NONE);

pub(super) const EXAMINE: Row =
    Row::new("EXAMINE", ConnectionState::Authenticated, |args| parse(args, Access::ReadOnly))
        .hears(News::NONE);

/// How a mailbox is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// SELECT
    ReadWrite,
    /// EXAMINE
    ReadOnly,
}

/// Opens a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// To change it, or only to look.
    pub access: Access,
    /// The mailbox.
    pub mailbox: Name,
    /// What to do besides.
    pub resync: Resync,
}

/// What a client knows of the mailbox it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resync {
    /// It did not say.
    None,
    /// `(CONDSTORE)`: wants mod-sequences from here on.
    Condstore,
    /// `(QRESYNC (...))`: wants what changed since.
    Qresync(Qresync),
}

/// What a client that mirrors the mailbox remembers (RFC 7162, 3.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qresync {
    /// The UIDVALIDITY it remembers.
    pub uid_validity: u32,
    /// All changes up to here are known to it.
    pub modseq: ModSeq,
    /// The UIDs it has; none: any.
    pub known_uids: Option<SequenceSet>,
    /// Some message numbers and the UIDs they had, both ascending and without `*`.
    pub matches: Option<(SequenceSet, SequenceSet)>,
}

fn parse(args: &mut Args<'_>, access: Access) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    let mut resync = Resync::None;
    if args.eat(b' ') && !args.is_empty() {
        for parameter in args.list(10, parameter)? {
            // QRESYNC implies CONDSTORE, in whatever order they stand.
            if resync == Resync::None || resync == Resync::Condstore {
                resync = parameter;
            }
        }
    }
    args.end()?;
    Ok(Command::new(Select { access, mailbox, resync }))
}

fn parameter(args: &mut Args<'_>) -> Result<Resync, Syntax> {
    let error = args.expected("CONDSTORE or QRESYNC");
    if args.eat_text("CONDSTORE") {
        return Ok(Resync::Condstore);
    }
    if !args.eat_text("QRESYNC ") {
        return Err(error);
    }
    args.open()?;
    let uid_validity = args.nz_number()?;
    args.space()?;
    let modseq = ModSeq(args.number64()?);
    let mut known_uids = None;
    let mut matches = None;
    while matches.is_none() && args.eat(b' ') {
        if args.eat(b'(') {
            let numbers = fixed_set(args)?;
            args.space()?;
            matches = Some((numbers, fixed_set(args)?));
            args.close()?;
        } else if known_uids.is_none() {
            known_uids = Some(fixed_set(args)?);
        } else {
            return Err(args.expected("( before message numbers and UIDs"));
        }
    }
    args.close()?;
    Ok(Resync::Qresync(Qresync { uid_validity, modseq, known_uids, matches }))
}

fn fixed_set(args: &mut Args<'_>) -> Result<SequenceSet, Syntax> {
    let error = args.expected("a set of numbers without *");
    let set = SequenceSet::parse(args)?;
    if set.mentions_last() { Err(error) } else { Ok(set) }
}

impl Request for Select {
    fn print(&self, out: &mut CommandWriter) {
        out.raw(match self.access {
            Access::ReadWrite => "SELECT ",
            Access::ReadOnly => "EXAMINE ",
        });
        out.mailbox(self.mailbox.as_str());
        match &self.resync {
            Resync::None => {}
            Resync::Condstore => out.raw(" (CONDSTORE)"),
            Resync::Qresync(qresync) => {
                out.raw(" (QRESYNC (");
                out.number(u64::from(qresync.uid_validity));
                out.space();
                out.number(qresync.modseq.0);
                if let Some(known) = &qresync.known_uids {
                    out.space();
                    known.print(&mut out.out);
                }
                if let Some((numbers, uids)) = &qresync.matches {
                    out.raw(" (");
                    numbers.print(&mut out.out);
                    out.space();
                    uids.print(&mut out.out);
                    out.raw(")");
                }
                out.raw("))");
            }
        }
    }
}

impl Run for Select {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if let Resync::Qresync(known) = &self.resync {
            if !session.dialect.has(Feature::Qresync) {
                return Err(Stop::Bad("ENABLE QRESYNC comes before SELECT with QRESYNC".into()));
            }
            // RFC 9586, 3.7
            if known.matches.is_some() && session.dialect.is_uid_only() {
                return Err(Stop::UidRequired);
            }
        }
        let was_open = session.view.is_some();
        session.leave();
        if was_open {
            // RFC 7162, 3.2.11: from here on nothing is about the old mailbox. So it is when this fails, too.
            session.untagged(Condition::Ok, Some(Code::Closed), "Previous mailbox is now closed");
        }
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::READ).await?;
        if mailbox.kind == MailboxKind::Container {
            return Err(Refused::NotSelectable.into());
        }
        if self.resync != Resync::None {
            session.enable_modseq();
        }
        place.account.read_in(mailbox.id).await;
        let state = place.account.state(mailbox.id)?;
        session.view = Some(Box::new(View::new(state, self.access).of_other(place.other())));
        let rights = place.account.rights(mailbox.id);
        if place.other().is_some() {
            session.guest = Some(Box::new(Guest::new(place.clone(), rights)));
        }
        if let Err(stop) = session.tell_opened((&place, &mailbox), &self.resync).await {
            // RFC 9051, 6.3.2: after a NO no mailbox is open.
            session.leave();
            return Err(stop);
        }
        let changes = place.account.changed_by(mailbox.id);
        Ok(match self.access {
            Access::ReadWrite if rights.has_any(changes) => Done::completed().with(Code::ReadWrite),
            Access::ReadWrite | Access::ReadOnly => Done::completed().with(Code::ReadOnly),
        })
    }
}

impl Session<'_> {
    /// Tells all that belongs to the opening of a mailbox. It is about one state, that of the view: what happens
    /// meanwhile is news for the next command.
    async fn tell_opened(
        &mut self,
        (place, mailbox): (&Place, &Mailbox),
        resync: &Resync,
    ) -> Result<(), Stop> {
        self.print_opened(place, mailbox)?;
        match resync {
            Resync::Qresync(known) => self.resync(known).await,
            Resync::None | Resync::Condstore => Ok(()),
        }
    }

    /// Tells what a client has to know of a mailbox.
    fn print_opened(&mut self, place: &Place, mailbox: &Mailbox) -> Result<(), Stop> {
        let rev2 = self.dialect.is_rev2();
        let state = std::sync::Arc::clone(self.view()?.state());
        self.find_recent(&state)?;
        self.print_flags()?;
        self.print_exists(state.entries.len())?;
        // IMAP4rev2 has it no more: counting was dear to some servers (RFC 9051, appendix E). After UIDONLY there are no numbers.
        let numbered = !rev2 && !self.dialect.is_uid_only();
        if numbered && let Some(number) = first_unseen(&state) {
            self.untagged(
                Condition::Ok,
                Some(Code::Unseen(number.number())),
                "First unseen message",
            );
        }
        let validity = Code::UidValidity(state.uid_validity.0);
        self.untagged(Condition::Ok, Some(validity), "UIDs valid");
        let next = state.uid_next.max(next_after_last(&state));
        self.untagged(Condition::Ok, Some(Code::UidNext(next.number())), "Predicted next UID");
        // To clients that never asked for mod-sequences as well: it tells them that they could (RFC 7162, 3.1.2.1).
        let highest = Code::HighestModSeq(state.highest_modseq);
        self.untagged(Condition::Ok, Some(highest), "Highest mod-sequence");
        let id = Code::MailboxId(object_id::mailbox(place.other(), mailbox.id));
        self.untagged(Condition::Ok, Some(id), "Mailbox identifier");
        if rev2 {
            // Whatever name it was opened by, this is its own (RFC 9051, 6.3.2).
            self.print(&Response::List(list_line(Vec::new(), place.shown(&mailbox.name))));
        }
        Ok(())
    }

    /// Tells what changed since a client was here (RFC 7162, 3.2.5).
    async fn resync(&mut self, known: &Qresync) -> Result<(), Stop> {
        let state = std::sync::Arc::clone(self.view()?.state());
        if known.uid_validity != state.uid_validity.0 {
            return Ok(());
        }
        let uids = match &known.known_uids {
            Some(set) => to_uids(set.resolve(u32::MAX)),
            None => UidSet::all(),
        };
        let vanished = self.opened()?.vanished(&state, known.modseq, Some(&uids))?;
        let vanished = match matched(known, &state) {
            Some(matched) => vanished.difference(&UidSet::from_ranges([(Uid::MIN, matched)])),
            None => vanished,
        };
        if let Some(uids) = to_set(&vanished) {
            self.print(&Response::Vanished(Vanished { when: When::Earlier, uids }));
        }
        for (index, entry) in state.entries.iter_from(0) {
            if entry.modseq > known.modseq && uids.contains(entry.uid) {
                let number = SequenceNumber::at(index);
                self.show(number, entry, &state.keywords, By::Uid, Items::Flags)?;
                self.channel.send_when_full().await?;
            }
        }
        Ok(())
    }
}

fn first_unseen(state: &MailboxState) -> Option<SequenceNumber> {
    let unseen = state.entries.iter().position(|entry| !entry.flags.contains(Flags::SEEN));
    unseen.map(SequenceNumber::at)
}

fn next_after_last(state: &MailboxState) -> Uid {
    state.entries.last().and_then(|last| last.uid.next()).unwrap_or(Uid::MIN)
}

/// The highest UID of which the client and we agree what number it has: up to there it knows what vanished
/// (RFC 7162, 3.2.5.2).
fn matched(known: &Qresync, state: &MailboxState) -> Option<Uid> {
    let (numbers, uids) = known.matches.as_ref()?;
    let flat = |ranges: Vec<(u32, u32)>| ranges.into_iter().flat_map(|(a, b)| a..=b);
    // A client names a few; one that names more than there can be is not listened to for longer.
    let pairs = flat(numbers.resolve(u32::MAX)).zip(flat(uids.resolve(u32::MAX)));
    pairs
        .take(state.entries.len())
        .filter(|(number, uid)| {
            let index = usize::try_from(*number).unwrap_or(usize::MAX).saturating_sub(1);
            state.entries.get(index).is_some_and(|entry| entry.uid.number() == *uid)
        })
        .filter_map(|(_, uid)| Uid::new(uid))
        .last()
}
