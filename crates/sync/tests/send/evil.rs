//! Servers that refuse, lie, talk without end, or hang up.

use sync::outbox::{Held, Progress, Waits};
use sync::{Exit, Trouble, Words};

use crate::server::{ABLE, Post};
use crate::shelf::{CLEAR, NOW, Shelf, draft, letter, sends};

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_all_as_it_was_written() {
    for able in [ABLE, "", "CHUNKING\nPIPELINING"] {
        let (post, shelf) = (Post::new(able), Shelf::default());
        let id = shelf.add(1, letter("b@x.org, c@x.org"));
        assert_eq!(sends(&shelf, &post, CLEAR, 0).await.unwrap(), None);
        let got = post.got();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].0, ["b@x.org", "c@x.org"]);
        assert_eq!(got[0].1.as_bytes(), letter("b@x.org, c@x.org").octets);
        assert_eq!(shelf.state(&id), None);
        // Nothing is left to be done, and nobody is called.
        sends(&shelf, &post, CLEAR, 9).await.unwrap();
        assert_eq!(post.heard("CONNECT"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn without_tls_nothing_is_said_and_nothing_is_lost() {
    for answer in ["~none", "STARTTLS 454 no", "STARTTLS 220 go\r\n250 early"] {
        let able = if answer == "~none" { "8BITMIME" } else { "STARTTLS" };
        let (command, said) = answer.split_once(' ').unwrap_or(("NONE", ""));
        let (post, shelf) = (Post::new(able).says(command, said), Shelf::default());
        let id = shelf.add(1, letter("b@x.org"));
        let trouble = sends(&shelf, &post, "submission://smtp.example.org", 0).await.unwrap();
        assert!(matches!(trouble, Some(Trouble::NoTls { .. })), "{trouble:?}");
        assert_eq!((post.heard("AUTH"), post.heard("MAIL"), post.got().len()), (0, 0, 0));
        assert!(matches!(shelf.state(&id).unwrap().waits(), Waits::ForServer(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_for_later_is_tried_later() {
    for command in ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."] {
        for answer in
            ["421 4.3.2 later", "451 4.3.0 later", "!hangs up", "999 nonsense", "x50 no reply"]
        {
            let what = format!("{answer} to {command}");
            let post = Post::new(ABLE).says(&format!("~{command}"), answer);
            let (shelf, _) = (Shelf::default(), ());
            let id = shelf.add(1, letter("b@x.org"));
            sends(&shelf, &post, CLEAR, 0).await.unwrap();
            let state = shelf.state(&id).unwrap();
            assert!(matches!(state.waits(), Waits::ForServer(_)), "{what}: {state:?}");
            assert!(post.got().is_empty(), "{what}");
            assert_eq!(u32::from(state.answers_lost > 0), state.answers_lost, "{what}");
            assert_eq!(
                state.answers_lost > 0,
                command == "." && !answer.starts_with('4'),
                "{what}"
            );
            // Not at once, but once, and for good.
            sends(&shelf, &post, CLEAR, 299).await.unwrap();
            assert!(post.got().is_empty(), "{what}");
            sends(&shelf, &post, CLEAR, 700).await.unwrap();
            assert_eq!((post.got().len(), shelf.state(&id)), (1, None), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stays_with_its_reason_until_a_person_decides() {
    for command in ["MAIL", "RCPT", "DATA", "."] {
        let post = Post::new(ABLE).says(&format!("~{command}"), "550 5.1.1 no\u{1b}[2J such user");
        let shelf = Shelf::default();
        let id = shelf.add(1, letter("b@x.org"));
        sends(&shelf, &post, CLEAR, 0).await.unwrap();
        let state = shelf.state(&id).unwrap();
        assert_eq!(state.waits(), Waits::ForPerson, "{command}");
        let said = state.recipients[0].last.as_ref().unwrap();
        assert_eq!((said.status.as_str(), said.remote.as_deref()), ("5.1.1", Some("127.0.0.1")));
        assert!(said.text.starts_with("550 no [2J such user"), "{}", said.text);
        sends(&shelf, &post, CLEAR, 1_000_000).await.unwrap();
        assert_eq!((post.got().len(), post.heard("CONNECT")), (0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_keeps_nobody_from_having_it() {
    let post = Post::new(ABLE)
        .says("RCPT TO:<b@", "550 5.1.1 no such user")
        .says("~RCPT TO:<c@", "450 4.2.1 grey");
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("a@x.org, b@x.org, c@x.org"));
    sends(&shelf, &post, CLEAR, 0).await.unwrap();
    let state = shelf.state(&id).unwrap();
    let progress: Vec<_> = state.recipients.iter().map(|it| it.progress).collect();
    let waits = Progress::Waiting { next_at: NOW.0 + 300, tries: 1 };
    assert_eq!(progress, [Progress::Sent, Progress::Failed, waits]);
    sends(&shelf, &post, CLEAR, 300).await.unwrap();
    let to: Vec<_> = post.got().into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, [vec!["a@x.org"], vec!["c@x.org"]]);
    assert_eq!(shelf.state(&id).unwrap().waits(), Waits::ForPerson);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_cannot_take_is_not_sent_to_it() {
    for (able, message, want) in [
        ("SIZE 100", "To: b@x.org\n\nHello\n", "the provider takes 100 at most"),
        ("SIZE 100000", "To: b@x.org\n\nolá\n", "has no 8BITMIME"),
        ("8BITMIME", "To: zé@x.org\n\nx\n", "has no SMTPUTF8"),
    ] {
        let (post, shelf) = (Post::new(able), Shelf::default());
        let id = shelf.add(1, draft(message));
        sends(&shelf, &post, CLEAR, 0).await.unwrap();
        let state = shelf.state(&id).unwrap();
        let said = &state.recipients[0].last.as_ref().unwrap().text;
        assert!(said.contains(want), "{said}");
        assert_eq!((post.heard("MAIL"), state.waits()), (0, Waits::ForPerson), "{able}");
    }
    // What is no number, and 0, is no limit (RFC 1870, 4).
    for able in ["SIZE", "SIZE 0", "SIZE many", "SIZE 99999999999999999999999"] {
        let (post, shelf) = (Post::new(able), Shelf::default());
        shelf.add(1, letter("b@x.org"));
        sends(&shelf, &post, CLEAR, 0).await.unwrap();
        assert_eq!(post.got().len(), 1, "{able}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_tried_once_more_and_then_nobody_knows() {
    let post = Post::new(ABLE).says(".", "!taken");
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("b@x.org"));
    for (after_s, sent) in [(0, 1), (300, 1), (599, 1), (600, 2), (1_300, 2), (1_000_000, 2)] {
        sends(&shelf, &post, CLEAR, after_s).await.unwrap();
        assert_eq!(post.got().len(), sent, "after {after_s} s");
    }
    let state = shelf.state(&id).unwrap();
    assert_eq!((state.waits(), state.held), (Waits::ForPerson, Some(Held::Unsure)));
}

#[tokio::test(start_paused = true)]
async fn endless_answers_end() {
    let endless = "250-and so on\r\n".repeat(10_000);
    for command in ["CONNECT", "EHLO", "AUTH", "MAIL", "."] {
        let post = Post::new(ABLE).says(&format!("~{command}"), &endless);
        let shelf = Shelf::default();
        let id = shelf.add(1, letter("b@x.org"));
        let trouble = sends(&shelf, &post, CLEAR, 0).await.unwrap().unwrap();
        assert_eq!(trouble.exit(), Exit::Network, "{command}: {trouble:?}");
        assert!(matches!(shelf.state(&id).unwrap().waits(), Waits::ForServer(_)), "{command}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_is_left() {
    let post = Post::new(ABLE).says("~MAIL", "250-");
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("b@x.org"));
    let trouble = sends(&shelf, &post, CLEAR, 0).await.unwrap();
    assert!(matches!(trouble, Some(Trouble::TimedOut { .. } | Trouble::Cut { .. })), "{trouble:?}");
    assert!(shelf.state(&id).unwrap().trouble.is_some());
}

#[tokio::test(start_paused = true)]
async fn one_message_that_breaks_sessions_does_not_keep_the_others() {
    let post = Post::new(ABLE).says("RCPT TO:<bad@", "!hangs up");
    let shelf = Shelf::default();
    let bad = shelf.add(1, letter("bad@x.org"));
    for number in 2..5 {
        shelf.add(number, letter("b@x.org"));
    }
    sends(&shelf, &post, CLEAR, 0).await.unwrap();
    assert_eq!(post.got().len(), 3);
    assert!(shelf.state(&bad).is_some());
    // A server that lets nobody do anything is called so often, and no more.
    let post = Post::new(ABLE).says("MAIL", "!hangs up");
    for number in 10..30 {
        shelf.add(number, letter("b@x.org"));
    }
    sends(&shelf, &post, CLEAR, 0).await.unwrap();
    assert_eq!(post.heard("CONNECT"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_not_tried_again_at_once() {
    let post = Post::new(ABLE).says("AUTH", "535 5.7.8 no");
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("b@x.org"));
    let trouble = sends(&shelf, &post, CLEAR, 0).await.unwrap().unwrap();
    assert_eq!(trouble.exit(), Exit::Login);
    assert!(trouble.tell(Words::English).contains("the name or the password is wrong"));
    sends(&shelf, &post, CLEAR, 60).await.unwrap();
    assert_eq!(post.heard("AUTH"), 1);
    sends(&shelf, &post, CLEAR, 300).await.unwrap();
    assert_eq!(post.heard("AUTH"), 2);
    assert!(matches!(shelf.state(&id).unwrap().waits(), Waits::ForServer(_)));
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_it_waits_and_goes_with_the_first() {
    let mut post = Post::new(ABLE);
    post.is_reached = false;
    let shelf = Shelf::default();
    let id = shelf.add(1, letter("b@x.org"));
    let trouble = sends(&shelf, &post, CLEAR, 0).await.unwrap().unwrap();
    assert_eq!(trouble.exit(), Exit::Network);
    assert!(shelf.state(&id).unwrap().trouble.unwrap().contains("network is unreachable"));
    post.is_reached = true;
    sends(&shelf, &post, CLEAR, 1).await.unwrap();
    assert_eq!(post.got().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_disk_has_spoiled_is_not_sent() {
    let (post, shelf) = (Post::new(ABLE), Shelf::default());
    let id = shelf.add(1, letter("b@x.org"));
    shelf.spoil(&id);
    sends(&shelf, &post, CLEAR, 0).await.unwrap();
    assert_eq!(shelf.state(&id).unwrap().held, Some(Held::Damaged));
    assert_eq!(post.heard("MAIL"), 0);
}
