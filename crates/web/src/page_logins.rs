//! The port to those who let people in to pages: by a password, for a session that a cookie stands for. The host answers.

use mailbox::{AccountId, Fault};
use sasl::{Denied, Peer, Ready, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Lets people in to pages, and knows their sessions.
pub trait PageLogins: Send + Sync + 'static {
    /// Checks a name and a password, and begins a session, or asks for a second factor. Who is unknown hears the same, after as long,
    /// as who has a wrong password.
    fn log_in<'a>(&'a self, attempt: PageAttempt<'a>) -> Ready<'a, Result<Entry, Denied>>;

    /// Lets somebody in by a second factor, by the ticket that was given for the password.
    fn second_factor<'a>(
        &'a self,
        ticket: &'a Secret,
        answer: Answer<'a>,
        peer: &'a Peer,
    ) -> Ready<'a, Result<NewSession, FactorDenied>>;

    /// The session with this secret, if it is still good; that it is used is noted.
    fn session<'a>(&'a self, secret: &'a Secret) -> Ready<'a, Result<Option<FoundSession>, Fault>>;

    /// A challenge for a passkey, and what goes with it.
    fn passkey_challenge<'a>(
        &'a self,
        wanted: ChallengeFor<'a>,
    ) -> Ready<'a, Result<PasskeyChallenge, Fault>>;

    /// Lets somebody in by a passkey alone, which says who it is: to a browser, for so long.
    fn log_in_by_passkey<'a>(
        &'a self,
        passkey: Passkey<'a>,
        peer: &'a Peer,
        browser: (&'a str, Stay),
    ) -> Ready<'a, Result<NewSession, Denied>>;

    /// Has the user of a session prove once more to be its owner.
    fn confirm<'a>(
        &'a self,
        session: &'a PageSession,
        proof: Proof<'a>,
        peer: &'a Peer,
    ) -> Ready<'a, Result<(), Denied>>;

    /// The sessions of a user that are good, the one used last first.
    fn sessions(&self, account: AccountId) -> Ready<'_, Result<Vec<PageSession>, Fault>>;

    /// Ends sessions of a user, and says how many. What is connected by them goes.
    fn end(&self, account: AccountId, which: EndOf) -> Ready<'_, Result<usize, Fault>>;
}

/// One try to log in to a page.
pub struct PageAttempt<'a> {
    /// The name, as it was typed.
    pub login: &'a str,
    /// The password, as it was typed.
    pub password: &'a Secret,
    /// Who is at the other end.
    pub peer: &'a Peer,
    /// What the browser is, for people to know it by.
    pub program: &'a str,
    /// For how long its user stays.
    pub stay: Stay,
}

/// For how long a browser stays logged in, as its user said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stay {
    /// On their own computer: two weeks after it was last used.
    #[default]
    Long,
    /// On a computer of others: until the browser is closed, and no longer than some hours.
    Brief,
}

/// What a right password leads to.
pub enum Entry {
    /// A session.
    In(NewSession),
    /// The question for a second factor.
    SecondFactor {
        /// What stands for the password meanwhile. Good for a few minutes.
        ticket: Secret,
        /// What can be answered.
        ways: Ways,
    },
}

/// The second factors that somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Codes of an authenticator app.
    pub app: bool,
    /// Recovery codes.
    pub recovery_codes: bool,
    /// Passkeys.
    pub passkeys: bool,
}

/// Why a second factor lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorDenied {
    /// What is said.
    pub denied: Denied,
    /// Whether the same ticket may be tried again; else the login begins with the password.
    pub again: bool,
}

/// How somebody who is in proves once more who they are.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// By the main password.
    Password(&'a Secret),
    /// By a code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// By a passkey.
    Passkey(Passkey<'a>),
}

/// A second factor.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// A code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// A passkey.
    Passkey(Passkey<'a>),
}

/// What a browser answers for a passkey, as it sent it, and the host as it is known to the browser.
#[derive(Clone, Copy)]
pub struct Passkey<'a> {
    /// `AuthenticationResponseJSON` or `RegistrationResponseJSON` (Web Authentication, 5.1).
    pub response: &'a Value,
    /// The host.
    pub party: &'a RelyingParty<'a>,
}

/// The host, as browsers know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty<'a> {
    /// Its name, to which passkeys are bound.
    pub id: &'a str,
    /// Where its pages come from, such as `https://mail.example.org`.
    pub origin: String,
}

/// What a challenge is for.
#[derive(Clone, Copy)]
pub enum ChallengeFor<'a> {
    /// To log in, whoever it is.
    LogIn,
    /// To log in after the password, with this ticket.
    SecondFactor(&'a Secret),
    /// To prove once more, in this session.
    Confirm(&'a PageSession),
    /// To add one for the user of this session.
    Add(&'a PageSession),
}

/// A challenge for a passkey. Good once, for a few minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasskeyChallenge {
    /// What is to be signed.
    pub octets: Vec<u8>,
    /// The passkeys that may sign, or that there are already.
    pub passkeys: Vec<Vec<u8>>,
    /// What browsers know the user by, where one is to be added.
    pub user_handle: Vec<u8>,
    /// The algorithms that are taken, the best first.
    pub algorithms: Vec<i64>,
}

/// A session of a page. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSession {
    /// Its number. It lets nobody in.
    pub id: u64,
    /// Whose it is.
    pub account: AccountId,
    /// The first address of its owner.
    pub address: String,
    /// What the browser is.
    pub program: String,
    /// From where its user logged in.
    pub from: Option<String>,
    /// When its user logged in.
    pub made_s: i64,
    /// When it was last used, to the hour.
    pub used_s: i64,
    /// When it ends, if it is not used.
    pub expires_s: i64,
    /// When its user last proved to be its owner.
    pub proven_s: i64,
    /// For how long its user stays.
    pub stay: Stay,
}

/// A session just made.
pub struct NewSession {
    /// What the cookie holds.
    pub secret: Secret,
    /// The session.
    pub session: PageSession,
}

/// A session that was found by its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSession {
    /// The session.
    pub session: PageSession,
    /// Whether its time begins anew, so that the browser has to hear of it.
    pub renewed: bool,
}

/// Which sessions of a user end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOf {
    /// This one.
    One(u64),
    /// All but this one.
    AllBut(u64),
    /// All.
    All,
}
