//! An ACME server for tests (RFC 8555): small, and strict where a client could be careless. It takes each nonce once, checks each
//! signature, asks for both challenges as a real authority does, and signs what is asked for. Told to, it errs as authorities in
//! the world do, and as no authority should.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    clippy::result_large_err,
    reason = "this crate is test equipment; it breaks off with a message when something is not as it should be"
)]

mod answers;
mod check;
mod issue;
pub mod jws;
mod routes;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use rcgen::{CertificateParams, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncWrite};

/// The name of the authority, if nothing else is said.
pub const NAME: &str = "ca.example";

/// Octets both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that is being made.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// How the authority reaches those who want certificates.
pub trait Reach: Send + Sync + 'static {
    /// Connects to a port of whoever is called so.
    fn connect(&self, name: String, port: u16) -> Connecting;

    /// The time, in Unix seconds.
    fn now_s(&self) -> i64;
}

/// In what the authority errs, or is peculiar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ways {
    /// As it should be.
    #[default]
    Right,
    /// The directory redirects.
    Redirects,
    /// The directory names addresses without TLS.
    Downgrades,
    /// The directory is something else.
    NotJson,
    /// The directory never ends.
    Endless,
    /// The connection ends in the middle of every answer.
    Cuts,
    /// No question is ever answered.
    Silent,
    /// Each first use of a nonce is refused.
    BadNonces,
    /// Orders are refused, with so many seconds to wait.
    RateLimited(u32),
    /// Challenges are never looked at.
    Pending,
    /// The certificate is for another key.
    WrongKey,
    /// The certificate is for another name.
    WrongName,
    /// The certificate ended long ago.
    Ended,
    /// Challenges have tokens that lead elsewhere.
    WrongTokens,
    /// Only DNS-01 is offered.
    DnsOnly,
    /// An account needs a customer (external account binding).
    ExternalAccounts,
    /// Accounts are forgotten.
    Forgetful,
    /// That a certificate stands in for another is not liked.
    NoReplacing,
}

/// The authority.
pub struct Authority {
    reach: Box<dyn Reach>,
    /// With what it signs.
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, PEM: whom clients have to trust.
    root_pem: String,
    tls: Arc<rustls::ServerConfig>,
    origin: String,
    state: Mutex<State>,
}

/// What the authority knows.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) ways: Ways,
    pub(crate) nonces: BTreeSet<String>,
    pub(crate) count: u64,
    /// Public keys of accounts, by their addresses, with their contacts.
    pub(crate) accounts: BTreeMap<String, AccountOf>,
    pub(crate) orders: BTreeMap<u64, OrderOf>,
    pub(crate) checks: BTreeMap<u64, CheckOf>,
    /// Valid until when, in seconds from the moment they are signed.
    pub(crate) life_s: i64,
    /// When to renew, in Unix seconds.
    pub(crate) window: Option<(i64, i64)>,
    pub(crate) seen: Seen,
}

#[derive(Clone)]
pub(crate) struct AccountOf {
    pub(crate) key: Vec<u8>,
    pub(crate) jwk: serde_json::Value,
    pub(crate) contacts: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct OrderOf {
    pub(crate) account: String,
    pub(crate) checks: Vec<u64>,
    pub(crate) names: Vec<String>,
    pub(crate) certificate: Option<String>,
    pub(crate) replaces: Option<String>,
}

#[derive(Clone)]
pub(crate) struct CheckOf {
    pub(crate) name: String,
    pub(crate) token: String,
    /// None: it was not looked yet.
    pub(crate) outcome: Option<Result<(), (String, String)>>,
}

/// What happened at the authority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Orders that were begun.
    pub orders: u64,
    /// Orders that said which certificate theirs stands in for.
    pub replacing: u64,
    /// Challenges that were answered rightly, by kind.
    pub proved: BTreeMap<String, u64>,
    /// Certificates that were signed.
    pub signed: u64,
    /// Accounts that were made.
    pub accounts: u64,
    /// What the last account said of whom to write to.
    pub contacts: Vec<String>,
    /// Customers that accounts were bound to.
    pub customers: Vec<String>,
    /// Questions that had to be refused: a client that is right asks none of them.
    pub wrong: Vec<String>,
}

impl Authority {
    /// One that is reached by a name and a port.
    pub fn new(name: &str, port: u16, reach: Box<dyn Reach>) -> Arc<Authority> {
        let key = KeyPair::generate().unwrap();
        let params = issue::authority_params();
        let root_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let tls = issue::tls(name, &issuer);
        let state = Mutex::new(State { life_s: 90 * 86_400, ..State::default() });
        let origin = format!("https://{name}:{port}");
        Arc::new(Authority { reach, issuer, root_pem, tls, origin, state })
    }

    /// Its own certificate, PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The address of its directory.
    pub fn directory(&self) -> String {
        format!("{}/directory", self.origin)
    }

    /// Has it err from now on.
    pub fn err(&self, ways: Ways) {
        self.state().ways = ways;
    }

    /// Has certificates live so long from now on, in seconds.
    pub fn set_life_s(&self, life_s: i64) {
        self.state().life_s = life_s;
    }

    /// Has it suggest to renew between then and then, in Unix seconds.
    pub fn suggest(&self, window: Option<(i64, i64)>) {
        self.state().window = window;
    }

    /// What happened there.
    pub fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Answers one connection.
    pub async fn serve<S: Stream + 'static>(self: Arc<Self>, stream: S) {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&self.tls));
        let Ok(stream) = acceptor.accept(stream).await else { return };
        let ways = self.state().ways.clone();
        match ways {
            Ways::Cuts => answers::cut(stream).await,
            Ways::Silent => answers::silence(stream).await,
            _ => routes::serve(self, stream).await,
        }
    }

    pub(crate) fn new_nonce(&self) -> String {
        let mut state = self.state();
        state.count += 1;
        let nonce = format!("nonce-{}", state.count);
        state.nonces.insert(nonce.clone());
        nonce
    }
}

/// Parameters of a certificate for these names, without any other.
pub(crate) fn params(names: &[String]) -> CertificateParams {
    CertificateParams::new(names.to_vec()).unwrap()
}
