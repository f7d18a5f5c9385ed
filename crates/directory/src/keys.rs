//! The keys of the directory, below `mailbox::keys::DIRECTORY`.

use mailbox::AccountId;
use mailbox::keys::DIRECTORY;

use crate::address::{Address, Domain};

/// All domains.
pub(crate) const DOMAINS: [u8; 2] = [DIRECTORY, b'd'];
/// All routes.
pub(crate) const ROUTES: [u8; 2] = [DIRECTORY, b'a'];
/// All users.
pub(crate) const USERS: [u8; 2] = [DIRECTORY, b'u'];
/// All access tokens.
pub(crate) const TOKENS: [u8; 2] = [DIRECTORY, b't'];
/// A mark for each app password that is good for APOP.
pub(crate) const APOP_MARKS: [u8; 2] = [DIRECTORY, b'o'];
/// The number of the account that is made next.
pub(crate) const NEXT_ACCOUNT: [u8; 2] = [DIRECTORY, b'n'];
/// All identities.
pub(crate) const IDENTITIES: [u8; 2] = [DIRECTORY, b'i'];
/// Accounts whose user was removed and whose mail is still to go.
pub(crate) const REMOVED: [u8; 2] = [DIRECTORY, b'r'];

fn key(prefix: [u8; 2], parts: &[&[u8]]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// A domain.
pub(crate) fn domain(domain: &Domain) -> Vec<u8> {
    key(DOMAINS, &[domain.as_str().as_bytes()])
}

/// Where mail for an address goes. The domain stands first, so that the addresses of a domain lie together.
pub(crate) fn route(address: &Address) -> Vec<u8> {
    key(ROUTES, &[address.domain().as_str().as_bytes(), b"@", address.local().as_bytes()])
}

/// Where mail for all other addresses of a domain goes.
pub(crate) fn catch_all(domain: &Domain) -> Vec<u8> {
    key(ROUTES, &[domain.as_str().as_bytes(), b"@"])
}

/// The routes of a domain.
pub(crate) fn routes_of(domain: &Domain) -> Vec<u8> {
    catch_all(domain)
}

/// The address in a route key: `@domain` is the catch-all.
pub(crate) fn routed(key: &[u8]) -> Option<String> {
    let text = str::from_utf8(key.strip_prefix(ROUTES.as_slice())?).ok()?;
    let (domain, local) = text.split_once('@')?;
    Some(format!("{local}@{domain}"))
}

/// A user.
pub(crate) fn user(account: AccountId) -> Vec<u8> {
    key(USERS, &[&account.0.to_be_bytes()])
}

/// The app passwords of a user.
pub(crate) fn app_passwords(account: AccountId) -> Vec<u8> {
    key([DIRECTORY, b'p'], &[&account.0.to_be_bytes()])
}

/// An app password.
pub(crate) fn app_password(account: AccountId, id: u64) -> Vec<u8> {
    key([DIRECTORY, b'p'], &[&account.0.to_be_bytes(), &id.to_be_bytes()])
}

/// When an app password was last used; a key of its own, so that uses do not collide with changes.
pub(crate) fn last_use(account: AccountId, id: u64) -> Vec<u8> {
    key([DIRECTORY, b'l'], &[&account.0.to_be_bytes(), &id.to_be_bytes()])
}

/// That an app password is good for APOP; so the host knows at once whether there is any.
pub(crate) fn apop_mark(account: AccountId, id: u64) -> Vec<u8> {
    key(APOP_MARKS, &[&account.0.to_be_bytes(), &id.to_be_bytes()])
}

/// The access tokens of a user.
pub(crate) fn tokens(account: AccountId) -> Vec<u8> {
    key(TOKENS, &[&account.0.to_be_bytes()])
}

/// An access token.
pub(crate) fn token(account: AccountId, id: u64) -> Vec<u8> {
    key(TOKENS, &[&account.0.to_be_bytes(), &id.to_be_bytes()])
}

/// Whose the token with this hash is. In hexadecimal digits, as no key may have an octet 0xff.
pub(crate) fn token_owner(hash: &[u8]) -> Vec<u8> {
    key([DIRECTORY, b'h'], &[digits(hash).as_bytes()])
}

fn digits(hash: &[u8]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The sessions of pages of a user.
pub(crate) fn page_sessions(account: AccountId) -> Vec<u8> {
    key([DIRECTORY, b's'], &[&account.0.to_be_bytes()])
}

/// A session of a page.
pub(crate) fn page_session(account: AccountId, id: u64) -> Vec<u8> {
    key([DIRECTORY, b's'], &[&account.0.to_be_bytes(), &id.to_be_bytes()])
}

/// Whose session of a page the one with this hash is.
pub(crate) fn page_session_owner(hash: &[u8]) -> Vec<u8> {
    key([DIRECTORY, b'w'], &[digits(hash).as_bytes()])
}

/// Whose the passkey is with this hash of its name.
pub(crate) fn passkey_owner(hash: &[u8]) -> Vec<u8> {
    key([DIRECTORY, b'y'], &[digits(hash).as_bytes()])
}

/// The second factors of a user.
pub(crate) fn factors(account: AccountId) -> Vec<u8> {
    key([DIRECTORY, b'f'], &[&account.0.to_be_bytes()])
}

/// The identities of a user.
pub(crate) fn identities(account: AccountId) -> Vec<u8> {
    key(IDENTITIES, &[&account.0.to_be_bytes()])
}

/// An identity.
pub(crate) fn identity(account: AccountId, address: &Address) -> Vec<u8> {
    key(IDENTITIES, &[&account.0.to_be_bytes(), address.to_string().as_bytes()])
}

/// The address in the key of an identity.
pub(crate) fn identity_address(key: &[u8]) -> Option<&str> {
    let (_, address) = key.split_at_checked(6)?;
    str::from_utf8(address).ok()
}

/// The notes of a user.
pub(crate) fn notes(account: AccountId) -> Vec<u8> {
    key([DIRECTORY, b'k'], &[&account.0.to_be_bytes()])
}

/// A note of a user.
pub(crate) fn note(account: AccountId, name: &str) -> Vec<u8> {
    key([DIRECTORY, b'k'], &[&account.0.to_be_bytes(), name.as_bytes()])
}

/// A removed account whose mail is still to go.
pub(crate) fn removed(account: AccountId) -> Vec<u8> {
    key(REMOVED, &[&account.0.to_be_bytes()])
}

/// The account in a key of the users or of the removed.
pub(crate) fn account(key: &[u8]) -> Option<AccountId> {
    let (_, rest) = key.split_at_checked(2)?;
    rest.first_chunk::<4>().map(|octets| AccountId(u32::from_be_bytes(*octets)))
}

/// The number of an app password or token in its key.
pub(crate) fn id_at_end(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|octets| u64::from_be_bytes(*octets))
}
