//! The index for searches changes no answer: whatever is asked, and however far it has got, the same messages are found as by
//! reading the mail.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::search::Query;
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, Flags, Indexed, MailboxId, MailboxName, Policy,
    SetClock, Timestamp, Uid, UidSet, Who,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const ID: AccountId = AccountId(1);

fn policy() -> Policy {
    Policy { indexed_emails_least: 0, hot_octets_max: 64 << 20, ..Policy::default() }
}

async fn accounts() -> (Accounts, Account, MailboxId) {
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy());
    let account = accounts.create(ID, &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    (accounts, account, inbox)
}

async fn append(accounts: &Accounts, account: &Account, mailbox: MailboxId, texts: &[Vec<u8>]) {
    let mut messages = Vec::new();
    for text in texts {
        let mut incoming = accounts.receive();
        incoming.write(text).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let flags = FlagNames::default();
        messages.push(Append { received, flags, internal_date: None, uidl: None });
    }
    account.append(mailbox, messages).await.unwrap();
}

/// Brings the index up to date.
async fn index(accounts: &Accounts) {
    while accounts.index(ID).await.unwrap() != Indexed::Idle {}
    assert_eq!(accounts.check(ID).unwrap().wrong, []);
}

fn found(account: &Account, mailbox: MailboxId, query: &Query, cost: u64) -> Vec<u32> {
    let state = account.state(mailbox).unwrap();
    let mut search = account.search(&state, query.clone()).unwrap();
    let mut found = Vec::new();
    while let Some(some) = search.step(cost).unwrap() {
        found.extend(some.iter().map(|(_, entry)| entry.uid.number()));
    }
    assert!(search.damaged().is_empty());
    found
}

const WORDS: [&str; 24] = [
    "reunião",
    "meeting",
    "amanhã",
    "MEETING",
    "of",
    "the",
    "a",
    "é",
    "relatório",
    "rel",
    "ana@example.org",
    "bo.lima@b.example",
    "https://x.example/a?b=1",
    "no-reply",
    "STRASSE",
    "straße",
    "会議",
    "会議の議事録",
    "привет",
    "Привет",
    "x",
    "2026-11-29",
    "foo--bar",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcccccccccccccccccccccccccccccccccccccccccccccccccdddddddddddddddddddddddddddeeeee",
];

