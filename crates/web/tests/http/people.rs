//! Ana and Bob, who may log in with a password, an app password or a token; and names that stand for what a directory may say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::page_people::Pages;

use sasl::{
    Attempt, Bearer, Credential, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready,
    ScramSecret, Secret, Security,
};
use tokio::sync::watch;
use web::{Gate, OwnSecurity, PageLogins, Visit};

/// Lets them in, and counts how often somebody asked.
pub(crate) struct People {
    pub(crate) asked: Arc<AtomicUsize>,
    pub(crate) there: Arc<AtomicUsize>,
    pub(crate) revoked: watch::Sender<bool>,
    pub(crate) pages: Arc<Pages>,
}

impl Default for People {
    fn default() -> People {
        People {
            asked: Arc::default(),
            there: Arc::default(),
            revoked: watch::Sender::new(false),
            pages: Arc::default(),
        }
    }
}

struct OneVisit {
    asked: Arc<AtomicUsize>,
    there: Arc<AtomicUsize>,
    revoked: watch::Receiver<bool>,
    pages: Arc<Pages>,
}

impl Drop for OneVisit {
    fn drop(&mut self) {
        self.there.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate for People {
    fn visit(&self, _: Security) -> Arc<dyn Visit> {
        self.there.fetch_add(1, Ordering::SeqCst);
        Arc::new(OneVisit {
            asked: Arc::clone(&self.asked),
            there: Arc::clone(&self.there),
            revoked: self.revoked.subscribe(),
            pages: Arc::clone(&self.pages),
        })
    }

    fn page_logins(&self) -> &dyn PageLogins {
        &*self.pages
    }

    fn own_security(&self) -> &dyn OwnSecurity {
        &*self.pages
    }

    fn addresses<'a>(&'a self, login: &'a Login) -> Ready<'a, Vec<String>> {
        Box::pin(async move { vec![login.address.clone()] })
    }
}

impl Visit for OneVisit {
    fn introduce(&self, _: &str) {}

    fn page<'a>(&'a self, secret: &'a Secret, _: &'a Peer) -> Ready<'a, Result<Login, Denied>> {
        let found = self.pages.of(secret).map(|it| login(it.account.0, Some("Browser")));
        Box::pin(async move { found.ok_or(Denied::Wrong) })
    }

    fn is_over(&self) -> bool {
        *self.revoked.borrow()
    }

    fn over(&self) -> Ready<'_, ()> {
        let mut revoked = self.revoked.clone();
        Box::pin(async move { drop(revoked.wait_for(|over| *over).await) })
    }
}

fn login(account: u32, device: Option<&str>) -> Login {
    let name = if account == 1 { "ana" } else { "bob" };
    // The number of an app password, of a session, and the mark of a password; each is as good as any.
    let credential = match device {
        Some("Phone") => Credential::Key(7),
        Some(_) => Credential::Page(7),
        None => Credential::Password(7),
    };
    let (address, device) = (format!("{name}@example.org"), device.map(str::to_owned));
    Login { account, address, device, credential }
}

/// What a directory says.
pub(crate) fn said(name: &str, password: &[u8]) -> Result<Login, Denied> {
    match (name, password) {
        ("ana@example.org", b"secret") => Ok(login(1, None)),
        ("ana@example.org", b"app:password") => Ok(login(1, Some("Phone"))),
        ("bob@example.org", b"secret") => Ok(login(2, None)),
        ("off", _) => Err(Denied::Disabled),
        ("later", _) => Err(Denied::Unavailable),
        ("often", _) => Err(Denied::TooMany { wait_s: 30 }),
        ("elsewhere", _) => Err(Denied::NotForThisDoor),
        _ => Err(Denied::Wrong),
    }
}

impl Directory for OneVisit {
    fn mechanisms(&self, _: &Peer) -> Vec<Mechanism> {
        Vec::new()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let said = said(attempt.login, attempt.password.expose());
        Box::pin(async move { said })
    }

    fn scram<'a>(
        &'a self,
        _: &'a str,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }

    fn scram_done<'a>(
        &'a self,
        _: &'a str,
        _: Proof,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async { Err(Denied::Wrong) })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([7; 18])
    }

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let is_right = bearer.token.expose() == b"ana-token";
        Box::pin(
            async move { if is_right { Ok(login(1, Some("Token"))) } else { Err(Denied::Wrong) } },
        )
    }
}
