//! Plays pulls from odd servers: `S:` goes to the client, `C:` must come from it (`transcript::Script`).
//!
//! `@ policy WORDS`: what the person wants from here on. `@ login pipelining|plain|no-capa|EXTRA`: a new connection, with
//! greeting and login played already. `@ connect`: a new connection. What follows up to `@ summary NAME=N...` or
//! `@ fault BEGINNING` is said on it; then the server hangs up, and the outcome is compared: all counts that are not named
//! are 0. `@ mail N`: how many messages are held; `@ has TEXT`: one of them has that. `@ days N`, `@ delete TEXT`.

use std::collections::BTreeMap;
use std::path::Path;

use mailbox::Timestamp;
use pop3::client::Client;
use pop3::client::pull::{
    DeletedHere, Go, Larger, Leave, Policy, Removal, Summary, WithoutIds, pull,
};
use sasl::{Binding, Credentials, Nonce, Secret, Security};
use tokio::io::duplex;
use tokio::runtime::Builder;
use transcript::{Cut, Script, octets};

use crate::shelf::Shelf;

#[test]
fn every_pull_goes_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/transcripts");
    let mut played = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for cut in [Cut::Whole, Cut::Pieces(1), Cut::Pieces(7)] {
            println!("{} {cut:?}", path.display());
            let runtime =
                Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(play(&text, cut));
        }
        played += 1;
    }
    assert!(played > 10, "the transcripts are missing");
}

async fn play(text: &str, cut: Cut) {
    let mut shelf = Shelf::new();
    let mut policy = Policy::default();
    let mut script = Script::default();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(act) = line.strip_prefix("@ ") else {
            script.push(line);
            continue;
        };
        let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
        match verb {
            "policy" => policy = read_policy(rest),
            "connect" => {}
            "login" => login(rest).iter().for_each(|line| script.push(line)),
            "days" => shelf.now = Timestamp(shelf.now.0 + rest.parse::<i64>().unwrap() * 86_400),
            "delete" => {
                let mail = shelf.durable.mail.iter();
                let found = mail.clone().find(|mail| String::from_utf8_lossy(mail).contains(rest));
                let found = found.unwrap().clone();
                shelf.delete_here(&found);
            }
            "mail" => assert_eq!(shelf.durable.mail.len().to_string(), rest, "{act}"),
            "has" => {
                let mail = octets(rest);
                let has = |held: &Vec<u8>| held.windows(mail.len()).any(|part| part == mail);
                let shelves = &shelf.durable;
                assert!(shelves.mail.iter().chain(&shelves.headers).any(has), "{act}");
            }
            "want" => {
                let (identity, _) = shelf.durable.passed.first_key_value().unwrap();
                shelf.working.wanted.insert(identity.clone());
            }
            "summary" | "fault" => {
                let result = session(&std::mem::take(&mut script), &mut shelf, &policy, cut).await;
                shelf.crash();
                match (verb, result) {
                    ("summary", Ok(summary)) => assert_eq!(counts(&summary), named(rest), "{act}"),
                    ("fault", Err(told)) => assert!(told.starts_with(rest), "{told}"),
                    (_, result) => panic!("wanted {act}, got {result:?}"),
                }
            }
            _ => panic!("no such act: {act}"),
        }
    }
    assert!(script.is_empty(), "something is said to nobody");
}

fn login(how: &str) -> Vec<String> {
    let capabilities = match how {
        "no-capa" => vec!["S: -ERR what?"],
        "plain" => vec!["S: +OK", "S: USER", "S: ."],
        "pipelining" => vec!["S: +OK", "S: USER", "S: TOP", "S: UIDL", "S: PIPELINING", "S: ."],
        other => vec!["S: +OK", "S: USER", other, "S: ."],
    };
    let login = if how == "pipelining" {
        vec!["C: USER ana", "C: PASS secret", "S: +OK", "S: +OK"]
    } else {
        vec!["C: USER ana", "S: +OK", "C: PASS secret", "S: +OK"]
    };
    let lines = [vec!["S: +OK ready", "C: CAPA"], capabilities, login].concat();
    lines.into_iter().map(|line| line.replace("EXTRA ", "S: ")).collect()
}

fn read_policy(words: &str) -> Policy {
    let mut policy = Policy::default();
    let mut leave = Leave::default();
    for word in words.split(' ') {
        let (name, number) = word.split_once('=').unwrap_or((word, "0"));
        let number: u32 = number.parse().unwrap();
        match name {
            "remove" => policy.removal = Removal::AtOnce,
            "leave" => {}
            "days" => leave.days = Some(number),
            "until-deleted" => leave.deleted_here = DeletedHere::Go,
            "without-ids" => policy.without_ids = WithoutIds::Remove,
            "newest" => policy.newest = Some(number),
            "since" => policy.since = Some(Timestamp(number.into())),
            "largest" => policy.octets_max = Some(number.into()),
            "hard-max" => policy.octets_hard_max = number.into(),
            "headers" => policy.larger = Larger::TakeHeader,
            "most" => policy.messages_max = Some(number),
            _ => panic!("no such wish: {word}"),
        }
    }
    if policy.removal != Removal::AtOnce {
        policy.removal = Removal::Leave(leave);
    }
    policy
}

fn counts(summary: &Summary) -> BTreeMap<String, u32> {
    let all = [
        ("listed", summary.listed),
        ("taken", summary.taken),
        ("headers", summary.headers),
        ("held", summary.held_before),
        ("removed", summary.removed),
        ("no-id", summary.kept_without_id),
        ("not-newest", summary.not_newest),
        ("large", summary.too_large),
        ("old", summary.too_old),
        ("waiting", summary.waiting),
        ("refused", summary.refused),
    ];
    all.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name.to_owned(), n)).collect()
}

fn named(words: &str) -> BTreeMap<String, u32> {
    let pair = |word: &str| {
        let (name, number) = word.split_once('=').unwrap();
        (name.to_owned(), number.parse().unwrap())
    };
    words.split(' ').filter(|word| !word.is_empty()).map(pair).collect()
}

async fn session(
    script: &Script,
    shelf: &mut Shelf,
    policy: &Policy,
    cut: Cut,
) -> Result<Summary, String> {
    let (ours, theirs) = duplex(1 << 16);
    let now = shelf.now;
    let client = async {
        let told = |fault: pop3::client::Fault| fault.to_string();
        let mut client = Client::begin(ours, Security::Tls).await.map_err(told)?;
        let credentials = Credentials::password("ana", Secret::new("secret"));
        let nonce = Nonce::from_random([5; 18]);
        client.login(credentials, nonce, Binding::Unable).await.map_err(told)?;
        let summary = pull(client, shelf, policy, now, &mut |_| Go::On).await;
        summary.map_err(|interrupted| interrupted.to_string())
    };
    tokio::join!(client, script.serve(theirs, cut)).0
}
