//! The copy in Sent: one, at the provider or here.

use std::sync::atomic::Ordering;

use mailbox::{Flags, MailboxName, SetClock};
use sync::outbox::{Copy, OutboxRun, OutboxShelf as _, ParcelId, Progress, Waits, WhichParcels};
use sync::{LocalMail as _, Words};

use crate::home::Home;
use crate::line::Cut;
use crate::provider::Provider;
use crate::script;
use crate::shelf::{NOW, Shelf, letter};

const IMAP: &str = "imap+insecure://127.0.0.1:1143";

/// An outbox with a message that everybody has.
fn sent() -> (Shelf, ParcelId) {
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("b@x.org"));
    let mut state = shelf.state(&id).unwrap();
    state.recipients[0].progress = Progress::Sent;
    shelf.keep(&id, &state).unwrap();
    (shelf, id)
}

fn run<'r>(shelf: &'r Shelf, clock: &'r SetClock) -> OutboxRun<'r, Shelf> {
    OutboxRun::new(shelf, clock, Words::English, WhichParcels::Due).unwrap()
}

/// Makes the copy there over a line that breaks; whether that could be said to be done.
async fn copies(shelf: &Shelf, provider: &Provider, cut: Cut, after_s: i64) -> bool {
    let clock = SetClock::at(mailbox::Timestamp(NOW.0 + after_s));
    let Some(mut client) = provider.connect(cut).await else { return false };
    let mut run = run(shelf, &clock);
    let trouble = run.copy_there(&mut client, &IMAP.parse().unwrap()).await;
    run.finish().unwrap();
    matches!(trouble, Ok(None))
}

fn in_sent(provider: &Provider) -> Vec<Flags> {
    let sent = provider.account.find(&MailboxName::new("Sent").unwrap()).unwrap().unwrap();
    let state = provider.account.state(sent.id).unwrap();
    state.entries.iter().map(|entry| entry.flags).collect()
}

#[tokio::test(start_paused = true)]
async fn the_copy_is_in_the_providers_sent_once() {
    for hidden in [&["COMPRESS"][..], &["COMPRESS", "UIDPLUS", "LITERAL"]] {
        let mut provider = Provider::new().await;
        provider.hidden = hidden.to_vec();
        let (shelf, id) = sent();
        assert!(copies(&shelf, &provider, Cut::Never, 0).await);
        assert_eq!(in_sent(&provider), [Flags::SEEN]);
        assert_eq!(shelf.state(&id), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_breaks_behind_any_octet_doubles_no_copy() {
    for hidden in [&["COMPRESS"][..], &["COMPRESS", "UIDPLUS", "LITERAL"]] {
        for server in [true, false] {
            let mut octets = 0;
            loop {
                let mut provider = Provider::new().await;
                provider.hidden = hidden.to_vec();
                // Others are there.
                provider.mail("Sent", "Message-ID: <0@x>\r\n\r\nother\r\n", Flags::NONE, &[]).await;
                let (shelf, id) = sent();
                let cut = if server { Cut::Server(octets) } else { Cut::Client(octets) };
                let done = copies(&shelf, &provider, cut, 0).await;
                for after_s in [400, 2_000] {
                    assert!(copies(&shelf, &provider, Cut::Never, after_s).await);
                }
                assert_eq!(in_sent(&provider).len(), 2, "cut behind {octets} octets");
                assert_eq!(shelf.state(&id), None);
                if done {
                    break;
                }
                octets += 3;
            }
            assert!(octets > 100, "{octets}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_has_put_there_itself_is_not_put_there_again() {
    let provider = Provider::new().await;
    provider
        .mail("Sent", "Message-ID:  <1@example.org>\r\n\r\nas it likes\r\n", Flags::NONE, &[])
        .await;
    let (shelf, _) = sent();
    assert!(copies(&shelf, &provider, Cut::Never, 0).await);
    assert_eq!(in_sent(&provider).len(), 1);
    // Gmail is known to do so.
    let (shelf, id) = sent();
    let (mut client, commands) = script::connect(Vec::new(), " X-GM-EXT-1 SPECIAL-USE").await;
    let clock = SetClock::at(NOW);
    let mut run = run(&shelf, &clock);
    assert_eq!(run.copy_there(&mut client, &IMAP.parse().unwrap()).await.unwrap(), None);
    assert_eq!(run.parcels[0].state.copy, Copy::NotWanted);
    run.finish().unwrap();
    assert_eq!(shelf.state(&id), None);
    assert!(!commands.lock().unwrap().iter().any(|it| it.contains("APPEND")));
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_refused_is_tried_again_and_the_message_is_not() {
    let (shelf, id) = sent();
    let script = vec![
        ("LIST", "* LIST (\\Sent) \"/\" Gone\r\n% OK\r\n".to_owned()),
        (
            "EXAMINE",
            "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n% OK\r\n".to_owned(),
        ),
        ("APPEND", "% NO [OVERQUOTA] full\r\n".to_owned()),
    ];
    let (mut client, commands) = script::connect(script, "").await;
    let clock = SetClock::at(NOW);
    let mut run = run(&shelf, &clock);
    let trouble = run.copy_there(&mut client, &IMAP.parse().unwrap()).await.unwrap();
    assert!(trouble.is_some());
    let state = shelf.state(&id).unwrap();
    assert_eq!(state.waits(), Waits::ForCopy(mailbox::Timestamp(NOW.0 + 300)));
    assert!(state.trouble.unwrap().contains("full"));
    let Copy::Wanted { asked: Some(asked), .. } = state.copy else { panic!("{:?}", state.copy) };
    assert_eq!((asked.folder.as_str(), asked.validity, asked.uid_next), ("Gone", Some(7), Some(9)));
    assert!(commands.lock().unwrap().iter().any(|it| it.contains("\\Seen")));
}

#[tokio::test(start_paused = true)]
async fn with_pop3_the_copy_is_in_sent_here_once_whatever_fails() {
    for change in 0..3 {
        let mut home = Home::new().await;
        let (shelf, id) = sent();
        // One change of the shelf was made before.
        shelf.fails_at.store(change + 1, Ordering::Relaxed);
        for after_s in [0, 400] {
            let clock = SetClock::at(mailbox::Timestamp(NOW.0 + after_s));
            let mut local = home.local("submission+insecure://127.0.0.1:1587").unwrap();
            let mut run = run(&shelf, &clock);
            if run.copy_here(&mut local).await.is_ok() {
                drop(run.finish());
            }
            shelf.fails_at.store(0, Ordering::Relaxed);
            // As after the power went.
            home.restart(u64::from(change));
        }
        assert_eq!(shelf.state(&id), None, "change {change}");
        let sent = home.account.find(&MailboxName::new("Sent").unwrap()).unwrap().unwrap();
        let entries = &home.account.state(sent.id).unwrap().entries;
        assert_eq!(entries.iter().map(|it| it.flags).collect::<Vec<_>>(), [Flags::SEEN]);
        // Nothing of it is left to be known.
        let mut local = home.local("submission+insecure://127.0.0.1:1587").unwrap();
        let left = local.placements_after(None).await.unwrap();
        assert!(left.is_empty(), "change {change}: {left:?}");
        home.is_sound();
    }
}
