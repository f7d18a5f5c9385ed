//! Logging in to pages: by the main password alone. An app password is for one program, and who finds it must not come to all that
//! a page can do.

use std::net::IpAddr;

use mailbox::{AccountId, Fault};
use sasl::{Attempt, Denied, Peer, Secret, limits, prepare};

use super::{Accepted, Logins, unreadable};
use crate::address::Address;
use crate::page_sessions::{Beginning, FoundPageSession, NewPageSession};
use crate::people::PeopleError;

/// The door, as the log calls it.
const DOOR: &str = "web";

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
}

/// Somebody whose password is right.
struct Proven {
    address: Address,
    /// The hash that the password fits.
    hash: String,
    program: String,
    from: Option<IpAddr>,
}

impl Logins {
    /// Lets somebody in to pages. Who is unknown hears the same, after as long, as who has a wrong password.
    pub async fn log_in_page(&self, attempt: PageAttempt<'_>) -> Result<NewPageSession, Denied> {
        let proven = self.prove(&attempt).await?;
        self.begin(&proven).await
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
        let PageAttempt { peer, program, .. } = *attempt;
        let attempt = Attempt { login: &login, password: &password, peer, door: DOOR };
        let login = self.verify(&attempt, Accepted::MainPassword).await?;
        let before = before.filter(|before| before.account.0 == login.account);
        let (Some(before), Ok(address)) = (before, login.address.parse()) else {
            return Err(Denied::Unavailable);
        };
        let hash = before.record.hash;
        Ok(Proven { address, hash, program: program.to_owned(), from: peer.address })
    }

    async fn begin(&self, proven: &Proven) -> Result<NewPageSession, Denied> {
        let Proven { address, hash, program, from } = proven;
        let beginning = Beginning { address, hash, program, from: *from };
        match self.people.begin_page_session(beginning).await {
            Ok(Some(new)) => Ok(new),
            Ok(None) => Err(Denied::Wrong),
            Err(error) => Err(not_begun(error)),
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

    /// Has the user of a session prove once more to be its owner, by the password.
    pub async fn confirm_page(
        &self,
        (account, id): (AccountId, u64),
        (address, password): (&str, &Secret),
        peer: &Peer,
    ) -> Result<(), Denied> {
        let attempt = PageAttempt { login: address, password, peer, program: "" };
        self.prove(&attempt).await?;
        match self.people.prove_page_session(account, id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Denied::Wrong),
            Err(error) => Err(not_begun(error)),
        }
    }
}

/// A password in the form in which it is kept; one that is no text fits nothing.
fn prepared(password: &Secret) -> Secret {
    match str::from_utf8(password.expose()) {
        Ok(text) if !text.contains('\0') => Secret::new(prepare(text)),
        Ok(_) | Err(_) => Secret::new(Vec::new()),
    }
}

fn not_begun(error: PeopleError) -> Denied {
    match error {
        PeopleError::Fault(fault) => unreadable(fault),
        PeopleError::Refused(_) | PeopleError::Mail(_) => {
            unreadable(Fault::caused("a session of a page cannot be kept", error))
        }
    }
}
