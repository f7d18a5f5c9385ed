//! STORE: changes flags, perhaps only of what is unchanged since (RFC 9051, 6.4.6; RFC 7162, 3.1.3).

use mailbox::{Entry, FlagMode, FlagNames, Flags, Keyword, MailboxState, ModSeq, Uid, UidSet};

use crate::Syntax;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::commands::Access;
use crate::response::Code;
use crate::server::messages::to_set;
use crate::server::news::Items;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::view::{Keywords, Removals, SequenceNumber};
use crate::wire::{
    Args, By, CommandWriter, Flag, FlagList, Messages, Point, SequenceSet, flags_bare_or_list,
    print_flag_list,
};

pub(super) const ROW: Row = Row::with_uid("STORE", parse).hears(News::OWN_BEFORE);

/// Changes flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// Only those unchanged since.
    pub unchanged_since: Option<ModSeq>,
    /// Set, add or remove.
    pub mode: FlagMode,
    /// Whether the new flags are to be told.
    pub echo: Echo,
    /// The flags.
    pub flags: FlagList,
}

/// Whether STORE tells the new flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It does.
    Told,
    /// `.SILENT`
    Silent,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let mut unchanged_since = None;
    if args.eat(b'(') {
        if !args.eat_text("UNCHANGEDSINCE ") {
            return Err(args.expected("UNCHANGEDSINCE"));
        }
        unchanged_since = Some(ModSeq(args.number64()?));
        args.close()?;
        args.space()?;
    }
    let mode = match args.peek() {
        Some(b'+') => FlagMode::Add,
        Some(b'-') => FlagMode::Remove,
        _ => FlagMode::Replace,
    };
    if mode != FlagMode::Replace {
        args.octets(1);
    }
    if !args.eat_text("FLAGS") {
        return Err(args.expected("FLAGS, +FLAGS or -FLAGS"));
    }
    let echo = if args.eat_text(".SILENT") { Echo::Silent } else { Echo::Told };
    args.space()?;
    let flags = flags_bare_or_list(args)?;
    args.end()?;
    Ok(Command::new(Store { by, messages, unchanged_since, mode, echo, flags }))
}

impl Request for Store {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("STORE ");
        self.messages.print(&mut out.out);
        if let Some(modseq) = self.unchanged_since {
            out.raw(" (UNCHANGEDSINCE ");
            out.number(modseq.0);
            out.raw(")");
        }
        out.raw(match self.mode {
            FlagMode::Replace => " FLAGS",
            FlagMode::Add => " +FLAGS",
            FlagMode::Remove => " -FLAGS",
        });
        out.raw(match self.echo {
            Echo::Told => " ",
            Echo::Silent => ".SILENT ",
        });
        print_flag_list(&mut out.out, &self.flags);
    }

    fn by(&self) -> By {
        self.by
    }
}

impl Run for Store {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.view()?.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        if self.unchanged_since.is_some() {
            session.enable_modseq();
        }
        let flags = flag_names(&self.flags)?;
        // What the client hears before its own change, it takes for the outcome of it.
        let removals = if self.uses_numbers() { Removals::Kept } else { Removals::Told };
        let heard = session.catch_up(removals, self.by).await?;
        let uids = session.find_uids(self.by, &self.messages).await?;
        if uids.is_empty() {
            return Ok(Done::completed());
        }
        let mailbox = session.view()?.state().id;
        let change = mailbox::operations::Store {
            uids: uids.clone(),
            mode: self.mode,
            flags: flags.clone(),
            unchanged_since: self.unchanged_since,
        };
        let account = session.opened()?.clone();
        let stored = session.patiently(account.store(mailbox, change)).await??;
        let present = session.present()?;
        let told = match self.echo {
            Echo::Told if stored.gone.is_empty() => uids.clone(),
            Echo::Told => uids.iter().filter(|uid| present.entries.find(*uid).is_some()).collect(),
            Echo::Silent => {
                let silent = |uid| !stored.modified.contains(uid) && !heard.contains(uid);
                session.as_expected(&present, &uids, self.mode, &flags, silent)?
            }
        };
        if session.view_mut()?.absorb(&present, &told) == Keywords::New {
            session.print_flags()?;
        }
        match self.echo {
            Echo::Told => session.echo(&told, self.by, Items::Flags).await?,
            // RFC 7162, 3.1.3: the mod-sequence is told even so.
            Echo::Silent if session.dialect.shows_modseq() => {
                session.echo(&told, self.by, Items::ModSeq).await?;
            }
            Echo::Silent => {}
        }
        session.stored(&self, &stored)
    }
}

