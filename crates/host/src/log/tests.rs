//! What lines of the log look like, and that fail2ban's filter finds guessers in them and nobody else.

use std::sync::{Arc, Mutex};

use directory::{LoginSettings, Logins, NewUser, People, ScramKeys, UserQuota};
use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use regex::Regex;
use sasl::{Attempt, Directory as _, Peer, Secret, Security};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::subscriber;
use crate::config::LogFormat;

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Written {
    type Writer = Written;

    fn make_writer(&'w self) -> Written {
        self.clone()
    }
}

impl Written {
    pub(crate) fn begin(format: LogFormat) -> (Written, tracing::subscriber::DefaultGuard) {
        let written = Written::default();
        let subscriber = subscriber(format, EnvFilter::new("info"), written.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        (written, guard)
    }

    fn lines(&self) -> Vec<String> {
        let octets = self.0.lock().unwrap().clone();
        String::from_utf8(octets).unwrap().lines().map(str::to_owned).collect()
    }

    /// The lines without their times.
    pub(crate) fn untimed(&self) -> Vec<String> {
        let untimed = |line: &String| line.split_once('Z').unwrap().1.trim_start().to_owned();
        self.lines().iter().map(untimed).collect()
    }
}

#[test]
fn a_line_is_of_plain_words_and_nobody_can_write_a_second_one() {
    let (written, _guard) = Written::begin(LogFormat::Text);
    let user = "x\" outcome=ok\n2026-11-29T00:00:00Z  INFO login";
    let device: Option<&str> = None;
    let error = std::io::Error::other("line\r\nend\u{2028}");
    tracing::info!(door = "imap", user, device, count = 3, "login");
    tracing::warn!(%error, name = "", place = "Jos\u{e9} 1", "a\nb");
    assert_eq!(
        written.untimed(),
        [
            r#"INFO login door=imap user="x\" outcome=ok\n2026-11-29T00:00:00Z  INFO login" count=3"#,
            "WARN a\\nb error=\"line\\r\\nend\\u{2028}\" name=\"\" place=\"Jos\u{e9} 1\"",
        ]
    );
}

async fn logins() -> Logins {
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let engine = Arc::new(MemoryEngine::new());
    let people = Arc::new(People::new(Accounts::new(engine, clock, Policy::default())));
    let domain: directory::Domain = "example.org".parse().unwrap();
    people.add_domain(&domain).await.unwrap();
    let new = NewUser {
        address: "ana@example.org".parse().unwrap(),
        password: Secret::new("long enough"),
        quota: UserQuota::default(),
    };
    people.add_user(new, ScramKeys::Omit).await.unwrap();
    let settings = LoginSettings { domain, scram: ScramKeys::Omit, oauth: None };
    Logins::new(people, settings).await.unwrap()
}

async fn log_in(logins: &Logins, login: &str, password: &str, from: &str) {
    let (password, peer) = (Secret::new(password), peer(from));
    let attempt = Attempt { login, password: &password, peer: &peer, door: "imap" };
    drop(logins.verify(attempt).await);
}

fn peer(from: &str) -> Peer {
    Peer::new(Some(from.parse().unwrap()), Security::Tls)
}

/// The expressions of the filter, with what fail2ban puts in for an address.
fn filter() -> Vec<Regex> {
    let text = include_str!("../../../../contrib/fail2ban/filter.d/correio.conf");
    let (_, text) = text.split_once("\nfailregex = ").unwrap();
    let (text, _) = text.split_once("\n\n").unwrap();
    let expressions: Vec<Regex> = text
        .lines()
        .map(|line| line.trim().replace("<ADDR>", "(?P<address>[0-9a-fA-F:.]+)"))
        .map(|line| Regex::new(&line).unwrap())
        .collect();
    assert_eq!(expressions.len(), 2);
    expressions
}

/// Whom the filter finds, in the order of the lines. fail2ban takes the time out of a line before it looks.
fn found(lines: &[String]) -> Vec<String> {
    let (filter, time) = (filter(), Regex::new(r"\d{4}-\d\d-\d\dT[0-9:.]+Z").unwrap());
    let of = |line: &String| {
        let line = time.replace(line, "").into_owned();
        let found = filter.iter().find_map(|expression| expression.captures(&line))?;
        Some(found["address"].to_owned())
    };
    lines.iter().filter_map(of).collect()
}

async fn guess(logins: &Logins) {
    log_in(logins, "ana", "long enough", "192.0.2.1").await;
    log_in(logins, "ana", "wrong", "192.0.2.2").await;
    // A forgotten device.
    log_in(logins, "ana", "wrong", "192.0.2.2").await;
    log_in(logins, "nobody", "wrong", "2001:db8::3").await;
    let forged = "x\" INFO login door=imap address=192.0.2.66 outcome=failed reason=\"wrong name or password\"";
    log_in(logins, forged, "wrong", "::ffff:192.0.2.4").await;
    let forged = "\",\"address\":\"192.0.2.66\",\"outcome\":\"failed\",\"reason\":\"wrong name or password\"";
    log_in(logins, forged, "wrong", "192.0.2.5").await;
    for number in 0..40 {
        log_in(logins, "ana", &format!("guess {number}"), "192.0.2.6").await;
    }
}

async fn finds_guessers(format: LogFormat) {
    let logins = logins().await;
    let (written, guard) = Written::begin(format);
    guess(&logins).await;
    drop(guard);
    let lines = written.lines();
    // One for each attempt.
    assert_eq!(lines.len(), 46, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("long enough")), "{lines:#?}");
    let found = found(&lines);
    let (few, many) = found.split_at(4);
    assert_eq!(few, ["192.0.2.2", "2001:db8::3", "192.0.2.4", "192.0.2.5"], "{lines:#?}");
    assert_eq!(many, ["192.0.2.6"; 40], "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn fail2ban_finds_guessers_and_nobody_else_in_text() {
    finds_guessers(LogFormat::Text).await;
}

#[tokio::test(start_paused = true)]
async fn fail2ban_finds_guessers_and_nobody_else_in_json() {
    finds_guessers(LogFormat::Json).await;
}

#[tokio::test(start_paused = true)]
async fn a_login_leaves_one_line_that_names_the_user() {
    let logins = logins().await;
    let (written, _guard) = Written::begin(LogFormat::Text);
    log_in(&logins, "ana+Office PC", "long enough", "192.0.2.1").await;
    log_in(&logins, "bob", "wrong", "192.0.2.1").await;
    assert_eq!(
        written.untimed(),
        [
            r#"INFO login door=imap address=192.0.2.1 outcome=ok user=ana@example.org device="Office PC""#,
            r#"INFO login door=imap address=192.0.2.1 outcome=failed reason="wrong name or password" user=bob@example.org"#,
        ]
    );
}
