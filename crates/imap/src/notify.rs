//! What a client wants to hear of without asking (RFC 5465). Here is what a session keeps of it, and how the lines of the change log
//! become what is told; `server::notify` reads them and tells it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mailbox::operations::{Change, What};
use mailbox::{AnnotationName, MailboxId, MailboxName, ModSeq, UidSet};

use crate::fetch::Item;
use crate::sources::Scope;
use crate::view::{Hearing, Removals};

/// Some kinds of events that concern mailboxes which are not open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Events(u8);

impl Events {
    /// Messages that come and go, which are only wanted together.
    pub(crate) const MESSAGES: Events = Events(1);
    /// Flags of messages.
    pub(crate) const FLAGS: Events = Events(2);
    /// Mailboxes that are made, deleted or renamed.
    pub(crate) const NAMES: Events = Events(4);
    /// Subscriptions.
    pub(crate) const SUBSCRIPTIONS: Events = Events(8);
    /// Annotations of mailboxes (RFC 5464).
    pub(crate) const METADATA: Events = Events(16);
    /// Annotations of the server.
    pub(crate) const SERVER_METADATA: Events = Events(32);

    /// Those of both.
    #[must_use]
    pub(crate) const fn with(self, other: Events) -> Events {
        Events(self.0 | other.0)
    }

    /// Whether there is one of them.
    pub(crate) const fn has(self, other: Events) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What is told of the open mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OfOpen {
    /// Nothing: its client keeps the picture it has (RFC 5465, 5).
    Nothing,
    /// What comes and goes, and perhaps flags.
    Messages {
        /// Whether flags are told.
        flags: bool,
        /// Whether removals are told at any time, or only with commands that allow it (`SELECTED-DELAYED`).
        between_commands: Removals,
        /// What of new messages is told in a FETCH. Empty: nothing.
        items: Vec<Item>,
    },
}

/// What a client wants to hear of, and up to where it has.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) open: OfOpen,
    groups: Vec<Group>,
    /// The counter of the account up to which all is told.
    pub(crate) told: ModSeq,
    /// What this client removed from the open mailbox itself and was not told yet.
    own_removals: UidSet,
    /// The mailbox that was open when something of it was kept back: told once it is not open any more.
    behind: Option<MailboxId>,
}

/// Some mailboxes, and what is told of them.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) scope: Scope,
    /// None: nothing, whatever other groups say.
    pub(crate) events: Events,
}

/// What some lines of the change log have to tell.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Names, in the order in which something happened to them.
    pub(crate) names: Vec<NameNews>,
    /// Mailboxes that are not open, with what happened to their messages.
    pub(crate) figures: BTreeMap<MailboxId, Events>,
    /// Annotations that changed, of mailboxes or of the server, by name.
    pub(crate) annotations: BTreeMap<Option<MailboxId>, BTreeSet<AnnotationName>>,
    /// What this client itself brought into the open mailbox.
    pub(crate) own_additions: UidSet,
    own_removals: UidSet,
    /// The names among `names` that are to be told as they are now.
    listed: HashSet<MailboxName>,
}

/// Something that happened to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameNews {
    pub(crate) name: MailboxName,
    /// The name it had before.
    pub(crate) old_name: Option<MailboxName>,
    /// Which kind of event it was.
    pub(crate) event: Events,
}

impl Watch {
    /// Of these groups, where all up to this counter is known.
    pub(crate) fn new(open: OfOpen, groups: Vec<Group>, told: ModSeq) -> Watch {
        Watch { open, groups, told, own_removals: UidSet::new(), behind: None }
    }

    /// Whether anything is told between commands.
    pub(crate) fn listens(&self) -> bool {
        self.open != OfOpen::Nothing || self.groups.iter().any(|group| !group.events.is_empty())
    }

    /// Stops to tell anything.
    pub(crate) fn end(&mut self) {
        self.open = OfOpen::Nothing;
        self.groups = Vec::new();
    }

    /// What the client is to hear of the open mailbox where removals may or may not be told.
    pub(crate) fn hearing(&mut self, removals: Removals) -> Hearing {
        match (&self.open, removals) {
            (OfOpen::Messages { flags: true, .. }, _) => Hearing::All(removals),
            (OfOpen::Messages { flags: false, .. }, _) => Hearing::ButFlags(removals),
            (OfOpen::Nothing, Removals::Kept) => Hearing::Nothing(UidSet::new()),
            (OfOpen::Nothing, Removals::Told) => {
                Hearing::Nothing(std::mem::take(&mut self.own_removals))
            }
        }
    }

    /// Whether removals from the open mailbox are told while no command is under way.
    pub(crate) fn removals_between_commands(&self) -> Removals {
        match &self.open {
            OfOpen::Messages { between_commands, .. } => *between_commands,
            OfOpen::Nothing => Removals::Kept,
        }
    }

    /// What is told of a mailbox of this name that is not open. `is_subscribed` is asked only if it matters.
    pub(crate) fn events_of<E>(
        &self,
        name: &MailboxName,
        mut is_subscribed: impl FnMut(&MailboxName) -> Result<bool, E>,
    ) -> Result<Events, E> {
        let mut events = Events::default();
        for group in &self.groups {
            if group.scope.has_name(name, &mut is_subscribed)? {
                if group.events.is_empty() {
                    return Ok(Events::default());
                }
                events = events.with(group.events);
            }
        }
        Ok(events)
    }