impl Session<'_> {
    /// The messages whose flags are now as the client can work out by itself: nobody else changed them.
    fn as_expected(
        &self,
        present: &MailboxState,
        uids: &UidSet,
        mode: FlagMode,
        flags: &FlagNames,
        silent: impl Fn(Uid) -> bool,
    ) -> Result<UidSet, Stop> {
        let bits = flags.keywords.iter().filter_map(|keyword| present.flag_of(keyword));
        let bits = bits.fold(flags.system, Flags::with);
        let view = self.view()?;
        let mut expected = UidSet::new();
        for indexes in view.indexes_of_uids(uids) {
            for (_, told) in view.entries().iter_from(indexes.start).take(indexes.len()) {
                let want = match mode {
                    FlagMode::Replace => bits,
                    FlagMode::Add => told.flags.with(bits),
                    FlagMode::Remove => told.flags.without(bits),
                };
                let as_wanted = |now: Entry| now.flags == want && now.modseq != told.modseq;
                if silent(told.uid) && present.entries.find(told.uid).is_some_and(as_wanted) {
                    expected.insert(told.uid);
                }
            }
        }
        Ok(expected)
    }

    /// The numbers of messages, as they are written.
    fn numbers_of(&self, uids: &UidSet) -> Result<Option<SequenceSet>, Stop> {
        let indexes = self.view()?.indexes_of_uids(uids);
        let point = |index| Point::new(SequenceNumber::at(index).number());
        let ranges = indexes
            .iter()
            .filter_map(|range| point(range.start).zip(point(range.end.saturating_sub(1))));
        Ok(SequenceSet::from_ranges(ranges))
    }

    /// The end of a STORE.
    fn stored(&self, store: &Store, stored: &mailbox::operations::Stored) -> Result<Done, Stop> {
        if !stored.modified.is_empty() {
            let set = match store.by {
                By::Uid => to_set(&stored.modified),
                By::Number => self.numbers_of(&stored.modified)?,
            };
            let done = Done::saying("Conditional STORE failed");
            return Ok(Done { code: set.map(Code::Modified), ..done });
        }
        if stored.gone.is_empty() {
            return Ok(Done::completed());
        }
        // RFC 2180, 4.2.1: what is left was changed, and of the others the client hears at its next command. Where none is
        // left and flags are to be told, 4.2.2 advises NO; but the numbers were right as far as the client could know, and
        // programs show a NO to people, who can do nothing about it.
        Ok(Done::saying("Some of the messages are gone").with(Code::ExpungeIssued))
    }
}

/// Flags by name for the model. `\Recent` cannot be set and is passed over (RFC 3501, 2.3.2).
pub(super) fn flag_names(flags: &[Flag]) -> Result<FlagNames, Stop> {
    let mut names = FlagNames::default();
    for flag in flags {
        match flag {
            Flag::Seen => names.system = names.system.with(Flags::SEEN),
            Flag::Answered => names.system = names.system.with(Flags::ANSWERED),
            Flag::Flagged => names.system = names.system.with(Flags::FLAGGED),
            Flag::Deleted => names.system = names.system.with(Flags::DELETED),
            Flag::Draft => names.system = names.system.with(Flags::DRAFT),
            Flag::Recent => {}
            Flag::Keyword(text) => match Keyword::new(text) {
                Some(keyword) => names.keywords.push(keyword),
                None => return Err(unknown(text)),
            },
            Flag::Any => return Err(unknown("\\*")),
            Flag::Extension(name) => return Err(unknown(&format!("\\{name}"))),
        }
    }
    Ok(names)
}

fn unknown(name: &str) -> Stop {
    Stop::No(Some(Code::Cannot), format!("{name} is no flag that can be set here").into())
}
