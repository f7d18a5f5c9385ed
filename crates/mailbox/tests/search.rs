//! What a search finds, and that it reads no more than it has to.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::search::{Arriving, Query};
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, Flags, Keyword, MailboxName, ModSeq, Policy,
    SetClock, Timestamp, Uid, UidSet, Who,
};

const MAIL: [&str; 4] = [
    "From: =?utf-8?q?Ana_L=C3=B3pez?= <ana@example.org>\r\nTo: Office: bo@b.example;\r\n\
     Subject: =?utf-8?B?UmVjaG51bmcgU3RyYcOfZQ==?=\r\nDate: Tue, 14 Nov 2023 23:30:00 -0500\r\n\
     Message-ID: <one@example.org>\r\nX-Tag: alpha\r\nX-Tag: beta\r\n\r\nHello World\r\n",
    "From: bo@b.example\r\nSubject: Re: lunch\r\nIn-Reply-To: <one@example.org>\r\n\
     Message-ID: <two@b.example>\r\nMIME-Version: 1.0\r\n\
     Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\
     \r\nDer K=F6nig i=\r\nsst\r\n",
    "Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
     --b\r\nContent-Type: text/html\r\n\r\n<p>Bread &amp; butter</p>\r\n--b\r\n\
     Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n\
     c2VjcmV0\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner title\r\n\r\nInner text\r\n--b--\r\n",
    "no header at all",
];

