//! Measures SORT and THREAD beneath IMAP on a real directory: the first time after opening and the median of nine more, in
//! milliseconds of processor time (of the one thread that works) and of the clock.
//! `cargo run --release -p store --example sorting -- DIRECTORY [MESSAGES]`
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for measuring, not part of the product"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Clock, Direction, Door, FlagNames, MailboxName, MailboxState,
    Policy, SetClock, SortField, SortKey, ThreadAlgorithm, Timestamp, Who,
};
use store::{Options, RealDisk, Store};

const ACCOUNT: AccountId = AccountId(1);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| "/tmp/sorting-measure".to_owned());
    let messages: u32 = arguments.next().map_or(100_000, |number| number.parse().unwrap());
    // One thread, so that its processor time is that of the work.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if !Path::new(&directory).join("format").exists() {
        runtime.block_on(fill(&directory, messages));
    }
    println!("{messages} messages; milliseconds: processor (clock)");
    let field = |name, field| (name, Work::Sort(field));
    for (name, work) in [
        field("SORT (ARRIVAL)", SortField::Arrival),
        field("SORT (DATE)", SortField::Date),
        field("SORT (SUBJECT)", SortField::Subject),
        field("SORT (FROM)", SortField::From),
        field("SORT (SIZE)", SortField::Size),
        field("SORT (DISPLAYFROM)", SortField::DisplayFrom),
        ("THREAD REFERENCES", Work::Thread(ThreadAlgorithm::References)),
        ("THREAD REFS", Work::Thread(ThreadAlgorithm::Refs)),
        ("THREAD ORDEREDSUBJECT", Work::Thread(ThreadAlgorithm::OrderedSubject)),
    ] {
        runtime.block_on(measure(&directory, name, work));
    }
}

/// A date of the year 2017 or later; which day of the week it is does not matter.
fn format_date(unix_s: i64) -> String {
    let (day, second) = (unix_s / 86_400 - 17_167, unix_s % 86_400);
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let month = months[(day / 28 % 12) as usize];
    format!(
        "{} {month} {} {hour:02}:{minute:02}:{:02} +0000",
        day % 28 + 1,
        2017 + day / 336,
        second % 60
    )
}

#[derive(Clone, Copy)]
enum Work {
    Sort(SortField),
    Thread(ThreadAlgorithm),
}

/// How long this thread has been on a processor, in milliseconds.
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e6
}

fn accounts(store: &Store) -> Accounts {
    let clock: Arc<dyn Clock> = Arc::new(SetClock::at(Timestamp(1_800_000_000)));
    Accounts::new(Arc::new(store.clone()), clock, Policy::default())
}

fn open(directory: &str) -> Store {
    Store::open(Arc::new(RealDisk::new(directory).unwrap()), Options::default()).unwrap()
}

async fn measure(directory: &str, name: &str, work: Work) {
    let store = open(directory);
    let accounts = accounts(&store);
    let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let state = account.state(inbox).unwrap();
    let first = once(&account, &state, work).await;
    let mut more = Vec::new();
    for _ in 0..9 {
        more.push(once(&account, &state, work).await);
    }
    let middle = |of: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = more.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "{name:24} first {:6.1} ({:6.1})  then {:5.1} ({:5.1})",
        first.0,
        first.1,
        middle(|it| it.0),
        middle(|it| it.1)
    );
}

async fn once(account: &Account, state: &MailboxState, work: Work) -> (f64, f64) {
    let all: Vec<u32> = (0..u32::try_from(state.entries.len()).unwrap()).collect();
    let (processor, clock) = (processor_ms(), Instant::now());
    match work {
        Work::Sort(field) => {
            let key = SortKey { field, direction: Direction::Descending };
            assert_eq!(account.sort(state, &all, &[key]).await.unwrap().len(), all.len());
        }
        Work::Thread(algorithm) => {
            let places = account.thread(state, &all, algorithm).await.unwrap();
            assert!(places.len() >= all.len());
        }
    }
    (processor_ms() - processor, clock.elapsed().as_secs_f64() * 1e3)
}

/// Mail as people have it: most of it answers something of the last weeks, and comes from some hundreds of people.
async fn fill(directory: &str, messages: u32) {
    let store = open(directory);
    let accounts = accounts(&store);
    let account = accounts.create(ACCOUNT, &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let mut seed = 1u32;
    let mut below = move |end: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(seed) * u64::from(end)) >> 32) as u32
    };
    // The subject of each message and what it refers to.
    let mut written: Vec<(u32, Vec<u32>)> = Vec::new();
    let words = ["invoice", "lunch", "meeting", "release", "holiday", "contract", "photos", "plan"];
    let mut batch = Vec::new();
    for number in 0..messages {
        let answers = number > 0 && below(100) < 60;
        let (subject, references) = if answers {
            let to = number - 1 - below(number.min(400));
            let (subject, mut references) = written[to as usize].clone();
            references.push(to);
            let surplus = references.len().saturating_sub(12);
            references.drain(..surplus);
            (subject, references)
        } else {
            (number, Vec::new())
        };
        let (first, second) = (words[below(8) as usize], words[(subject % 8) as usize]);
        let from = below(700);
        let date = format_date(1_500_000_000 + i64::from(number) * 900 - i64::from(below(9_000)));
        let mut header = format!(
            "From: Person {from} <p{from}@example{}.org>\r\nTo: Ana <ana@example.org>\r\n\
             Subject: {}{second} of {subject}, {first}\r\nDate: {date}\r\n\
             Message-ID: <{number}.x@mail.example.org>\r\n",
            from % 90,
            if answers { "Re: " } else { "" }
        );
        for reference in references.iter().take(1) {
            header.push_str(&format!("References: <{reference}.x@mail.example.org>"));
        }
        for reference in references.iter().skip(1) {
            header.push_str(&format!("\r\n <{reference}.x@mail.example.org>"));
        }
        let mut incoming = accounts.receive();
        incoming.write(header.as_bytes()).await.unwrap();
        let gap = if references.is_empty() { "\r\n" } else { "\r\n\r\n" };
        let text = format!("{gap}{}", "some words. ".repeat(below(40) as usize));
        incoming.write(text.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let (flags, internal_date) = (FlagNames::default(), None);
        batch.push(Append { received, flags, internal_date, uidl: None });
        written.push((subject, references));
        if batch.len() == 500 {
            account.append(inbox, std::mem::take(&mut batch)).await.unwrap();
        }
    }
    account.append(inbox, batch).await.unwrap();
    store.close().unwrap();
}
