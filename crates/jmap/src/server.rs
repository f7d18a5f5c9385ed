//! The server half: one user's account of mail over JMAP (RFC 8621, RFC 9425).
//!
//! A request is run over a [`Context`]. Methods are rows, in a table for each type of object, and capabilities are rows of a table
//! too. Ids of others' accounts are not found, whoever has them.

mod activity;
pub mod blob;
mod capabilities;
mod contacts;
mod drawer;
mod email;
pub mod export;
mod identity;
pub mod ids;
mod import;
mod listed;
mod mail;
mod mailbox;
mod mdn;
pub mod memory;
pub mod own;
pub mod ports;
mod preferences;
mod push_subscription;
mod pushed;
mod quota;
mod refused;
mod retained;
mod rule;
mod safe_body;
mod search_snippet;
mod singleton;
mod sought;
mod states;
mod submission;
mod thread;
mod unsubscribe;
mod vacation;
mod who;

pub use ports::Ports;
pub use push_subscription::{
    PushKeys, PushSubscription, keep_push_subscriptions, push_subscriptions,
};
pub use pushed::{PUSHED_NOTES, note_states};
pub use quota::{NoQuotas, Quotas};
pub use rule::{Rules, Verdict};
pub use safe_body::{Bodies, BodySettings, Page, Pictures, RemotePictures, Scheme, Signed, page};
pub use vacation::Vacation;

use std::sync::Arc;

use ::mailbox::{Account, Emails};
use serde_json::json;

use crate::core;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::Limits;
use crate::run::{Api, Row};
use crate::session::{self, Addresses, Session};

/// What methods work on.
pub struct Context {
    /// The account of the user, for the door of JMAP.
    pub account: Account,
    /// The user.
    pub user: User,
    /// What the host does for us.
    pub ports: Ports,
}

/// Who logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The name of the login.
    pub name: String,
    /// The addresses that mail to this user is sent to, the main one first.
    pub addresses: Vec<String>,
    /// What let them in, in one word that the host understands.
    pub credential: String,
    /// In which language what is made for the user is named.
    pub language: Language,
}

/// A language that users are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    #[default]
    English,
    Portuguese,
}

static CORE: [Row<Context>; 1] = core::rows();

/// All methods, in a table for each type.
static TABLES: &[&[Row<Context>]] = &[
    &CORE,
    blob::ROWS,
    mailbox::ROWS,
    thread::ROWS,
    email::ROWS,
    search_snippet::ROWS,
    identity::ROWS,
    submission::ROWS,
    vacation::ROWS,
    quota::ROWS,
    safe_body::ROWS,
    unsubscribe::ROWS,
    preferences::ROWS,
    rule::ROWS,
    retained::ROWS,
    activity::ROWS,
    import::ROWS,
    push_subscription::ROWS,
    mdn::ROWS,
    contacts::BOOKS,
    contacts::CARDS,
];

/// The capability that says how pushes are signed (RFC 9749, 3).
const VAPID: &str = "urn:ietf:params:jmap:webpush-vapid";

/// All methods of the server half.
pub fn api(limits: Limits) -> Api<Context> {
    Api { tables: TABLES, others: &[own::EXPORT, VAPID], limits }
}

impl Context {
    /// The id of the user's account.
    pub fn account_id(&self) -> Id {
        ids::account(self.account.id())
    }

    /// Refuses ids of other accounts.
    pub fn check_account(&self, id: &Id) -> Result<(), MethodError> {
        if *id == self.account_id() { Ok(()) } else { Err(MethodError::AccountNotFound) }
    }

    /// All emails of the account at this moment; refuses ids of other accounts.
    pub async fn emails(&self, account: &Id) -> Result<Arc<Emails>, MethodError> {
        self.check_account(account)?;
        self.account.emails().await.map_err(|error| self.not_done(&error))
    }

    /// What a client is told first.
    pub fn session(&self, limits: &Limits, addresses: Addresses) -> Session {
        let id = self.account_id();
        let account = session::Account {
            name: self.user.addresses.first().unwrap_or(&self.user.name).clone(),
            is_personal: true,
            is_read_only: false,
            account_capabilities: capabilities::of_account(self),
        };
        let of_accounts = capabilities::names().map(|name| (name, id.clone())).collect();
        let mut capabilities = capabilities::of_session(limits);
        let key = self.ports.pushes.application_server_key();
        capabilities.insert(VAPID, json!({"applicationServerKey": key}));
        Session {
            capabilities,
            accounts: [(id, account)].into(),
            primary_accounts: of_accounts,
            username: self.user.name.clone(),
            addresses,
            state: String::new(),
        }
        .with_state()
    }
}
