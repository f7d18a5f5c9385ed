//! The folders of an account: in the order in which they are listed, by the names that people call them.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::reader::Reader;
use super::shown::Mailbox;
use super::words::Words;

/// The roles whose mailboxes are listed first, in this order (RFC 8621, 2; IANA's names of attributes).
const ROLES: [&str; 6] = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

/// All of them.
pub(super) struct Folders {
    /// With how deep each lies below the first.
    listed: Vec<(usize, Mailbox)>,
}

impl Folders {
    /// Puts mailboxes in order. Whatever a mailbox says of its parent, each is listed once.
    pub(super) fn of(mailboxes: Vec<Mailbox>) -> Folders {
        let mut left = mailboxes;
        left.sort_by(|one, other| {
            let place = |it: &Mailbox| {
                let role = ROLES.iter().position(|role| it.role.as_deref() == Some(role));
                (role.unwrap_or(ROLES.len()), it.sort_order, it.name.to_lowercase())
            };
            place(one).cmp(&place(other))
        });
        let ids: BTreeSet<String> = left.iter().map(|mailbox| mailbox.id.clone()).collect();
        let mut below: BTreeMap<String, Vec<Mailbox>> = BTreeMap::new();
        let mut next: Vec<(usize, Mailbox)> = Vec::new();
        // Of each the last comes first, since what was put last is taken first.
        for mailbox in left.into_iter().rev() {
            match mailbox.parent_id.clone().filter(|parent| ids.contains(parent)) {
                Some(parent) => below.entry(parent).or_default().push(mailbox),
                None => next.push((0, mailbox)),
            }
        }
        let mut listed = Vec::with_capacity(ids.len());
        loop {
            if next.is_empty() {
                // Whoever is left lies below itself, in a circle.
                let Some((_, circle)) = below.pop_first() else { break };
                next.extend(circle.into_iter().map(|mailbox| (0, mailbox)));
            }
            let Some((depth, mailbox)) = next.pop() else { break };
            let children = below.remove(&mailbox.id).unwrap_or_default();
            next.extend(children.into_iter().map(|child| (depth.saturating_add(1), child)));
            listed.push((depth, mailbox));
        }
        Folders { listed }
    }

    pub(super) fn find(&self, id: &str) -> Option<&Mailbox> {
        self.listed.iter().map(|(_, mailbox)| mailbox).find(|mailbox| mailbox.id == id)
    }

    pub(super) fn with_role(&self, role: &str) -> Option<&Mailbox> {
        let mut all = self.listed.iter().map(|(_, mailbox)| mailbox);
        all.find(|mailbox| mailbox.role.as_deref() == Some(role))
    }

    /// The list of them, as a way to each.
    pub(super) fn navigation(&self, reader: &Reader, open: Option<&str>) -> Markup {
        let (base, words) = (reader.base(), reader.words);
        html! {
            nav aria-label=(words.folders) {
                ul {
                    @for (depth, mailbox) in &self.listed {
                        li class={ "depth-" ((*depth).min(4)) } {
                            a href={ (base) "/lite/mailbox/" (mailbox.id) }
                                aria-current=[(open == Some(&mailbox.id)).then_some("page")] {
                                span { (name(words, mailbox)) }
                                @if mailbox.unread_emails > 0 {
                                    " " b title=(words.unread) { (mailbox.unread_emails) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A choice of a mailbox to move to: any but one, and those that mail comes into by being written.
    pub(super) fn choice(&self, words: &Words, but: Option<&str>) -> Markup {
        html! {
            select name="to" aria-label=(words.move_to) {
                @for (depth, mailbox) in &self.listed {
                    @if but != Some(&mailbox.id) && !matches!(mailbox.role.as_deref(), Some("drafts" | "sent")) {
                        option value=(mailbox.id) {
                            ("\u{2003}".repeat((*depth).min(4))) (name(words, mailbox))
                        }
                    }
                }
            }
        }
    }
}

/// What people call a mailbox: one with a role in their language.
pub(super) fn name<'n>(words: &Words, mailbox: &'n Mailbox) -> &'n str {
    match mailbox.role.as_deref() {
        Some("inbox") => words.inbox,
        Some("drafts") => words.drafts,
        Some("sent") => words.sent,
        Some("archive") => words.archive,
        Some("junk") => words.junk,
        Some("trash") => words.trash,
        Some(_) | None => &mailbox.name,
    }
}

#[cfg(test)]
mod tests {
    use super::Folders;
    use crate::lite::shown::Mailbox;

    fn mailbox(id: &str, name: &str, parent: Option<&str>, role: Option<&str>) -> Mailbox {
        Mailbox {
            id: id.to_owned(),
            name: name.to_owned(),
            parent_id: parent.map(str::to_owned),
            role: role.map(str::to_owned),
            sort_order: 0,
            unread_emails: 0,
        }
    }

    fn listed(mailboxes: Vec<Mailbox>) -> Vec<(usize, String)> {
        let listed = Folders::of(mailboxes).listed;
        listed.into_iter().map(|(depth, mailbox)| (depth, mailbox.name)).collect()
    }

    fn want(names: &[(usize, &str)]) -> Vec<(usize, String)> {
        names.iter().map(|(depth, name)| (*depth, (*name).to_owned())).collect()
    }

    #[test]
    fn those_with_roles_come_first_and_children_below_their_parents() {
        let mailboxes = vec![
            mailbox("1", "zoo", None, None),
            mailbox("2", "Bin", None, Some("trash")),
            mailbox("3", "b", Some("1"), None),
            mailbox("4", "A", Some("1"), None),
            mailbox("5", "deep", Some("4"), None),
            mailbox("6", "INBOX", None, Some("inbox")),
            mailbox("7", "Art", None, None),
        ];
        let names =
            [(0, "INBOX"), (0, "Bin"), (0, "Art"), (0, "zoo"), (1, "A"), (2, "deep"), (1, "b")];
        assert_eq!(listed(mailboxes), want(&names));
    }

    #[test]
    fn each_is_listed_once_whatever_they_say_of_their_parents() {
        let circle = vec![
            mailbox("1", "a", Some("2"), None),
            mailbox("2", "b", Some("1"), None),
            mailbox("3", "c", Some("9"), None),
            mailbox("4", "d", Some("4"), None),
        ];
        let mut names: Vec<String> = listed(circle).into_iter().map(|(_, name)| name).collect();
        names.sort();
        assert_eq!(names, ["a", "b", "c", "d"]);
    }
}
