//! Logging in to pages: by the main password alone, and a second factor where there is one. An app password is for one program, and
//! who finds it must not come to all that a page can do.

mod challenge;
mod passkey;
mod pending;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use machine::random;
use mailbox::{AccountId, Fault};
use sasl::{Attempt, Credential, Denied, Login, Peer, Secret, limits, prepare};

pub(super) use self::challenge::Challenges;
pub use self::challenge::Purpose;
pub(super) use self::pending::Pending;
use self::pending::Try;
use super::{Accepted, Logins, Origin, unreadable};
use crate::address::Address;
use crate::app_passwords::{Kept, NewAppPassword};
use crate::credentials::password_mark;
use crate::factors::{Code, Factors};
use crate::page_sessions::{Beginning, FoundPageSession, NewPageSession};
use crate::passkeys::{Assertion, RelyingParty};
use crate::people::{PeopleError, Refusal};
use crate::records::Stay;

/// The door, as the log calls it.
const DOOR: &str = "web";

/// What the log says of a code that is wrong.
const WRONG_CODE: &str = "wrong second factor";

/// One try to log in to a page.
pub struct PageAttempt<'a> {
    /// The name, as it was typed.
    pub login: &'a str,
    /// The password, as it was typed.
    pub password: &'a Secret,
    /// Who is at the other end of the connection.
    pub peer: &'a Peer,
    /// What the browser calls itself.
    pub program: &'a str,
    /// For how long its user stays.
    pub stay: Stay,
}

/// What a right password leads to.
pub enum PageEntry {
    /// A session.
    In(NewPageSession),
    /// The question for a second factor.
    SecondFactor {
        /// What stands for the password meanwhile.
        ticket: Secret,
        /// What can be answered.
        factors: Factors,
    },
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
pub enum PageProof<'a> {
    /// By the main password.
    Password(&'a Secret),
    /// By a code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// By a passkey.
    Passkey(&'a Assertion, RelyingParty<'a>),
}

/// Somebody whose password is right.
#[derive(Clone)]
struct Proven {
    account: AccountId,
    address: Address,
    /// The hash that the password fits.
    hash: String,
    program: String,
    from: Option<IpAddr>,
    stay: Stay,
}

impl Proven {
    fn login(&self) -> Login {
        let AccountId(account) = self.account;
        Login {
            account,
            address: self.address.to_string(),
            device: None,
            credential: Credential::Password(password_mark(&self.hash)),
        }
    }
}

impl Logins {
    /// Lets somebody in to pages, or asks for a second factor. Who is unknown hears the same, after as long, as who has a wrong
    /// password.
    pub async fn log_in_page(&self, attempt: PageAttempt<'_>) -> Result<PageEntry, Denied> {
        let proven = self.prove(&attempt).await?;
        let factors = self.people.factors(proven.account).map_err(unreadable)?;
        if !factors.are_asked() {
            return self.begin(&proven).await.map(PageEntry::In);
        }
        let octets = random::<32>().map_err(unreadable)?;
        let ticket = Secret::new(URL_SAFE_NO_PAD.encode(octets));
        self.pending.add(&ticket, proven, self.now().0);
        Ok(PageEntry::SecondFactor { ticket, factors })
    }

    /// Lets somebody in by a second factor: six digits of an authenticator app, or a recovery code.
    pub async fn second_factor(
        &self,
        ticket: &Secret,
        code: &str,
        peer: &Peer,
    ) -> Result<NewPageSession, FactorDenied> {
        let origin = Origin::new(peer, DOOR);
        let over = |denied| FactorDenied { denied, again: false };
        let proven = match self.pending.attempt(ticket, self.now().0) {
            Try::Go(proven) => proven,
            Try::Over => return Err(over(Denied::Wrong)),
            Try::TooMany { proven, wait_s } => {
                let address = proven.address.to_string();
                return Err(over(self.refused(Some(&address), origin, wait_s)));
            }
        };
        let checked = self.check_code(&proven, code, origin).await;
        match checked {
            Ok(()) => {
                self.pending.right(Some(ticket), proven.account);
                self.begin(&proven).await.map_err(over)
            }
            Err(denied) => Err(FactorDenied { denied, again: self.pending.still_waits(ticket) }),
        }
    }

    async fn check_code(
        &self,
        proven: &Proven,
        code: &str,
        origin: Origin<'_>,
    ) -> Result<(), Denied> {
        self.before(origin, Some(&proven.address)).await?;
        match self.people.take_code(proven.account, code).await {
            Ok(Code::Right) => Ok(()),
            Ok(Code::Wrong) => {
                let address = proven.address.to_string();
                Err(self.wrong(Some(&address), origin, WRONG_CODE).await)
            }
            Err(error) => Err(not_done(error)),
        }
    }

