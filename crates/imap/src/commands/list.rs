//! LIST and LSUB: shows mailboxes and subscriptions (RFC 9051, 6.3.9; RFC 3501, 6.3.9; RFC 5258; RFC 5819; RFC 6154).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use mailbox::{Mailbox, MailboxKind, MailboxName};

use super::{Run, role_name};
use crate::command::{Form, List, ListSelect, Lsub};
use crate::response::{ListLine, Response};
use crate::server::pattern::Pattern;
use crate::server::session::{Done, Session, Stop};
use crate::wire::Name;

type Attribute = Cow<'static, str>;

/// All names there are: those of mailboxes, and those that are only subscribed to.
struct Names {
    mailboxes: Arc<[Mailbox]>,
    subscriptions: BTreeSet<MailboxName>,
}

impl Names {
    fn of(session: &Session<'_>) -> Result<Names, Stop> {
        let account = session.account()?;
        Ok(Names { mailboxes: account.mailboxes()?, subscriptions: account.subscriptions()? })
    }

    /// Names with their mailboxes, by name.
    fn all(&self, with_subscriptions: bool) -> BTreeMap<&str, Line<'_>> {
        let mut all: BTreeMap<&str, Line<'_>> = BTreeMap::new();
        if with_subscriptions {
            for name in &self.subscriptions {
                all.insert(name.as_str(), Line { name, mailbox: None });
            }
        }
        for mailbox in self.mailboxes.iter() {
            let line = Line { name: &mailbox.name, mailbox: Some(mailbox) };
            all.insert(mailbox.name.as_str(), line);
        }
        all
    }
}

/// One name.
#[derive(Clone, Copy)]
struct Line<'n> {
    name: &'n MailboxName,
    mailbox: Option<&'n Mailbox>,
}

impl Line<'_> {
    /// Whether it fulfils the selection options.
    fn is_selected(&self, select: ListSelect, names: &Names) -> bool {
        let special = self.mailbox.is_some_and(|mailbox| mailbox.role.is_some());
        (!select.subscribed || names.subscriptions.contains(self.name))
            && (!select.special_use || special)
    }
}

/// All names above these, at any height.
fn above<'n>(names: impl Iterator<Item = &'n str>) -> HashSet<&'n str> {
    let mut above = HashSet::new();
    for name in names {
        for (end, _) in name.match_indices(MailboxName::SEPARATOR) {
            above.extend(name.get(..end));
        }
    }
    above
}

impl Run for List {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.form == Form::Basic && self.patterns.iter().all(|p| p.as_str().is_empty()) {
            // RFC 9051, 6.3.9: an empty pattern asks what stands between levels.
            session.print(&Response::List(ListLine {
                attributes: vec!["Noselect".into()],
                separator: Some(MailboxName::SEPARATOR),
                mailbox: Name::from(""),
                child_info: Vec::new(),
                old_name: None,
            }));
            return Ok(Done::new("That is all"));
        }
        let reference = self.reference.as_str();
        let patterns: Vec<Pattern> =
            self.patterns.iter().map(|p| Pattern::new(reference, p.as_str())).collect();
        let names = Names::of(session)?;
        let with_children = above(names.mailboxes.iter().map(|mailbox| mailbox.name.as_str()));
        let all = names.all(self.select.subscribed);
        let above_selected = if self.select.recursive_match {
            let selected = all.values().filter(|line| line.is_selected(self.select, &names));
            above(selected.map(|line| line.name.as_str()))
        } else {
            HashSet::new()
        };
        for line in all.values() {
            let has_selected_below = above_selected.contains(line.name.as_str());
            if !(line.is_selected(self.select, &names) || has_selected_below)
                || !patterns.iter().any(|pattern| pattern.fits(line.name))
            {
                continue;
            }
            let attributes = self.attributes(line, &names, &with_children);
            let child_info = if has_selected_below { self.child_info() } else { Vec::new() };
            let list_line = ListLine { child_info, ..list_line(attributes, line.name) };
            session.print(&Response::List(list_line));
            if let Some(mailbox) = line.mailbox
                && mailbox.kind == MailboxKind::Selectable
                && !self.returns.status.is_empty()
            {
                session.print_status(mailbox, &self.returns.status)?;
            }
            session.channel.send_when_full().await?;
        }
        Ok(Done::new("That is all"))
    }
}

impl List {
    fn attributes(
        &self,
        line: &Line<'_>,
        names: &Names,
        with_children: &HashSet<&str>,
    ) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        match line.mailbox {
            None => attributes.push("NonExistent".into()),
            Some(mailbox) if mailbox.kind == MailboxKind::Container => {
                attributes.push("Noselect".into());
            }
            Some(_) => {}
        }
        let children = with_children.contains(line.name.as_str());
        attributes.push(if children { "HasChildren" } else { "HasNoChildren" }.into());
        let asked = self.returns.subscribed || self.select.subscribed;
        if asked && names.subscriptions.contains(line.name) {
            attributes.push("Subscribed".into());
        }
        if let Some(role) = line.mailbox.and_then(|mailbox| mailbox.role) {
            // Shown without being asked for, too: RFC 6154, 2 lets us, and most programs do not ask.
            attributes.push(role_name(role).into());
        }
        attributes
    }

    /// Because of which options a name is shown for what lies below it (RFC 9051, 6.3.9.6).
    fn child_info(&self) -> Vec<Attribute> {
        let subscribed = self.select.subscribed.then_some("SUBSCRIBED".into());
        let special_use = self.select.special_use.then_some("SPECIAL-USE".into());
        subscribed.into_iter().chain(special_use).collect()
    }
}

impl Run for Lsub {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let pattern = Pattern::new(self.reference.as_str(), self.pattern.as_str());
        let names = Names::of(session)?;
        let containers: HashSet<&str> = names
            .mailboxes
            .iter()
            .filter(|mailbox| mailbox.kind == MailboxKind::Container)
            .map(|mailbox| mailbox.name.as_str())
            .collect();
        for name in &names.subscriptions {
            if pattern.fits(name) {
                let no_select = containers.contains(name.as_str());
                let attributes = if no_select { vec!["Noselect".into()] } else { Vec::new() };
                session.print(&Response::Lsub(list_line(attributes, name)));
                session.channel.send_when_full().await?;
            }
        }
        // RFC 3501, 6.3.9: with `%`, what lies above a subscribed name is shown in its stead.
        if self.pattern.as_str().ends_with('%') {
            let mut above: Vec<MailboxName> =
                above(names.subscriptions.iter().map(MailboxName::as_str))
                    .into_iter()
                    .filter_map(|name| MailboxName::new(name).ok())
                    .filter(|name| !names.subscriptions.contains(name) && pattern.fits(name))
                    .collect();
            above.sort_unstable();
            for name in &above {
                session.print(&Response::Lsub(list_line(vec!["Noselect".into()], name)));
            }
        }
        Ok(Done::new("That is all"))
    }
}

/// A line of a listing.
pub(super) fn list_line(attributes: Vec<Attribute>, name: &MailboxName) -> ListLine {
    ListLine {
        attributes,
        separator: Some(MailboxName::SEPARATOR),
        mailbox: Name::from(name.as_str()),
        child_info: Vec::new(),
        old_name: None,
    }
}
