//! What is advised of what is known.

use super::*;
use crate::overview::{CountRow, HereRow, OutboxRow};

const NOW_S: i64 = 1_800_000_000;

fn verb(days_ago: i64) -> VerbRow {
    let good = machine::seconds_text(NOW_S - days_ago * DAY_S);
    VerbRow { good: Some(good), ..VerbRow::default() }
}

fn failed(exit: Option<u8>, row: VerbRow) -> VerbRow {
    let at = machine::seconds_text(NOW_S);
    VerbRow { failed: Some(FailedRow { at, exit, error: None, times: 1 }), ..row }
}

/// An account with which all is well.
fn account() -> AccountRow {
    let count = |messages| Some(CountRow { messages, octets: Some(100) });
    AccountRow {
        name: "ana".to_owned(),
        address: "ana@example.org".to_owned(),
        local: "ana@localhost".to_owned(),
        is_mirrored: true,
        pull: VerbRow::default(),
        mirror: verb(0),
        backup: verb(1),
        drill: verb(1),
        here: count(10),
        only_here: count(0),
        only_there: count(0),
        counted: None,
        provider: None,
        outbox: Some(OutboxRow::default()),
        scheduled: vec![row("mirror", "15m")],
    }
}

fn row(verb: &str, every: &str) -> crate::schedule::ScheduledRow {
    let every = every.parse().unwrap();
    crate::schedule::ScheduledRow { verb: verb.to_owned(), every }
}

fn advised(
    account: AccountRow,
    free_octets: u64,
    trouble: &[&str],
) -> Vec<(Urgency, &'static str)> {
    let here = HereRow {
        store_octets: 1,
        free_octets: Some(free_octets),
        in_use: false,
        trouble: trouble.iter().map(|it| (*it).to_owned()).collect(),
    };
    let accounts = vec![account];
    let overview =
        Overview { accounts, running: Vec::new(), here, next: Vec::new(), needs_person: false };
    let all = of(&overview, Timestamp(NOW_S));
    all.into_iter().map(|it| (it.urgency, it.reason)).collect()
}

#[test]
fn what_is_well_needs_nobody() {
    assert_eq!(advised(account(), 1 << 40, &[]), []);
    // Nobody made a backup of an account without mail.
    let here = Some(CountRow { messages: 0, octets: Some(0) });
    let empty = AccountRow { here, backup: VerbRow::default(), ..account() };
    assert_eq!(advised(empty, 1 << 40, &[]), []);
}

#[test]
fn each_thing_that_is_wrong_is_told_by_its_urgency() {
    let of = |change: &dyn Fn(&mut AccountRow)| {
        let mut changed = account();
        change(&mut changed);
        advised(changed, 1 << 40, &[])
    };
    let provider = |percent, full, full_at| {
        Some(ProviderRow {
            at: String::new(),
            used_octets: 1,
            quota_octets: 1,
            percent,
            full,
            full_at,
        })
    };
    let outbox = |waiting, needs_person| Some(OutboxRow { waiting, needs_person });
    let only = Some(CountRow { messages: 2, octets: None });
    let soon = machine::seconds_text(NOW_S + DAY_S);
    for (told, want) in [
        (of(&|it| it.mirror = VerbRow::default()), (Urgency::Now, "never_brought")),
        (of(&|it| it.mirror = verb(2)), (Urgency::Now, "not_brought")),
        (of(&|it| it.scheduled.clear()), (Urgency::Consider, "not_scheduled")),
        (
            of(&|it| {
                (it.backup, it.scheduled) =
                    (verb(4), vec![row("mirror", "15m"), row("backup run", "1d")])
            }),
            (Urgency::Soon, "backup_is_old"),
        ),
        (of(&|it| it.mirror = failed(Some(3), verb(0))), (Urgency::Now, "failed")),
        (of(&|it| it.mirror = failed(Some(4), verb(0))), (Urgency::Soon, "failed")),
        (
            of(&|it| {
                (it.mirror, it.scheduled) = (failed(Some(4), verb(2)), vec![row("mirror", "1d")])
            }),
            (Urgency::Now, "failed"),
        ),
        (of(&|it| it.mirror = failed(None, verb(0))), (Urgency::Soon, "failed")),
        (of(&|it| it.backup = VerbRow::default()), (Urgency::Soon, "no_backup")),
        (
            of(&|it| (it.backup, it.only_here) = (VerbRow::default(), only)),
            (Urgency::Now, "no_backup"),
        ),
        (of(&|it| it.backup = verb(9)), (Urgency::Soon, "backup_is_old")),
        (of(&|it| (it.backup, it.only_here) = (verb(31), only)), (Urgency::Now, "backup_is_old")),
        (of(&|it| it.drill = VerbRow::default()), (Urgency::Consider, "no_drill")),
        (of(&|it| it.outbox = outbox(1, 0)), (Urgency::Soon, "outbox_waits")),
        (of(&|it| it.outbox = outbox(0, 1)), (Urgency::Now, "outbox_needs_person")),
        (of(&|it| it.drill = verb(91)), (Urgency::Consider, "drill_is_old")),
        (
            of(&|it| it.provider = provider(95, "not_known", None)),
            (Urgency::Soon, "provider_is_full"),
        ),
        (
            of(&|it| it.provider = provider(50, "at", Some(soon.clone()))),
            (Urgency::Soon, "provider_is_full"),
        ),
        (of(&|it| it.provider = provider(100, "now", None)), (Urgency::Now, "provider_is_full")),
    ] {
        assert_eq!(told, [want]);
    }
    let full = of(&|it| it.provider = provider(89, "not_soon", None));
    assert_eq!(full, []);
    let sends = of(&|it| {
        it.scheduled.push(row("outbox send", "10m"));
        it.outbox = outbox(3, 0);
    });
    assert_eq!(sends, []);
}

#[test]
fn the_most_urgent_comes_first() {
    let account = AccountRow { drill: VerbRow::default(), backup: verb(9), ..account() };
    let told = advised(account, 1, &["the disk fails"]);
    let urgencies: Vec<Urgency> = told.iter().map(|(urgency, _)| *urgency).collect();
    assert_eq!(urgencies, [Urgency::Now, Urgency::Now, Urgency::Soon, Urgency::Consider]);
}
