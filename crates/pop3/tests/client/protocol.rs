//! The calls of the client one by one, against servers that say what they are told to say.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pop3::client::{Advice, Announced, Client, Expire, Fault, Holds, Language, Refusal};
use pop3::{Code, First, serve};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use crate::host::Host;
use crate::world::World;

/// A server that says all this at once; afterwards it tells what it heard.
fn server(says: &'static [u8]) -> (DuplexStream, JoinHandle<String>) {
    let (ours, mut theirs) = duplex(1 << 16);
    let heard = tokio::spawn(async move {
        theirs.write_all(says).await.unwrap();
        let mut heard = String::new();
        theirs.read_to_string(&mut heard).await.unwrap();
        heard
    });
    (ours, heard)
}

async fn client(says: &'static [u8]) -> (Client<DuplexStream>, JoinHandle<String>) {
    let (stream, heard) = server(says);
    (Client::begin(stream, Security::Tls).await.unwrap(), heard)
}

async fn login(client: &mut Client<DuplexStream>, credentials: Credentials) -> Result<(), Fault> {
    client.login(credentials, Nonce::from_random([5; 18]), Binding::Unable).await
}

fn ana() -> Credentials {
    Credentials::password("ana", Secret::new("secret"))
}

#[tokio::test]
async fn terms_become_exact_after_the_login() {
    let (mut client, heard) = client(
        b"+OK\r\n+OK\r\nUSER\r\nEXPIRE 0 USER\r\n.\r\n+OK\r\n+OK\r\n+OK\r\nEXPIRE 30\r\n.\r\n",
    )
    .await;
    let before = client.capabilities().await.unwrap().expire;
    assert_eq!(before, Some(Announced { term: Expire::AfterDays(0), holds: Holds::AtWorst }));
    login(&mut client, ana()).await.unwrap();
    let after = client.capabilities().await.unwrap().expire;
    assert_eq!(after, Some(Announced { term: Expire::AfterDays(30), holds: Holds::Surely }));
    assert_eq!(client.capabilities().await.unwrap().expire, after);
    drop(client);
    assert_eq!(heard.await.unwrap(), "CAPA\r\nUSER ana\r\nPASS secret\r\nCAPA\r\n");
}

#[tokio::test]
async fn a_refused_name_is_told_even_when_the_password_went_with_it() {
    let (mut client, heard) =
        client(b"+OK\r\n+OK\r\nUSER\r\nPIPELINING\r\n.\r\n-ERR [AUTH] who?\r\n-ERR USER first\r\n")
            .await;
    let Err(Fault::Refused(refusal)) = login(&mut client, ana()).await else { panic!("let in") };
    assert_eq!((refusal.text.as_str(), refusal.advice()), ("who?", Advice::Ask));
    drop(client);
    assert_eq!(heard.await.unwrap(), "CAPA\r\nUSER ana\r\nPASS secret\r\n");
}

#[tokio::test]
async fn names_beyond_ascii_need_a_server_that_takes_them() {
    let name = || Credentials::password("jos\u{e9}", Secret::new("p"));
    let (mut strict, heard) = client(b"+OK\r\n+OK\r\nUSER\r\nUTF8\r\n.\r\n").await;
    assert!(matches!(login(&mut strict, name()).await, Err(Fault::NotAscii)));
    drop(strict);
    assert_eq!(heard.await.unwrap(), "CAPA\r\n");
    let (mut modern, heard) =
        client(b"+OK\r\n+OK\r\n+OK\r\nUSER\r\nUTF8 USER\r\n.\r\n+OK\r\n+OK\r\n").await;
    modern.enter_utf8().await.unwrap();
    login(&mut modern, name()).await.unwrap();
    assert!(matches!(modern.start_tls().await, Err(Fault::OutOfOrder(_))));
    assert_eq!(heard.await.unwrap(), "UTF8\r\nCAPA\r\nUSER jos\u{e9}\r\nPASS p\r\n");
}

#[tokio::test]
async fn languages_are_listed_and_chosen() {
    let (mut client, heard) = client(
        b"+OK\r\n+OK\r\nen English\r\npt Portugu\xc3\xaas\r\nx\r\n.\r\n+OK pt Idioma mudado\r\n-ERR no\r\n",
    )
    .await;
    let languages = client.languages().await.unwrap();
    let pt = Language { tag: "pt".into(), name: "Portugu\u{ea}s".into() };
    assert_eq!((languages.len(), &languages[1], languages[2].name.as_str()), (3, &pt, ""));
    assert_eq!(client.choose_language("pt-BR").await.unwrap(), "pt");
    assert!(matches!(client.choose_language("tlh").await, Err(Fault::Refused(_))));
    assert!(matches!(client.choose_language("pt\r\nDELE 1").await, Err(Fault::OutOfOrder(_))));
    drop(client);
    assert_eq!(heard.await.unwrap(), "LANG\r\nLANG pt-BR\r\nLANG tlh\r\n");
}

#[tokio::test]
async fn apop_is_used_when_asked_for_and_offered() {
    let (mut client, heard) =
        self::client(b"+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n-ERR\r\n+OK\r\n").await;
    client.apop("mrose", &Secret::new("tanstaaf")).await.unwrap();
    drop(client);
    let said = "CAPA\r\nAPOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n";
    assert_eq!(heard.await.unwrap(), said);
    let (mut client, _) = self::client(b"+OK ready\r\n").await;
    assert!(matches!(client.apop("a", &Secret::new("b")).await, Err(Fault::NoApop)));
    // A login by any other way never falls back to it.
    let (mut client, heard) = self::client(b"+OK <a@b>\r\n-ERR\r\n+OK\r\n+OK\r\n").await;
    login(&mut client, ana()).await.unwrap();
    drop(client);
    assert_eq!(heard.await.unwrap(), "CAPA\r\nUSER ana\r\nPASS secret\r\n");
}

