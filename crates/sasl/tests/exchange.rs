//! Both ends talk to each other over each mechanism, with a small directory behind the server.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

use sasl::{
    Apop, Attempt, Bearer, Binding, Client, ClientFault, Credentials, Denied, Directory, Exchange,
    Failure, Login, Mechanism, Nonce, Peer, Proof, Ready, ScramKey, ScramSecret, Secret, Security,
    Turn, check_apop, encode,
};

struct Ana;

fn ana() -> Login {
    Login {
        account: 7,
        address: "ana@example.org".to_owned(),
        device: None,
        credential: sasl::Credential::Other,
    }
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

    fn verify_token<'a>(&'a self, bearer: Bearer<'a>) -> Ready<'a, Result<Login, Denied>> {
        let named = matches!(bearer.login, None | Some("ana"));
        let right = named && bearer.token.equals(b"ticket");
        let busy = bearer.token.equals(b"later");
        Box::pin(async move {
            match (right, busy) {
                (true, _) => Ok(ana()),
                (false, true) => Err(Denied::Unavailable),
                (false, false) => Err(Denied::Wrong),
            }
        })
    }

    fn token_help(&self) -> Option<String> {
        Some("https://id.example/x".to_owned())
    }

    fn apop<'a>(&'a self, apop: Apop<'a>) -> Ready<'a, Result<Login, Denied>> {
        let right = apop.login == "mrose" && apop.digest[..3] == [0xc4, 0xc9, 0x33];
        Box::pin(async move { if right { Ok(ana()) } else { Err(Denied::Wrong) } })
    }
}

/// Runs an exchange to its end; the client trusts the server before it believes in success.
async fn run(mechanism: Mechanism, login: &str, password: &str, early: bool) -> Turn {
    let peer = Peer::new(None, Security::Tls);
    let credentials = Credentials::password(login, Secret::new(password.as_bytes()));
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

/// What a client of tokens gets to hear.
async fn with_token(
    mechanism: Mechanism,
    login: &str,
    token: &str,
    early: bool,
) -> Result<Login, (ClientFault, Failure)> {
    let peer = Peer::new(None, Security::Tls);
    let credentials = Credentials::token(login, Secret::new(token));
    let mut client =
        Client::new(mechanism, credentials, Nonce::from_random([5; 18]), Binding::Unable);
    let mut exchange = Exchange::new(mechanism, &Ana, &peer, "test");
    let first = client.first().unwrap();
    let mut turn = exchange.begin(early.then(|| first.clone())).await;
    if !early {
        assert!(matches!(&turn, Turn::Challenge(empty) if empty.is_empty()));
        turn = exchange.take(encode(&first).as_bytes()).await;
    }
    match turn {
        Turn::Done(login) => {
            client.finish().unwrap();
            Ok(login)
        }
        Turn::Challenge(challenge) => {
            let fault = client.respond(&challenge).unwrap_err();
            // RFC 7628, 3.2.3: %x01; clients of XOAUTH2 send nothing.
            let answer = if mechanism == Mechanism::Xoauth2 { &b""[..] } else { b"AQ==" };
            match exchange.take(answer).await {
                Turn::Failed(failure) => Err((fault, failure)),
                Turn::Challenge(_) | Turn::Done(_) => panic!("a failure must follow"),
            }
        }
        Turn::Failed(failure) => panic!("refused without a reason: {failure}"),
    }
}

#[tokio::test]
async fn a_token_lets_in_and_a_wrong_one_is_told_why() {
    for mechanism in [Mechanism::OauthBearer, Mechanism::Xoauth2] {
        for early in [true, false] {
            let login = with_token(mechanism, "ana", "ticket", early).await.unwrap();
            assert_eq!(login, ana());
            for (name, token) in [("ana", "wrong"), ("bob", "ticket")] {
                let (fault, failure) = with_token(mechanism, name, token, early).await.unwrap_err();
                let ClientFault::Token(refusal) = fault else { panic!("{fault}") };
                let status = if mechanism == Mechanism::Xoauth2 { "401" } else { "invalid_token" };
                assert_eq!(refusal.status, status);
                assert_eq!(refusal.configuration.as_deref(), Some("https://id.example/x"));
                assert_eq!(failure, Failure::Denied(Denied::Wrong));
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_is_busy_does_not_make_clients_throw_their_token_away() {
    let busy = with_token(Mechanism::OauthBearer, "ana", "later", true).await;
    let (ClientFault::Token(refusal), failure) = busy.unwrap_err() else { panic!() };
    assert_eq!(refusal.status, "temporarily_unavailable");
    assert_eq!(failure, Failure::Denied(Denied::Unavailable));
}

#[tokio::test]
async fn a_long_token_fits_into_one_response() {
    let token = "t".repeat(sasl::limits::TOKEN_OCTETS_MAX);
    let (_, failure) = with_token(Mechanism::OauthBearer, "ana", &token, false).await.unwrap_err();
    assert_eq!(failure, Failure::Denied(Denied::Wrong));
}

#[tokio::test]
async fn a_client_may_cancel_instead_of_answering_the_refusal() {
    let peer = Peer::new(None, Security::Tls);
    let mut exchange = Exchange::new(Mechanism::OauthBearer, &Ana, &peer, "test");
    let turn = exchange.begin(Some(b"n,,\x01auth=Bearer no\x01\x01".to_vec())).await;
    assert!(matches!(turn, Turn::Challenge(_)));
    assert!(matches!(exchange.take(b"*").await, Turn::Failed(Failure::Cancelled)));
    assert!(matches!(exchange.take(b"AQ==").await, Turn::Failed(Failure::Syntax(_))));
}

#[tokio::test]
async fn digests_of_apop_are_read_in_either_case() {
    let peer = Peer::new(None, Security::Tls);
    let stamp = "<1896.697170952@dbc.mtview.ca.us>";
    for (name, digest, passes) in [
        ("mrose", "c4c9334bac560ecc979e58001b3e22fb", true),
        ("mrose", "C4C9334BAC560ECC979E58001B3E22FB", true),
        ("mrose", "00c9334bac560ecc979e58001b3e22fb", false),
        ("mrose", "c4c9334bac560ecc979e58001b3e22f", false),
        ("mrose", "c4c9334bac560ecc979e58001b3e22fb0", false),
        ("mrose", "c4c9334bac560ecc979e58001b3e22fg", false),
        ("mrose", "", false),
        ("", "c4c9334bac560ecc979e58001b3e22fb", false),
    ] {
        let done = check_apop(&Ana, name.as_bytes(), stamp, digest.as_bytes(), &peer, "pop3").await;
        assert_eq!(done.is_ok(), passes, "{name} {digest}");
    }
}
