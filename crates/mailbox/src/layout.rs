//! The keys of an account. Each is `keys::ACCOUNT`, the account, an octet for the kind, and numbers big-endian:
//!
//! | kind | key | value |
//! |---|---|---|
//! | `V` | | the head: counter, next numbers, quota (`records::Head`) |
//! | `M` | mailbox | `records::Record` |
//! | `K` | mailbox | its keywords, in the order of their bits |
//! | `S` | mailbox, UID | an entry: email, size, flags, mod-sequence, and when the email came |
//! | `v` | mailbox, account of a user | the highest mod-sequence of what that user has seen there (ADR 22) |
//! | `v` | mailbox, account of a user, UID / 1,024 | what of these UIDs that user has seen (`records::ViewedRun`) |
//! | `a` | mailbox, account of a user, name | an annotation of a mailbox (RFC 5464); mailbox 0: of the account, user 0: shared |
//! | `C` | mailbox, UID | only for entries that began as a copy: where the copy was made; makes its UIDL its own |
//! | `E` | email | what is known of the email without its body |
//! | `s` | email | what it is sorted and threaded by (`records::SortRecord`); made anew where it is missing |
//! | `s` | | how far upkeep has got with making those that were missing (`records::SortFilled`) |
//! | `P` | email, mailbox, UID | an entry the email has, or had until it was expunged: its save date |
//! | `T` | hash of a Message-ID | the thread it belongs to |
//! | `t` | thread, email | the hashes of the Message-IDs that this email was the first to name |
//! | `L` | mod-sequence | a line of the change log |
//! | `X` | mailbox, mod-sequence | the UIDs that vanished by that change |
//! | `B` | upload | what was uploaded and belongs to no email yet (`Upload`) |
//! | `R` | mod-sequence, mailbox, chunk | entries that were expunged and can be brought back |
//! | `U` | name | a subscription |
//! | `O` | device | what was chosen about POP3: for the account where no device stands |
//! | `N` | device | a device that was here over POP3, with counts of its states |
//! | `D` | device, email / 1,024 | what POP3 knows of those emails for that device: hidden, downloaded |
//! | `u` | email | the unique id it brought along from another host |
//! | `i` | unique id | the email that has it |
//! | `F` | maildrop, name | a message found elsewhere, and where it is here (`Placement`) |
//! | `c` | | the head of the contacts: their counter, next numbers, how much there is (`records::ContactsHead`) |
//! | `A` | address book | what its owner calls it, and when it changed (`Book`) |
//! | `k` | card | a card with the address books it is in (`records::CardRecord`) |
//! | `q` | uid | the card that has it |
//! | `n` | address book, name | the card that has this name there |
//! | `p` | card, hash | the octets of a photo |
//! | `g` | step of the contacts' counter | what went with that step (`records::Gone`) |
//! | `W` | | which words there are (`index::Manifest`) |
//! | `W` | segment, field, block | a block of words (`crates/words`) |
//!
//! A device stands in a key as the length of its name in one octet and the name in lower case; 0: the one without a name.

use std::ops::Range;

use cards::PhotoName;

use crate::{
    About, AccountId, AnnotationName, BookId, CardId, Device, EmailId, MailboxId, ModSeq,
    PlacementName, RemoteId, ThreadId, Uid, Uidl, UploadId, keys,
};

/// The kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Head,
    Mailbox,
    Keywords,
    Entry,
    Viewed,
    Annotation,
    Copied,
    Email,
    Sort,
    EmailEntry,
    MessageId,
    Member,
    Change,
    Vanished,
    Retained,
    Subscription,
    Pop3Choice,
    Pop3Device,
    Pop3Seen,
    Uidl,
    UidlOwner,
    Upload,
    Placement,
    ContactsHead,
    Book,
    Card,
    CardUid,
    CardName,
    Photo,
    ContactsGone,
    Words,
}