    /// Whether annotations of the server are told.
    pub(crate) fn hears_of_server(&self) -> bool {
        self.groups.iter().any(|group| group.events.has(Events::SERVER_METADATA))
    }

    /// Takes note of whether something of the open mailbox was kept back.
    pub(crate) fn set_behind(&mut self, behind: Option<MailboxId>) {
        self.behind = behind;
    }

    /// What is to be told by some lines of the change log, each with who made it, where this mailbox is open.
    pub(crate) fn pending(
        &mut self,
        lines: impl IntoIterator<Item = (Change, Maker)>,
        open: Option<MailboxId>,
    ) -> Pending {
        let mut pending = Pending::default();
        if self.behind != open
            && let Some(left) = self.behind.take()
        {
            pending.note(left, Events::MESSAGES.with(Events::FLAGS));
            self.own_removals = UidSet::new();
        }
        for (line, maker) in lines {
            self.told = line.modseq;
            pending.take_in(line, maker, open);
        }
        if self.open == OfOpen::Nothing && !pending.own_removals.is_empty() {
            self.own_removals = self.own_removals.union(&pending.own_removals);
        }
        pending
    }
}

/// Who made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// This client.
    Itself,
    /// Somebody else.
    Another,
}

impl Pending {
    /// Takes in a line of the change log, where this mailbox is open. What the client did itself it knows (RFC 5465, 5).
    pub(crate) fn take_in(&mut self, line: Change, maker: Maker, open: Option<MailboxId>) {
        match (line.what, maker) {
            (What::Added { mailbox, uids } | What::BroughtBack { mailbox, uids }, maker)
            | (What::Copied { mailbox, uids, .. }, maker) => self.came(mailbox, &uids, maker, open),
            (What::Moved { from, gone, mailbox, uids }, maker) => {
                self.went(from, &gone, maker, open);
                self.came(mailbox, &uids, maker, open);
            }
            (What::Expunged { mailbox, uids }, maker) => self.went(mailbox, &uids, maker, open),
            (What::Flagged { mailbox, .. }, Maker::Another) if Some(mailbox) != open => {
                self.note(mailbox, Events::FLAGS);
            }
            (What::Created { mailbox, name }, Maker::Another) => {
                // Another mailbox of a known name has another UIDVALIDITY (RFC 5465, 5.1).
                self.note(mailbox, Events::FLAGS);
                self.name_and_parent(name);
            }
            (What::Deleted { name, .. }, Maker::Another) => self.name_and_parent(name),
            (What::Renamed { from, to, .. }, Maker::Another) if from != to => {
                // What was told before of these names is about another mailbox.
                self.listed.clear();
                let event = Events::NAMES;
                self.names.push(NameNews { name: to, old_name: Some(from), event });
            }
            (What::Subscribed { name }, Maker::Another) => {
                self.list(name, Events::SUBSCRIPTIONS);
            }
            (What::Annotated { mailbox, names, .. }, Maker::Another) => {
                self.annotations.entry(mailbox).or_default().extend(names);
            }
            (
                What::Flagged { .. }
                | What::Annotated { .. }
                | What::Created { .. }
                | What::Deleted { .. }
                | What::Renamed { .. }
                | What::Subscribed { .. }
                | What::QuotaSet
                | What::Contacts(_),
                Maker::Itself | Maker::Another,
            ) => {}
        }
    }

    fn came(&mut self, mailbox: MailboxId, uids: &UidSet, maker: Maker, open: Option<MailboxId>) {
        match maker {
            Maker::Itself if Some(mailbox) == open => {
                self.own_additions = self.own_additions.union(uids);
            }
            Maker::Another if Some(mailbox) != open => self.note(mailbox, Events::MESSAGES),
            Maker::Itself | Maker::Another => {}
        }
    }

    fn went(&mut self, mailbox: MailboxId, uids: &UidSet, maker: Maker, open: Option<MailboxId>) {
        match maker {
            Maker::Itself if Some(mailbox) == open => {
                self.own_removals = self.own_removals.union(uids);
            }
            Maker::Another if Some(mailbox) != open => self.note(mailbox, Events::MESSAGES),
            Maker::Itself | Maker::Another => {}
        }
    }

    fn note(&mut self, mailbox: MailboxId, event: Events) {
        let events = self.figures.entry(mailbox).or_default();
        *events = events.with(event);
    }

    /// RFC 5465, 5.4: the one right above is affected as well.
    fn name_and_parent(&mut self, name: MailboxName) {
        let parent = name.split().0;
        self.list(name, Events::NAMES);
        if let Some(parent) = parent {
            self.list(parent, Events::NAMES);
        }
    }

    /// A name is told as it is now, so once is enough.
    fn list(&mut self, name: MailboxName, event: Events) {
        if self.listed.insert(name.clone()) {
            self.names.push(NameNews { name, old_name: None, event });
        } else if let Some(known) = self.names.iter_mut().rfind(|known| known.name == name) {
            known.event = known.event.with(event);
        }
    }
}
