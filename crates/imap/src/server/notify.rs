//! Tells a client what it wants to hear without asking (RFC 5465): reads the change log from where the client was told last, so that
//! nothing has to be kept for it and nothing overflows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mailbox::operations::{Change, What};
use mailbox::{
    Account, AccountId, AnnotationName, Mailbox, MailboxId, MailboxKind, MailboxName, ModSeq,
    UidSet,
};

use super::limits::{NOTIFY_LINES_MAX, QUICK_ENTRIES_MAX};
use super::news::news_kept_back;
use super::outcome::Stop;
use super::session::Session;
use crate::commands::{ListedName, StatusItem};
use crate::notify::{Events, Maker, NameNews, Pending, Watch};
use crate::response::{
    Code, Condition, Figure, ListLine, MailboxStatus, MetadataEntries, MetadataLine, Response,
};
use crate::view::Removals;
use crate::wire::{By, Name};

impl Session<'_> {
    /// Whether the client hears news while no command is under way.
    pub(crate) fn listens(&self) -> bool {
        self.watch.as_deref().is_some_and(Watch::listens)
    }

    /// Tells the news while no command is under way.
    pub(crate) async fn tell_between_commands(&mut self) -> std::io::Result<()> {
        let removals = self.watch.as_deref().map(Watch::removals_between_commands);
        let mark = self.channel.mark();
        let told = self.catch_up(removals.unwrap_or(Removals::Kept), By::Uid).await;
        if self.channel.mark() != mark {
            self.print_lag();
        }
        lane::quick();
        told.map(drop).or_else(news_kept_back)
    }

    /// Tells what happened to mailboxes that are not open. Gives what the client itself brought into the one that is.
    pub(super) async fn tell_watched(&mut self) -> Result<UidSet, Stop> {
        let Some(mut watch) = self.watch.take() else { return Ok(UidSet::new()) };
        let told = self.tell_what_is_watched(&mut watch).await;
        self.watch = Some(watch);
        told
    }

    async fn tell_what_is_watched(&mut self, watch: &mut Watch) -> Result<UidSet, Stop> {
        let mut own_additions = UidSet::new();
        loop {
            let (left, pending) = self.read_pending(watch)?;
            own_additions = own_additions.union(&pending.own_additions);
            let account = self.account()?.clone();
            if !pending.names.is_empty() {
                self.tell_names(watch, &account, pending.names).await?;
            }
            for (id, happened) in pending.figures {
                let can_open = |it: &Mailbox| it.kind == MailboxKind::Selectable;
                let Some(mailbox) = account.mailbox(id)?.filter(can_open) else { continue };
                let wanted = watch.events_of(&mailbox.name, |name| account.is_subscribed(name))?;
                if wanted.has(happened) {
                    self.print_figures(&mailbox, wanted);
                    self.channel.send_when_full().await?;
                }
            }
            if !pending.annotations.is_empty() {
                self.tell_annotations(watch, &account, pending.annotations).await?;
            }
            if left == Left::Nothing {
                return Ok(own_additions);
            }
            self.channel.breathe_now().await;
        }
    }

    /// Reads on in the change log, some lines at a time, up to the counter that the bell has: up to there all is in the figures as
    /// well.
    fn read_pending(&mut self, watch: &mut Watch) -> Result<(Left, Pending), Stop> {
        let person = self.person.as_deref_mut().ok_or(Stop::Bad("Log in first".into()))?;
        let present = *person.bell.borrow_and_update();
        let account = person.account.clone();
        if watch.told < account.log_floor() && watch.told < present {
            // Never seen: so much has to happen while the client does not read what it is sent.
            watch.told = present;
            if watch.listens() {
                watch.end();
                self.print_overflow();
            }
        }
        let lines = lines(&account, watch, present)?;
        let left = if lines.len() < NOTIFY_LINES_MAX { Left::Nothing } else { Left::More };
        let seen = |line: Change| as_seen_by(account.id(), line);
        let makers =
            lines.into_iter().map(seen).map(|line| match account.is_own_change(line.modseq) {
                true => (line, Maker::Itself),
                false => (line, Maker::Another),
            });
        let open = self.own_open();
        let pending = watch.pending(makers, open);
        if left == Left::Nothing {
            watch.told = watch.told.max(present);
        }
        account.forget_own_changes(watch.told);
        Ok((left, pending))
    }

    /// Prints the names of annotations that changed (RFC 5465, 5.6 and 5.7).
    async fn tell_annotations(
        &mut self,
        watch: &Watch,
        account: &Account,
        changed: BTreeMap<Option<MailboxId>, BTreeSet<AnnotationName>>,
    ) -> Result<(), Stop> {
        for (of, names) in changed {
            let mailbox = match of {
                None if watch.hears_of_server() => Name::from(""),
                None => continue,
                Some(id) => {
                    let Some(mailbox) = account.mailbox(id)? else { continue };
                    let wanted =
                        watch.events_of(&mailbox.name, |name| account.is_subscribed(name))?;
                    if !wanted.has(Events::METADATA) {
                        continue;
                    }
                    Name::from(mailbox.name.as_str())
                }
            };
            if !names.is_empty() {
                let entries = MetadataEntries::Names(names.into_iter().collect());
                self.print(&Response::Metadata(MetadataLine { mailbox, entries }));
                self.channel.send_when_full().await?;
            }
        }
        Ok(())
    }

    /// Prints a LIST for each name that is watched (RFC 5465, 5.4 and 5.5).
    async fn tell_names(
        &mut self,
        watch: &Watch,
        account: &Account,
        names: Vec<NameNews>,
    ) -> Result<(), Stop> {
        let mailboxes = account.mailboxes()?;
        if mailboxes.len() > QUICK_ENTRIES_MAX {
            self.channel.slow().await;
        }
        let subscriptions = account.subscriptions()?;
        let is_subscribed = |name: &MailboxName| Ok::<_, Stop>(subscriptions.contains(name));
        for NameNews { name, old_name, event } in names {
            let mut wanted = watch.events_of(&name, is_subscribed)?;
            if let Some(old_name) = &old_name {
                wanted = wanted.with(watch.events_of(old_name, is_subscribed)?);
            }
            // What is not subscribed to any more was until now.
            if event.has(Events::SUBSCRIPTIONS) {
                wanted = wanted.with(watch.events_of(&name, |_| Ok::<_, Stop>(true))?);
            }
            if !wanted.has(event) {
                continue;
            }
            let found = mailboxes.binary_search_by(|mailbox| mailbox.name.cmp(&name));
            let mailbox = found.ok().and_then(|at| mailboxes.get(at));
            let listed = ListedName {
                mailbox,
                has_children: has_children(&mailboxes, &name),
                is_subscribed: subscriptions.contains(&name),
            };
            let mut attributes = listed.attributes();
            if mailbox.is_some_and(|mailbox| mailbox.kind == MailboxKind::Container) {
                // RFC 5465, 5.4: no mailbox that can be opened has this name.
                attributes.insert(0, "NonExistent".into());
            }
            self.print(&Response::List(ListLine {
                attributes,
                separator: Some(MailboxName::SEPARATOR),
                mailbox: Name::from(name.as_str()),
                child_info: Vec::new(),
                old_name: old_name.map(|name| Name::from(name.as_str())),
            }));
            self.channel.send_when_full().await?;
        }
        Ok(())
    }

    /// Prints the figures that belong to these kinds of events (RFC 5465, 5.1 to 5.3).
    fn print_figures(&mut self, mailbox: &Mailbox, events: Events) {
        let modseq = match self.dialect.shows_modseq() {
            true => Some(mailbox.highest_modseq),
            false => None,
        };
        self.print_figures_with(mailbox, events, modseq);
    }

    fn print_figures_with(&mut self, mailbox: &Mailbox, events: Events, modseq: Option<ModSeq>) {
        let mut figures = Vec::new();
        let mut push = |item, number| figures.push((item, Figure::Number(number)));
        if events.has(Events::MESSAGES) {
            push(StatusItem::MESSAGES, mailbox.messages);
            push(StatusItem::UIDNEXT, u64::from(mailbox.uid_next.number()));
        }
        push(StatusItem::UIDVALIDITY, u64::from(mailbox.uid_validity.0));
        if events.has(Events::FLAGS) {
            push(StatusItem::UNSEEN, mailbox.unseen);
        }
        if let Some(modseq) = modseq {
            push(StatusItem::HIGHESTMODSEQ, modseq.0);
        }
        let mailbox = Name::from(mailbox.name.as_str());
        self.print(&Response::MailboxStatus(MailboxStatus { mailbox, figures }));
    }

    /// Begins to watch; perhaps with the figures of all mailboxes whose messages are watched (RFC 5465, 3.1).
    pub(crate) async fn begin_watch(
        &mut self,
        watch: Watch,
        with_figures: bool,
    ) -> Result<(), Stop> {
        let account = self.account()?.clone();
        let open = self.own_open();
        let watch = self.watch.insert(Box::new(watch));
        if !with_figures {
            return Ok(());
        }
        let mailboxes = account.mailboxes()?;
        if mailboxes.len() > QUICK_ENTRIES_MAX {
            self.channel.slow().await;
        }
        let subscriptions = account.subscriptions()?;
        let mut told = Vec::new();
        for (index, mailbox) in mailboxes.iter().enumerate() {
            self.channel.breathe().await;
            let is_told = mailbox.kind == MailboxKind::Selectable && Some(mailbox.id) != open;
            let is_subscribed = |name: &MailboxName| Ok::<_, Stop>(subscriptions.contains(name));
            let events = watch.events_of(&mailbox.name, is_subscribed)?;
            if is_told && events.has(Events::MESSAGES) {
                told.push((index, events));
            }
        }
        for (index, events) in told {
            let Some(mailbox) = mailboxes.get(index) else { continue };
            // RFC 5465, 3.1: mod-sequences, whether or not they were enabled.
            let shown = events.has(Events::FLAGS) || self.dialect.shows_modseq();
            let modseq = shown.then_some(mailbox.highest_modseq);
            self.print_figures_with(mailbox, events, modseq);
            self.channel.send_when_full().await?;
        }
        Ok(())
    }

    /// Tells that news are told no more (RFC 5465, 5.8).
    pub(super) fn print_overflow(&mut self) {
        let text = "Too much happened meanwhile; look anew, and ask for news again";
        self.untagged(Condition::Ok, Some(Code::NotificationOverflow), text);
    }
}

/// A line without the annotations that only another user sees.
fn as_seen_by(user: AccountId, mut line: Change) -> Change {
    if let What::Annotated { user: by, names, .. } = &mut line.what
        && *by != user
    {
        names.retain(|name| !name.is_private());
    }
    line
}

/// Whether there is more to be read of the change log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    More,
}

/// The next lines of the change log, up to a counter.
fn lines(account: &Account, watch: &Watch, present: ModSeq) -> Result<Vec<Change>, Stop> {
    if watch.told >= present {
        return Ok(Vec::new());
    }
    let mut lines = account.changes_since(watch.told, NOTIFY_LINES_MAX)?;
    lines.retain(|line| line.modseq <= present);
    Ok(lines)
}

/// Whether some mailbox lies below a name, among all by name.
fn has_children(mailboxes: &Arc<[Mailbox]>, name: &MailboxName) -> bool {
    let mut prefix = name.as_str().to_owned();
    prefix.push(MailboxName::SEPARATOR);
    let at = mailboxes.partition_point(|mailbox| mailbox.name.as_str() < prefix.as_str());
    mailboxes.get(at).is_some_and(|mailbox| mailbox.name.as_str().starts_with(&prefix))
}
