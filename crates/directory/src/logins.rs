//! Who may log in: the directory of people behind SASL's port. Each door asks here, and waits as long as this wants.

mod apop;
mod issuer;
mod known;
mod named;
mod origin;
mod pages;
mod source;
#[cfg(test)]
mod tests;
mod throttle;
mod tokens;
mod verdicts;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use machine::random;
use mailbox::{AccountId, Fault, Timestamp};
use sasl::limits::ROUNDS_STORED;
use sasl::{
    Apop, Attempt, Bearer, Credential, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof,
    Ready, ScramSecret, Security,
};

use self::issuer::Issuer;
use self::named::Named;
use self::origin::Origin;
use self::pages::{Challenges, Pending};
use self::throttle::{Before, Pass, Throttle};
use self::verdicts::{Epoch, Verdict, Verdicts};
use crate::address::{Address, Domain};
use crate::credentials::password_mark;
use crate::hashing::{Hasher, ScramKeys, Turn};
use crate::limits::FAILURES_HALVED_S;
use crate::oauth::OauthSection;
use crate::people::{People, PeopleError};
use crate::records::MAIN_PASSWORD;
use crate::users::Stored;

pub use self::pages::{FactorDenied, PageAttempt, PageEntry, PageProof, Purpose};
pub use self::source::Prefix;
pub(crate) use self::source::Source;

/// How long a wrong password that is remembered waits for its answer.
const KNOWN_WRONG_WAIT: Duration = Duration::from_secs(2);

/// What the log says of a name or password that is wrong. Programs that read the log look for it.
const WRONG: &str = "wrong name or password";

/// What it says where a password is right that opens pages alone.
const PAGES_ONLY: &str = "the main password, where only app passwords are taken";

/// The logins of all doors.
pub struct Logins {
    people: Arc<People>,
    hasher: Hasher,
    verdicts: Arc<Verdicts>,
    throttle: Throttle,
    pending: Pending,
    challenges: Challenges,
    fake_salts: [u8; 32],
    nonces: [u8; 32],
    nonces_given: AtomicU64,
    settings: LoginSettings,
    issuer: Option<Arc<Issuer>>,
    /// Where the host itself says how it gives out tokens.
    own_help: OnceLock<String>,
    offers: Mutex<Option<(Epoch, Offers)>>,
    counts: Counts,
}

/// What the configuration says about logging in.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// The domain of a name without one that no user of this host has.
    pub domain: Domain,
    /// Whether SCRAM is offered.
    pub scram: ScramKeys,
    /// The identity provider whose tokens let people in.
    pub oauth: Option<OauthSection>,
}

/// What somebody on this host has, so that it is offered.
#[derive(Clone, Copy, Debug, Default)]
struct Offers {
    apop: bool,
    tokens: bool,
}

/// Which passwords let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepted {
    /// The main one and those of devices.
    All,
    /// The main one alone.
    MainPassword,
}

/// How many logins there were.
#[derive(Debug, Default)]
pub struct Counts {
    /// Right ones.
    pub right: AtomicU64,
    /// Wrong ones.
    pub wrong: AtomicU64,
    /// Refused without looking.
    pub refused: AtomicU64,
}

impl Logins {
    /// Reads the keys of an identity provider as `new` does, to see whether they are there.
    pub fn try_keys(section: OauthSection) -> Result<(), mailbox::Fault> {
        Issuer::new(section).map(drop)
    }

    /// Makes the logins of these people.
    pub async fn new(people: Arc<People>, settings: LoginSettings) -> Result<Logins, PeopleError> {
        let issuer = settings.oauth.clone().map(Issuer::new).transpose()?.map(Arc::new);
        let fake_salts = people.secret().await?;
        let verdicts = Arc::new(Verdicts::new(random()?));
        let changed = Arc::clone(&verdicts);
        people.on_change(move |address| changed.forget(address));
        let hasher = Hasher::beside(&people.hashes);
        Ok(Logins {
            people,
            hasher,
            verdicts,
            throttle: Throttle::default(),
            pending: Pending::default(),
            challenges: Challenges::new(random()?),
            fake_salts,
            nonces: random()?,
            nonces_given: AtomicU64::new(0),
            settings,
            issuer,
            own_help: OnceLock::new(),
            offers: Mutex::default(),
            counts: Counts::default(),
        })
    }

    /// Says where the host describes its own OAuth server, for programs whose token is refused (RFC 7628, 3.2.2). Once.
    pub fn tell_of_own_server(&self, url: String) {
        drop(self.own_help.set(url));
    }

