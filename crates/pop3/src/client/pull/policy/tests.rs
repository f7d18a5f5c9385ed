//! Each wish of the person against each kind of message.

use mailbox::Timestamp;

use super::super::keeper::{HeaderHeld, Held, Here, Known, Passed, Print};
use super::{Date, DeletedHere, Larger, Leave, Left, Listed, Policy, Removal, Step};
use crate::client::Durable;

const NOW: Timestamp = Timestamp(100 * 86_400);

fn days_ago(days: i64) -> Timestamp {
    Timestamp(NOW.0 - days * 86_400)
}

fn held(days: i64, here: Here) -> Held {
    Held {
        since: days_ago(days),
        listed_octets: Some(10),
        header: Print([1; 32]),
        here,
        durable: Durable::vouched(),
    }
}

const TEN: Listed = Listed { octets: Some(10), newest: true, shared: false, date: Date::Unknown };

#[test]
fn what_is_held_is_removed_only_when_it_is_due() {
    let leave = |days, deleted_here| Policy {
        removal: Removal::Leave(Leave { days, deleted_here }),
        ..Policy::default()
    };
    let at_once = Policy { removal: Removal::AtOnce, ..Policy::default() };
    for (policy, days, here, due) in [
        (&at_once, 0, Here::Kept, true),
        (&leave(None, DeletedHere::Stay), 5_000, Here::Deleted, false),
        (&leave(None, DeletedHere::Go), 0, Here::Deleted, true),
        (&leave(None, DeletedHere::Go), 5_000, Here::Kept, false),
        (&leave(Some(14), DeletedHere::Stay), 13, Here::Deleted, false),
        (&leave(Some(14), DeletedHere::Go), 13, Here::Deleted, true),
        (&leave(Some(14), DeletedHere::Stay), 14, Here::Kept, true),
        (&leave(Some(14), DeletedHere::Stay), -14, Here::Kept, false),
        (&leave(Some(u32::MAX), DeletedHere::Stay), i64::MAX / 86_400 - 200, Here::Kept, true),
    ] {
        let held = held(days, here);
        let want = if due { Step::Remove(Box::new(held.clone())) } else { Step::Leave(Left::Held) };
        assert_eq!(policy.step(Known::Held(held), TEN, NOW), want, "{policy:?} {days} {here:?}");
    }
}

#[test]
fn a_doubtful_id_is_not_trusted() {
    let at_once = Policy { removal: Removal::AtOnce, ..Policy::default() };
    let leave = Policy::default();
    let held = held(1, Here::Kept);
    let known = || Known::Held(held.clone());
    let resized = Listed { octets: Some(11), ..TEN };
    let shared = Listed { shared: true, ..TEN };
    let unsized_ = Listed { octets: None, ..TEN };
    assert_eq!(at_once.step(known(), resized, NOW), Step::Verify(Box::new(held.clone())));
    assert_eq!(leave.step(known(), resized, NOW), Step::Verify(Box::new(held.clone())));
    assert_eq!(at_once.step(known(), shared, NOW), Step::Verify(Box::new(held.clone())));
    assert_eq!(leave.step(known(), shared, NOW), Step::Leave(Left::Held));
    assert_eq!(at_once.step(known(), unsized_, NOW), Step::Remove(Box::new(held.clone())));
}

#[test]
fn only_what_is_wanted_is_taken() {
    let policy = Policy {
        since: Some(days_ago(10)),
        octets_max: Some(10),
        larger: Larger::TakeHeader,
        ..Policy::default()
    };
    let step = |known, listed| policy.step(known, listed, NOW);
    let seen = |days| Listed { date: Date::Seen(Some(days_ago(days))), ..TEN };
    let large = Listed { octets: Some(11), ..TEN };
    let passed = Passed::default();
    assert_eq!(step(Known::New, TEN), Step::LookAtDate(Box::new(passed)));
    assert_eq!(step(Known::New, seen(10)), Step::Take);
    assert_eq!(step(Known::New, seen(11)), Step::Leave(Left::TooOld));
    assert_eq!(step(Known::New, Listed { date: Date::Seen(None), ..TEN }), Step::Take);
    assert_eq!(step(Known::New, Listed { newest: false, ..TEN }), Step::Leave(Left::NotNewest));
    assert_eq!(step(Known::New, large), Step::TakeHeader);
    assert_eq!(step(Known::Wanted, large), Step::Take);
    let header = Passed { header: HeaderHeld::Yes, ..passed };
    assert_eq!(step(Known::Passed(header), large), Step::Leave(Left::TooLarge));
    let endless = Passed { octets_min: Some(1 << 40), header: HeaderHeld::Yes, ..passed };
    assert_eq!(step(Known::Passed(endless), TEN), Step::Leave(Left::TooLarge));
    // The wish can change: what was too large or too old may be taken later.
    let dated = Passed { date: Some(days_ago(9)), ..header };
    assert_eq!(step(Known::Passed(dated), TEN), Step::Take);
    let old = Passed { date: Some(days_ago(12)), ..header };
    assert_eq!(step(Known::Passed(old), TEN), Step::Leave(Left::TooOld));
    assert_eq!(Policy::default().step(Known::Passed(old), large, NOW), Step::Take);
}