fn text() -> impl Strategy<Value = String> {
    let gap = prop_oneof![6 => Just(" "), 1 => Just(", "), 1 => Just(""), 1 => Just("-"), 1 => Just(".\r\n")];
    let word = prop::sample::select(&WORDS[..]);
    prop::collection::vec((word, gap), 1..14)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

/// A text in a charset, as a part of a message has it.
fn part(text: &str, charset: usize) -> Vec<u8> {
    let (name, octets): (&str, Vec<u8>) = match charset {
        0 => ("utf-8", text.into()),
        1 => {
            let latin = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
            ("iso-8859-1", text.chars().map(latin).collect())
        }
        2 => ("utf-16be", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        _ => {
            let html = text.replace(' ', "</b> <i>");
            let mut part = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>".to_vec();
            part.extend_from_slice(html.as_bytes());
            part.extend_from_slice(b"</p>");
            return part;
        }
    };
    let mut part = format!(
        "Content-Type: text/plain; charset={name}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    .into_bytes();
    for octet in octets {
        part.extend_from_slice(format!("={octet:02X}").as_bytes());
        if part.len() % 70 > 60 {
            part.extend_from_slice(b"=\r\n");
        }
    }
    part
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let names =
        ["Ana Lima <ana@example.org>", "bo.lima@b.example", "=?utf-8?q?Jo=C3=A3o?= <j@x.example>"];
    let from = prop::sample::select(names.to_vec());
    (from.clone(), from, text(), prop::collection::vec((text(), 0_usize..4), 1..3), any::<u16>()).prop_map(
        |(from, to, subject, parts, id)| {
            let subject = subject.replace("\r\n", "\r\n ");
            let mut message = format!(
                "From: {from}\r\nTo: {to}\r\nCc: {from},\r\n {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}@x.example>\r\n\
                 X-Folded: one\r\n two {id}\r\nMIME-Version: 1.0\r\n"
            )
            .into_bytes();
            if let [(text, charset)] = &parts[..] {
                message.extend_from_slice(&part(text, *charset));
                return message;
            }
            message.extend_from_slice(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n");
            for (text, charset) in parts {
                message.extend_from_slice(b"--b\r\n");
                message.extend_from_slice(&part(&text, charset));
                message.extend_from_slice(b"\r\n");
            }
            message.extend_from_slice(b"--b--\r\n");
            message
        },
    )
}

fn wanted() -> impl Strategy<Value = String> {
    let cut = (text(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..40);
    prop_oneof![
        3 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        4 => cut.prop_map(|(text, from, _, octets)| {
            let from = text.floor_char_boundary(from.index(text.len()));
            let to = text.ceil_char_boundary((from + octets).min(text.len()));
            text[from..to].replace("\r\n", "\n")
        }),
        1 => "[a-zé@. -]{1,3}",
        1 => Just("two".to_owned()),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let key = (0_usize..9, wanted()).prop_map(|(kind, text)| match kind {
        0 => Query::From(text),
        1 => Query::To(text),
        2 => Query::Cc(text),
        3 => Query::Subject(text),
        4 => Query::Header("X-Folded".to_owned(), text),
        5 => Query::Header("message-id".to_owned(), text),
        6 => Query::Body(text),
        7 => Query::Has(Flags::SEEN),
        _ => Query::Text(text),
    });
    key.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Query::And),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Query::Or),
            inner.clone().prop_map(|query| Query::Not(Box::new(query))),
            inner.prop_map(|query| Query::Fuzzy(Box::new(query))),
        ]
    })
}

#[derive(Clone, Debug)]
enum Act {
    Deliver(Vec<Vec<u8>>),
    Index(u8),
    Expunge(prop::sample::Index),
    Drop,
    Ask(Query, u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => prop::collection::vec(message(), 1..6).prop_map(Act::Deliver),
        3 => (0_u8..4).prop_map(Act::Index),
        1 => any::<prop::sample::Index>().prop_map(Act::Expunge),
        1 => Just(Act::Drop),
        12 => (query(), prop::sample::select(vec![1, 5_000, u64::MAX])).prop_map(|(query, cost)| Act::Ask(query, cost)),
    ]
}

/// `INDEX_CASES` says how many lives are lived.
#[test]
fn the_index_changes_no_answer() {
    let cases = std::env::var("INDEX_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(24);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let acts = prop::collection::vec(act(), 20..60);
    runner.run(&acts, |acts| runtime.block_on(live(acts))).unwrap();
}

async fn live(acts: Vec<Act>) -> Result<(), TestCaseError> {
    let (accounts, account, inbox) = accounts().await;
    // The same mail in an account that has no index.
    let (plain_accounts, plain, plain_inbox) = self::accounts().await;
    for act in acts {
        match act {
            Act::Deliver(texts) => {
                append(&accounts, &account, inbox, &texts).await;
                append(&plain_accounts, &plain, plain_inbox, &texts).await;
            }
            Act::Index(steps) => {
                for _ in 0..steps {
                    accounts.index(ID).await.unwrap();
                }
            }
            Act::Expunge(at) => {
                let state = account.state(inbox).unwrap();
                let Some(entry) = state.entries.get(at.index(state.entries.len().max(1))) else {
                    continue;
                };
                let uids: UidSet = std::iter::once(entry.uid).collect();
                account.remove(inbox, &uids).await.unwrap();
                plain.remove(plain_inbox, &uids).await.unwrap();
            }
            Act::Drop => {
                account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
            }
            Act::Ask(query, cost) => {
                let want = found(&plain, plain_inbox, &query, u64::MAX);
                prop_assert_eq!(found(&account, inbox, &query, cost), want, "{:?}", query);
            }
        }
    }
    prop_assert_eq!(accounts.check(ID).unwrap().wrong, vec![]);
    Ok(())
}

#[tokio::test]
async fn words_in_any_form_are_found_and_the_rarest_in_the_weightiest_places_are_most_relevant() {
    let (accounts, account, inbox) = accounts().await;
    let message = |from: &str, subject: &str, body: &str| {
        format!("From: {from}\r\nSubject: {subject}\r\nX-Noise: correr\r\n\r\n{body}\r\n")
            .into_bytes()
    };
    let texts = [
        message("ana@example.org", "=?utf-8?q?Reuni=C3=B5es?=", "meeting"),
        message("bo@example.org", "meeting", "reuniao"),
        message("bo@example.org", "x", "meetings"),
        message("bo@example.org", "x", "meeting"),
        message("bo@example.org", "x", "corriam em Lisboa"),
    ];
    append(&accounts, &account, inbox, &texts).await;
    let text = |text: &str| Query::Fuzzy(Box::new(Query::Text(text.to_owned())));
    let rare_or_common = Query::Or(vec![text("reuniao"), text("meeting")]);
    for is_indexed in [false, true] {
        if is_indexed {
            index(&accounts).await;
        }
        assert_eq!(found(&account, inbox, &text("correr LISBOA"), 1), [5]);
        let state = account.state(inbox).unwrap();
        let scores = |query: &Query| {
            let mut search = account.search(&state, query.clone()).unwrap().with_relevancy();
            let mut uids = Vec::new();
            while let Some(some) = search.step(1).unwrap() {
                uids.extend(some.iter().map(|(_, entry)| entry.uid.number()));
            }
            (uids, search.relevancies())
        };
        assert_eq!(scores(&text("meeting")), (vec![1, 2, 3, 4], vec![20, 100, 14, 20]));
        let (uids, relevancies) = scores(&rare_or_common);
        assert_eq!(uids, [1, 2, 3, 4]);
        // Where the index says which word is rare, that counts.
        assert_eq!(relevancies[0] > relevancies[1], is_indexed, "{relevancies:?}");
        let unranked =
            Query::Fuzzy(Box::new(Query::Not(Box::new(Query::Text("lisboa".to_owned())))));
        assert_eq!(scores(&unranked), (vec![1, 2, 3, 4], vec![100; 4]));
    }
}

/// Letters that tell a number, so that no number is part of another.
fn name(number: u32) -> String {
    format!("word{number}end")
}

async fn deliver_numbers(
    accounts: &Accounts,
    account: &Account,
    inbox: MailboxId,
    numbers: std::ops::Range<u32>,
) {
    let texts: Vec<Vec<u8>> = numbers
        .map(|number| format!("Subject: {0}\r\n\r\nall {0}\r\n", name(number)).into_bytes())
        .collect();
    append(accounts, account, inbox, &texts).await;
}

#[tokio::test]
async fn what_was_merged_is_found_and_what_was_dropped_is_not() {
    let (accounts, account, inbox) = accounts().await;
    for round in 0..13 {
        deliver_numbers(&accounts, &account, inbox, round * 10..round * 10 + 10).await;
        if round == 5 {
            let uids: UidSet = (1..=25).filter_map(Uid::new).collect();
            account.remove(inbox, &uids).await.unwrap();
            account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
        }
        index(&accounts).await;
    }
    let subject = |number| Query::Subject(name(number));
    assert_eq!(found(&account, inbox, &subject(3), u64::MAX), Vec::<u32>::new());
    assert_eq!(found(&account, inbox, &subject(25), u64::MAX), [26]);
    assert_eq!(found(&account, inbox, &subject(129), u64::MAX), [130]);
    assert_eq!(found(&account, inbox, &Query::Body("all".to_owned()), 1).len(), 105);
    accounts.drop_index(ID).await.unwrap();
    assert_eq!(found(&account, inbox, &subject(129), u64::MAX), [130]);
}

#[tokio::test]
async fn a_message_that_is_too_long_for_the_index_is_read() {
    let (accounts, account, inbox) = accounts().await;
    let mut long = b"Subject: long\r\n\r\n".to_vec();
    for number in 0..120_000 {
        long.extend_from_slice(format!("{}\r\n", name(number)).as_bytes());
    }
    append(&accounts, &account, inbox, &[long, b"Subject: short\r\n\r\nshort\r\n".to_vec()]).await;
    index(&accounts).await;
    assert!(accounts.index_state(ID).unwrap().unwrap().octets < 10_000);
    for (word, want) in
        [(name(119_999), &[1][..]), ("short".to_owned(), &[2]), (name(120_000), &[])]
    {
        assert_eq!(found(&account, inbox, &Query::Body(word), u64::MAX), want);
    }
    assert_eq!(found(&account, inbox, &Query::Subject("long".to_owned()), u64::MAX), [1]);
}
