//! The contacts of an account: address books, and cards that lie in one of them or several (ADR 30). What a card says is JSContact
//! (crate `cards`); this keeps it, bounds it, and knows what changed.
//!
//! The contacts have a counter of their own, which moves by one with each card and each address book that changes, so that there is
//! a state between any two changes.

mod changes;
mod edit;
mod view;

use std::collections::BTreeMap;

pub use changes::{CardPlace, ContactsChanged, PlaceChange};
pub use edit::{ContactsEdit, Contents};
pub(crate) use view::read_head as read_contacts_head;
pub use view::{CardNote, Contacts, ContactsAt, KeptCard};

use crate::Fault;

/// The number of an address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookId(pub u32);

/// The number of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId(pub u64);

/// When address books and cards last changed, by the counter of the contacts. 0: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactsStates {
    /// Any address book.
    pub books: u64,
    /// Any card.
    pub cards: u64,
}

/// What the owner says of an address book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookFields {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it stands among the others, the lowest first.
    pub sort_order: u32,
    /// Whether programs show it.
    pub is_subscribed: bool,
}

/// An address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Its number.
    pub id: BookId,
    /// What is said of it.
    pub fields: BookFields,
    /// Its name in the address that programs reach it by. It does not change.
    pub path: String,
    /// The counter when it was made.
    pub created: u64,
    /// The counter when it last changed.
    pub changed: u64,
}

/// Where a card lies: its address books, with its name in each.
pub(crate) type Places = BTreeMap<BookId, String>;

/// Why something was not done to the contacts. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactsRefused {
    /// There is no such address book.
    #[error("no such address book")]
    NoSuchBook,
    /// There is no such card.
    #[error("no such card")]
    NoSuchCard,
    /// A card lies in one address book at least.
    #[error("a card has to be in an address book")]
    NoBook,
    /// The card mentions a photo whose octets are not known.
    #[error("no such photo")]
    NoSuchPhoto,
    /// Another card has the uid, or the card has none that could be one.
    #[error("another card has the uid")]
    UidTaken(CardId),
    /// The card has no uid, or a very long one.
    #[error("the uid has 1 to {} octets", cards::limits::UID_OCTETS_MAX)]
    NoUid,
    /// Another card or address book has the name.
    #[error("the name is taken")]
    NameTaken,
    /// A name is empty or too long.
    #[error("the name is empty or too long")]
    Name,
    /// A description is too long.
    #[error("the description is too long")]
    Description,
    /// The address book has cards in it.
    #[error("the address book is not empty")]
    NotEmpty,
    /// Something is larger than it may be.
    #[error("{what} has more than {octets_max} octets")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The most it may have.
        octets_max: u64,
    },
    /// There is too much.
    #[error("too many {what} (at most {max})")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: u64,
    },
}

/// Why a step of an edit was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotEdited {
    /// It was understood and refused.
    #[error(transparent)]
    Refused(#[from] ContactsRefused),
    /// We failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}
