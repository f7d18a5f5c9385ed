//! A host in memory: the people of example.org, and what was stored for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use sasl::{
    Attempt, Bearer, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready, ScramKey,
    ScramSecret, Secret,
};
use smtp::delivery::{Asking, Claim, Delivery, Envelope, Owner, Receipt, Refused, Target};
use smtp::{Address, Domain};

/// Who lives here.
pub(crate) struct People;

fn ana() -> Login {
    Login {
        account: 1,
        address: "ana@example.org".to_owned(),
        device: None,
        credential: sasl::Credential::Other,
    }
}

impl Directory for People {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        Mechanism::ALL.into_iter().filter(|mechanism| mechanism.fits(peer)).collect()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        let answer = match (attempt.login, attempt.password.expose()) {
            ("ana@example.org" | "ana", b"secret") => Ok(ana()),
            ("off@example.org", b"secret") => Err(Denied::Disabled),
            ("imap@example.org", b"secret") => Err(Denied::NotForThisDoor),
            ("busy@example.org", _) => Err(Denied::TooMany { wait_s: 60 }),
            ("away@example.org", _) => Err(Denied::Unavailable),
            _ => Err(Denied::Wrong),
        };
        Box::pin(async move { answer })
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        let mut secret = ScramSecret::fake(&[1; 32], login, 4096);
        if login == "ana@example.org" {
            let password = Secret::new("secret");
            secret.keys.push(ScramKey::derive(1, &password, &secret.salt, 4096));
        }
        Box::pin(async move { Ok(secret) })
    }

    fn scram_done<'a>(
        &'a self,
        _: &'a str,
        proof: Proof,
        _: &'a Peer,
        _: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(async move {
            match proof {
                Proof::Right { .. } => Ok(ana()),
                Proof::Wrong => Err(Denied::Wrong),
            }
        })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([3; 18])
    }

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        // A short one, and the longest that a response has room for.
        let token = bearer.token.expose();
        let right = token == b"ticket" || token == [b't'; sasl::limits::TOKEN_OCTETS_MAX];
        Box::pin(async move { if right { Ok(ana()) } else { Err(Denied::Wrong) } })
    }

    fn token_help(&self) -> Option<String> {
        Some("https://id.example/openid".to_owned())
    }
}

/// A message that was stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) envelope: Arc<Envelope>,
    /// Where it went.
    pub(crate) targets: Vec<Target>,
    /// All octets, trace fields included.
    pub(crate) octets: Vec<u8>,
}

/// What was stored.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) stored: Arc<Mutex<Vec<Stored>>>,
    pub(crate) ids: AtomicU32,
    /// Whether there is a way to other hosts.
    pub(crate) relay: Option<()>,
    /// Whether nobody may name a sender of ours without logging in.
    pub(crate) refuses_claims: Option<()>,
}