#[tokio::test]
async fn a_token_goes_with_the_command_or_waits_when_it_is_long() {
    let (mut client, heard) =
        self::client(b"+OK\r\n+OK\r\nSASL OAUTHBEARER PLAIN\r\n.\r\n+OK\r\n").await;
    login(&mut client, Credentials::token("ana", Secret::new("t"))).await.unwrap();
    drop(client);
    assert!(heard.await.unwrap().starts_with("CAPA\r\nAUTH OAUTHBEARER "));
    let (mut client, heard) =
        self::client(b"+OK\r\n+OK\r\nSASL XOAUTH2 PLAIN\r\n.\r\n+ \r\n+OK\r\n").await;
    let long = Secret::new("t".repeat(2_000));
    login(&mut client, Credentials::token("ana", long)).await.unwrap();
    drop(client);
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("CAPA\r\nAUTH XOAUTH2\r\n") && heard.len() > 2_600, "{heard}");
    // A server that takes no tokens is not given one as a password.
    let (mut client, heard) = self::client(b"+OK\r\n+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n").await;
    let refused = login(&mut client, Credentials::token("ana", Secret::new("t"))).await;
    assert!(matches!(refused, Err(Fault::Login(_))));
    drop(client);
    assert_eq!(heard.await.unwrap(), "CAPA\r\n");
}

#[tokio::test]
async fn a_refused_token_is_told_and_the_session_goes_on() {
    // {"status":"invalid_token","scope":"mail"}
    let (mut client, heard) = self::client(
        b"+OK\r\n+OK\r\nSASL OAUTHBEARER\r\n.\r\n\
          + eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJtYWlsIn0=\r\n-ERR [AUTH] no\r\n+OK\r\n",
    )
    .await;
    let refused = login(&mut client, Credentials::token("ana", Secret::new("t"))).await;
    let Err(fault @ Fault::Login(_)) = refused else { panic!("let in") };
    assert!(fault.to_string().contains("invalid_token"), "{fault}");
    assert_eq!(fault.advice(), Advice::Ask);
    client.noop().await.unwrap();
    drop(client);
    assert!(heard.await.unwrap().ends_with("\r\nNOOP\r\n"));
}

#[tokio::test]
async fn our_own_server_understands_all_of_it() {
    let host = Host::new(&[]).await;
    host.world.mail("Subject: S\u{e3}o Paulo\r\n\r\nOl\u{e1}\r\n".as_bytes()).await;
    let mut client = host.client().await;
    let capabilities = client.capabilities().await.unwrap();
    assert!(capabilities.answered && capabilities.pipelining && capabilities.lang);
    assert!(capabilities.utf8.is_some() && capabilities.expire.is_some());
    let languages = client.languages().await.unwrap();
    assert!(languages.iter().any(|language| language.tag == "pt"), "{languages:?}");
    assert_eq!(client.choose_language("pt-BR").await.unwrap(), "pt");
    assert!(matches!(client.choose_language("tlh").await, Err(Fault::Refused(_))));
    client.enter_utf8().await.unwrap();
    login(&mut client, ana()).await.unwrap();
    let listing = client.listing().await.unwrap();
    let (scans, ids) = (listing.scans.unwrap(), listing.ids.unwrap());
    assert_eq!((scans.len(), ids.len()), (1, 1));
    let message = scans[0].message;
    let text = client.top(message, 9, 1 << 20).await.unwrap();
    assert_eq!(text.len() as u64, scans[0].octets);
    assert!(String::from_utf8(text).unwrap().contains("S\u{e3}o Paulo"));
    client.quit().await.unwrap();
}

#[tokio::test]
async fn our_own_server_takes_digests_and_tokens() {
    let world = World::new().await;
    world.people.apop.store(true, Ordering::SeqCst);
    world.people.tokens.store(true, Ordering::SeqCst);
    let connect = || {
        let (ours, theirs) = duplex(1 << 16);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(serve(theirs, Arc::clone(&world.service), peer, First::Greeting));
        Client::begin(ours, Security::Tls)
    };
    let mut client = connect().await.unwrap();
    let refused = client.apop("ana", &Secret::new("wrong")).await;
    assert!(matches!(refused, Err(fault @ Fault::Refused(_)) if fault.advice() == Advice::Ask));
    client.apop("ana", &Secret::new("secret")).await.unwrap();
    client.quit().await.unwrap();
    let mut client = connect().await.unwrap();
    let refused = login(&mut client, Credentials::token("ana", Secret::new("wrong"))).await;
    assert!(matches!(refused, Err(fault) if fault.advice() == Advice::Ask));
    login(&mut client, Credentials::token("ana", Secret::new("ana-token"))).await.unwrap();
    client.quit().await.unwrap();
}

#[test]
fn each_refusal_has_its_advice() {
    for (code, want) in [
        (Some(Code::InUse), Advice::Later),
        (Some(Code::LoginDelay), Advice::Later),
        (Some(Code::SysTemp), Advice::Later),
        (Some(Code::SysPerm), Advice::GiveUp),
        (Some(Code::Auth), Advice::Ask),
        (Some(Code::Utf8), Advice::EnterUtf8),
        (Some(Code::Other("X".into())), Advice::Unclear),
        (None, Advice::Unclear),
    ] {
        let refusal = Refusal { code, text: String::new() };
        assert_eq!(Fault::Refused(refusal.clone()).advice(), want, "{refusal:?}");
    }
    assert_eq!(Fault::Closed.advice(), Advice::Later);
    assert_eq!(Fault::NeedsTls.advice(), Advice::Ask);
}
