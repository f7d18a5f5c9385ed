//! Headers alone: each says that it is one, is never a reason to delete anything there, and goes when the whole has come.

use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, Keyword, UidSet};
use store::sim::Dice;
use sync::companion::AtProvider;
use sync::{PullDone, PullExtent, Wanted};
use tokio::runtime::Builder;

use crate::home::{Home, wanted};
use crate::line::Cut;
use crate::maildrop::Shared;

const ONE: &[u8] = b"Subject: one\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x--\r\n";
const TWO: &[u8] = b"Subject: two\r\n\r\nHello\r\n";

fn headers(at_provider: AtProvider) -> Wanted {
    let extent = PullExtent::Headers { account: "ana".to_owned() };
    Wanted { extent, ..wanted(at_provider) }
}

async fn pull(home: &Home, drop: &Shared, wanted: &Wanted) -> PullDone {
    let done = home.pull(drop, wanted, Cut::Never).await.unwrap();
    assert!(done.fault.is_none(), "{:?}", done.fault);
    done
}

/// What is here: whole messages, and headers, by their text.
fn split(home: &Home) -> (Vec<Vec<u8>>, Vec<String>) {
    let all = home.mail().into_iter().flat_map(|(octets, count)| vec![octets; count]);
    let is_header = |octets: &Vec<u8>| {
        String::from_utf8_lossy(octets).contains("\r\nX-Correio-Incomplete: header; ")
    };
    let (headers, whole): (Vec<_>, Vec<_>) = all.partition(is_header);
    (whole, headers.into_iter().map(|octets| String::from_utf8(octets).unwrap()).collect())
}