    async fn prove(&self, attempt: &PageAttempt<'_>) -> Result<Proven, Denied> {
        let login = prepare(attempt.login);
        let password = prepared(attempt.password);
        let fits = |length: usize, max| (1..=max).contains(&length);
        if !fits(login.len(), limits::LOGIN_OCTETS_MAX)
            || !fits(password.expose().len(), limits::PASSWORD_OCTETS_MAX)
        {
            return Err(Denied::Wrong);
        }
        // Read before the password is looked at: what was right of another password begins no session.
        let before = match self.named(&login)? {
            Some(named) => self.stored(&named.address)?,
            None => None,
        };
        let PageAttempt { peer, program, stay, .. } = *attempt;
        let attempt = Attempt { login: &login, password: &password, peer, door: DOOR };
        let login = self.verify(&attempt, Accepted::MainPassword).await?;
        let before = before.filter(|before| before.account.0 == login.account);
        let (Some(before), Ok(address)) = (before, login.address.parse()) else {
            return Err(Denied::Unavailable);
        };
        let (account, hash) = (before.account, before.record.hash);
        let program = program.to_owned();
        Ok(Proven { account, address, hash, program, from: peer.address, stay })
    }

    async fn begin(&self, proven: &Proven) -> Result<NewPageSession, Denied> {
        let Proven { address, hash, program, from, stay, .. } = proven;
        let beginning = Beginning { address, hash, program, from: *from, stay: *stay };
        match self.people.begin_page_session(beginning).await {
            Ok(Some(new)) => Ok(new),
            Ok(None) => Err(Denied::Wrong),
            Err(error) => Err(not_done(error)),
        }
    }

    /// The session with this secret, if it is still good. That it is used is noted, at most once an hour.
    pub async fn page_session(&self, secret: &Secret) -> Result<Option<FoundPageSession>, Fault> {
        match self.people.page_session(secret).await {
            Ok(found) => Ok(found),
            Err(PeopleError::Fault(fault)) => Err(fault),
            Err(other) => Err(Fault::caused("a session of a page cannot be read", other)),
        }
    }

    /// Has the user of a session prove once more who they are.
    pub async fn confirm_page(
        &self,
        (account, id): (AccountId, u64),
        address: &str,
        proof: PageProof<'_>,
        peer: &Peer,
    ) -> Result<(), Denied> {
        match proof {
            PageProof::Password(password) => {
                let (program, stay) = ("", Stay::Long);
                let attempt = PageAttempt { login: address, password, peer, program, stay };
                self.prove(&attempt).await?;
            }
            PageProof::Code(code) => {
                let (origin, address) = (Origin::new(peer, DOOR), address.parse());
                let Ok(address) = address else { return Err(Denied::Unavailable) };
                let (hash, program, from) = (String::new(), String::new(), peer.address);
                let stay = Stay::Long;
                let proven = Proven { account, address, hash, program, from, stay };
                if let Err(wait_s) = self.pending.attempt_of(account, self.now().0) {
                    let address = proven.address.to_string();
                    return Err(self.refused(Some(&address), origin, wait_s));
                }
                self.check_code(&proven, code, origin).await?;
                self.pending.right(None, account);
            }
            PageProof::Passkey(assertion, party) => {
                let origin = Origin::new(peer, DOOR);
                self.before(origin, None).await?;
                self.confirmed_by_passkey((account, id), assertion, party, origin).await?;
            }
        }
        match self.people.prove_page_session(account, id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Denied::Wrong),
            Err(error) => Err(not_done(error)),
        }
    }
}

impl Logins {
    /// Sets a new password for the user of a session, and begins another for them: all that there were end.
    pub async fn change_password_page(
        &self,
        (address, program, stay): (&str, &str, Stay),
        password: &Secret,
        peer: &Peer,
    ) -> Result<NewPageSession, PeopleError> {
        let user = || Refusal::NoSuchUser(address.to_owned());
        let address: Address = address.parse().map_err(|_| user())?;
        let password = prepared(password);
        self.people.set_password(&address, &password, self.settings.scram).await?;
        let stored = self.people.stored(&address)?.ok_or_else(user)?;
        let (hash, from) = (&stored.record.hash, peer.address);
        let beginning = Beginning { address: &address, hash, program, from, stay };
        Ok(self.people.begin_page_session(beginning).await?.ok_or_else(user)?)
    }

    /// Makes an app password, with the keys that the configuration wants.
    pub async fn add_app_password(
        &self,
        address: &Address,
        device: &str,
    ) -> Result<NewAppPassword, PeopleError> {
        let keys_kept = self.settings.scram;
        self.people.add_app_password(address, device, keys_kept, Kept::Hashes).await
    }
}

/// A password in the form in which it is kept; one that is no text fits nothing.
fn prepared(password: &Secret) -> Secret {
    match str::from_utf8(password.expose()) {
        Ok(text) if !text.contains('\0') => Secret::new(prepare(text)),
        Ok(_) | Err(_) => Secret::new(Vec::new()),
    }
}

fn not_done(error: PeopleError) -> Denied {
    match error {
        PeopleError::Fault(fault) => unreadable(fault),
        PeopleError::Refused(_) | PeopleError::Mail(_) => {
            unreadable(Fault::caused("a login to a page cannot be kept", error))
        }
    }
}
