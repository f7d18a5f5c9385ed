//! Hostile mail in Chromium and Firefox: made safe it runs nothing and loads nothing, and so it does as it came under the policy
//! alone.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may be blunt"
)]

#[path = "../../safe/tests/hostile/cases.rs"]
mod cases;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interop::bodies::{Answer, Browser, Frame, Report, Stage, ask};
use interop::host::{PASSWORD, address};
use interop::lmtp::Lmtp;
use interop::{Host, Listener, need};
use serde_json::{Value, json};

use crate::cases::Case;

fn hostile(case: &Case, tracker: &str) -> String {
    let name = &case.name;
    case.html(&format!("top.postMessage(`{name}`,`*`)"), &format!("{tracker}/{name}"))
}

fn call(host: &Host, method: &str, arguments: &Value) -> Value {
    let login = STANDARD.encode(format!("{}:{PASSWORD}", address("ana")));
    let fields = format!("Authorization: Basic {login}\r\nContent-Type: application/json\r\n");
    let using = [
        "urn:ietf:params:jmap:core",
        "urn:ietf:params:jmap:mail",
        "https://correio.example/jmap/body",
    ];
    let request = json!({"using": using, "methodCalls": [[method, arguments, "0"]]}).to_string();
    let answer = ask(host.port(Listener::Http), "POST /jmap/api", &fields, request.as_bytes());
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer["methodResponses"][0][0], method, "{answer}");
    answer["methodResponses"][0][1].clone()
}

fn account(host: &Host) -> String {
    let login = STANDARD.encode(format!("{}:{PASSWORD}", address("ana")));
    let fields = format!("Authorization: Basic {login}\r\n");
    let answer = ask(host.port(Listener::Http), "GET /jmap/session", &fields, b"");
    let session: Value = serde_json::from_slice(&answer.body).unwrap();
    session["accounts"].as_object().unwrap().keys().next().unwrap().clone()
}

/// Delivers all cases, and gives where each is shown, by its name.
fn delivered(host: &Host, cases: &[Case], tracker: &str) -> BTreeMap<String, String> {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    for case in cases {
        let body = STANDARD.encode(hostile(case, tracker));
        let lines: Vec<&str> =
            body.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
        let message = format!(
            "Subject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            case.name,
            lines.join("\r\n")
        );
        let answers = lmtp.deliver(&[address("ana")], message.as_bytes()).unwrap();
        assert!(answers[0].starts_with('2'), "{answers:?}");
    }
    let account = account(host);
    let found = call(host, "Email/query", &json!({"accountId": account, "limit": 1000}));
    let ids: Vec<&str> =
        found["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let mut paths = BTreeMap::new();
    for some in ids.chunks(50) {
        let emails = call(
            host,
            "Email/get",
            &json!({"accountId": account, "ids": some, "properties": ["subject"]}),
        );
        let bodies = call(host, "SafeBody/get", &json!({"accountId": account, "emailIds": some}));
        let subject = |id: &Value| {
            let emails = emails["list"].as_array().unwrap();
            emails.iter().find(|email| email["id"] == *id).unwrap()["subject"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        for body in bodies["list"].as_array().unwrap() {
            let path = body["bodies"][0]["url"].as_str().unwrap().to_owned();
            paths.insert(subject(&body["emailId"]), path);
        }
    }
    paths
}

/// A host with one plain message, and the policy that it gives to bodies.
fn host_and_policy() -> (Host, Answer) {
    let host = Host::start(&["ana"]);
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    let answers = lmtp.deliver(&[address("ana")], b"Subject: good-plain\r\n\r\nhello\r\n").unwrap();
    assert!(answers[0].starts_with('2'), "{answers:?}");
    let account = account(&host);
    let found = call(&host, "Email/query", &json!({"accountId": account}));
    let bodies =
        call(&host, "SafeBody/get", &json!({"accountId": account, "emailIds": found["ids"]}));
    let path = bodies["list"][0]["bodies"][0]["url"].as_str().unwrap();
    let answer = ask(host.port(Listener::Http), &format!("GET {path}"), "", b"");
    assert_eq!(answer.status, 200, "{}", answer.head);
    (host, answer)
}

fn shown(browser: Browser, stage: &Stage) -> Option<Report> {
    let running = browser.open(&stage.address)?;
    let report = stage.report();
    drop(running);
    Some(report)
}

fn nothing_runs_or_loads(browser: Browser) {
    let program = if browser == Browser::Chromium { "chromium" } else { "firefox-esr" };
    if need(program).is_none() {
        return;
    }
    let cases = cases::all();
    let (host, answer) = host_and_policy();
    let policy = answer.field("content-security-policy").unwrap();
    let port = host.port(Listener::Http);

    // To begin with, that what is hostile is seen: else all that follows means nothing.
    let some = |tracker: &str| {
        cases.iter().take(120).map(|case| Frame::Open(hostile(case, tracker))).collect()
    };
    let open = shown(browser, &Stage::start(port, policy, some)).unwrap();
    assert!(open.ran.len() >= 20 && open.tracked.len() >= 3, "{open:?}");

    let mut names: Vec<String> = Vec::new();
    let safe = |tracker: &str| {
        let paths = delivered(&host, &cases, tracker);
        assert_eq!(paths.len(), cases.len() + 1);
        names = paths.keys().cloned().collect();
        paths.into_values().map(Frame::Host).collect()
    };
    let safe = shown(browser, &Stage::start(port, policy, safe)).unwrap();
    assert!(
        safe.ran.is_empty() && safe.tracked.is_empty() && safe.connections == 0,
        "made safe: {safe:?}"
    );
    let silent: Vec<&String> = safe.unmeasured.iter().map(|at| &names[*at]).collect();
    assert!(
        silent.is_empty() && safe.measured == names.len(),
        "our script does not tell the size of {silent:?}"
    );

    let raw = |tracker: &str| {
        cases.iter().map(|case| Frame::UnderPolicy(hostile(case, tracker))).collect()
    };
    let raw = shown(browser, &Stage::start(port, policy, raw)).unwrap();
    assert!(raw.ran.is_empty() && raw.tracked.is_empty(), "under the policy alone: {raw:?}");
}

#[test]
fn chromium_runs_and_loads_nothing_of_hostile_mail() {
    nothing_runs_or_loads(Browser::Chromium);
}

#[test]
fn firefox_runs_and_loads_nothing_of_hostile_mail() {
    nothing_runs_or_loads(Browser::Firefox);
}

#[test]
fn cases_have_names_of_their_own() {
    let names: std::collections::BTreeSet<String> =
        cases::all().into_iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases::all().len());
}
