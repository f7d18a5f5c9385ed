//! What a transcript cannot say well: counts, sizes, and both ends together.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mailbox::{SetClock, Timestamp};
use sasl::{Credentials, Login, Nonce, Peer, Secret, Security};
use smtp::client::{Client, Fault, Framing, Whole};
use smtp::command::{Mail, Rcpt};
use smtp::server::{End, Phase, Service, Start, Submitting, Tls, serve};
use smtp::{Brackets, Flavour, MailParameters, RecipientParameters};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;

use crate::acts::without_trace;
use crate::memory::{Memory, People, Stored};

type Kept = Arc<std::sync::Mutex<Vec<Stored>>>;

fn service(flavour: Flavour, tls: Tls) -> (Arc<Service>, Kept, watch::Sender<Phase>) {
    let memory = Memory { relay: Some(()), ..Memory::default() };
    let stored = memory.stored.clone();
    let (sender, phase) = watch::channel(Phase::Serving);
    let service = Service {
        flavour,
        hostname: "mail.example.org".to_owned(),
        message_octets_max: 10_000_000,
        tls,
        directory: Arc::new(People),
        delivery: Arc::new(memory),
        clock: Arc::new(SetClock::at(Timestamp(1_700_000_000))),
        phase,
    };
    (Arc::new(service), stored, sender)
}

/// Starts a server and gives the client's end of the pipe.
fn connect(service: &Arc<Service>, security: Security) -> DuplexStream {
    let (near, far) = tokio::io::duplex(1_000);
    let service = service.clone();
    tokio::spawn(async move {
        let peer = Peer::new(Some([192, 0, 2, 1].into()), security);
        let mut end = serve(far, peer, service.clone(), Start::Greeting).await;
        while let End::StartTls(stream) = end {
            let peer = Peer::new(None, Security::Tls);
            end = serve(stream, peer, service.clone(), Start::AfterStartTls).await;
        }
    });
    near
}

fn mail(from: &str) -> Mail {
    let parameters = MailParameters::default();
    Mail { from: Some(from.parse().unwrap()), parameters, brackets: Brackets::There }
}

fn to(address: &str) -> Rcpt {
    let parameters = RecipientParameters::default();
    Rcpt { to: address.parse().unwrap(), parameters, brackets: Brackets::There }
}

fn ana() -> Credentials {
    Credentials::password("ana@example.org", Secret::new("secret"))
}

