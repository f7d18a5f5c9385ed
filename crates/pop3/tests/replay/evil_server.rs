//! Servers that mean harm: our client holds little, waits for a bounded time, and shows nobody a password.

use std::time::Duration;

use pop3::MessageNumber;
use pop3::client::{Client, Fault};
use sasl::{Binding, Credentials, Nonce, Secret, Security};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// A server that says all this at once, then the last part for ever.
fn server(says: &'static [u8], for_ever: &'static [u8]) -> DuplexStream {
    let (ours, theirs) = duplex(64 << 10);
    let (mut reader, mut writer) = tokio::io::split(theirs);
    tokio::spawn(async move {
        writer.write_all(says).await.unwrap();
        while !for_ever.is_empty() && writer.write_all(for_ever).await.is_ok() {}
        tokio::time::sleep(Duration::from_secs(10_000)).await;
    });
    tokio::spawn(async move {
        let mut octets = [0; 1024];
        while let Ok(1..) = reader.read(&mut octets).await {}
    });
    ours
}

async fn client(says: &'static [u8], for_ever: &'static [u8]) -> Client<DuplexStream> {
    Client::begin(server(says, for_ever), Security::Tls).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn endless_answers_are_cut_off() {
    let greeting = Client::begin(server(b"", b"+OK "), Security::Tls).await;
    assert!(matches!(greeting, Err(Fault::TooMuch { .. })));
    let mut capabilities = client(b"+OK\r\n+OK\r\n", b"X\r\n").await;
    assert!(matches!(capabilities.capabilities().await, Err(Fault::TooMuch { .. })));
    let mut list = client(b"+OK\r\n+OK\r\n", b"1 1\r\n1 1\r\n1 1\r\n1 1\r\n1 1\r\n1 1\r\n").await;
    assert!(matches!(list.list().await, Err(Fault::TooMuch { .. })));
    let mut message = client(b"+OK\r\n+OK\r\nPIPELINING\r\n.\r\n+OK\r\n", b"more\r\n").await;
    let one = MessageNumber::new(1).unwrap();
    let mut retrieval = message.retrieve([one], 100_000).await.unwrap();
    retrieval.next().await.unwrap().unwrap().1.unwrap();
    let fault = loop {
        if let Err(fault) = retrieval.octets().await {
            break fault;
        }
    };
    assert!(matches!(fault, Fault::TooMuch { max: 100_000, .. }));
    drop(retrieval);
    assert!(matches!(message.noop().await, Err(Fault::Broken)));
}

#[tokio::test(start_paused = true)]
async fn nonsense_and_silence_are_faults() {
    assert!(matches!(
        Client::begin(server(b"* OK IMAP4rev1\r\n", b""), Security::Tls).await,
        Err(Fault::Syntax(_))
    ));
    assert!(matches!(
        Client::begin(server(b"", b""), Security::Tls).await,
        Err(Fault::TimedOut(120))
    ));
    for listing in [&b"+OK\r\n+OK\r\n0 5\r\n.\r\n"[..], b"+OK\r\n+OK\r\n1\r\n.\r\n"] {
        assert!(matches!(client(listing, b"").await.list().await, Err(Fault::Syntax(_))));
    }
    for listing in [&b"+OK\r\n+OK\r\n0 a\r\n.\r\n"[..], b"+OK\r\n+OK\r\nx y\r\n.\r\n"] {
        assert!(matches!(client(listing, b"").await.uidl().await, Err(Fault::Syntax(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_said_before_tls_is_believed_after_it() {
    let injected = client(b"+OK\r\n+OK go ahead\r\n+OK injected\r\n", b"").await;
    tokio::task::yield_now().await;
    assert!(matches!(injected.start_tls().await, Err(Fault::Syntax(_))));
}

#[tokio::test(start_paused = true)]
async fn a_password_is_not_sent_in_the_clear() {
    let stripped = b"+OK\r\n+OK\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n+OK\r\n+OK\r\n";
    let mut client = Client::begin(server(stripped, b""), Security::Clear).await.unwrap();
    let credentials = Credentials::password("ana", Secret::new("secret"));
    let nonce = Nonce::from_random([5; 18]);
    let login = client.login(credentials, nonce, Binding::Unable).await;
    assert!(matches!(login, Err(Fault::NeedsTls)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_prove_itself_is_not_believed() {
    let liar = b"+OK\r\n+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n+OK welcome\r\n";
    let mut client = Client::begin(server(liar, b""), Security::Clear).await.unwrap();
    let credentials = Credentials::password("ana", Secret::new("secret"));
    let nonce = Nonce::from_random([5; 18]);
    let login = client.login(credentials, nonce, Binding::Unable).await;
    assert!(matches!(login, Err(Fault::Login(_))));
}