async fn account() -> (Accounts, Account) {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
    let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let mut messages = Vec::new();
    for (number, text) in MAIL.iter().enumerate() {
        let mut incoming = accounts.receive();
        incoming.write(text.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let flags = if number == 1 {
            let keywords = vec![Keyword::new("$Work").unwrap()];
            FlagNames { system: Flags::SEEN, keywords }
        } else {
            FlagNames::default()
        };
        let internal_date = Some(Timestamp(1_700_000_000 + 86_400 * number as i64).into());
        messages.push(Append { received, flags, internal_date, uidl: None });
    }
    account.append(inbox, messages).await.unwrap();
    (accounts, account)
}

fn uids(numbers: &[u32]) -> UidSet {
    numbers.iter().filter_map(|n| Uid::new(*n)).collect()
}

/// Whether only the message itself answers it: no mailbox, no flags, and not when it came.
fn is_of_the_message(query: &Query) -> bool {
    match query {
        Query::Not(inner) => is_of_the_message(inner),
        Query::And(all) | Query::Or(all) => all.iter().all(is_of_the_message),
        Query::All
        | Query::Nothing
        | Query::Larger(_)
        | Query::Smaller(_)
        | Query::SentSinceDay(_)
        | Query::SentBeforeDay(_)
        | Query::From(_)
        | Query::To(_)
        | Query::Cc(_)
        | Query::Bcc(_)
        | Query::Subject(_)
        | Query::Header(..)
        | Query::Body(_)
        | Query::Text(_)
        | Query::Thread(_) => true,
        Query::Uids(_)
        | Query::Has(_)
        | Query::Keyword(_)
        | Query::ModSeqFrom(_)
        | Query::SinceDay(_)
        | Query::BeforeDay(_)
        | Query::SavedSinceDay(_)
        | Query::SavedBeforeDay(_)
        | Query::Since(_)
        | Query::Older(_)
        | Query::Younger(_)
        | Query::Email(_)
        | Query::Fuzzy(_) => false,
    }
}

async fn arrives(accounts: &Accounts, account: &Account, text: &str) -> Arriving {
    let mut incoming = accounts.receive();
    incoming.write(text.as_bytes()).await.unwrap();
    account.arriving(&incoming.finish().await.unwrap())
}

#[tokio::test]
async fn what_only_a_mailbox_says_no_mail_has_that_comes() {
    let (accounts, account) = account().await;
    let mut arriving = arrives(&accounts, &account, "Subject: new\r\n\r\nnew\r\n").await;
    for (query, want) in [
        (Query::Keyword(Keyword::new("$work").unwrap()), false),
        (Query::Has(Flags::SEEN), false),
        (Query::Uids(uids(&[1])), false),
        (Query::ModSeqFrom(ModSeq(0)), false),
        (Query::Email(mailbox::EmailId(0)), false),
        (Query::Thread(mailbox::ThreadId(0)), false),
        (Query::SavedSinceDay(0), false),
        // It comes now, where the clock stands.
        (Query::SinceDay(19_675), true),
        (Query::SinceDay(19_676), false),
        (Query::Younger(1), true),
        (Query::Older(1), false),
        (Query::Fuzzy(Box::new(Query::Subject("NEW".to_owned()))), true),
    ] {
        assert_eq!(arriving.matches(&query).unwrap(), want, "{query:?}");
    }
}

/// A message that is too long for memory, and lies with the engine before it is kept.
#[tokio::test]
async fn long_mail_that_comes_is_read_where_it_lies() {
    let (accounts, account) = account().await;
    let text = format!(
        "List-Id: <long.example.org>\r\nSubject: long\r\n\r\n{}the end of it\r\n",
        "one more line\r\n".repeat(40_000)
    );
    let mut arriving = arrives(&accounts, &account, &text).await;
    assert!(arriving.received().octets_in_memory().is_none());
    for (query, want) in [
        (Query::Header("list-id".to_owned(), "<long.example".to_owned()), true),
        (Query::Header("list-id".to_owned(), "short".to_owned()), false),
        (Query::Body("THE END".to_owned()), true),
        (Query::Larger(500_000), true),
    ] {
        assert_eq!(arriving.matches(&query).unwrap(), want, "{query:?}");
    }
    assert!(arriving.take_cost() > 500_000);
    assert_eq!(arriving.take_cost(), 0);
}

#[tokio::test]
async fn each_key_finds_what_it_should() {
    let (accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let state = account.state(inbox).unwrap();
    let thread = {
        let first = state.entries.get(0).unwrap().email;
        account.reader().unwrap().email(first).unwrap().unwrap().thread
    };
    let text = |t: &str| t.to_owned();
    let header = |name: &str, t: &str| Query::Header(name.to_owned(), t.to_owned());
    let cases: Vec<(Query, &[u32])> = vec![
        (Query::All, &[1, 2, 3, 4]),
        (Query::Nothing, &[]),
        (Query::Has(Flags::SEEN), &[2]),
        (Query::Not(Box::new(Query::Has(Flags::SEEN))), &[1, 3, 4]),
        (Query::Keyword(Keyword::new("$work").unwrap()), &[2]),
        (Query::Keyword(Keyword::new("unknown").unwrap()), &[]),
        (Query::Uids(uids(&[2, 4, 9])), &[2, 4]),
        (Query::And(vec![Query::Uids(uids(&[1, 4])), Query::Larger(20)]), &[1]),
        (Query::Or(vec![Query::Smaller(17), Query::Has(Flags::SEEN)]), &[2, 4]),
        (Query::And(vec![]), &[1, 2, 3, 4]),
        (Query::Or(vec![]), &[]),
        (Query::ModSeqFrom(ModSeq(u64::MAX)), &[]),
        (Query::SinceDay(19_675 + 2), &[3, 4]),
        (Query::BeforeDay(19_675 + 1), &[1]),
        (Query::Since(Timestamp(1_700_086_400)), &[2, 3, 4]),
        // The clock stands where the first came in; the others come from the future.
        (Query::Younger(1), &[1, 2, 3, 4]),
        (Query::Older(1), &[]),
        // All came into the mailbox where the clock stands (RFC 8514, 4.3).
        (Query::SavedSinceDay(19_675), &[1, 2, 3, 4]),
        (Query::SavedSinceDay(19_676), &[]),
        (Query::SavedBeforeDay(19_675), &[]),
        (Query::SavedBeforeDay(19_676), &[1, 2, 3, 4]),
        // The others have no Date field (RFC 9051, 6.4.4).
        (Query::SentSinceDay(19_675), &[1]),
        (Query::SentSinceDay(19_676), &[]),
        (Query::SentBeforeDay(19_676), &[1]),
        (Query::From(text("LÓPEZ")), &[1]),
        (Query::From(text("ana@example.org>")), &[1]),
        (Query::From(text("b.example")), &[2]),
        (Query::From(text("")), &[1, 2]),
        (Query::To(text("office")), &[1]),
        (Query::Cc(text("ana")), &[]),
        (Query::Bcc(text("")), &[]),
        (Query::Subject(text("STRASSE")), &[]),
        (Query::Subject(text("STRAßE")), &[1]),
        (Query::Subject(text("unch")), &[2]),
        (header("message-id", "one@example"), &[1]),
        (header("X-Tag", "BETA"), &[1]),
        (header("X-Tag", ""), &[1]),
        (header("Subject", ""), &[1, 2, 3]),
        (header("X-Nothing", ""), &[]),
        (Query::Body(text("hello world")), &[1]),
        (Query::Body(text("KÖNIG ISST")), &[2]),
        (Query::Body(text("bread & butter")), &[3]),
        (Query::Body(text("inner TEXT")), &[3]),
        (Query::Body(text("inner title")), &[3]),
        (Query::Body(text("secret")), &[]),
        (Query::Body(text("c2VjcmV0")), &[]),
        (Query::Body(text("at all")), &[4]),
        (Query::Body(text("rechnung")), &[]),
        (Query::Text(text("rechnung")), &[1]),
        (Query::Text(text("könig")), &[2]),
        (Query::Body(text("")), &[1, 2, 3, 4]),
        (Query::Thread(thread), &[1, 2]),
        (Query::Email(state.entries.get(2).unwrap().email), &[3]),
        (
            Query::And(vec![
                Query::Not(Box::new(Query::Or(vec![Query::Body(text("hello")), Query::Nothing]))),
                Query::Or(vec![Query::Has(Flags::SEEN), Query::Text(text("BUTTER"))]),
            ]),
            &[2, 3],
        ),
    ];
    let mut asked_on_arrival = 0;
    for (query, want) in cases {
        if is_of_the_message(&query) {
            asked_on_arrival += 1;
            for (number, text) in (1..).zip(MAIL) {
                let arriving = arrives(&accounts, &account, text).await.matches(&query).unwrap();
                assert_eq!(arriving, want.contains(&number), "{query:?}, {text}");
            }
        }
        for cost in [1, 2_000, u64::MAX] {
            let mut search = account.search(&state, query.clone()).unwrap();
            let mut found = Vec::new();
            while let Some(some) = search.step(cost).unwrap() {
                for (index, entry) in some {
                    assert_eq!(state.entries.get(index), Some(entry));
                    found.push(entry.uid.number());
                }
            }
            assert_eq!(found, want, "{query:?}");
        }
    }
    assert!(asked_on_arrival > 30, "{asked_on_arrival}");
}

#[tokio::test]
async fn deep_queries_are_answered() {
    let (_accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let state = account.state(inbox).unwrap();
    let mut query = Query::Has(Flags::SEEN);
    for _ in 0..1_000 {
        query = Query::Not(Box::new(Query::Or(vec![query, Query::Nothing])));
    }
    let mut search = account.search(&state, query).unwrap();
    let found = search.step(u64::MAX).unwrap().unwrap();
    assert_eq!(found.len(), 1);
}

/// How many steps of this cost a search takes, and what it finds.
async fn steps_of(query: Query, cost_octets: u64) -> (usize, Vec<u32>) {
    let (_accounts, account) = account().await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let state = account.state(inbox).unwrap();
    let mut search = account.search(&state, query).unwrap();
    let (mut steps, mut found) = (0, Vec::new());
    while let Some(some) = search.step(cost_octets).unwrap() {
        steps += 1;
        found.extend(some.iter().map(|(_, entry)| entry.uid.number()));
    }
    (steps, found)
}

#[tokio::test]
async fn a_step_ends_among_the_keys_of_one_message_and_the_next_goes_on_there() {
    let long = "x".repeat(300);
    let absent = |n: u32| Query::Text(format!("{long}{n}"));
    // Matching costs as well: each key looks at the whole text, which is read once.
    let mut keys: Vec<Query> = (0..8_000).map(absent).collect();
    let (steps, found) = steps_of(Query::Or(keys.clone()), 100_000).await;
    assert_eq!(found, [] as [u32; 0]);
    assert!(steps > 8_000 * 4 * 32 / 100_000, "only {steps} steps");
    keys.push(Query::Text("butter".to_owned()));
    let (_, found) = steps_of(Query::Or(keys.clone()), 100_000).await;
    assert_eq!(found, [3]);
    let (_, found) = steps_of(Query::Not(Box::new(Query::Or(keys))), 100_000).await;
    assert_eq!(found, [1, 2, 4]);
    // What is known from memory costs little reading, and yet the program with all the keys is run.
    let absent: Vec<Query> = (0..8_000).map(absent).collect();
    let query = Query::Or(vec![Query::All, Query::And(absent)]);
    let (steps, found) = steps_of(query, 100_000).await;
    assert_eq!((steps, found), (4, vec![1, 2, 3, 4]));
}
