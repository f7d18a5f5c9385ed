//! Contacts (RFC 9610): address books, and cards, which are JSContact objects (RFC 9553). What they are, and what is kept of them, is
//! the model's (ADR 30); this words it.

mod book;
mod card;

use mailbox::{ContactsAt, ContactsRefused, Error, NotEdited};
use serde_json::{Value, json};

use super::capabilities::Capability;
use super::{Context, Language};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;

pub(super) const CAPABILITY: &str = "urn:ietf:params:jmap:contacts";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const BOOKS: &[Row<Context>] = book::ROWS;
pub(super) const CARDS: &[Row<Context>] = card::ROWS;

/// RFC 9610, 1.4.1.
fn of_account(_: &Context) -> Value {
    json!({"maxAddressBooksPerCard": null, "mayCreateAddressBook": true})
}

impl Language {
    /// What the first address book is called.
    pub fn first_book(self) -> &'static str {
        match self {
            Language::English => "Contacts",
            Language::Portuguese => "Contactos",
        }
    }
}

impl Context {
    /// The contacts at this moment; refuses ids of other accounts.
    async fn contacts(&self, account: &Id) -> Result<ContactsAt, MethodError> {
        self.check_account(account)?;
        self.own_contacts().await
    }

    /// The contacts of the user at this moment. Everybody has a first address book.
    pub async fn own_contacts(&self) -> Result<ContactsAt, MethodError> {
        let contacts = self.account.contacts().await.map_err(|error| self.not_done(&error))?;
        if contacts.step() > 0 {
            return Ok(contacts);
        }
        let name = self.user.language.first_book();
        let made = self.account.edit_contacts(1, move |edit| match edit.make_first(name) {
            Ok(()) | Err(NotEdited::Refused(_)) => Ok(()),
            Err(NotEdited::Fault(fault)) => Err(Error::Fault(fault)),
        });
        made.await.map_err(|error| self.not_done(&error))?;
        self.account.contacts().await.map_err(|error| self.not_done(&error))
    }
}

/// What came of a step of an edit. A fault of ours ends the edit.
fn stepped<T>(step: Result<T, NotEdited>) -> Result<Result<T, SetError>, Error> {
    match step {
        Ok(done) => Ok(Ok(done)),
        Err(NotEdited::Refused(refused)) => Ok(Err(of_object(&refused))),
        Err(NotEdited::Fault(fault)) => Err(Error::Fault(fault)),
    }
}

/// Words for one object of a `/set` why it was refused (RFC 8620, 5.3; RFC 9610, 2.3).
fn of_object(refused: &ContactsRefused) -> SetError {
    let description = refused.to_string();
    let wrong = |property: &str| SetError::properties(&[property], description.clone());
    let of = |kind| SetError { description: Some(description.clone()), ..SetError::of(kind) };
    match refused {
        ContactsRefused::NoSuchBook | ContactsRefused::NoBook => wrong("addressBookIds"),
        ContactsRefused::NoSuchCard => SetError::of("notFound"),
        ContactsRefused::NoSuchPhoto => wrong("media"),
        ContactsRefused::UidTaken(_) | ContactsRefused::NoUid => wrong("uid"),
        ContactsRefused::NameTaken | ContactsRefused::Name => wrong("name"),
        ContactsRefused::Description => wrong("description"),
        ContactsRefused::NotEmpty => of("addressBookHasContents"),
        ContactsRefused::TooLarge { .. } => of("tooLarge"),
        ContactsRefused::TooMany { .. } => of("overQuota"),
    }
}
