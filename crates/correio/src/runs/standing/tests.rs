//! What is known after runs that went well, failed and were killed.

use super::super::row::tests::row;
use super::super::{Outcome, RunRow};
use super::*;

fn failed(run: &str, verb: &str, account: &str) -> RunRow {
    let (exit, error) = (Some(4), Some("no line".to_owned()));
    RunRow { exit, error, outcome: Outcome::Failed, ..row(run, verb, account) }
}

fn about(whose: &[&str]) -> About {
    About { whose: whose.iter().map(|it| (*it).to_owned()).collect(), ..About::default() }
}

#[test]
fn a_failure_is_known_until_it_goes_well_again() {
    let (mut standing, nobody) = (Standing::default(), Names::none());
    let mut take = |row: RunRow| {
        standing.take(&row, &about(&[]), &nobody);
        let last = standing.of("pull", "ana").cloned().unwrap_or_default();
        (last.good.map(|good| good.run), last.failed.map(|failed| (failed.run, failed.times)))
    };
    let name = |run: &str| Some(run.to_owned());
    assert_eq!(take(row("1", "pull", "ana")), (name("1"), None));
    assert_eq!(take(failed("2", "pull", "ana")), (name("1"), Some(("2".to_owned(), 1))));
    assert_eq!(take(failed("3", "pull", "ana")), (name("1"), Some(("3".to_owned(), 2))));
    let dry = RunRow { dry_run: true, ..row("4", "pull", "ana") };
    assert_eq!(take(dry), (name("1"), Some(("3".to_owned(), 2))));
    let summary = Some(serde_json::json!({ "complete": false }));
    let stopped = RunRow { summary, ..row("5", "pull", "ana") };
    assert_eq!(take(stopped), (name("1"), Some(("3".to_owned(), 2))));
    assert_eq!(take(row("6", "pull", "ana")), (name("6"), None));
}

#[test]
fn a_backup_is_known_for_each_whose_mail_it_has() {
    let mut standing = Standing::default();
    let summary = serde_json::json!([
        { "address": "ana@localhost", "left_out": [] },
        { "address": "bea@localhost", "left_out": ["a message"] },
    ]);
    let run = RunRow {
        repository: Some("/backup".to_owned()),
        summary: Some(summary),
        account: None,
        ..failed("1", "backup run", "")
    };
    standing.take(&run, &about(&[]), &Names::none());
    let good = |about: &str| standing.of("backup run", about).map(|it| it.failed.is_none());
    assert_eq!((good("ana@localhost"), good("bea@localhost")), (Some(true), Some(false)));
    let ana = standing.of("backup run", "ana@localhost").unwrap();
    assert_eq!(ana.repository.as_deref(), Some("/backup"));
    // It failed before it was known whose mail there is.
    let early = RunRow { summary: None, ..run.clone() };
    standing.take(&early, &about(&[]), &Names::none());
    assert!(standing.of("backup run", EVERYBODY).unwrap().failed.is_some());
    let named = Names(vec![("ana".into(), "ana@example.org".into(), "ana@localhost".into())]);
    standing.take(&early, &about(&["ana@example.org"]), &named);
    assert!(standing.of("backup run", "ana@localhost").unwrap().failed.is_some());
}

#[test]
fn what_was_killed_is_a_failure_and_what_watched_is_not() {
    let mut standing = Standing::default();
    let killed = RunRow { ended: None, exit: None, ..row("1", "mirror", "ana") };
    standing.take_unended(&killed);
    assert_eq!(standing.of("mirror", "ana").unwrap().failed.as_ref().unwrap().exit, None);
    standing.take_pass("mirror", "ana", "2026-12-01T05:00:00Z", &Value::Null);
    standing.take_unended(&killed);
    assert!(standing.of("mirror", "ana").unwrap().failed.is_none());
}

#[test]
fn figures_and_room_come_out_of_what_a_run_tells() {
    let mut standing = Standing::default();
    let summary = serde_json::json!({
        "complete": true,
        "standing": { "here_messages": 5, "only_there_messages": 1, "only_there_octets": null },
        "room": { "used_octets": 7, "quota_octets": 10 },
    });
    let run = RunRow { summary: Some(summary), ..row("1", "mirror", "ana") };
    standing.take(&run, &about(&[]), &Names::none());
    assert_eq!(standing.figures["ana"].here_messages, 5);
    assert_eq!(standing.forecast("ana").unwrap().percent(), 70);
    // A run that tells nothing of it leaves it as it was.
    standing.take(&row("2", "mirror", "ana"), &about(&[]), &Names::none());
    assert_eq!(standing.figures["ana"].here_messages, 5);
    assert_eq!(standing.room["ana"].len(), 1);
    let text = serde_json::to_string(&standing).unwrap();
    assert_eq!(serde_json::from_str::<Standing>(&text).unwrap(), standing);
}

#[test]
fn samples_are_thinned_and_bounded() {
    let mut standing = Standing::default();
    let hours = 12 * 500_i64;
    for hour in 0..hours {
        let sample = RoomSample { at_s: hour * 3_600, used_octets: 1, quota_octets: 2 };
        standing.sample("ana", sample);
    }
    let samples = &standing.room["ana"];
    assert_eq!(samples.len(), SAMPLES_MAX);
    assert_eq!(samples.last().unwrap().at_s, (hours - 1) * 3_600);
    let close = samples.windows(2).rev().skip(1);
    assert!(close.clone().all(|pair| pair[1].at_s - pair[0].at_s >= SAMPLE_EVERY_S));
}