/// The octet of each kind.
const KINDS: [(Kind, u8); 31] = [
    (Kind::Head, b'V'),
    (Kind::Mailbox, b'M'),
    (Kind::Keywords, b'K'),
    (Kind::Entry, b'S'),
    (Kind::Viewed, b'v'),
    (Kind::Annotation, b'a'),
    (Kind::Copied, b'C'),
    (Kind::Email, b'E'),
    (Kind::Sort, b's'),
    (Kind::EmailEntry, b'P'),
    (Kind::MessageId, b'T'),
    (Kind::Member, b't'),
    (Kind::Change, b'L'),
    (Kind::Vanished, b'X'),
    (Kind::Retained, b'R'),
    (Kind::Subscription, b'U'),
    (Kind::Pop3Choice, b'O'),
    (Kind::Pop3Device, b'N'),
    (Kind::Pop3Seen, b'D'),
    (Kind::Uidl, b'u'),
    (Kind::UidlOwner, b'i'),
    (Kind::Upload, b'B'),
    (Kind::Placement, b'F'),
    (Kind::ContactsHead, b'c'),
    (Kind::Book, b'A'),
    (Kind::Card, b'k'),
    (Kind::CardUid, b'q'),
    (Kind::CardName, b'n'),
    (Kind::Photo, b'p'),
    (Kind::ContactsGone, b'g'),
    (Kind::Words, b'W'),
];

impl Kind {
    fn octet(self) -> u8 {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, octet)| *octet)
    }

    /// The kind of a key; none if it is not of an account.
    pub(crate) fn of(key: &[u8]) -> Option<Kind> {
        let octet = key.get(5)?;
        KINDS.iter().find(|(_, known)| known == octet).map(|(kind, _)| *kind)
    }
}

/// How many octets stand before the numbers of a key.
const PREFIX_OCTETS: usize = 6;

fn begin(account: AccountId, kind: Kind) -> Vec<u8> {
    let mut key = Vec::with_capacity(24);
    key.push(keys::ACCOUNT);
    key.extend_from_slice(&account.0.to_be_bytes());
    key.push(kind.octet());
    key
}

