//! A directory of three people with fixed passwords.

use std::sync::LazyLock;

use sasl::{
    Attempt, Bearer, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready, ScramKey,
    ScramSecret, Secret,
};

/// Names and passwords; the account is the place in the list, from 1.
const PEOPLE: [(&str, &str); 3] = [("ana", "secret"), ("bob", "secret"), ("eva", " two  spaces ")];
const ROUNDS: u32 = 4_096;

static KEYS: LazyLock<Vec<ScramSecret>> = LazyLock::new(|| {
    let key = |(name, password): (&str, &str)| {
        let mut secret = ScramSecret::fake(&[7; 32], name, ROUNDS);
        let password = Secret::new(password.as_bytes());
        secret.keys.push(ScramKey::derive(1, &password, &secret.salt, ROUNDS));
        secret
    };
    PEOPLE.into_iter().map(key).collect()
});

pub(crate) struct People;

fn find(name: &str) -> Option<(usize, Login)> {
    let index = PEOPLE.iter().position(|(known, _)| *known == name)?;
    let address = format!("{name}@example.org");
    Some((
        index,
        Login {
            account: index as u32 + 1,
            address,
            device: None,
            credential: sasl::Credential::Other,
        },
    ))
}

impl Directory for People {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        Mechanism::ALL.into_iter().filter(|mechanism| mechanism.fits(peer)).collect()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        let found = find(attempt.login)
            .filter(|(index, _)| attempt.password.equals(PEOPLE[*index].1.as_bytes()));
        Box::pin(async move { found.map(|(_, login)| login).ok_or(Denied::Wrong) })
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        _peer: &'a Peer,
        _door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        let secret = match find(login) {
            Some((index, _)) => KEYS[index].clone(),
            None => ScramSecret::fake(&[7; 32], login, ROUNDS),
        };
        Box::pin(async move { Ok(secret) })
    }

    fn scram_done<'a>(
        &'a self,
        login: &'a str,
        proof: Proof,
        _peer: &'a Peer,
        _door: &'static str,
    ) -> Ready<'a, Result<Login, Denied>> {
        let found = find(login).map(|(_, login)| login);
        Box::pin(async move {
            match proof {
                Proof::Right { .. } => found.ok_or(Denied::Wrong),
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
        let found = bearer.login.and_then(find).filter(|_| right);
        Box::pin(async move { found.map(|(_, login)| login).ok_or(Denied::Wrong) })
    }

    fn token_help(&self) -> Option<String> {
        Some("https://id.example/openid".to_owned())
    }
}