#[tokio::test(start_paused = true)]
async fn headers_come_say_what_they_are_and_go_when_the_whole_comes() {
    let (mut home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    let done = pull(&home, &drop, &headers(AtProvider::Move)).await;
    assert_eq!((done.new, done.summary.headers, done.summary.removed), (0, 2, 0));
    let (whole, texts) = split(&home);
    assert_eq!((whole.len(), texts.len()), (0, 2));
    let one = texts.iter().find(|text| text.contains("Subject: one")).unwrap();
    assert!(one.contains(&format!("{} octets there", ONE.len())) && !one.contains("multipart"));
    assert!(one.contains("correio pull ana --body "), "{one}");
    // Nothing comes twice, and nothing goes there.
    home.restart(3);
    let done = pull(&home, &drop, &headers(AtProvider::Move)).await;
    assert_eq!((done.summary.headers, done.summary.removed, drop.count()), (0, 0, 2));
    // What was done with the header is done with the whole.
    let inbox = home.state().id;
    let keywords = vec![Keyword::new("$work").unwrap()];
    let flags = FlagNames { system: Flags::FLAGGED, keywords };
    let mark = Store { uids: UidSet::all(), mode: FlagMode::Add, flags, unchanged_since: None };
    home.account.store(inbox, mark).await.unwrap();
    let done = pull(&home, &drop, &wanted(AtProvider::Move)).await;
    assert_eq!((done.new, done.summary.removed, drop.count()), (2, 2, 0));
    let (mut whole, texts) = split(&home);
    whole.sort();
    assert_eq!((whole, texts.len()), (vec![ONE.to_vec(), TWO.to_vec()], 0));
    let state = home.state();
    assert!(state.entries.iter().all(|entry| entry.flags.0 & Flags::FLAGGED.0 != 0));
    home.is_sound();
    let remote = sync::remote_id(&"pop3s://pop.example.org".parse().unwrap(), "ana");
    let known = home.account.placements_after(remote, None).unwrap();
    assert_eq!(known.len(), 2, "the headers are forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_is_deleted_here_deletes_nothing_there() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    let until = AtProvider::UntilLocalDelete;
    pull(&home, &drop, &headers(until)).await;
    let inbox = home.state().id;
    home.account.remove(inbox, &UidSet::all()).await.unwrap();
    for wanted in [headers(until), headers(AtProvider::Move), headers(AtProvider::KeepDays(0))] {
        let done = pull(&home, &drop, &wanted).await;
        assert_eq!((done.summary.headers, done.summary.removed, drop.count()), (0, 0, 2));
    }
    let done = pull(&home, &drop, &wanted(until)).await;
    assert_eq!((done.new, done.summary.removed, drop.count()), (2, 0, 2));
    assert_eq!(split(&home).0.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_body_comes_when_it_is_asked_for() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    pull(&home, &drop, &headers(AtProvider::Keep)).await;
    let (_, texts) = split(&home);
    let one = texts.iter().find(|text| text.contains("Subject: one")).unwrap();
    let (_, short) = one.split_once("--body ").unwrap();
    let short = short.split("\r\n").next().unwrap().to_owned();
    drop.add("late", b"Subject: late\r\n\r\n");
    let these = PullExtent::These(vec![short, "nothing".to_owned()]);
    let these = Wanted { extent: these, ..wanted(AtProvider::Keep) };
    let done = pull(&home, &drop, &these).await;
    assert_eq!((done.new, done.not_met), (1, vec!["nothing".to_owned()]));
    let (whole, texts) = split(&home);
    assert_eq!((whole, texts.len()), (vec![ONE.to_vec()], 1));
    // A second time there is nothing to do.
    let done = pull(&home, &drop, &these).await;
    assert_eq!((done.new, split(&home).0.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_top_gives_no_headers_and_loses_nothing() {
    for unknown in [vec!["TOP"], vec!["TOP", "CAPA"], vec!["TOP", "UIDL", "CAPA"]] {
        let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
        drop.ways(|ways| ways.unknown.clone_from(&unknown));
        let done = home.pull(&drop, &headers(AtProvider::Move), Cut::Never).await.unwrap();
        assert_eq!((done.new, done.summary.headers, drop.count()), (0, 0, 2), "{unknown:?}");
        assert_eq!(split(&home), (Vec::new(), Vec::new()), "{unknown:?}");
        // And has not spoiled anything for the next run.
        assert_eq!(pull(&home, &drop, &wanted(AtProvider::Move)).await.new, 2, "{unknown:?}");
    }
}

/// Cuts at random places, with fixed seeds.
#[test]
fn headers_and_wholes_that_are_cut_end_as_wholes_and_lose_nothing() {
    let mut dice = Dice::new(47);
    for life in 0..150_u32 {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let drop = Shared::of(&[("a", ONE), ("b", TWO), ("c", b"Subject: three\r\n\r\n.\r\n")]);
            let all = drop.0.lock().unwrap().messages.clone();
            let mut home = Home::new().await;
            for _ in 0..3 {
                let cut = match dice.chance(70) {
                    true => Cut::Server(dice.below(1_200) as usize),
                    false => Cut::Client(dice.below(200) as usize),
                };
                let wanted = match dice.chance(60) {
                    true => headers(AtProvider::Move),
                    false => wanted(AtProvider::Move),
                };
                home.pull(&drop, &wanted, cut).await;
                if dice.chance(40) {
                    home.restart(dice.next());
                }
                let (whole, texts) = split(&home);
                for (id, octets) in &all {
                    let is_safe = whole.contains(octets) || drop.has(octets);
                    assert!(is_safe, "{id} is lost in life {life}");
                }
                assert!(texts.len() <= all.len(), "life {life}");
            }
            pull(&home, &drop, &wanted(AtProvider::Move)).await;
            let (mut whole, texts) = split(&home);
            whole.sort();
            let mut want: Vec<_> = all.into_iter().map(|(_, octets)| octets).collect();
            want.sort();
            assert_eq!((whole, texts.len(), drop.count()), (want, 0, 0), "life {life}");
            home.is_sound();
        });
    }
}
