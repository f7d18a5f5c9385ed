//! The client against scripted servers: an in-memory pipe, no ports.

use sasl::Security;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::{Client, Fault, FetchEvent};
use crate::commands::{Event, EventGroup, Filter, MessagePart};
use crate::fetch::items::BodySection;
use crate::fetch::{Item, Section, See};
use crate::response::Code;
use crate::sources::Source;
use crate::wire::{Point, SequenceSet};
use crate::{Command, Feature, Response, commands};

/// Plays a server: `C:` lines are what has to come, the others what is sent. `\n` in the script is CRLF on the wire.
async fn serve(mut stream: DuplexStream, script: &'static str) {
    let mut plain = script.replace('\n', "\r\n");
    plain.push_str("\r\n");
    for line in plain.split_inclusive("\r\n") {
        if let Some(want) = line.strip_prefix("C: ") {
            let mut got = vec![0; want.len()];
            stream.read_exact(&mut got).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&got), want);
        } else if let Some(send) = line.strip_prefix("S: ") {
            // In two pieces, so that each test also shows that nothing hangs on packets.
            let (a, b) = send.as_bytes().split_at(send.len() / 2);
            stream.write_all(a).await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(b).await.unwrap();
        }
    }
    // Whatever else comes is read, so that nobody waits.
    let mut rest = Vec::new();
    drop(stream.shutdown().await);
    drop(stream.read_to_end(&mut rest).await);
    assert_eq!(rest, b"");
}

/// Runs a client that is logged in against a script.
async fn with<T>(
    script: &'static str,
    test: impl AsyncFnOnce(&mut Client<DuplexStream>) -> T,
) -> T {
    let (here, there) = duplex(256);
    let server = tokio::spawn(serve(there, script));
    let mut client = Client::begin(here, Security::Loopback).await.unwrap();
    let result = test(&mut client).await;
    drop(client);
    server.await.unwrap();
    result
}

fn uids(first: u32, last: u32) -> SequenceSet {
    let point = |number| Point::new(number).unwrap();
    SequenceSet::from_ranges([(point(first), point(last))]).unwrap()
}

fn whole() -> Item {
    BodySection { see: See::Peek, section: Section::default(), partial: None }.into()
}

#[tokio::test]
async fn it_logs_in_and_selects() {
    let script = "\
S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi
C: a1 AUTHENTICATE PLAIN AGFuYQBz
S: * CAPABILITY IMAP4rev1 LITERAL+ ENABLE
S: a1 OK in
C: a2 ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a2 OK done
C: a3 SELECT INBOX
S: * 3 EXISTS
S: * FLAGS (\\Seen)
S: * OK [PERMANENTFLAGS (\\Seen \\*)] yes
S: * OK [UIDVALIDITY 7] yes
S: * OK [UIDNEXT 9] yes
S: * OK [HIGHESTMODSEQ 12] yes
S: * OK [ALERT] the disk is full
S: a3 OK [READ-ONLY] open";
    with(script, async |client| {
        let credentials = sasl::Credentials::password("ana", sasl::Secret::new("s"));
        let nonce = sasl::Nonce::from_random([0; 18]);
        client.log_in(credentials, nonce, sasl::Binding::Unable).await.unwrap();
        assert!(client.can("literal+"));
        let dialect = client.enable(&[Feature::Qresync]).await.unwrap();
        assert!(dialect.shows_vanished() && dialect.shows_modseq());
        let selected = client.select("INBOX").await.unwrap();
        assert_eq!(
            (selected.exists, selected.uid_validity, selected.uid_next),
            (3, Some(7), Some(9))
        );
        assert_eq!(selected.access, Some(commands::Access::ReadOnly));
        assert_eq!(client.take_news().count(), 1);
    })
    .await;
}

