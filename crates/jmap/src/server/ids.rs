//! The ids of objects: a letter, so that no two types look alike, and a number. Those of emails, threads and mailboxes are what IMAP
//! says (RFC 8474, 4 and 5).

use cards::PhotoName;
use mailbox::{AccountId, BookId, CardId, EmailId, MailboxId, ThreadId, UploadId};

use super::blob::Named;
use crate::id::Id;

/// Of an account.
pub fn account(id: AccountId) -> Id {
    Id::made(format!("A{id}"))
}

/// Of an email.
pub fn email(id: EmailId) -> Id {
    Id::made(format!("M{id}"))
}

/// Which email it is; none if it is no id of ours.
pub fn email_of(id: &Id) -> Option<EmailId> {
    number_of(id, 'M').map(EmailId)
}

/// Of the blob that is the message of an email.
pub fn blob(id: EmailId) -> Id {
    Id::made(format!("B{id}"))
}

/// Of a thread.
pub fn thread(id: ThreadId) -> Id {
    Id::made(format!("T{id}"))
}

/// Which thread it is.
pub fn thread_of(id: &Id) -> Option<ThreadId> {
    number_of(id, 'T').map(ThreadId)
}

/// Of a mailbox.
pub fn mailbox(id: MailboxId) -> Id {
    Id::made(format!("F{id}"))
}

/// Which mailbox it is.
pub fn mailbox_of(id: &Id) -> Option<MailboxId> {
    number_of(id, 'F').and_then(|number| u32::try_from(number).ok()).map(MailboxId)
}

/// Of an upload.
pub fn upload(id: UploadId) -> Id {
    Id::made(format!("U{}", id.0))
}

/// Of an identity.
pub fn identity(number: u64) -> Id {
    Id::made(format!("I{number}"))
}

/// Which identity it is.
pub fn identity_of(id: &Id) -> Option<u64> {
    number_of(id, 'I')
}

/// Of a submission.
pub fn submission(number: u64) -> Id {
    Id::made(format!("S{number}"))
}

/// Which submission it is.
pub fn submission_of(id: &Id) -> Option<u64> {
    number_of(id, 'S')
}

/// Of a rule.
pub fn rule(number: u64) -> Id {
    Id::made(format!("K{number}"))
}

/// Which rule it is.
pub fn rule_of(id: &Id) -> Option<u64> {
    number_of(id, 'K')
}

/// Of a subscription to pushes.
pub fn push_subscription(number: u64) -> Id {
    Id::made(format!("P{number}"))
}

/// Which subscription to pushes it is.
pub fn push_subscription_of(id: &Id) -> Option<u64> {
    number_of(id, 'P')
}

/// Of an address book.
pub fn book(id: BookId) -> Id {
    Id::made(format!("D{}", id.0))
}

/// Which address book it is.
pub fn book_of(id: &Id) -> Option<BookId> {
    number_of(id, 'D').and_then(|number| u32::try_from(number).ok()).map(BookId)
}

/// Of a card.
pub fn card(id: CardId) -> Id {
    Id::made(format!("C{}", id.0))
}

/// Which card it is.
pub fn card_of(id: &Id) -> Option<CardId> {
    number_of(id, 'C').map(CardId)
}

/// Of the blob that is a photo of a card.
pub fn photo(card: CardId, name: &PhotoName) -> Id {
    Id::made(format!("C{}-{}", card.0, name.as_str()))
}

/// Which photo of which card it is.
pub(super) fn photo_of(id: &Id) -> Option<(CardId, PhotoName)> {
    let (card, name) = id.as_str().split_once('-')?;
    Some((card_of(&Id::made(card.to_owned()))?, PhotoName::read(name)?))
}

/// Which blob it is; none if it is no id of ours.
pub(super) fn blob_of(id: &Id) -> Option<Named> {
    if let Some((card, name)) = photo_of(id) {
        return Some(Named::Photo(card, name));
    }
    let (whole, path) = match id.as_str().split_once('-') {
        None => (id.clone(), None),
        Some((whole, path)) => (Id::made(whole.to_owned()), Some(path)),
    };
    let mut numbers: Vec<u32> = Vec::new();
    for digits in path.into_iter().flat_map(|path| path.split('_')) {
        let number: u32 = digits.parse().ok()?;
        numbers.push(Some(number).filter(|number| number.to_string() == digits)?);
    }
    match (number_of(&whole, 'B'), number_of(&whole, 'U')) {
        (Some(email), _) => Some(Named::Email(EmailId(email), numbers)),
        (None, Some(upload)) => Some(Named::Upload(UploadId(upload), numbers)),
        (None, None) => None,
    }
}

/// A number in the one way in which it is written.
fn number_of(id: &Id, kind: char) -> Option<u64> {
    let digits = id.as_str().strip_prefix(kind)?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use mailbox::{EmailId, MailboxId, UploadId};

    use super::{Named, blob_of, email, email_of, mailbox_of, photo};
    use crate::id::Id;

    #[test]
    fn only_what_we_would_write_is_an_id_of_ours() {
        assert_eq!(email_of(&email(EmailId(u64::MAX))), Some(EmailId(u64::MAX)));
        for other in ["M01", "M", "m1", "M-1", "F1", "M18446744073709551616", "M1_"] {
            assert_eq!(email_of(&Id::try_from(other.to_owned()).unwrap()), None, "{other}");
        }
        let blob = |text: &str| blob_of(&Id::try_from(text.to_owned()).unwrap());
        assert_eq!(blob("B7"), Some(Named::Email(EmailId(7), vec![])));
        assert_eq!(blob("B7-1_12"), Some(Named::Email(EmailId(7), vec![1, 12])));
        assert_eq!(blob("U7"), Some(Named::Upload(UploadId(7), vec![])));
        assert_eq!(blob("U7-1"), Some(Named::Upload(UploadId(7), vec![1])));
        for other in ["B7-", "B07", "B7-01", "B7-1_", "B7_1", "U7-", "B-1", "B7--1"] {
            assert_eq!(blob(other), None, "{other}");
        }
        let name = cards::PhotoName::of(b"x");
        let named = photo(mailbox::CardId(7), &name);
        assert_eq!(blob(named.as_str()), Some(Named::Photo(mailbox::CardId(7), name)));
        assert_eq!(blob("C7"), None);
        assert_eq!(blob("C7-1"), None);
        let large = Id::try_from("F4294967296".to_owned()).unwrap();
        assert_eq!(mailbox_of(&large), None);
        assert_eq!(mailbox_of(&Id::made("F7".to_owned())), Some(MailboxId(7)));
    }
}
