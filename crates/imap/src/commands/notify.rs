//! NOTIFY: says what a client wants to hear without asking, at all times and of mailboxes that are not open (RFC 5465).

mod events;

pub use events::{Event, EventGroup, Filter};

use events::{check_groups, of_open};
use mailbox::ModSeq;

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, News, Request, Row};
use crate::fetch::{Item, items};
use crate::limits::NOTIFY_GROUPS_MAX;
use crate::notify::{Group, OfOpen, Watch};
use crate::response::Code;
use crate::server::Run;
use crate::server::news::Items;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::sources::Scope;
use crate::view::Removals;
use crate::wire::{Args, By, CommandWriter};

/// It tells the news itself: before it listens to what is asked for, by what was asked for until then.
pub(super) const ROW: Row = Row::new("NOTIFY", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("NOTIFY")])
    .hears(News::NONE);

/// Says what to tell from here on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Nothing, not even of the open mailbox.
    Nothing,
    /// This, in place of what was asked for before.
    Set {
        /// Whether to tell at once the figures of the mailboxes whose messages are watched.
        status: bool,
        /// What to tell of which mailboxes; at least one group.
        groups: Vec<EventGroup>,
    },
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let error = args.expected("SET or NONE");
    match args.word(error.expected)?.to_ascii_uppercase().as_str() {
        "NONE" => {
            args.end()?;
            return Ok(Command::new(Notify::Nothing));
        }
        "SET" => {}
        _ => return Err(error),
    }
    let status = args.eat_text(" STATUS");
    let mut groups = Vec::new();
    while groups.is_empty() || args.peek() == Some(b' ') {
        args.space()?;
        if groups.len() >= NOTIFY_GROUPS_MAX {
            return Err(args.expected("fewer groups of events"));
        }
        groups.push(EventGroup::parse(args)?);
    }
    check_groups(args, &groups)?;
    args.end()?;
    Ok(Command::new(Notify::Set { status, groups }))
}

impl Request for Notify {
    fn print(&self, out: &mut CommandWriter) {
        let Notify::Set { status, groups } = self else { return out.raw("NOTIFY NONE") };
        out.raw("NOTIFY SET");
        if *status {
            out.raw(" STATUS");
        }
        for group in groups {
            out.space();
            group.print(out);
        }
    }
}

impl Run for Notify {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (status, groups, told) = match self {
            Notify::Nothing => (false, Vec::new(), None),
            Notify::Set { status, groups } => {
                if !groups.iter().flat_map(|group| &group.events).all(Event::is_supported) {
                    let names = Event::SUPPORTED.iter().map(|name| (*name).to_owned()).collect();
                    let text = "There are no such events here";
                    return Err(Stop::No(Some(Code::BadEvent(names)), text.into()));
                }
                let told = session.tell_accumulated().await?;
                (status, groups, told)
            }
        };
        let open = of_open(&groups);
        if let OfOpen::Messages { items, .. } = &open
            && items.iter().any(Item::is::<items::ModSeq>)
        {
            session.enable_modseq();
        }
        let others = groups.into_iter().filter_map(|group| {
            let events = group.watched();
            let Filter::Others(source) = group.mailboxes else { return None };
            Some(Group { scope: Scope::of(&[source], None), events })
        });
        let present = session.note_own_changes()?;
        let watch = Watch::new(open, others.collect(), told.unwrap_or(present));
        session.begin_watch(watch, status).await?;
        Ok(Done::completed())
    }
}

impl Session<'_> {
    /// Tells all that has happened: of other mailboxes as far as it was asked for until now, of the open one whatever was (RFC 5465,
    /// 3.1). Gives up to where the change log was read for that.
    async fn tell_accumulated(&mut self) -> Result<Option<ModSeq>, Stop> {
        self.catch_up(Removals::Told, By::Uid).await?;
        let Some(watch) = self.watch.take() else { return Ok(None) };
        if self.view.is_some() {
            let heard = self.catch_up(Removals::Told, By::Uid).await?;
            let unheard = self.view_mut()?.take_unheard().difference(&heard);
            self.echo(&unheard, By::Uid, Items::Flags).await?;
        }
        Ok(Some(watch.told))
    }
}
