//! The life of a message in the queue, without a queue.

use super::{due_parcels, lease, release, settle, told};
use crate::limits::{LIFE_S, WARNING_AFTER_S};
use crate::record::Submission;
use crate::transport::{Notifies, Outcome};
use crate::{Owed, Progress, Queued, Said};
use mailbox::{BodyHash, Timestamp};
use smtp::command::{Mail, Rcpt};
use smtp::{Brackets, MailParameters, Notify, RecipientParameters};

const BORN: i64 = 1_700_000_000;

fn queued(from: Option<&str>, notify: Option<&str>, recipients: usize) -> Queued {
    let parameters = RecipientParameters {
        notify: notify.map(|text| Notify::parse(text).unwrap()),
        original: None,
    };
    let rcpt = |index| Rcpt {
        to: format!("r{index}@ext.example").parse().unwrap(),
        parameters: parameters.clone(),
        brackets: Brackets::There,
    };
    let submission = Submission {
        sent_as: None,
        name: "m1".to_owned(),
        mail: Mail {
            from: from.map(|from| from.parse().unwrap()),
            parameters: MailParameters::default(),
            brackets: Brackets::There,
        },
        recipients: (0..recipients).map(rcpt).collect(),
        skipped_octets: 0,
        login: None,
        held_until: None,
    };
    Queued::new(&submission, BodyHash([0; 32]), 10, Timestamp(BORN))
}

fn said() -> Said {
    Said::new(Some("mx.example"), "4.2.1", "450 later", Timestamp(BORN))
}

fn deferred() -> Outcome {
    Outcome::Deferred { said: said() }
}

#[test]
fn mail_is_tried_for_five_days_with_growing_pauses_and_one_warning() {
    let mut message = queued(Some("ana@example.org"), None, 1);
    let mut now = Timestamp(BORN);
    let mut tries = 0;
    let mut warned_at = None;
    let failed_at = loop {
        assert_eq!(due_parcels(&message, now), vec![vec![0]]);
        settle(&mut message, &[(0, deferred())], now);
        tries += 1;
        match message.recipients[0].owed {
            Some(Owed::Delayed) => {
                assert!(warned_at.replace(now.0 - BORN).is_none(), "one warning only");
                told(&mut message, Owed::Delayed);
            }
            Some(Owed::Failed) => break now.0 - BORN,
            Some(Owed::Relayed) => panic!("nothing was sent"),
            None => {}
        }
        let before = now;
        release(&mut message, now).unwrap();
        now = Timestamp(message.due);
        assert!(now > before);
        assert!(due_parcels(&message, Timestamp(now.0 - 1)).is_empty());
    };
    assert_eq!(failed_at, LIFE_S, "the last try is at the very end");
    let warned_at = warned_at.unwrap();
    assert!((WARNING_AFTER_S..WARNING_AFTER_S + 7_200).contains(&warned_at), "{warned_at}");
    assert!((20..60).contains(&tries), "{tries}");
    assert_eq!(message.recipients[0].progress, Progress::Failed);
    assert_eq!(message.recipients[0].last.as_ref().unwrap().status, "4.4.7");
    told(&mut message, Owed::Failed);
    assert_eq!(release(&mut message, now), None);
}

#[test]
fn the_sender_is_told_what_it_asked_for() {
    let late = Timestamp(BORN + WARNING_AFTER_S);
    let relayed = |notifies| Outcome::Sent { said: said(), notifies };
    let refused = || Outcome::Refused { said: said() };
    for (from, notify, outcome, want) in [
        (Some("a@b"), None, refused(), Some(Owed::Failed)),
        (Some("a@b"), Some("SUCCESS"), refused(), None),
        (Some("a@b"), Some("NEVER"), refused(), None),
        (None, None, refused(), None),
        (None, Some("FAILURE,DELAY,SUCCESS"), refused(), None),
        (Some("a@b"), None, deferred(), Some(Owed::Delayed)),
        (Some("a@b"), Some("FAILURE"), deferred(), None),
        (Some("a@b"), Some("DELAY"), deferred(), Some(Owed::Delayed)),
        (Some("a@b"), None, relayed(Notifies::No), None),
        (Some("a@b"), Some("SUCCESS"), relayed(Notifies::No), Some(Owed::Relayed)),
        (Some("a@b"), Some("SUCCESS"), relayed(Notifies::Yes), None),
    ] {
        let mut message = queued(from, notify, 1);
        settle(&mut message, &[(0, outcome.clone())], late);
        assert_eq!(message.recipients[0].owed, want, "{from:?} {notify:?} {outcome:?}");
    }
}

#[test]
fn many_recipients_go_in_parcels_and_each_has_its_own_fate() {
    let mut message = queued(Some("a@b"), None, 250);
    let now = Timestamp(BORN);
    let sizes: Vec<usize> = due_parcels(&message, now).iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let sent = Outcome::Sent { said: said(), notifies: Notifies::Yes };
    let outcomes: Vec<(usize, Outcome)> = (0..249).map(|index| (index, sent.clone())).collect();
    settle(&mut message, &outcomes, now);
    settle(&mut message, &[(249, deferred()), (999, deferred())], now);
    // What is sent stays sent, whatever is said later.
    settle(&mut message, &[(0, deferred())], now);
    assert_eq!(message.recipients[0].progress, Progress::Sent);
    release(&mut message, now).unwrap();
    assert_eq!(message.due, BORN + 300);
    assert_eq!(due_parcels(&message, Timestamp(BORN + 300)), vec![vec![249]]);
}

#[test]
fn a_lease_keeps_others_away_for_its_time() {
    let mut message = queued(Some("a@b"), None, 1);
    lease(&mut message, Timestamp(BORN));
    assert!(message.due > BORN + 600 && message.leased_until == Some(message.due));
    release(&mut message, Timestamp(BORN)).unwrap();
    assert_eq!((message.due, message.leased_until), (BORN, None));
}
