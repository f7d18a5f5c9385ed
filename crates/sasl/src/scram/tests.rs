//! SCRAM against the vectors of RFC 7677, and each way to cheat.

use super::{Binding, ChannelBinding, Nonce, ScramClient, ScramKey, ScramSecret, ServerFirst};
use crate::client::ClientFault;
use crate::{Mechanism, Secret, decode};

const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

fn pencil() -> Secret {
    Secret::new("pencil")
}

fn secret() -> ScramSecret {
    let salt = decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = vec![
        ScramKey::derive(1, &Secret::new("pen"), &salt, 4096),
        ScramKey::derive(7, &Secret::new("pencil"), &salt, 4096),
    ];
    ScramSecret { salt, rounds: 4096, keys }
}

fn text(octets: &[u8]) -> &str {
    str::from_utf8(octets).unwrap()
}

#[test]
fn the_exchange_of_rfc_7677_comes_out_octet_for_octet() {
    let mut client = ScramClient::new(
        "user".to_owned(),
        pencil(),
        Nonce::from_text(CLIENT_NONCE),
        Binding::Unable,
    );
    let first = client.first();
    assert_eq!(text(&first), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");

    let read = ServerFirst::parse(&first, Mechanism::ScramSha256, &[]).unwrap();
    assert_eq!(read.login(), "user");
    let (server, challenge) = read.answer(Nonce::from_text(SERVER_NONCE), secret());
    assert_eq!(
        text(&challenge),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );

    let proof = client.respond(&challenge).unwrap();
    assert_eq!(
        text(&proof),
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );

    let (key, answer) = server.verify(&proof).unwrap().unwrap();
    assert_eq!(key, 7);
    assert_eq!(text(&answer), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert!(!client.proven());
    assert_eq!(client.respond(&answer).unwrap(), b"");
    assert!(client.proven());
}

#[test]
fn a_proof_can_be_bound_to_the_connection() {
    let here = ChannelBinding { name: "tls-exporter", octets: vec![1; 32] };
    let elsewhere = ChannelBinding { name: "tls-exporter", octets: vec![2; 32] };
    for (seen, right) in [(here.clone(), true), (elsewhere, false)] {
        let nonce = Nonce::from_text("c");
        let mut client =
            ScramClient::new("user".to_owned(), pencil(), nonce, Binding::To(here.clone()));
        let bindings = [seen];
        let read =
            ServerFirst::parse(&client.first(), Mechanism::ScramSha256Plus, &bindings).unwrap();
        let (server, challenge) = read.answer(Nonce::from_text("s"), secret());
        let proof = client.respond(&challenge).unwrap();
        assert_eq!(server.verify(&proof).unwrap().is_some(), right);
    }
}

#[test]
fn a_hidden_offer_of_binding_is_noticed() {
    let bindings = [ChannelBinding { name: "tls-exporter", octets: vec![1; 32] }];
    let plain = Mechanism::ScramSha256;
    let plus = Mechanism::ScramSha256Plus;
    assert!(ServerFirst::parse(b"y,,n=user,r=x", plain, &bindings).is_err());
    assert!(ServerFirst::parse(b"y,,n=user,r=x", plain, &[]).is_ok());
    assert!(ServerFirst::parse(b"n,,n=user,r=x", plain, &bindings).is_ok());
    assert!(ServerFirst::parse(b"n,,n=user,r=x", plus, &bindings).is_err());
    assert!(ServerFirst::parse(b"p=tls-unique,,n=user,r=x", plus, &bindings).is_err());
    assert!(ServerFirst::parse(b"p=tls-exporter,,n=user,r=x", plain, &bindings).is_err());
}

#[test]
fn a_wrong_password_nonce_or_binding_proves_nothing() {
    let wrong = Secret::new("Pencil");
    let mut client =
        ScramClient::new("user".to_owned(), wrong, Nonce::from_text("c"), Binding::Unable);
    let read = ServerFirst::parse(&client.first(), Mechanism::ScramSha256, &[]).unwrap();
    let (server, challenge) = read.answer(Nonce::from_text("s"), secret());
    let proof = client.respond(&challenge).unwrap();
    assert!(server.verify(&proof).unwrap().is_none());

    let mut client =
        ScramClient::new("user".to_owned(), pencil(), Nonce::from_text("c"), Binding::Unable);
    client.first();
    let proof = client.respond(&challenge).unwrap();
    let proof = text(&proof);
    assert!(server.verify(proof.as_bytes()).unwrap().is_some());
    for cheat in [proof.replace("r=cs", "r=cx"), proof.replace("c=biws", "c=eSws")] {
        assert!(server.verify(cheat.as_bytes()).unwrap().is_none(), "{cheat}");
    }
}

#[test]
fn an_unknown_name_gets_the_same_fake_each_time_and_never_passes() {
    let fake = || ScramSecret::fake(&[9; 32], "nobody", 4096);
    assert_eq!(fake().salt, fake().salt);
    assert_ne!(fake().salt, ScramSecret::fake(&[9; 32], "somebody", 4096).salt);
    assert_eq!(fake().salt.len(), 16);
    let mut client =
        ScramClient::new("user".to_owned(), pencil(), Nonce::from_text("c"), Binding::Unable);
    let read = ServerFirst::parse(&client.first(), Mechanism::ScramSha256, &[]).unwrap();
    let (server, challenge) = read.answer(Nonce::from_text("s"), fake());
    assert!(server.verify(&client.respond(&challenge).unwrap()).unwrap().is_none());
}

#[test]
fn broken_first_messages_are_refused() {
    for bad in [
        "",
        "n",
        "n,,",
        "n,,n=user",
        "n,,r=x,n=user",
        "n,,n=,r=x",
        "n,,n=user,r=",
        "x,,n=user,r=x",
        "n,b=x,n=user,r=x",
        "n,,m=x,n=user,r=x",
        "n,,n=us=er,r=x",
        "n,,n=us=2c,r=x",
        "n,,n=user,r=x y",
        "p=,,n=user,r=x",
    ] {
        assert!(ServerFirst::parse(bad.as_bytes(), Mechanism::ScramSha256, &[]).is_err(), "{bad}");
    }
    let long = format!("n,,n=user,r={}", "x".repeat(600));
    assert!(ServerFirst::parse(long.as_bytes(), Mechanism::ScramSha256, &[]).is_err());
    let read =
        ServerFirst::parse(b"n,a=b=3D,n=a=2Cb=3Dc,r=x", Mechanism::ScramSha256, &[]).unwrap();
    assert_eq!(read.login(), "a,b=c");
}

#[test]
fn the_client_distrusts_a_cheating_server() {
    let fresh =
        || ScramClient::new("user".to_owned(), pencil(), Nonce::from_text("abc"), Binding::Unable);
    for bad in [
        "r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=xbcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
        "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4000000000",
        "r=abcdef,s=!,i=4096",
        "r=abcdef,i=4096",
        "",
    ] {
        let fault = fresh().respond(bad.as_bytes()).unwrap_err();
        assert!(matches!(fault, ClientFault::Server(_)), "{bad}");
    }
    let mut client = fresh();
    client.respond(b"r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").unwrap();
    assert!(client.respond(b"v=AAAA").is_err());
    assert!(!client.proven());
}
