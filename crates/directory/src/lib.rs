//! The people of the host: domains, users, aliases, app passwords, tokens, and who may log in.
//!
//! [`People`] keeps them in the engine, [`Logins`] lets them in behind SASL's port, [`Address`] and [`Domain`] are
//! how they are named. It knows the mail model and no door.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod address;
mod aliases;
mod app_passwords;
mod credentials;
mod disable;
mod domains;
mod factors;
mod grants;
mod hashing;
mod identities;
mod keys;
pub mod limits;
mod logins;
mod notes;
mod oauth;
mod page_sessions;
mod passkeys;
mod people;
pub mod pop3_policy;
mod quota;
mod records;
mod rename;
mod resolve;
mod tokens;
mod users;

pub use address::{Address, AddressFault, Domain};
pub use aliases::{Alias, AliasSet, AliasTarget};
pub use app_passwords::{AppPassword, Kept, NewAppPassword, same_device};
pub use factors::Factors;
pub use grants::{Granted, Refreshed};
pub use hashing::ScramKeys;
pub use logins::{
    Counts, FactorDenied, LoginSettings, Logins, PageAttempt, PageEntry, PageProof, Prefix, Purpose,
};
pub use notes::NoteWritten;
pub use oauth::OauthSection;
pub use page_sessions::{EndOf, FoundPageSession, NewPageSession, PageSession};
pub use passkeys::{ALGORITHMS, Assertion, Passkey, Registration, RelyingParty};
pub use people::{People, PeopleError, Refusal, Revoked};
pub use quota::QuotaSection;
pub use records::Stay;
pub use rename::{OldAddress, Renamed};
pub use resolve::{Leads, Recipient};
pub use tokens::{NewToken, Token, TokenKind};
pub use users::{NewUser, User, UserQuota};
