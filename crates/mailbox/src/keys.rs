//! The key spaces. Every key begins with one octet that names its space; numbers in keys are big-endian, so that
//! the order of keys is the order of numbers.

use crate::{AccountId, BodyHash, EmailId};

/// Keys of accounts: then the account (4 octets), a kind octet, and what the kind needs.
pub const ACCOUNT: u8 = b'A';
/// References to bodies: hash (32), account (4), email (8). A body lives while one of these does.
pub const BODY_REFERENCE: u8 = b'R';
/// The directory of people: domains, addresses, passwords. Laid out by `host`.
pub const DIRECTORY: u8 = b'D';
/// The outbound queue. Laid out by `queue`.
pub const QUEUE: u8 = b'Q';
/// Settings and tokens of the host.
pub const SETTINGS: u8 = b'S';

/// The account that no person has: references to bodies in its name are held by others than accounts, as the outbound
/// queue does.
pub const NOBODY: AccountId = AccountId(0);

/// The key that refers to a body on behalf of an email.
pub fn body_reference(hash: &BodyHash, account: AccountId, email: EmailId) -> Vec<u8> {
    let mut key = Vec::with_capacity(45);
    key.push(BODY_REFERENCE);
    key.extend_from_slice(&hash.0);
    key.extend_from_slice(&account.0.to_be_bytes());
    key.extend_from_slice(&email.0.to_be_bytes());
    key
}

/// What all references begin with that one account has to a body, given one of them.
pub fn references_of_account(key: &[u8]) -> Option<&[u8]> {
    referenced_body(key)?;
    key.get(..37)
}

/// The hash in a reference key; none if the key is of another space or too short.
pub fn referenced_body(key: &[u8]) -> Option<BodyHash> {
    let (space, rest) = key.split_first()?;
    if *space != BODY_REFERENCE {
        return None;
    }
    rest.first_chunk::<32>().map(|hash| BodyHash(*hash))
}
