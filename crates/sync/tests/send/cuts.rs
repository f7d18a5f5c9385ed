//! The line, this program or the disk breaks at any place: nothing is lost, and nothing goes twice that need not.

use std::sync::atomic::Ordering;

use sync::outbox::Waits;

use crate::line::Cut;
use crate::server::{ABLE, Post};
use crate::shelf::{CLEAR, Shelf, letter, sends};

/// Goes on without trouble until nothing is left to be done.
async fn goes_on(shelf: &Shelf, post: &Post) {
    for round in 1..20 {
        sends(shelf, post, CLEAR, round * 700).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_breaks_behind_any_octet_loses_and_doubles_nothing() {
    for able in [ABLE, "CHUNKING", ""] {
        for server in [true, false] {
            let (mut octets, mut doubled) = (0, 0);
            loop {
                let (post, shelf) = (Post::new(able), Shelf::default());
                let id = shelf.add(1, letter("b@x.org, c@x.org"));
                *post.cut.lock().unwrap() =
                    if server { Cut::Server(octets) } else { Cut::Client(octets) };
                let trouble = sends(&shelf, &post, CLEAR, 0).await.unwrap();
                let lost = shelf.state(&id).map_or(0, |state| state.answers_lost);
                goes_on(&shelf, &post).await;
                let what = format!("{able}: cut behind {octets} octets, {trouble:?}");
                assert_eq!(shelf.state(&id), None, "{what}");
                // It comes a second time only where the answer to its end was lost.
                let got = post.got().len();
                assert!(got == 1 || (got == 2 && lost == 1), "{got}: {what}");
                doubled += usize::from(got == 2);
                if trouble.is_none() {
                    break;
                }
                octets += 1;
            }
            // The server's answer to the end has some octets; the client's end has none that could be lost behind it.
            assert!(octets > 100 && (doubled > 0) == server, "{able}: {octets}, {doubled}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_fails_at_any_change_loses_nothing_and_doubles_once() {
    for change in 1.. {
        let (post, shelf) = (Post::new(ABLE), Shelf::default());
        let id = shelf.add(1, letter("b@x.org"));
        shelf.fails_at.store(change, Ordering::Relaxed);
        // Two runs, so that the change may be of the second.
        let failed = sends(&shelf, &post, CLEAR, 0).await.is_err();
        shelf.fails_at.store(0, Ordering::Relaxed);
        goes_on(&shelf, &post).await;
        let state = shelf.state(&id);
        assert!(state.is_none(), "{change}: {state:?}");
        let got = post.got().len();
        // The second change is the one that the provider's answer is noted by.
        assert_eq!(got, if change == 2 { 2 } else { 1 }, "change {change}");
        if !failed {
            assert!(change > 3);
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_run_left_unended_is_not_known_to_be_sent() {
    let (post, shelf) = (Post::new(ABLE).says(".", "!taken"), Shelf::default());
    let id = shelf.add(1, letter("b@x.org"));
    // As after kill -9: the note that it ends is there, and no other.
    shelf.fails_at.store(2, Ordering::Relaxed);
    assert!(sends(&shelf, &post, CLEAR, 0).await.is_err());
    assert!(shelf.state(&id).unwrap().is_ending());
    sends(&shelf, &post, CLEAR, 1).await.unwrap();
    let state = shelf.state(&id).unwrap();
    assert_eq!((state.answers_lost, post.got().len()), (1, 1));
    assert!(state.trouble.unwrap().contains("was cut before the provider answered"));
    sends(&shelf, &post, CLEAR, 1_000).await.unwrap();
    assert_eq!((shelf.state(&id).unwrap().waits(), post.got().len()), (Waits::ForPerson, 2));
}
