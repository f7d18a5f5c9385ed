//! Which mailboxes a command is about, by what they are or by name (RFC 5465, 6: filter-mailboxes; RFC 7377, 2.2).

use std::collections::{BTreeSet, HashSet};

use mailbox::{Mailbox, MailboxId, MailboxKind, MailboxName};

use crate::Syntax;
use crate::limits::SOURCE_NAMES_MAX;
use crate::wire::{Args, CommandWriter, Name};

/// Some mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that is open.
    Selected,
    /// Those into which mail is delivered.
    Inboxes,
    /// All of one's own that can be opened.
    Personal,
    /// All that are subscribed to.
    Subscribed,
    /// These, and all below them.
    Subtree(Vec<Name>),
    /// These, and those right below them.
    SubtreeOne(Vec<Name>),
    /// These.
    Mailboxes(Vec<Name>),
}

impl Source {
    /// Takes some, with a space between, up to `)`.
    pub(crate) fn parse_all(args: &mut Args<'_>) -> Result<Vec<Source>, Syntax> {
        let mut sources = Vec::new();
        let mut names = SOURCE_NAMES_MAX;
        loop {
            let error = args.expected("fewer mailboxes");
            let source = Source::parse(args)?;
            let left = names.checked_sub(source.names().len().max(1));
            names = left.ok_or(error)?;
            sources.push(source);
            let mut ahead = args.clone();
            // The options that may follow stand in parentheses. There are none so far.
            if !ahead.eat(b' ') || ahead.peek() == Some(b'(') {
                return Ok(sources);
            }
            *args = ahead;
        }
    }

    fn parse(args: &mut Args<'_>) -> Result<Source, Syntax> {
        let error = args
            .expected("selected, inboxes, personal, subscribed, subtree, subtree-one or mailboxes");
        Ok(match args.word(error.expected)?.to_ascii_lowercase().as_str() {
            "selected" => Source::Selected,
            "inboxes" => Source::Inboxes,
            "personal" => Source::Personal,
            "subscribed" => Source::Subscribed,
            "subtree" => Source::Subtree(names(args)?),
            "subtree-one" => Source::SubtreeOne(names(args)?),
            "mailboxes" => Source::Mailboxes(names(args)?),
            _ => return Err(error),
        })
    }

    /// Appends it as a client sends it.
    pub(crate) fn print(&self, out: &mut CommandWriter) {
        out.raw(match self {
            Source::Selected => "selected",
            Source::Inboxes => "inboxes",
            Source::Personal => "personal",
            Source::Subscribed => "subscribed",
            Source::Subtree(_) => "subtree ",
            Source::SubtreeOne(_) => "subtree-one ",
            Source::Mailboxes(_) => "mailboxes ",
        });
        match self.names() {
            [] => {}
            [name] => out.mailbox(name.as_str()),
            names => {
                for (index, name) in names.iter().enumerate() {
                    out.raw(if index == 0 { "(" } else { " " });
                    out.mailbox(name.as_str());
                }
                out.raw(")");
            }
        }
    }

    fn names(&self) -> &[Name] {
        match self {
            Source::Selected | Source::Inboxes | Source::Personal | Source::Subscribed => &[],
            Source::Subtree(names) | Source::SubtreeOne(names) | Source::Mailboxes(names) => names,
        }
    }
}

/// Takes one name, or several in parentheses.
fn names(args: &mut Args<'_>) -> Result<Vec<Name>, Syntax> {
    args.space()?;
    match args.peek() {
        Some(b'(') => args.list(SOURCE_NAMES_MAX, Name::parse),
        Some(_) | None => Ok(vec![Name::parse(args)?]),
    }
}

/// The mailboxes of an account that some sources name. Each is there once, whoever names it how often.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    selected: Option<MailboxId>,
    has_inboxes: bool,
    has_personal: bool,
    subscriptions: BTreeSet<MailboxName>,
    mailboxes: HashSet<MailboxName>,
    parents: HashSet<MailboxName>,
    trees: HashSet<MailboxName>,
}

impl Scope {
    /// What the sources name, where this mailbox is open. `subscriptions` is asked only if it matters. A name that no mailbox
    /// can have names none.
    pub(crate) fn of<E>(
        sources: &[Source],
        selected: Option<MailboxId>,
        subscriptions: impl FnOnce() -> Result<BTreeSet<MailboxName>, E>,
    ) -> Result<Scope, E> {
        let mut scope = Scope::default();
        for source in sources {
            let names = source.names().iter().filter_map(|it| MailboxName::new(it.as_str()).ok());
            match source {
                Source::Selected => scope.selected = selected,
                Source::Inboxes => scope.has_inboxes = true,
                Source::Personal => scope.has_personal = true,
                Source::Subscribed => {}
                Source::Mailboxes(_) => scope.mailboxes.extend(names),
                Source::SubtreeOne(_) => {
                    let names: Vec<MailboxName> = names.collect();
                    scope.mailboxes.extend(names.iter().cloned());
                    scope.parents.extend(names);
                }
                Source::Subtree(_) => scope.trees.extend(names),
            }
        }
        if sources.contains(&Source::Subscribed) {
            scope.subscriptions = subscriptions()?;
        }
        Ok(scope)
    }

    /// Whether a mailbox is among them. What cannot be opened is not.
    pub(crate) fn has(&self, mailbox: &Mailbox) -> bool {
        let name = &mailbox.name;
        mailbox.kind == MailboxKind::Selectable
            && (self.has_personal
                || self.selected == Some(mailbox.id)
                || (self.has_inboxes && name.is_inbox())
                || self.subscriptions.contains(name)
                || self.mailboxes.contains(name)
                || name.split().0.is_some_and(|parent| self.parents.contains(&parent))
                || self.is_in_a_tree(name))
    }

    fn is_in_a_tree(&self, name: &MailboxName) -> bool {
        if self.trees.is_empty() {
            return false;
        }
        let mut above = Some(name.clone());
        while let Some(name) = above {
            if self.trees.contains(&name) {
                return true;
            }
            above = name.split().0;
        }
        false
    }
}