#[tokio::test]
async fn it_hears_what_it_asked_for_and_loses_none_of_it() {
    let script = "\
S: * PREAUTH [CAPABILITY IMAP4rev1 NOTIFY] hi
C: a1 NOTIFY SET STATUS (personal (MessageNew MessageExpunge MailboxName))
S: * STATUS x (MESSAGES 3 UIDNEXT 5 UIDVALIDITY 7)
S: * LIST () \"/\" y
S: a1 OK done
C: a2 CREATE z
S: * STATUS x (MESSAGES 4 UIDNEXT 6)
S: a2 OK done
S: * LIST () \"/\" new (\"OLDNAME\" (old))
C: a3 NOTIFY NONE
S: a3 OK done
S: * OK [NOTIFICATIONOVERFLOW] sorry
C: a4 NOTIFY SET (personal (AnnotationChange MessageNew MessageExpunge))
S: a4 NO [BADEVENT (MessageNew FlagChange)] no";
    with(script, async |client| {
        let events = |first| vec![first, Event::MessageNew(Vec::new()), Event::MessageExpunge];
        let personal =
            |events| vec![EventGroup { mailboxes: Filter::Others(Source::Personal), events }];
        let mut asked = events(Event::MailboxName);
        asked.rotate_left(1);
        let told = client.watch_with_status(personal(asked)).await.unwrap();
        assert_eq!(told.iter().map(|it| it.mailbox.as_str()).collect::<Vec<_>>(), ["x"]);
        client.create("z").await.unwrap();
        let wait = std::time::Duration::from_secs(9);
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(client.listen(wait).await.unwrap().unwrap());
        }
        let [Response::List(y), Response::MailboxStatus(x), Response::List(new)] = &*heard else {
            panic!("{heard:?}")
        };
        assert_eq!((y.mailbox.as_str(), x.mailbox.as_str()), ("y", "x"));
        assert_eq!(new.old_name.as_ref().map(|name| name.as_str()), Some("old"));
        client.watch(Vec::new()).await.unwrap();
        let Some(Response::Untagged(status)) = client.listen(wait).await.unwrap() else {
            panic!("nothing")
        };
        assert_eq!(status.code, Some(Code::NotificationOverflow));
        let asked = personal(events(Event::AnnotationChange));
        let Err(Fault::Refused(status)) = client.watch(asked).await else { panic!("taken") };
        let names = vec!["MessageNew".to_owned(), "FlagChange".to_owned()];
        assert_eq!(status.code, Some(Code::BadEvent(names)));
    })
    .await;
}

#[tokio::test]
async fn it_waits_for_literals_unless_the_server_takes_them() {
    let script = "\
S: * OK [CAPABILITY IMAP4rev1] hi
C: a1 LOGIN ana {2}
S: + go on
C: é
S: a1 OK [CAPABILITY IMAP4rev1 LITERAL+] in
C: a2 APPEND INBOX (\\Seen) {3+}
C: abc
C: a3 APPEND INBOX {1+}
C: d
S: a2 OK [APPENDUID 1 5] yes
S: a3 NO [OVERQUOTA] full";
    with(script, async |client| {
        client.login("ana", "é").await.unwrap();
        let seen = [crate::wire::Flag::Seen];
        let first = client.send_append("INBOX", &seen, None, b"abc").await.unwrap();
        let second = client.send_append("INBOX", &[], None, b"d").await.unwrap();
        let done = client.finish(first).await.unwrap();
        assert_eq!(client.appended(done).unwrap().uids, uids(5, 5));
        let Err(Fault::Refused(status)) = client.finish(second).await else { panic!("taken") };
        assert_eq!(status.code, Some(Code::OverQuota));
    })
    .await;
}