fn with32(mut key: Vec<u8>, number: u32) -> Vec<u8> {
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn with64(mut key: Vec<u8>, number: u64) -> Vec<u8> {
    key.extend_from_slice(&number.to_be_bytes());
    key
}

pub(crate) fn head(account: AccountId) -> Vec<u8> {
    begin(account, Kind::Head)
}

pub(crate) fn mailbox(account: AccountId, mailbox: MailboxId) -> Vec<u8> {
    with32(begin(account, Kind::Mailbox), mailbox.0)
}

pub(crate) fn keywords(account: AccountId, mailbox: MailboxId) -> Vec<u8> {
    with32(begin(account, Kind::Keywords), mailbox.0)
}

pub(crate) fn entry(account: AccountId, mailbox: MailboxId, uid: Uid) -> Vec<u8> {
    with32(with32(begin(account, Kind::Entry), mailbox.0), uid.number())
}

/// The highest mod-sequence of what a user has seen in a mailbox.
pub(crate) fn viewed_head(account: AccountId, mailbox: MailboxId, user: AccountId) -> Vec<u8> {
    with32(with32(begin(account, Kind::Viewed), mailbox.0), user.0)
}

/// What a user has seen of the UIDs of a chunk.
pub(crate) fn viewed(
    account: AccountId,
    mailbox: MailboxId,
    user: AccountId,
    chunk: u32,
) -> Vec<u8> {
    with32(viewed_head(account, mailbox, user), chunk)
}

/// All that is kept of what a user has seen in a mailbox.
pub(crate) fn viewed_by(account: AccountId, mailbox: MailboxId, user: AccountId) -> Range<Vec<u8>> {
    under(viewed_head(account, mailbox, user))
}

/// What lies before all annotations of a mailbox that are one user's, or that all see (`keys::NOBODY`).
pub(crate) fn annotations_by(
    account: AccountId,
    mailbox: Option<MailboxId>,
    user: AccountId,
) -> Vec<u8> {
    let mailbox = mailbox.map_or(0, |mailbox| mailbox.0);
    with32(with32(begin(account, Kind::Annotation), mailbox), user.0)
}

pub(crate) fn annotation(
    account: AccountId,
    mailbox: Option<MailboxId>,
    user: AccountId,
    name: &AnnotationName,
) -> Vec<u8> {
    let mut key = annotations_by(account, mailbox, user);
    key.extend_from_slice(name.as_str().as_bytes());
    key
}

pub(crate) fn copied(account: AccountId, mailbox: MailboxId, uid: Uid) -> Vec<u8> {
    with32(with32(begin(account, Kind::Copied), mailbox.0), uid.number())
}

pub(crate) fn email(account: AccountId, email: EmailId) -> Vec<u8> {
    with64(begin(account, Kind::Email), email.0)
}

pub(crate) fn sort(account: AccountId, email: EmailId) -> Vec<u8> {
    with64(begin(account, Kind::Sort), email.0)
}

/// How far the sort records of older mail were made.
pub(crate) fn sort_filled(account: AccountId) -> Vec<u8> {
    begin(account, Kind::Sort)
}

pub(crate) fn email_entry(
    account: AccountId,
    email: EmailId,
    mailbox: MailboxId,
    uid: Uid,
) -> Vec<u8> {
    with32(with32(with64(begin(account, Kind::EmailEntry), email.0), mailbox.0), uid.number())
}

pub(crate) fn message_id(account: AccountId, hash: u64) -> Vec<u8> {
    with64(begin(account, Kind::MessageId), hash)
}

pub(crate) fn member(account: AccountId, thread: ThreadId, email: EmailId) -> Vec<u8> {
    with64(with64(begin(account, Kind::Member), thread.0), email.0)
}

pub(crate) fn change(account: AccountId, modseq: ModSeq) -> Vec<u8> {
    with64(begin(account, Kind::Change), modseq.0)
}

pub(crate) fn vanished(account: AccountId, mailbox: MailboxId, modseq: ModSeq) -> Vec<u8> {
    with64(with32(begin(account, Kind::Vanished), mailbox.0), modseq.0)
}

pub(crate) fn retained(
    account: AccountId,
    modseq: ModSeq,
    mailbox: MailboxId,
    chunk: u32,
) -> Vec<u8> {
    with32(with32(with64(begin(account, Kind::Retained), modseq.0), mailbox.0), chunk)
}

pub(crate) fn subscription(account: AccountId, name: &str) -> Vec<u8> {
    let mut key = begin(account, Kind::Subscription);
    key.extend_from_slice(name.as_bytes());
    key
}

fn with_device(mut key: Vec<u8>, device: Option<&Device>) -> Vec<u8> {
    let name = device.map_or("", Device::key);
    key.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(name.as_bytes());
    key
}

/// What was chosen for a device, or for the account.
pub(crate) fn pop3_choice(account: AccountId, device: Option<&Device>) -> Vec<u8> {
    with_device(begin(account, Kind::Pop3Choice), device)
}

pub(crate) fn pop3_device(account: AccountId, device: Option<&Device>) -> Vec<u8> {
    with_device(begin(account, Kind::Pop3Device), device)
}

pub(crate) fn pop3_seen(account: AccountId, device: Option<&Device>, chunk: u64) -> Vec<u8> {
    with64(with_device(begin(account, Kind::Pop3Seen), device), chunk)
}

/// All that POP3 knows of emails for one device.
pub(crate) fn pop3_seen_by(account: AccountId, device: Option<&Device>) -> Range<Vec<u8>> {
    under(with_device(begin(account, Kind::Pop3Seen), device))
}

pub(crate) fn uidl(account: AccountId, email: EmailId) -> Vec<u8> {
    with64(begin(account, Kind::Uidl), email.0)
}

pub(crate) fn uidl_owner(account: AccountId, uidl: &Uidl) -> Vec<u8> {
    let mut key = begin(account, Kind::UidlOwner);
    key.extend_from_slice(uidl.as_str().as_bytes());
    key
}

pub(crate) fn upload(account: AccountId, upload: UploadId) -> Vec<u8> {
    with64(begin(account, Kind::Upload), upload.0)
}

pub(crate) fn placement(account: AccountId, remote: RemoteId, name: &PlacementName) -> Vec<u8> {
    let mut key = with64(begin(account, Kind::Placement), remote.0);
    key.extend_from_slice(name.octets());
    key
}

/// The remote of a placement's key.
pub(crate) fn placement_remote(key: &[u8]) -> Option<RemoteId> {
    take64(tail(key)).map(|(remote, _)| RemoteId(remote))
}

pub(crate) fn contacts_head(account: AccountId) -> Vec<u8> {
    begin(account, Kind::ContactsHead)
}

pub(crate) fn book(account: AccountId, book: BookId) -> Vec<u8> {
    with32(begin(account, Kind::Book), book.0)
}

pub(crate) fn card(account: AccountId, card: CardId) -> Vec<u8> {
    with64(begin(account, Kind::Card), card.0)
}

pub(crate) fn card_uid(account: AccountId, uid: &str) -> Vec<u8> {
    let mut key = begin(account, Kind::CardUid);
    key.extend_from_slice(uid.as_bytes());
    key
}

pub(crate) fn card_name(account: AccountId, book: BookId, name: &str) -> Vec<u8> {
    let mut key = with32(begin(account, Kind::CardName), book.0);
    key.extend_from_slice(name.as_bytes());
    key
}

/// All names of cards in an address book.
pub(crate) fn card_names(account: AccountId, book: BookId) -> Range<Vec<u8>> {
    under(with32(begin(account, Kind::CardName), book.0))
}

pub(crate) fn photo(account: AccountId, card: CardId, photo: &PhotoName) -> Vec<u8> {
    let mut key = with64(begin(account, Kind::Photo), card.0);
    key.extend_from_slice(photo.as_str().as_bytes());
    key
}

pub(crate) fn contacts_gone(account: AccountId, step: u64) -> Vec<u8> {
    with64(begin(account, Kind::ContactsGone), step)
}

pub(crate) fn words_manifest(account: AccountId) -> Vec<u8> {
    begin(account, Kind::Words)
}

pub(crate) fn words(account: AccountId, segment: u32, field: u8, block: u32) -> Vec<u8> {
    let mut key = with32(begin(account, Kind::Words), segment);
    key.push(field);
    with32(key, block)
}

/// All blocks of a segment.
pub(crate) fn words_of(account: AccountId, segment: u32) -> Range<Vec<u8>> {
    under(with32(begin(account, Kind::Words), segment))
}

/// All keys of an account.
pub(crate) fn account(account: AccountId) -> Range<Vec<u8>> {
    let mut start = vec![keys::ACCOUNT];
    start.extend_from_slice(&account.0.to_be_bytes());
    under(start)
}

/// All keys of a kind.
pub(crate) fn all(account: AccountId, kind: Kind) -> Range<Vec<u8>> {
    under(begin(account, kind))
}

/// All keys of a kind that are of one mailbox.
pub(crate) fn of_mailbox(account: AccountId, kind: Kind, mailbox: MailboxId) -> Range<Vec<u8>> {
    under(with32(begin(account, kind), mailbox.0))
}

/// All keys of a kind that begin with one number of 64 bits.
pub(crate) fn of_number(account: AccountId, kind: Kind, number: u64) -> Range<Vec<u8>> {
    under(with64(begin(account, kind), number))
}

/// All keys that begin with a prefix.
pub(crate) fn under(prefix: Vec<u8>) -> Range<Vec<u8>> {
    let end = successor(&prefix);
    prefix..end
}

/// The first key behind all that begin with a prefix.
pub(crate) fn successor(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

/// Borrows a range, as snapshots take it.
pub(crate) fn borrow(range: &Range<Vec<u8>>) -> Range<&[u8]> {
    range.start.as_slice()..range.end.as_slice()
}

/// The part of a key behind account and kind.
pub(crate) fn tail(key: &[u8]) -> &[u8] {
    key.get(PREFIX_OCTETS..).unwrap_or_default()
}

/// The account of a key.
pub(crate) fn account_of(key: &[u8]) -> Option<AccountId> {
    let (space, rest) = key.split_first()?;
    let (number, _) = rest.split_first_chunk::<4>()?;
    (*space == keys::ACCOUNT).then(|| AccountId(u32::from_be_bytes(*number)))
}

/// What a key is about.
pub(crate) fn about(key: &[u8]) -> About {
    let tail = tail(key);
    let mailbox = || take32(tail).map(|(mailbox, _)| About::Mailbox(MailboxId(mailbox)));
    let email = || take64(tail).map(|(email, _)| About::Email(EmailId(email)));
    let found = match Kind::of(key) {
        Some(Kind::Mailbox | Kind::Keywords | Kind::Vanished | Kind::Viewed | Kind::Annotation) => {
            mailbox()
        }
        Some(Kind::Entry | Kind::Copied) => {
            take_entry(tail).map(|(mailbox, uid)| About::Entry(mailbox, uid))
        }
        Some(Kind::Email | Kind::Sort | Kind::EmailEntry | Kind::Uidl) => email(),
        Some(
            Kind::Head
            | Kind::MessageId
            | Kind::Member
            | Kind::Change
            | Kind::Retained
            | Kind::Subscription
            | Kind::Pop3Choice
            | Kind::Pop3Device
            | Kind::Pop3Seen
            | Kind::UidlOwner
            | Kind::Upload
            | Kind::Placement
            | Kind::ContactsHead
            | Kind::Book
            | Kind::Card
            | Kind::CardUid
            | Kind::CardName
            | Kind::Photo
            | Kind::ContactsGone
            | Kind::Words,
        )
        | None => None,
    };
    found.unwrap_or(About::Account)
}

/// Takes a number of 32 bits from the front of a key's tail.
pub(crate) fn take32(tail: &[u8]) -> Option<(u32, &[u8])> {
    tail.split_first_chunk::<4>().map(|(number, rest)| (u32::from_be_bytes(*number), rest))
}

/// Takes a number of 64 bits from the front of a key's tail.
pub(crate) fn take64(tail: &[u8]) -> Option<(u64, &[u8])> {
    tail.split_first_chunk::<8>().map(|(number, rest)| (u64::from_be_bytes(*number), rest))
}

/// Takes the name of a device from the front of a key's tail, in lower case.
pub(crate) fn take_device(tail: &[u8]) -> Option<(&str, &[u8])> {
    let (octets, rest) = tail.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*octets))?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

/// The mailbox, the user's account and the chunk of what a user has seen; no chunk: what is told of all of them.
pub(crate) fn take_viewed(tail: &[u8]) -> Option<(MailboxId, AccountId, Option<u32>)> {
    let (mailbox, rest) = take32(tail)?;
    let (user, rest) = take32(rest)?;
    let chunk = if rest.is_empty() { None } else { Some(take32(rest)?.0) };
    Some((MailboxId(mailbox), AccountId(user), chunk))
}

/// The mailbox, the user's account and the name of an annotation, from a key's tail. Mailbox 0: of the account.
pub(crate) fn take_annotation(tail: &[u8]) -> Option<(MailboxId, AccountId, AnnotationName)> {
    let (mailbox, rest) = take32(tail)?;
    let (user, name) = take32(rest)?;
    let name = AnnotationName::new(std::str::from_utf8(name).ok()?)?;
    Some((MailboxId(mailbox), AccountId(user), name))
}

/// The mailbox and UID at the front of a key's tail.
pub(crate) fn take_entry(tail: &[u8]) -> Option<(MailboxId, Uid)> {
    let (mailbox, rest) = take32(tail)?;
    let (uid, _) = take32(rest)?;
    Some((MailboxId(mailbox), Uid::new(uid)?))
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_is_behind_all_that_begin_with_the_prefix() {
        assert_eq!(successor(b"ab"), b"ac");
        assert_eq!(successor(b"a\xff\xff"), b"b");
        assert_eq!(successor(b"\xff"), b"");
    }
}
