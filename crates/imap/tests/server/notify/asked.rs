//! What a client of the model asks for, and what it is to be told then.

use std::collections::BTreeSet;

use imap::commands::{Event, EventGroup, Filter};
use imap::fetch::items;
use imap::sources::Source;
use imap::wire::Name;

/// What is asked for in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All, of all mailboxes.
    All,
    /// Removals from the open mailbox only where numbers may move, and messages of one tree.
    DelayedAndTree,
    /// No flags, and only two mailboxes by name.
    NamedWithoutFlags,
    /// Nothing of the open mailbox, messages of what is subscribed to, names of everything but one tree.
    SubscribedOnly,
}

impl Asked {
    pub(super) const EACH: [Asked; 4] =
        [Asked::All, Asked::DelayedAndTree, Asked::NamedWithoutFlags, Asked::SubscribedOnly];

    pub(super) fn groups(self) -> Vec<EventGroup> {
        let group = |mailboxes, events| EventGroup { mailboxes, events };
        let names = |names: &[&str]| names.iter().map(|name| Name::from(*name)).collect();
        let messages = || vec![Event::MessageNew(Vec::new()), Event::MessageExpunge];
        let with_flags = || [messages(), vec![Event::FlagChange]].concat();
        let shown = Event::MessageNew(vec![items::Uid.into(), items::Flags.into()]);
        let open = vec![shown, Event::MessageExpunge];
        let open_with_flags = [open.clone(), vec![Event::FlagChange]].concat();
        let all_names = vec![Event::MailboxName, Event::SubscriptionChange];
        match self {
            Asked::All => vec![
                group(Filter::Selected, open_with_flags),
                group(Filter::Others(Source::Personal), [with_flags(), all_names].concat()),
            ],
            Asked::DelayedAndTree => vec![
                group(Filter::SelectedDelayed, open_with_flags),
                group(Filter::Others(Source::Subtree(names(&["a"]))), with_flags()),
                group(Filter::Others(Source::Personal), vec![Event::MailboxName]),
            ],
            Asked::NamedWithoutFlags => vec![
                group(Filter::Selected, open),
                group(Filter::Others(Source::Mailboxes(names(&["b", "c/d"]))), messages()),
                group(Filter::Others(Source::Personal), vec![Event::MailboxName]),
            ],
            Asked::SubscribedOnly => vec![
                group(Filter::Others(Source::Subscribed), messages()),
                group(Filter::Others(Source::Personal), all_names),
                group(Filter::Others(Source::Subtree(names(&["b"]))), Vec::new()),
            ],
        }
    }

    pub(super) fn hears_messages(self, name: &str, subscribed: &BTreeSet<String>) -> bool {
        match self {
            Asked::All => true,
            Asked::DelayedAndTree => name == "a" || name.starts_with("a/"),
            Asked::NamedWithoutFlags => name == "b" || name == "c/d",
            Asked::SubscribedOnly => subscribed.contains(name) && self.hears_name(name),
        }
    }

    pub(super) fn hears_flags(self) -> bool {
        matches!(self, Asked::All | Asked::DelayedAndTree)
    }

    pub(super) fn hears_open(self) -> bool {
        self != Asked::SubscribedOnly
    }

    pub(super) fn hears_name(self, name: &str) -> bool {
        self != Asked::SubscribedOnly || !(name == "b" || name.starts_with("b/"))
    }

    pub(super) fn hears_subscriptions(self) -> bool {
        matches!(self, Asked::All | Asked::SubscribedOnly)
    }
}