#[tokio::test]
async fn it_puts_messages_together_and_waits_where_it_has_to() {
    let script = "\
S: * PREAUTH [CAPABILITY IMAP4rev1 CATENATE] hi
C: a1 APPEND Drafts (\\Seen) CATENATE (TEXT {2}
S: + go on
C: ab URL /x/;UID=1 TEXT {1}
S: + go on
C: c)
S: a1 OK [APPENDUID 7 5] yes
C: a2 APPEND x CATENATE (URL /x/;UID=9)
S: a2 NO [BADURL /x/;UID=9] no";
    with(script, async |client| {
        let seen = [crate::wire::Flag::Seen];
        let url = MessagePart::Url("/x/;UID=1");
        let parts = [MessagePart::Text(b"ab"), url, MessagePart::Text(b"c")];
        let appended = client.append_parts("Drafts", &seen, None, &parts).await.unwrap();
        assert_eq!(appended.unwrap().uids, uids(5, 5));
        let parts = [MessagePart::Url("/x/;UID=9")];
        let Err(Fault::Refused(status)) = client.append_parts("x", &[], None, &parts).await else {
            panic!("taken")
        };
        assert_eq!(status.code, Some(Code::BadUrl("/x/;UID=9".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn it_takes_large_sections_in_chunks() {
    let script = "\
S: * PREAUTH [CAPABILITY IMAP4rev1] hi
C: a1 UID FETCH 1:2 (BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {5}
S: abc
S:  FLAGS ())
S: * 9 EXISTS
S: * 2 FETCH (UID 2 BODY[] \"xy\")
S: a1 OK done";
    with(script, async |client| {
        client.set_inline_octets_max(3);
        let mut fetching = client.fetch(uids(1, 2), &[whole()]).await.unwrap();
        let mut chunks = Vec::new();
        let mut events = Vec::new();
        while let Some(event) = fetching.next().await.unwrap() {
            match event {
                FetchEvent::Chunk(chunk) => chunks.extend_from_slice(&chunk),
                FetchEvent::Section(head, octets) => {
                    events.push(format!("{:?} {octets}", head.uid()))
                }
                FetchEvent::Message(fetched) => {
                    events.push(format!("{:?} {:?}", fetched.uid(), fetched.section()));
                }
                FetchEvent::News(news) => events.push(format!("{news:?}")),
            }
        }
        assert_eq!(chunks, b"abc\r\n");
        assert_eq!(events, ["Some(1) 5", "Some(1) None", "Exists(9)", "Some(2) Some([120, 121])"]);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_left_is_passed_over() {
    let script = "\
S: * PREAUTH [CAPABILITY IMAP4rev1] hi
C: a1 UID FETCH 1 (BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {5}
S: abc
S:  FLAGS ())
S: a1 OK done
C: a2 NOOP
S: a2 OK done";
    with(script, async |client| {
        client.set_inline_octets_max(3);
        let mut fetching = client.fetch(uids(1, 1), &[whole()]).await.unwrap();
        assert!(matches!(fetching.next().await, Ok(Some(FetchEvent::Section(..)))));
        client.noop().await.unwrap();
        assert_eq!(client.take_news().count(), 0);
    })
    .await;
}

#[tokio::test]
async fn many_commands_go_at_once() {
    let (here, mut there) = duplex(64);
    let server = tokio::spawn(async move {
        there.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n").await.unwrap();
        // Answers each line before it reads the next: with a pipe of 64 octets, both ends soon have to wait.
        let mut input = Vec::new();
        while there.read_buf(&mut input).await.unwrap() > 0 {
            while let Some(end) = input.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8(input.drain(..end + 2).collect()).unwrap();
                let tag = line.split(' ').next().unwrap();
                let answer =
                    format!("* 1 EXISTS\r\n* 2 EXISTS\r\n{tag} OK {}\r\n", "x".repeat(100));
                there.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let mut client = Client::begin(here, Security::Loopback).await.unwrap();
    let noop = Command::from(commands::Noop);
    let mut tickets = Vec::new();
    for _ in 0..5_000 {
        tickets.push(client.send(noop.clone()).await.unwrap());
    }
    for ticket in tickets {
        assert_eq!(client.finish(ticket).await.unwrap().responses.len(), 2);
    }
    drop(client);
    server.await.unwrap();
}

#[tokio::test]
async fn it_waits_for_news() {
    let script = "\
S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi
C: a1 IDLE
S: + idling
S: * 5 EXISTS
C: DONE
S: * 6 EXISTS
S: a1 OK done";
    with(script, async |client| {
        let mut idling = client.idle().await.unwrap();
        let wait = std::time::Duration::from_secs(60);
        assert_eq!(idling.next(wait).await.unwrap(), Some(Response::Exists(5)));
        idling.done().await.unwrap();
        assert_eq!(client.take_news().collect::<Vec<_>>(), [Response::Exists(6)]);
    })
    .await;
}

#[tokio::test]
async fn it_compresses() {
    let (here, mut there) = duplex(256);
    let server = tokio::spawn(async move {
        there.write_all(b"* PREAUTH [CAPABILITY COMPRESS=DEFLATE] hi\r\n").await.unwrap();
        let mut command = [0; 21];
        there.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"a1 COMPRESS DEFLATE\r\n");
        let mut deflate = crate::server::deflate::Deflate::new();
        let mut send = b"a1 OK go\r\n".to_vec();
        // News right behind the answer is squeezed already.
        send.extend(deflate.deflate(b"* 5 EXISTS\r\n").unwrap());
        there.write_all(&send).await.unwrap();
        let (mut input, mut came) = (bytes::BytesMut::new(), bytes::BytesMut::new());
        while input.as_ref() != b"a2 NOOP\r\n" {
            assert!(there.read_buf(&mut came).await.unwrap() > 0);
            deflate.inflate(&came.split(), &mut input).unwrap();
        }
        let answer = format!("* OK {}\r\na2 OK done\r\n", "x".repeat(100_000));
        there.write_all(&deflate.deflate(answer.as_bytes()).unwrap()).await.unwrap();
    });
    let mut client = Client::begin(here, Security::Loopback).await.unwrap();
    client.compress().await.unwrap();
    client.noop().await.unwrap();
    assert_eq!(client.take_news().count(), 2);
    server.await.unwrap();
}

#[tokio::test]
async fn what_an_evil_server_says_is_not_believed() {
    // Data before login.
    with("S: * OK hi\nS: * LIST () \"/\" x\nC: a1 NOOP\nS: a1 OK done", async |client| {
        client.noop().await.unwrap();
        assert_eq!(client.take_news().count(), 0);
    })
    .await;
    // A tag that was never sent.
    with("S: * OK hi\nC: a1 NOOP\nS: a9 OK done", async |client| {
        assert!(matches!(client.noop().await, Err(Fault::Unexpected(_))));
        assert!(matches!(client.noop().await, Err(Fault::Broken)));
    })
    .await;
    // Something after the answer to STARTTLS.
    let (here, mut there) = duplex(1024);
    there.write_all(b"* OK hi\r\na1 OK go\r\n* OK x\r\n").await.unwrap();
    let client = Client::begin(here, Security::Clear).await.unwrap();
    assert!(matches!(client.start_tls().await, Err(Fault::Unprotected)));
    // What cannot be read is told, and the session goes on.
    let script = "\
S: * PREAUTH hi
C: a1 NOOP
S: * 1 FETCH (FLAGS (
S: * 5 EXISTS
S: a1 OK done
C: a2 NOOP
S: a2 OK done";
    with(script, async |client| {
        assert!(matches!(client.noop().await, Err(Fault::Syntax(_))));
        client.noop().await.unwrap();
    })
    .await;
    // BYE instead of an answer.
    with("S: * OK hi\nC: a1 NOOP\nS: * BYE [UNAVAILABLE] no more", async |client| {
        let Err(Fault::Bye(text)) = client.noop().await else { panic!("goes on") };
        assert_eq!(text, "no more");
    })
    .await;
}
