//! The contacts of an account: reading and editing them.

use std::sync::Arc;

use bytes::Bytes;
use cards::PhotoName;

use super::Account;
use crate::contacts::{Contacts, ContactsAt, ContactsEdit, ContactsStates, read_contacts_head};
use crate::limits::CARDS_QUICK_MAX;
use crate::lock::lock;
use crate::{CardId, Error, Fault, layout};

impl Account {
    /// The contacts as they are now. The first time since the account was opened all cards are read; from then on only those that
    /// changed.
    pub async fn contacts(&self) -> Result<ContactsAt, Error> {
        let shared = self.shared();
        let snapshot = shared.snapshot()?;
        let head = read_contacts_head(self.id(), &*snapshot)?.unwrap_or_default();
        let before = lock(&shared.contacts).clone();
        let present = before.clone().filter(|before| before.step() == head.step);
        if let Some(contacts) = present {
            return Ok(ContactsAt::new(self.id(), contacts, snapshot));
        }
        if head.cards > CARDS_QUICK_MAX {
            lane::slow(Some(self.turns())).await;
        }
        let before = before.as_deref();
        let read = Contacts::read(self.id(), head, &*snapshot, &shared.meter, before)?;
        let contacts = Arc::new(read);
        let mut kept = lock(&shared.contacts);
        if kept.as_ref().is_none_or(|kept| kept.step() < head.step) {
            *kept = Some(Arc::clone(&contacts));
        }
        drop(kept);
        Ok(ContactsAt::new(self.id(), contacts, snapshot))
    }

    /// When address books and cards last changed.
    pub fn contacts_states(&self) -> Result<ContactsStates, Fault> {
        let head = read_contacts_head(self.id(), &*self.shared().snapshot()?)?.unwrap_or_default();
        Ok(ContactsStates { books: head.books_at, cards: head.cards_at })
    }

    /// The octets of a photo of a card; none: there is no such photo.
    pub fn card_photo(&self, card: CardId, name: &PhotoName) -> Result<Option<Bytes>, Fault> {
        self.shared().snapshot()?.get(&layout::photo(self.id(), card, name))
    }

    /// Edits the contacts, about so many of them, as one step that is durable when it returns. `work` is called again where somebody else
    /// was faster; when it fails nothing is changed.
    pub async fn edit_contacts<T, F>(&self, objects: u64, mut work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut ContactsEdit<'_, '_, '_>) -> Result<T, Error> + Send + 'static,
    {
        self.write_many(objects, move |transaction, who| {
            let mut edit = ContactsEdit::begin(transaction)?;
            let done = work(&mut edit)?;
            edit.finish(who)?;
            Ok(done)
        })
        .await
    }
}
