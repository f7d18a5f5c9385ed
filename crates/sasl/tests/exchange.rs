//! Both ends talk to each other over each mechanism, with a small directory behind the server.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests may be blunt")]

use sasl::{
    Attempt, Binding, Client, Credentials, Denied, Directory, Exchange, Failure, Login, Mechanism,
    Nonce, Peer, Proof, Ready, ScramKey, ScramSecret, Secret, Security, Turn, encode,
};

struct Ana;

fn ana() -> Login {
    Login { account: 7, address: "ana@example.org".to_owned(), device: None }
}

impl Directory for Ana {
    fn mechanisms(&self, peer: &Peer) -> Vec<Mechanism> {
        Mechanism::ALL.into_iter().filter(|m| m.fits(peer)).collect()
    }

    fn verify<'a>(&'a self, attempt: Attempt<'a>) -> Ready<'a, Result<Login, Denied>> {
        let right = attempt.login == "ana" && attempt.password.equals("s\u{e9}same".as_bytes());
        Box::pin(async move { if right { Ok(ana()) } else { Err(Denied::Wrong) } })
    }

    fn scram<'a>(
        &'a self,
        login: &'a str,
        _peer: &'a Peer,
        _door: &'static str,
    ) -> Ready<'a, Result<ScramSecret, Denied>> {
        let mut secret = ScramSecret::fake(&[1; 32], login, 4096);
        if login == "ana" {
            let password = Secret::new("s\u{e9}same");
            secret.keys.push(ScramKey::derive(1, &password, &secret.salt, 4096));
        }
        Box::pin(async move { Ok(secret) })
    }

    fn scram_done<'a>(
        &'a self,
        _login: &'a str,
        proof: Proof,
        _peer: &'a Peer,
        _door: &'static str,
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
}

/// Runs an exchange to its end; the client trusts the server before it believes in success.
async fn run(mechanism: Mechanism, login: &str, password: &str, early: bool) -> Turn {
    let peer = Peer::new(None, Security::Tls);
    let credentials =
        Credentials { login: login.to_owned(), password: Secret::new(password.as_bytes()) };
    let nonce = Nonce::from_random([5; 18]);
    let mut client = Client::new(mechanism, credentials, nonce, Binding::Unable);
    let mut exchange = Exchange::new(mechanism, &Ana, &peer, "test");
    let first = client.first();
    let mut turn = exchange.begin(first.clone().filter(|_| early)).await;
    if let (Some(first), false) = (first, early) {
        assert!(matches!(&turn, Turn::Challenge(empty) if empty.is_empty()));
        turn = exchange.take(encode(&first).as_bytes()).await;
    }
    loop {
        match turn {
            Turn::Challenge(challenge) => {
                let answer = client.respond(&challenge).unwrap();
                turn = exchange.take(encode(&answer).as_bytes()).await;
            }
            Turn::Done(login) => {
                client.finish().unwrap();
                return Turn::Done(login);
            }
            Turn::Failed(failure) => return Turn::Failed(failure),
        }
    }
}

const WITHOUT_BINDING: [Mechanism; 3] =
    [Mechanism::ScramSha256, Mechanism::Plain, Mechanism::Login];

#[tokio::test]
async fn each_mechanism_lets_the_right_one_in() {
    for mechanism in WITHOUT_BINDING {
        for early in [true, false] {
            // The client's keyboard composes the e in two code points.
            let turn = run(mechanism, "ana", "se\u{301}same", early).await;
            assert!(matches!(turn, Turn::Done(login) if login == ana()), "{mechanism:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    for mechanism in WITHOUT_BINDING {
        for name in ["ana", "nobody"] {
            let turn = run(mechanism, name, "wrong", true).await;
            assert!(
                matches!(turn, Turn::Failed(Failure::Denied(Denied::Wrong))),
                "{mechanism:?} {name}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_acts_as_somebody_else() {
    let peer = Peer::new(None, Security::Tls);
    for (message, passes) in [
        ("\0ana\0s\u{e9}same", true),
        ("ana\0ana\0s\u{e9}same", true),
        ("Ana@Example.org\0ana\0s\u{e9}same", true),
        ("bob@example.org\0ana\0s\u{e9}same", false),
    ] {
        let mut exchange = Exchange::new(Mechanism::Plain, &Ana, &peer, "test");
        let turn = exchange.begin(Some(message.into())).await;
        assert_eq!(matches!(turn, Turn::Done(_)), passes, "{message:?}");
    }
}

#[tokio::test]
async fn a_star_cancels_and_nothing_follows() {
    let peer = Peer::new(None, Security::Tls);
    for mechanism in WITHOUT_BINDING {
        let mut exchange = Exchange::new(mechanism, &Ana, &peer, "test");
        assert!(matches!(exchange.begin(None).await, Turn::Challenge(_)));
        assert!(matches!(exchange.take(b"*").await, Turn::Failed(Failure::Cancelled)));
        let after = encode("\0ana\0s\u{e9}same".as_bytes());
        assert!(matches!(exchange.take(after.as_bytes()).await, Turn::Failed(Failure::Syntax(_))));
    }
}

#[tokio::test]
async fn bad_base64_ends_the_exchange() {
    let peer = Peer::new(None, Security::Tls);
    for line in [&b"aaa"[..], b"====", b"a\0aa", "A".repeat(12_292).as_bytes()] {
        let mut exchange = Exchange::new(Mechanism::Plain, &Ana, &peer, "test");
        exchange.begin(None).await;
        assert!(matches!(exchange.take(line).await, Turn::Failed(Failure::Syntax(_))));
    }
}
