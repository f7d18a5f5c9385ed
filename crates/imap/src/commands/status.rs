//! STATUS: asks for the figures of a mailbox without opening it (RFC 9051, 6.3.11). They are kept, not counted.

mod items;

use items::Figures;
pub use items::StatusItem;

use mailbox::{Mailbox, MailboxKind, Refused, Rights};

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::commands::Access;
use crate::response::{MailboxStatus, Response};
use crate::server::Run;
use crate::server::mailboxes::Place;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::view::View;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("STATUS", ConnectionState::Authenticated, parse);

/// Asks for the figures of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The mailbox.
    pub mailbox: Name,
    /// Which figures, in the order asked.
    pub items: Vec<StatusItem>,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.space()?;
    let items = parse_items(args)?;
    args.end()?;
    Ok(Command::new(Status { mailbox, items }))
}

/// Takes `(` items `)`; one named twice is taken once.
pub(super) fn parse_items(args: &mut Args<'_>) -> Result<Vec<StatusItem>, Syntax> {
    let mut items = Vec::new();
    args.list(50, |args| {
        let error = args.expected("a status item like MESSAGES");
        let item = StatusItem::named(args.word(error.expected)?).ok_or(error)?;
        if !items.contains(&item) {
            items.push(item);
        }
        Ok(())
    })?;
    Ok(items)
}

/// Appends `(` items `)`.
pub(super) fn print_items(out: &mut Vec<u8>, items: &[StatusItem]) {
    out.push(b'(');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(item.name().as_bytes());
    }
    out.push(b')');
}

impl Request for Status {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("STATUS ");
        out.mailbox(self.mailbox.as_str());
        out.space();
        print_items(&mut out.out, &self.items);
    }
}

impl Run for Status {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::READ).await?;
        if mailbox.kind == MailboxKind::Container {
            return Err(Refused::NotSelectable.into());
        }
        session.print_status(&place, &mailbox, &self.items).await?;
        Ok(Done::completed())
    }
}

impl Session<'_> {
    /// Prints `* STATUS name (...)`.
    pub(super) async fn print_status(
        &mut self,
        place: &Place,
        mailbox: &Mailbox,
        items: &[StatusItem],
    ) -> Result<(), Stop> {
        let account = &place.account;
        let other = place.other();
        let mut of = Figures { mailbox: mailbox.clone(), other, state: None, recent: 0 };
        // Which are recent is seen in the entries; mostly there are none.
        let recent = account.recent(mailbox.id);
        let counts_recent = items.contains(&StatusItem::RECENT);
        // What another has seen is counted in no figure that is kept (ADR 22).
        let counted =
            |item: &StatusItem| other.is_some() && StatusItem::OF_EACH_USER.contains(item);
        let in_entries = |item: &StatusItem| item.reads_entries() || counted(item);
        if items.iter().any(in_entries) || (counts_recent && recent.is_some()) {
            account.read_in(mailbox.id).await;
            let state = account.state(mailbox.id)?;
            // The kept figures may be of another moment by now than the entries.
            of.mailbox = of.mailbox.counted_in(&state);
            let first = recent.map_or(state.entries.len(), |uid| state.entries.lower_bound(uid));
            of.recent = state.entries.len().saturating_sub(first);
            of.state = Some(state);
        }
        let is_open = |view: &&View| view.state().id == mailbox.id && view.other() == other;
        if let Some(view) = self.view.as_deref().filter(is_open)
            && view.access() == Access::ReadWrite
        {
            // Those that this session has claimed for itself.
            of.recent = of.recent.saturating_add(view.recent_count());
        }
        let mut figures = Vec::with_capacity(items.len());
        for item in items {
            figures.push((*item, item.figure(self, &of)?));
        }
        let mailbox = place.shown(&mailbox.name);
        self.print(&Response::MailboxStatus(MailboxStatus { mailbox, figures }));
        Ok(())
    }
}