impl Delivery for Memory {
    fn sender<'a>(
        &'a self,
        _: &'a Login,
        address: &'a Address,
    ) -> Ready<'a, Result<Owner, Refused>> {
        let ours = matches!(address.domain(), Domain::Name(name) if name == "example.org");
        let user = address.local().split('+').next().unwrap();
        let answer = match (ours, user) {
            (true, "ana") => Ok(Owner::User),
            (false, "anywhere") => Ok(Owner::Elsewhere),
            (_, _) => Err(Refused::NotYours),
        };
        Box::pin(async move { answer })
    }

    fn claim<'a>(&'a self, address: &'a Address) -> Ready<'a, Result<Claim, Refused>> {
        let ours = matches!(address.domain(), Domain::Name(name) if name == "example.org");
        let answer = match (ours, self.refuses_claims) {
            (false, _) => Ok(Claim::Nothing),
            (true, None) => Ok(Claim::OurDomain),
            (true, Some(())) => Err(Refused::LoginFirst),
        };
        Box::pin(async move { answer })
    }

    fn recipient<'a>(&'a self, asking: Asking<'a>) -> Ready<'a, Result<Vec<Target>, Refused>> {
        let answer = self.resolve(asking);
        Box::pin(async move { answer })
    }

    fn receive(
        &self,
        envelope: Arc<Envelope>,
    ) -> Ready<'static, Result<Box<dyn Receipt>, Refused>> {
        let stored = self.stored.clone();
        Box::pin(async move {
            if envelope.recipients.iter().any(|r| r.address.local() == "broken") {
                return Err(Refused::Fault);
            }
            let receipt: Box<dyn Receipt> =
                Box::new(Taking { envelope, octets: Vec::new(), stored });
            Ok(receipt)
        })
    }

    fn fresh_id(&self) -> String {
        format!("m{}", self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Memory {
    fn resolve(&self, asking: Asking<'_>) -> Result<Vec<Target>, Refused> {
        let address = asking.address;
        let elsewhere = match address.domain() {
            Domain::Here => false,
            Domain::Name(name) => name != "example.org",
            Domain::Literal(_) => true,
        };
        if elsewhere {
            return match (&asking.envelope.login, self.relay) {
                (None, _) => Err(Refused::RelayDenied),
                (Some(_), None) => Err(Refused::NoRelay),
                (Some(_), Some(())) => Ok(vec![Target::Elsewhere(address.clone())]),
            };
        }
        let local = address.local().to_lowercase();
        let (user, detail) = match local.split_once('+') {
            Some((user, detail)) => (user, Some(detail.to_owned())),
            None => (local.as_str(), None),
        };
        let account = |account| Target::Account { account, detail: detail.clone() };
        match user {
            "ana" | "postmaster" | "broken" => Ok(vec![account(1)]),
            "bob" | "late" | "unknown" => Ok(vec![account(2)]),
            "j\u{e1}n" => Ok(vec![account(3)]),
            "team" => Ok(vec![account(1), account(2)]),
            "full" => Err(Refused::FullForNow),
            "fuller" => Err(Refused::Full),
            "off" => Err(Refused::Disabled),
            _ => Err(Refused::UnknownUser),
        }
    }
}

struct Taking {
    envelope: Arc<Envelope>,
    octets: Vec<u8>,
    stored: Arc<Mutex<Vec<Stored>>>,
}

impl Taking {
    fn store(&self, targets: Vec<Target>) {
        let stored =
            Stored { envelope: self.envelope.clone(), targets, octets: self.octets.clone() };
        self.stored.lock().unwrap().push(stored);
    }
}

impl Receipt for Taking {
    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Ready<'a, Result<(), Refused>> {
        let fresh = self.octets.len().saturating_sub(8);
        self.octets.extend_from_slice(octets);
        let full = self.octets[fresh..].windows(9).any(|window| window == b"DISK-FULL");
        Box::pin(async move { if full { Err(Refused::NoSpace) } else { Ok(()) } })
    }

    fn finish_whole(self: Box<Self>) -> Ready<'static, Result<(), Refused>> {
        if self.envelope.recipients.iter().any(|r| r.address.local() == "unknown") {
            return Box::pin(async { Err(Refused::Unknown) });
        }
        if self.envelope.recipients.iter().any(|r| r.address.local() == "late") {
            return Box::pin(async { Err(Refused::FullForNow) });
        }
        let targets = self.envelope.recipients.iter().flat_map(|r| r.targets.clone()).collect();
        self.store(targets);
        Box::pin(async { Ok(()) })
    }

    fn finish_each(self: Box<Self>) -> Ready<'static, Vec<Result<(), Refused>>> {
        let mut results = Vec::new();
        for recipient in &self.envelope.recipients {
            results.push(match recipient.address.local() {
                "late" => Err(Refused::FullForNow),
                "unknown" => Err(Refused::Unknown),
                _ => {
                    self.store(recipient.targets.clone());
                    Ok(())
                }
            });
        }
        Box::pin(async move { results })
    }
}