    /// How many logins there were.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn now(&self) -> Timestamp {
        self.people.accounts().clock().now()
    }

    /// Whom a login name stands for; none when it can be nobody's.
    fn named(&self, login: &str) -> Result<Option<Named>, Denied> {
        let home = &self.settings.domain;
        Named::read(login, |local| self.people.domain_of_bare(local, home)).map_err(unreadable)
    }

    async fn verify(&self, attempt: &Attempt<'_>, accepted: Accepted) -> Result<Login, Denied> {
        let origin = Origin::new(attempt.peer, attempt.door);
        let Some(named) = self.named(attempt.login)? else {
            let pass = self.before(origin, None).await?;
            let turn = self.turn(origin, None, pass).await?;
            let hashed = self.hasher.fits(turn, attempt.password, None).await;
            let (_, turn) = hashed.map_err(|_| Denied::Unavailable)?;
            let denial = self.failed(Some(attempt.login), origin, WRONG);
            drop(turn);
            return Err(denial.when_due().await);
        };
        let address = &named.address;
        // The throttle comes first: what is remembered must not answer somebody who guesses too much.
        let pass = self.before(origin, Some(address)).await?;
        // A verdict is about the password alone: the device of the name comes in afterwards.
        match self.verdicts.recall(address, attempt.password, self.now()) {
            Some(Verdict::Right(login)) if accepted.has(&login) => {
                return Ok(self.right(named.complete(login), origin));
            }
            Some(Verdict::PagesOnly(login)) if accepted == Accepted::MainPassword => {
                return Ok(self.right(named.complete(login), origin));
            }
            Some(Verdict::Right(_)) => {
                return Err(self.wrong(Some(&address.to_string()), origin, WRONG).await);
            }
            Some(Verdict::PagesOnly(_)) => {
                return Err(self.wrong(Some(&address.to_string()), origin, PAGES_ONLY).await);
            }
            Some(Verdict::Disabled) => return Err(self.disabled(&address.to_string(), origin)),
            Some(Verdict::Wrong) => {
                // The same wrong password again is a forgotten device, not a new guess: it waits, but the source does
                // not come closer to being refused.
                self.counts.wrong.fetch_add(1, Ordering::Relaxed);
                origin.log_failed(Some(&address.to_string()), "the same wrong password again");
                tokio::time::sleep(KNOWN_WRONG_WAIT).await;
                return Err(Denied::Wrong);
            }
            None => {}
        }
        self.judge(attempt, accepted, named, pass).await
    }

    /// What somebody on this host has. Looked up again after each change of the directory.
    fn offers(&self) -> Offers {
        let epoch = self.verdicts.epoch();
        let Ok(mut kept) = self.offers.lock() else { return Offers::default() };
        if let Some((when, offers)) = *kept
            && when == epoch
        {
            return offers;
        }
        let found = self.people.has_apop().and_then(|apop| {
            let tokens = self.issuer.is_some() || self.people.has_tokens()?;
            Ok(Offers { apop, tokens })
        });
        match found {
            Ok(offers) => {
                *kept = Some((epoch, offers));
                offers
            }
            Err(fault) => {
                tracing::error!(%fault, "the directory cannot be read");
                Offers::default()
            }
        }
    }

    fn stored(&self, address: &Address) -> Result<Option<Stored>, Denied> {
        self.people.stored(address).map_err(unreadable)
    }

    /// Looks at a password of which nothing is remembered.
    async fn judge(
        &self,
        attempt: &Attempt<'_>,
        accepted: Accepted,
        named: Named,
        pass: Pass,
    ) -> Result<Login, Denied> {
        let (address, origin) = (&named.address, Origin::new(attempt.peer, attempt.door));
        let epoch = self.verdicts.epoch();
        if accepted == Accepted::All
            && let Some(stored) = self.stored(address)?
            && let Some((id, device)) = stored.app_password(attempt.password)
        {
            let verdict = verdict_of(&stored, Some((id, device)));
            self.verdicts.keep(address, attempt.password, verdict.clone(), epoch, self.now());
            let Verdict::Right(login) = verdict else {
                return Err(self.disabled(&address.to_string(), origin));
            };
            self.people.note_use(stored.account, id).await;
            return Ok(self.right(named.complete(login), origin));
        }
        let turn = self.turn(origin, Some(address), pass).await?;
        // Read now, for the password may have been changed while this one waited.
        let epoch = self.verdicts.epoch();
        let stored = self.stored(address)?;
        let hash = stored.as_ref().map(|stored| stored.record.hash.clone());
        let hashed = self.hasher.fits(turn, attempt.password, hash).await;
        let (fits, turn) = hashed.map_err(|_| Denied::Unavailable)?;
        let has_device = |stored: &Stored| !fits && stored.app_password(attempt.password).is_some();
        // An app password is wrong here alone.
        let is_kept = !stored.as_ref().is_some_and(has_device);
        let stored = stored.filter(|_| fits);
        let verdict = stored.map_or(Verdict::Wrong, |stored| verdict_of(&stored, None));
        if is_kept {
            self.verdicts.keep(address, attempt.password, verdict.clone(), epoch, self.now());
        }
        match verdict.clone() {
            Verdict::Right(login) => Ok(self.right(named.complete(login), origin)),
            Verdict::PagesOnly(login) if accepted == Accepted::MainPassword => {
                Ok(self.right(named.complete(login), origin))
            }
            Verdict::Disabled => Err(self.disabled(&address.to_string(), origin)),
            Verdict::Wrong | Verdict::PagesOnly(_) => {
                // Nobody learns from the answer that a guess was right.
                let reason = if verdict == Verdict::Wrong { WRONG } else { PAGES_ONLY };
                let denial = self.failed(Some(&address.to_string()), origin, reason);
                drop(turn);
                Err(denial.when_due().await)
            }
        }
    }

    async fn before(&self, origin: Origin<'_>, address: Option<&Address>) -> Result<Pass, Denied> {
        let name = address.map(Address::to_string);
        match self.throttle.before(origin.peer.address, name.as_deref(), self.now()) {
            Before::Go(wait, pass) => {
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
                Ok(pass)
            }
            Before::Refuse { wait_s } => Err(self.refused(name.as_deref(), origin, wait_s)),
        }
    }

    /// Refuses an attempt without looking at it.
    fn refused(&self, name: Option<&str>, origin: Origin<'_>, wait_s: u32) -> Denied {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        origin.log_refused(name, "too many failures");
        Denied::TooMany { wait_s }
    }

    /// Refuses what has become one attempt too many since it came through.
    fn still(&self, name: Option<&str>, origin: Origin<'_>, pass: Pass) -> Result<(), Denied> {
        if self.throttle.may_still(origin.peer.address, pass, self.now()) {
            Ok(())
        } else {
            Err(self.refused(name, origin, FAILURES_HALVED_S))
        }
    }

    /// Waits for a turn to have a password hashed.
    async fn turn(
        &self,
        origin: Origin<'_>,
        address: Option<&Address>,
        pass: Pass,
    ) -> Result<Turn, Denied> {
        let name = address.map(Address::to_string);
        let source = Source::of(origin.peer.address, name.as_deref().unwrap_or_default());
        let standing = self.throttle.standing(origin.peer.address, name.as_deref(), self.now());
        let Ok(turn) = self.hasher.turn(source, standing).await else {
            // It counts: the answer says that the password is none of those that are remembered as right.
            self.throttle.failed(origin.peer.address, name.as_deref(), self.now());
            origin.log_refused(name.as_deref(), "too many logins wait; it may be tried again");
            return Err(Denied::Unavailable);
        };
        self.still(name.as_deref(), origin, pass)?;
        Ok(turn)
    }

    /// Takes note of a right login.
    fn right(&self, login: Login, origin: Origin<'_>) -> Login {
        self.counts.right.fetch_add(1, Ordering::Relaxed);
        origin.log_right(&login);
        self.throttle.right(origin.peer.address, &login.address, self.now());
        login
    }

    /// Refuses somebody whose password is right and whose account is disabled.
    fn disabled(&self, name: &str, origin: Origin<'_>) -> Denied {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        origin.log_refused(Some(name), "account disabled");
        Denied::Disabled
    }

    /// Counts and logs a failure. Without a name only the origin is counted.
    fn failed(&self, name: Option<&str>, origin: Origin<'_>, reason: &'static str) -> Denial {
        self.counts.wrong.fetch_add(1, Ordering::Relaxed);
        let name: Option<String> = name.map(|name| name.chars().take(100).collect());
        let delay = self.throttle.failed(origin.peer.address, name.as_deref(), self.now());
        origin.log_failed(name.as_deref(), reason);
        Denial(delay)
    }

    /// Counts a failure, holds the answer back, and gives it.
    async fn wrong(&self, name: Option<&str>, origin: Origin<'_>, reason: &'static str) -> Denied {
        self.failed(name, origin, reason).when_due().await
    }

    async fn scram_secret(&self, login: &str, origin: Origin<'_>) -> Result<ScramSecret, Denied> {
        let fake = |name: &str| ScramSecret::fake(&self.fake_salts, name, ROUNDS_STORED);
        let Some(Named { address, .. }) = self.named(login)? else { return Ok(fake(login)) };
        self.before(origin, Some(&address)).await?;
        let stored = self.stored(&address)?;
        let secret = stored.and_then(|stored| stored.record.scram_secret(&stored.apps));
        // One salt for all the ways to write a name, as those who exist have it.
        Ok(secret.unwrap_or_else(|| fake(&address.to_string())))
    }

    async fn scram_login(
        &self,
        login: &str,
        proof: Proof,
        origin: Origin<'_>,
    ) -> Result<Login, Denied> {
        let named = self.named(login)?;
        // Again: of many exchanges that began at once, only as many count as there may be failures. One from a refused
        // prefix takes its turn here once more.
        let address = named.as_ref().map(|named| &named.address);
        if !self.throttle.may_still(origin.peer.address, Pass::Free, self.now()) {
            self.before(origin, address).await?;
        }
        if let (Proof::Right { key }, Some(named)) = (proof, &named)
            && let Some(stored) = self.stored(&named.address)?
        {
            let is_device = stored.device(key).is_some();
            if stored.record.disabled && (key == MAIN_PASSWORD || is_device) {
                return Err(self.disabled(&stored.record.address, origin));
            }
            if key == MAIN_PASSWORD && !stored.record.only_app_passwords {
                return Ok(self.right(
                    named.clone().complete(login_of(&stored, by_password(&stored))),
                    origin,
                ));
            }
            // Revoked since the exchange began: then there is no device any more.
            if let Some(device) = stored.device(key) {
                let login = login_of(&stored, (Credential::Key(key), Some(device)));
                self.people.note_use(stored.account, key).await;
                return Ok(self.right(login, origin));
            }
        }
        let name = named.map_or_else(|| login.to_owned(), |named| named.address.to_string());
        Err(self.wrong(Some(&name), origin, WRONG).await)
    }
}

