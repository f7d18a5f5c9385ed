//! All mailboxes of one moment, as JMAP shows them.

use std::collections::{BTreeSet, HashMap};

use mailbox::{Emails, Mailbox, MailboxId, MailboxKind, MailboxName, Role};
use serde_json::{Map, Value, json};

use super::super::{Context, ids};
use crate::error::MethodError;
use crate::id::Id;

/// All properties.
pub(super) const PROPERTIES: [&str; 11] = [
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
];

/// What the Inbox is called: clients show their own word for it, by its role.
pub(super) const INBOX: &str = "Inbox";

const ROLES: [(&str, Role); 6] = [
    ("archive", Role::Archive),
    ("drafts", Role::Drafts),
    ("junk", Role::Junk),
    ("sent", Role::Sent),
    ("trash", Role::Trash),
    ("important", Role::Important),
];

/// Where mailboxes stand of which nobody said it: those with a role first, in the order in which people know them.
const ORDER: [(&str, u32); 7] = [
    ("inbox", 1),
    ("drafts", 2),
    ("sent", 3),
    ("archive", 4),
    ("junk", 5),
    ("trash", 6),
    ("important", 7),
];
const ORDER_OF_OTHERS: u32 = 10;

/// The role of a name.
pub(super) fn role_named(name: &str) -> Option<Role> {
    ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
}

/// All mailboxes of one moment.
pub(super) struct Listing<'e> {
    emails: &'e Emails,
    subscribed: BTreeSet<MailboxName>,
    by_name: HashMap<&'e str, MailboxId>,
    by_id: HashMap<MailboxId, &'e Mailbox>,
}

impl<'e> Listing<'e> {
    pub(super) fn of(context: &Context, emails: &'e Emails) -> Result<Listing<'e>, MethodError> {
        let subscribed = context.account.subscriptions().map_err(|fault| context.failed(&fault))?;
        let mailboxes = emails.mailboxes();
        let by_name = mailboxes.iter().map(|it| (it.name.as_str(), it.id)).collect();
        let by_id = mailboxes.iter().map(|it| (it.id, it)).collect();
        Ok(Listing { emails, subscribed, by_name, by_id })
    }

    /// By name, each before those below it.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'e Mailbox> {
        self.emails.mailboxes().iter()
    }

    pub(super) fn find(&self, id: &Id) -> Option<&'e Mailbox> {
        self.by_id.get(&ids::mailbox_of(id)?).copied()
    }

    pub(super) fn parent(&self, mailbox: &Mailbox) -> Option<MailboxId> {
        let (above, _) = mailbox.name.split();
        self.by_name.get(above?.as_str()).copied()
    }

    pub(super) fn is_subscribed(&self, mailbox: &Mailbox) -> bool {
        self.subscribed.contains(&mailbox.name)
    }

    /// A mailbox with those of its properties that are wanted.
    pub(super) fn object(
        &self,
        mailbox: &Mailbox,
        wants: impl Fn(&str) -> bool,
    ) -> Map<String, Value> {
        let mut object = Map::new();
        for property in PROPERTIES {
            if property == "id" || wants(property) {
                object.insert(property.to_owned(), self.value(mailbox, property));
            }
        }
        object
    }

    fn value(&self, mailbox: &Mailbox, property: &str) -> Value {
        let counts = self.emails.counts(mailbox.id);
        match property {
            "id" => json!(ids::mailbox(mailbox.id)),
            "name" => json!(name(mailbox)),
            "parentId" => json!(self.parent(mailbox).map(ids::mailbox)),
            "role" => json!(role(mailbox)),
            "sortOrder" => json!(sort_order(mailbox)),
            "totalEmails" => json!(counts.emails),
            "unreadEmails" => json!(counts.unread_emails),
            "totalThreads" => json!(counts.threads),
            "unreadThreads" => json!(counts.unread_threads),
            "myRights" => rights(mailbox),
            "isSubscribed" => json!(self.is_subscribed(mailbox)),
            _ => Value::Null,
        }
    }
}

/// The last level of the name.
pub(super) fn name(mailbox: &Mailbox) -> &str {
    if mailbox.name.is_inbox() {
        return INBOX;
    }
    let name = mailbox.name.as_str();
    name.rsplit_once(MailboxName::SEPARATOR).map_or(name, |(_, last)| last)
}

/// The role by its name.
pub(super) fn role(mailbox: &Mailbox) -> Option<&'static str> {
    if mailbox.name.is_inbox() {
        return Some("inbox");
    }
    let role = mailbox.role?;
    ROLES.iter().find(|(_, known)| *known == role).map(|(name, _)| *name)
}

/// Where it stands among its siblings: where its owner said, or else where people know it from.
pub(super) fn sort_order(mailbox: &Mailbox) -> u32 {
    if let Some(order) = mailbox.sort_order {
        return order;
    }
    let of_role = ORDER.iter().find(|(name, _)| Some(*name) == role(mailbox));
    of_role.map_or(ORDER_OF_OTHERS, |(_, order)| *order)
}

/// The owner may do all, but for what the Inbox and mailboxes that only hold others do not allow anybody.
fn rights(mailbox: &Mailbox) -> Value {
    let is_selectable = mailbox.kind == MailboxKind::Selectable;
    let is_inbox = mailbox.name.is_inbox();
    json!({
        "mayReadItems": true,
        "mayAddItems": is_selectable,
        "mayRemoveItems": is_selectable,
        "maySetSeen": is_selectable,
        "maySetKeywords": is_selectable,
        "mayCreateChild": true,
        "mayRename": !is_inbox,
        "mayDelete": !is_inbox,
        "maySubmit": is_selectable,
    })
}
