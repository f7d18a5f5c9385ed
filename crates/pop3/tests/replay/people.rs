//! A directory of three people with fixed passwords, whose login names may end in the name of a device: `ana+office`.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use sasl::{
    Apop, Attempt, Bearer, Denied, Directory, Login, Mechanism, Nonce, Peer, Proof, Ready,
    ScramKey, ScramSecret, Secret,
};

/// Names and passwords; the account is the place in the list, from 1.
const PEOPLE: [(&str, &str); 3] = [("ana", "secret"), ("bob", "secret"), ("eva", " two  spaces ")];
const ROUNDS: u32 = 4_096;
/// The timestamp of every greeting: clock and nonce stand still.
const APOP_TIMESTAMP: &str = "<AwMDAwMDAwMDAwMDAwMDAwMD.1700000000@pop3>";
/// The MD5 of that and `secret`.
const APOP_DIGEST: [u8; 16] = 0xc656_4a2c_aac2_4c39_00bc_b5ae_7f50_7cbe_u128.to_be_bytes();

static KEYS: LazyLock<Vec<ScramSecret>> = LazyLock::new(|| {
    let key = |(name, password): (&str, &str)| {
        let mut secret = ScramSecret::fake(&[7; 32], name, ROUNDS);
        let password = Secret::new(password.as_bytes());
        secret.keys.push(ScramKey::derive(1, &password, &secret.salt, ROUNDS));
        secret
    };
    PEOPLE.into_iter().map(key).collect()
});

#[derive(Default)]
pub(crate) struct People {
    /// Whether there are tokens: `ana-token` is Ana's.
    pub(crate) tokens: AtomicBool,
    /// Whether somebody may use APOP.
    pub(crate) apop: AtomicBool,
}

fn find(login: &str) -> Option<(usize, Login)> {
    let (name, device) = match login.split_once('+') {
        Some((name, device)) => (name, Some(device.to_owned())),
        None => (login, None),
    };
    let index = PEOPLE.iter().position(|(known, _)| *known == name)?;
    let address = format!("{name}@example.org");
    Some((
        index,
        Login { account: index as u32 + 1, address, device, credential: sasl::Credential::Other },
    ))
}

fn answer(found: Option<(usize, Login)>) -> Ready<'static, Result<Login, Denied>> {
    Box::pin(async move { found.map(|(_, login)| login).ok_or(Denied::Wrong) })
}

impl Directory for People {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        let tokens = self.tokens.load(Ordering::SeqCst);
        let is_token = |m: &Mechanism| matches!(m, Mechanism::OauthBearer | Mechanism::Xoauth2);
        let offered = Mechanism::ALL.into_iter().filter(|m| tokens || !is_token(m));
        offered.filter(|mechanism| mechanism.fits(peer)).collect()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        // Names that stand for what a directory may say.
        let denied = match attempt.login {
            "off" => Some(Denied::Disabled),
            "later" => Some(Denied::Unavailable),
            "often" => Some(Denied::TooMany { wait_s: 30 }),
            "elsewhere" => Some(Denied::NotForThisDoor),
            _ => None,
        };
        if let Some(denied) = denied {
            return Box::pin(async move { Err(denied) });
        }
        answer(
            find(attempt.login)
                .filter(|(index, _)| attempt.password.equals(PEOPLE[*index].1.as_bytes())),
        )
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
        answer(find(login).filter(|_| matches!(proof, Proof::Right { .. })))
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([3; 18])
    }

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        let is_hers = bearer.token.equals(b"ana-token") && bearer.login.is_none_or(|l| l == "ana");
        answer(find("ana+phone").filter(|_| is_hers))
    }

    fn apop_offered(&self) -> bool {
        self.apop.load(Ordering::SeqCst)
    }

    fn apop<'a>(&'a self, apop: Apop<'a>) -> Ready<'a, Result<Login, Denied>> {
        let is_right = apop.timestamp == APOP_TIMESTAMP && apop.digest == APOP_DIGEST;
        answer(find(apop.login).filter(|(index, _)| is_right && PEOPLE[*index].1 == "secret"))
    }
}