impl Accepted {
    /// Whether what let somebody in is among them. The login has a device by now only if an app password gave it one.
    fn has(self, login: &Login) -> bool {
        self == Accepted::All || login.device.is_none()
    }
}

/// A denial whose answer is held back for a while.
struct Denial(Duration);

impl Denial {
    async fn when_due(self) -> Denied {
        tokio::time::sleep(self.0).await;
        Denied::Wrong
    }
}

fn unreadable(fault: Fault) -> Denied {
    tracing::error!(%fault, "the directory cannot be read");
    Denied::Unavailable
}

/// What is said to somebody whose password is right.
fn verdict_of(stored: &Stored, app: Option<(u64, &str)>) -> Verdict {
    let by =
        app.map_or_else(|| by_password(stored), |(id, device)| (Credential::Key(id), Some(device)));
    if stored.record.disabled {
        Verdict::Disabled
    } else if app.is_none() && stored.record.only_app_passwords {
        Verdict::PagesOnly(login_of(stored, by))
    } else {
        Verdict::Right(login_of(stored, by))
    }
}

/// By the main password.
fn by_password(stored: &Stored) -> (Credential, Option<&'static str>) {
    (Credential::Password(password_mark(&stored.record.hash)), None)
}

fn login_of(stored: &Stored, (credential, device): (Credential, Option<&str>)) -> Login {
    let AccountId(account) = stored.account;
    let (address, device) = (stored.record.address.clone(), device.map(str::to_owned));
    Login { account, address, device, credential }
}