#[tokio::test(start_paused = true)]
async fn our_client_and_our_server_carry_any_octets() {
    let body = b"Subject: x\r\n\r\n.\r\n..\r\n\x01\xff .\r\nlong ".to_vec();
    let body = [body, vec![b'y'; 200_000], b"\r\n.\r\nend\r\n".to_vec()].concat();
    for flavour in [Flavour::Smtp, Flavour::Lmtp] {
        for framing in [Framing::Best, Framing::Data] {
            let (service, stored, _phase) = service(flavour, Tls::NotOffered);
            let stream = connect(&service, Security::Loopback);
            let mut client =
                Client::greet(stream, flavour, "client.example", Start::Greeting).await.unwrap();
            client.set_framing(framing);
            for _ in 0..2 {
                let recipients =
                    [to("ana@example.org"), to("no@example.org"), to("bob@example.org")];
                let mut text = Whole::new(Bytes::from(body.clone()));
                let replies =
                    client.send(&mail("x@other.example"), &recipients, &mut text).await.unwrap();
                let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
                assert_eq!(codes, [250, 550, 250], "{flavour:?} {framing:?}");
            }
            client.quit().await;
            let stored = stored.lock().unwrap();
            assert_eq!(stored.len(), if flavour == Flavour::Lmtp { 4 } else { 2 });
            for message in stored.iter() {
                assert!(without_trace(&message.octets) == body, "{flavour:?} {framing:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn our_client_begins_tls_logs_in_and_submits() {
    let (service, stored, _phase) = service(Flavour::Submission, Tls::Offered);
    let stream = connect(&service, Security::Clear);
    let client = Client::greet(stream, Flavour::Submission, "client.example", Start::Greeting)
        .await
        .unwrap();
    assert!(!client.capabilities().has("AUTH"));
    let stream = client.start_tls().await.unwrap();
    let mut client =
        Client::greet(stream, Flavour::Submission, "client.example", Start::AfterStartTls)
            .await
            .unwrap();
    let peer = Peer::new(None, Security::Tls);
    client.log_in(ana(), Nonce::from_random([7; 18]), &peer).await.unwrap();
    let mut text = Whole::new("From: ana@example.org\r\n\r\nhi\r\n");
    let recipients = [to("y@ext.example")];
    let replies = client.send(&mail("ana@example.org"), &recipients, &mut text).await.unwrap();
    assert!(replies[0].is_positive(), "{}", replies[0]);
    client.quit().await;
    let stored = stored.lock().unwrap();
    let message = &stored[0];
    let text = String::from_utf8_lossy(&message.octets);
    let skipped = usize::try_from(message.envelope.return_path_octets).unwrap();
    assert_eq!(&text[..skipped], "Return-Path: <ana@example.org>\r\n");
    assert!(
        text[skipped..].starts_with(
            "Received: from client.example\r\n\tby mail.example.org with ESMTPSA id m1\r\n\
         \tfor <y@ext.example>;\r\n\tTue, 14 Nov 2023 22:13:20 +0000\r\nDate: "
        ),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_a_refusal() {
    let (service, _stored, _phase) = service(Flavour::Submission, Tls::NotOffered);
    let stream = connect(&service, Security::Tls);
    let mut client = Client::greet(stream, Flavour::Submission, "client.example", Start::Greeting)
        .await
        .unwrap();
    let credentials = Credentials::password(ana().login, Secret::new("wrong"));
    let peer = Peer::new(None, Security::Tls);
    let fault = client.log_in(credentials, Nonce::from_random([7; 18]), &peer).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { reply, .. } if reply.code == 535));
}

#[tokio::test(start_paused = true)]
async fn tokens_of_any_length_log_in_and_a_refused_one_is_told_why() {
    let peer = Peer::new(None, Security::Tls);
    for token in [b"ticket".to_vec(), vec![b't'; sasl::limits::TOKEN_OCTETS_MAX], b"old".to_vec()] {
        let (service, _stored, _phase) = service(Flavour::Submission, Tls::NotOffered);
        let stream = connect(&service, Security::Tls);
        let mut client =
            Client::greet(stream, Flavour::Submission, "client.example", Start::Greeting)
                .await
                .unwrap();
        let credentials = Credentials::token("ana@example.org", Secret::new(token.clone()));
        match client.log_in(credentials, Nonce::from_random([7; 18]), &peer).await {
            Ok(()) => assert!(token != b"old"),
            Err(Fault::Login(fault)) => {
                assert!(token == b"old", "{fault}");
                let words = fault.to_string();
                assert!(words.contains("invalid_token; how to get one: https://"), "{words}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// What the server says to one line after EHLO.
async fn said_to(line: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (service, _stored, _phase) = service(Flavour::Submission, Tls::NotOffered);
    let mut stream = connect(&service, Security::Tls);
    stream.write_all(format!("EHLO x\r\n{line}\r\nQUIT\r\n").as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let at = said.find("LOGIN\r\n").unwrap();
    said[at + 7..].to_owned()
}

#[tokio::test(start_paused = true)]
async fn only_auth_may_be_long() {
    let token = "t".repeat(sasl::limits::TOKEN_OCTETS_MAX);
    let message = format!("n,a=ana@example.org,\x01auth=Bearer {token}\x01\x01");
    let auth = said_to(&format!("auth oauthbearer {}", sasl::encode(message.as_bytes()))).await;
    assert!(auth.starts_with("235 "), "{auth}");
    let long = said_to(&format!("NOOP {}", "x".repeat(5_000))).await;
    assert!(long.starts_with("500 "), "{long}");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_names_a_hundred_recipients_and_not_one_more() {
    let (service, stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let stream = connect(&service, Security::Loopback);
    let mut client =
        Client::greet(stream, Flavour::Smtp, "client.example", Start::Greeting).await.unwrap();
    let recipients = vec![to("ana@example.org"); 101];
    let mut text = Whole::new("Subject: x\r\n\r\n");
    let replies = client.send(&mail("x@other.example"), &recipients, &mut text).await.unwrap();
    assert_eq!(replies.iter().filter(|reply| reply.is_positive()).count(), 100);
    assert_eq!((replies[100].code, replies[99].code), (452, 250));
    assert_eq!(stored.lock().unwrap()[0].envelope.recipients.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_recipients_are_taken_and_not_one_more() {
    let (service, stored, _phase) = service(Flavour::Lmtp, Tls::NotOffered);
    let stream = connect(&service, Security::Loopback);
    let mut client =
        Client::greet(stream, Flavour::Lmtp, "client.example", Start::Greeting).await.unwrap();
    let recipients = vec![to("ana@example.org"); 1_001];
    let mut text = Whole::new("Subject: x\r\n\r\n");
    let replies = client.send(&mail("x@other.example"), &recipients, &mut text).await.unwrap();
    assert_eq!(replies.iter().filter(|reply| reply.is_positive()).count(), 1_000);
    assert_eq!(replies[1_000].code, 452);
    assert_eq!(stored.lock().unwrap()[0].envelope.recipients.len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn commands_in_one_write_with_starttls_are_hung_up_on() {
    let (service, stored, _phase) = service(Flavour::Smtp, Tls::Offered);
    for injected in ["STARTTLS\r\nRSET\r\n", "STARTTLS\r\n\r\n", "STARTTLS\r\nx"] {
        let mut stream = connect(&service, Security::Clear);
        let mut seen = vec![0; 200];
        let octets = stream.read(&mut seen).await.unwrap();
        assert!(seen[..octets].starts_with(b"220 "));
        stream.write_all(injected.as_bytes()).await.unwrap();
        let mut seen = String::new();
        stream.read_to_string(&mut seen).await.unwrap();
        assert_eq!(seen, "220 2.0.0 Ready to start TLS\r\n", "{injected:?}");
    }
    assert!(stored.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_client_trusts_nothing_said_in_the_clear_after_starttls() {
    let (near, mut far) = tokio::io::duplex(1_000);
    tokio::spawn(async move {
        let mut space = [0; 200];
        far.write_all(b"220 hi\r\n").await.unwrap();
        assert!(far.read(&mut space).await.unwrap() > 0);
        far.write_all(b"250-hi\r\n250 STARTTLS\r\n").await.unwrap();
        assert!(far.read(&mut space).await.unwrap() > 0);
        far.write_all(b"220 go\r\n250 AUTH PLAIN\r\n").await.unwrap();
        let _ = far.read(&mut space).await;
    });
    let client =
        Client::greet(near, Flavour::Submission, "client.example", Start::Greeting).await.unwrap();
    assert!(matches!(client.start_tls().await, Err(Fault::Tls(_))));
}

#[test]
fn an_idle_session_is_small() {
    let (service, _stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let (_near, far) = tokio::io::duplex(64);
    let session = serve(far, Peer::new(None, Security::Loopback), service, Start::Greeting);
    let octets = size_of_val(&session);
    assert!(octets < 4_096, "{octets}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let (service, _stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let (mut near, far) = tokio::io::duplex(256);
    let server =
        tokio::spawn(serve(far, Peer::new(None, Security::Loopback), service, Start::Greeting));
    // Far fewer than the commands that lead nowhere, and far more answers than the pipe holds.
    while tokio::time::timeout(Duration::from_secs(1), near.write_all(b"NOOP\r\n")).await.is_ok() {}
    let begun = tokio::time::Instant::now();
    assert!(matches!(server.await.unwrap(), End::Broken(_)));
    assert!(begun.elapsed() <= Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_drips_is_given_up_however_steadily() {
    let (service, stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let mut stream = connect(&service, Security::Loopback);
    let greeting = b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<ana@example.org>\r\nDATA\r\n";
    stream.write_all(greeting).await.unwrap();
    let begun = tokio::time::Instant::now();
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(begun.elapsed() < Duration::from_secs(800));
    }
    let mut seen = String::new();
    stream.read_to_string(&mut seen).await.unwrap();
    assert!(
        seen.ends_with("421 4.4.2 Timeout exceeded in message transfer, closing connection\r\n"),
        "{seen}"
    );
    assert!(stored.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn guessing_addresses_gets_slow() {
    let (service, _stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let stream = connect(&service, Security::Loopback);
    let mut client =
        Client::greet(stream, Flavour::Smtp, "client.example", Start::Greeting).await.unwrap();
    let begun = tokio::time::Instant::now();
    let guesses: Vec<Rcpt> = (0..100).map(|guess| to(&format!("g{guess}@example.org"))).collect();
    let mut text = Whole::new("x");
    client.send(&mail("x@other.example"), &guesses, &mut text).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(200), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_header_without_end_is_not_held() {
    let (service, stored, _phase) = service(Flavour::Submission, Tls::NotOffered);
    let stream = connect(&service, Security::Tls);
    let mut client = Client::greet(stream, Flavour::Submission, "client.example", Start::Greeting)
        .await
        .unwrap();
    let peer = Peer::new(None, Security::Tls);
    client.log_in(ana(), Nonce::from_random([7; 18]), &peer).await.unwrap();
    for (lines, code) in [(20_000, 250), (21_000, 552)] {
        let mut text =
            Whole::new("X-Field: this is a line of fifty octets, not more\r\n".repeat(lines));
        let replies = client
            .send(&mail("ana@example.org"), &[to("bob@example.org")], &mut text)
            .await
            .unwrap();
        assert_eq!(replies[0].code, code, "{}", replies[0]);
    }
    assert_eq!(stored.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_costs_no_memory_and_ends() {
    let (service, _stored, _phase) = service(Flavour::Smtp, Tls::NotOffered);
    let mut stream = connect(&service, Security::Loopback);
    for _ in 0..1_000 {
        stream.write_all(&[b'x'; 10_000]).await.unwrap();
    }
    stream.write_all(b"\r\nQUIT\r\n").await.unwrap();
    let mut seen = String::new();
    stream.read_to_string(&mut seen).await.unwrap();
    let answers: Vec<&str> = seen.lines().skip(1).collect();
    assert_eq!(answers, ["500 5.5.2 Command too long (limit: 4,096 octets)", "221 2.0.0 Bye"]);
}

#[tokio::test]
async fn another_door_hands_mail_in_with_the_same_checks_and_fields() {
    let (service, stored, _phase) = service(Flavour::Submission, Tls::NotOffered);
    let login = || Login {
        account: 1,
        address: "ana@example.org".to_owned(),
        device: None,
        credential: sasl::Credential::Other,
    };
    let peer = || Peer::new(Some([192, 0, 2, 1].into()), Security::Tls);
    let begin = |from: &str| Submitting::begin(&service, login(), peer(), "door", mail(from));
    let refused = begin("bob@example.org").await.err().unwrap();
    assert_eq!((refused.code, refused.is_permanent()), (553, true));
    let mut submitting = begin("ana@example.org").await.unwrap();
    assert_eq!(submitting.recipient(to("no@example.org")).await.unwrap_err().code, 550);
    submitting.recipient(to("bob@example.org")).await.unwrap();
    let mut text = submitting.text().await.unwrap();
    // In pieces, with a dot that is a dot.
    text.write(b"From: ana@example.org\r\n\r\n.\r").await;
    text.write(b"\n..\r\n").await;
    let name = text.name().to_owned();
    text.finish().await.unwrap();
    {
        let stored = stored.lock().unwrap();
        let octets = String::from_utf8(stored[0].octets.clone()).unwrap();
        assert!(
            octets
                .starts_with("Return-Path: <ana@example.org>\r\nReceived: from door ([192.0.2.1])")
        );
        assert!(octets.contains(&format!("id {name}\r\n\tfor <bob@example.org>")), "{octets}");
        assert!(octets.ends_with("\r\n\r\n.\r\n..\r\n"), "{octets}");
    }
    let mut submitting = begin("ana@example.org").await.unwrap();
    submitting.recipient(to("bob@example.org")).await.unwrap();
    let mut text = submitting.text().await.unwrap();
    text.write(b"From: bob@example.org\r\n\r\nx\r\n").await;
    let refused = text.finish().await.unwrap_err().unwrap();
    assert_eq!((refused.code, refused.enhanced.unwrap().to_string().as_str()), (553, "5.7.1"));
    assert_eq!(stored.lock().unwrap().len(), 1);
}
