//! Which mailboxes a command is about, by what they are or by name (RFC 5465, 6: filter-mailboxes; RFC 7377, 2.2).

use mailbox::{Mailbox, MailboxId, MailboxKind, MailboxName};

use crate::Syntax;
use crate::limits::SOURCE_NAMES_MAX;
use crate::name_set::NameSet;
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

    /// Takes one.
    pub(crate) fn parse(args: &mut Args<'_>) -> Result<Source, Syntax> {
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

    /// The names it has.
    pub(crate) fn names(&self) -> &[Name] {
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

/// The mailboxes of an account that some sources name. Each is there once, whoever names it how often. It takes about as much
/// memory as the names in it.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    selected: Option<MailboxId>,
    has_inboxes: bool,
    has_personal: bool,
    has_subscribed: bool,
    mailboxes: NameSet,
    parents: NameSet,
    trees: NameSet,
}

impl Scope {
    /// What the sources name, where this mailbox is open. A name that no mailbox can have names none.
    pub(crate) fn of(sources: &[Source], selected: Option<MailboxId>) -> Scope {
        let mut scope = Scope::default();
        let (mut mailboxes, mut parents, mut trees) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            let names = source.names().iter().filter_map(|it| MailboxName::new(it.as_str()).ok());
            match source {
                Source::Selected => scope.selected = selected,
                Source::Inboxes => scope.has_inboxes = true,
                Source::Personal => scope.has_personal = true,
                Source::Subscribed => scope.has_subscribed = true,
                Source::Mailboxes(_) => mailboxes.extend(names),
                Source::SubtreeOne(_) => {
                    let names: Vec<MailboxName> = names.collect();
                    mailboxes.extend(names.iter().cloned());
                    parents.extend(names);
                }
                Source::Subtree(_) => trees.extend(names),
            }
        }
        scope.mailboxes = mailboxes.into_iter().collect();
        scope.parents = parents.into_iter().collect();
        scope.trees = trees.into_iter().collect();
        scope
    }

    /// Whether it depends on what is subscribed to.
    pub(crate) fn has_subscribed(&self) -> bool {
        self.has_subscribed
    }

    /// Whether a mailbox is among them. What cannot be opened is not. `is_subscribed` is asked only if it matters.
    pub(crate) fn has<E>(
        &self,
        mailbox: &Mailbox,
        is_subscribed: impl FnOnce(&MailboxName) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if mailbox.kind != MailboxKind::Selectable {
            return Ok(false);
        }
        let is_open = self.selected == Some(mailbox.id);
        Ok(is_open || self.has_name(&mailbox.name, is_subscribed)?)
    }

    /// Whether a name is among them, whether a mailbox has it or not.
    pub(crate) fn has_name<E>(
        &self,
        name: &MailboxName,
        is_subscribed: impl FnOnce(&MailboxName) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let is_own = self.has_personal || (self.has_inboxes && name.is_inbox());
        Ok(is_own || self.names(name, is_subscribed)?)
    }

    /// Whether it is among them by its name alone: mailboxes of others are by nothing else.
    pub(crate) fn names<E>(
        &self,
        name: &MailboxName,
        is_subscribed: impl FnOnce(&MailboxName) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let is_named = self.mailboxes.contains(name)
            || name.split().0.is_some_and(|parent| self.parents.contains(&parent))
            || self.is_in_a_tree(name);
        Ok(is_named || (self.has_subscribed && is_subscribed(name)?))
    }

    /// Whether any are among them by their names.
    pub(crate) fn has_names(&self) -> bool {
        self.has_subscribed
            || !(self.mailboxes.is_empty() && self.parents.is_empty() && self.trees.is_empty())
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