impl Directory for Logins {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        if peer.security == Security::Clear {
            return Vec::new();
        }
        Mechanism::ALL
            .into_iter()
            .filter(|mechanism| mechanism.fits(peer))
            .filter(|mechanism| match mechanism {
                Mechanism::ScramSha256 | Mechanism::ScramSha256Plus => {
                    self.settings.scram == ScramKeys::Store
                }
                Mechanism::OauthBearer | Mechanism::Xoauth2 => self.offers().tokens,
                Mechanism::Plain | Mechanism::Login => true,
            })
            .collect()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move { Logins::verify(self, &attempt, Accepted::All).await })
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        Box::pin(self.scram_secret(login, Origin::new(peer, door)))
    }

    fn scram_done<'a>(
        &'a self,
        login: &'a str,
        proof: Proof,
        peer: &'a Peer,
        door: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(self.scram_login(login, proof, Origin::new(peer, door)))
    }

    fn nonce(&self) -> Nonce {
        // A keyed hash of a counter: as random as its key, and it cannot fail.
        let number = self.nonces_given.fetch_add(1, Ordering::Relaxed);
        let hash = blake3::keyed_hash(&self.nonces, &number.to_be_bytes());
        let mut octets = [0; 18];
        octets.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
        Nonce::from_random(octets)
    }

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move { self.check_token(&bearer).await })
    }

    fn token_help(&self) -> Option<String> {
        let provider = self.settings.oauth.as_ref();
        provider.map_or_else(|| self.own_help.get().cloned(), |it| it.configuration_url.clone())
    }

    fn token_scope(&self) -> Option<String> {
        self.settings.oauth.as_ref()?.scope.clone()
    }

    fn apop_offered(&self) -> bool {
        self.offers().apop
    }

    fn apop<'a>(&'a self, apop: Apop<'a>) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move { self.check_apop(&apop).await })
    }
}
