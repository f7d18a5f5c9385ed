//! JMAP in a mailbox of 100,000 messages: the first screen in one request, lists, texts, previews, keywords.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Figures, median, milliseconds, sort};
use crate::Scale;
use crate::report::Figure;
use crate::server::{PASSWORD, Server, user};

const OWNER: u32 = 108;

pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let messages = scale.messages(100_000);
    sort::fill(server, OWNER, messages).await?;
    let mut client = Client::open(server).await?;
    let start = Instant::now();
    client.call(json!([["Mailbox/get", {"accountId": client.account, "ids": null}, "0"]])).await?;
    let first = milliseconds(start);
    let screens = client.first_screens(scale).await?;
    let mut figures = vec![
        ("JMAP, 100,000 messages: first call after a start", Figure::Milliseconds(first)),
        ("JMAP, 100,000 messages: first screen", Figure::Milliseconds(median(screens.clone()))),
        ("JMAP, 100,000 messages: first screen, 99 of 100", Figure::Milliseconds(high(screens))),
    ];
    let account = client.account.clone();
    let list = |position: u32| {
        json!([["Email/query", {
            "accountId": account, "sort": [{"property": "receivedAt", "isAscending": false}],
            "position": position, "limit": 50, "calculateTotal": true,
        }, "0"]])
    };
    client.call(list(0)).await?;
    let mut times = Vec::new();
    let mut ids = Value::Null;
    for round in scale.rounds(20) {
        let position = (round as u32).wrapping_mul(7_919) % messages.saturating_sub(50);
        let start = Instant::now();
        let answers = client.call(list(position)).await?;
        times.push(milliseconds(start));
        ids = answers[0][1]["ids"].clone();
    }
    let row = "JMAP Email/query by date at any position";
    figures.push((row, Figure::Milliseconds(median(times))));
    let mut times = Vec::new();
    for round in scale.rounds(10) {
        let query = json!([["Email/query", {
            "accountId": client.account, "filter": {"text": format!("invoice {}", 4_244 + round * 5)},
            "sort": [{"property": "receivedAt", "isAscending": false}], "limit": 50,
        }, "0"]]);
        let start = Instant::now();
        client.call(query).await?;
        times.push(milliseconds(start));
    }
    figures.push(("JMAP Email/query of a text", Figure::Milliseconds(median(times))));
    let get = json!([["Email/get", {
        "accountId": client.account, "ids": ids, "properties": ["id", "preview", "subject", "from"],
    }, "0"]]);
    let mut times = Vec::new();
    for _ in scale.rounds(20) {
        let start = Instant::now();
        client.call(get.clone()).await?;
        times.push(milliseconds(start));
    }
    figures.push(("JMAP Email/get of 50 previews", Figure::Milliseconds(median(times))));
    let times = client.set_keywords(scale).await?;
    figures.push(("JMAP Email/set of 1,000 keywords", Figure::Milliseconds(median(times))));
    Ok(figures)
}

/// The one that 99 of 100 are below.
fn high(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * 99 / 100).min(values.len() - 1)]
}

struct Client {
    stream: BufReader<TcpStream>,
    login: String,
    host: String,
    account: String,
}

impl Client {
    async fn open(server: &Server) -> Result<Client> {
        let stream = TcpStream::connect(server.http).await?;
        stream.set_nodelay(true)?;
        let login = STANDARD.encode(format!("{}:{PASSWORD}", user(OWNER)));
        let host = server.http.to_string();
        let stream = BufReader::new(stream);
        let mut client = Client { stream, login, host, account: String::new() };
        let session = client.exchange("GET", "/.well-known/jmap", b"").await?;
        let account = session["primaryAccounts"]["urn:ietf:params:jmap:mail"].as_str();
        client.account = account.context("no account for mail")?.to_owned();
        Ok(client)
    }

    async fn first_screens(&mut self, scale: &Scale) -> Result<Vec<f64>> {
        let answers = self
            .call(json!([["Mailbox/query", {
                "accountId": self.account, "filter": {"name": "sorted"},
            }, "0"]]))
            .await?;
        let mailbox = answers[0][1]["ids"][0].clone();
        let screen = json!([
            ["Mailbox/get", {"accountId": self.account, "ids": null}, "0"],
            ["Quota/get", {"accountId": self.account, "ids": null}, "1"],
            ["Email/query", {
                "accountId": self.account, "filter": {"inMailbox": mailbox}, "limit": 50,
                "sort": [{"property": "receivedAt", "isAscending": false}], "calculateTotal": true,
            }, "2"],
            ["Email/get", {
                "accountId": self.account,
                "#ids": {"resultOf": "2", "name": "Email/query", "path": "/ids"},
                "properties": [
                    "id", "threadId", "mailboxIds", "keywords", "from", "subject", "receivedAt", "size",
                    "hasAttachment", "preview",
                ],
            }, "3"],
        ]);
        let mut times = Vec::new();
        for _ in scale.rounds(100) {
            let start = Instant::now();
            let answers = self.call(screen.clone()).await?;
            times.push(milliseconds(start));
            ensure!(answers[3][1]["list"].as_array().is_some_and(|list| list.len() == 50));
        }
        Ok(times)
    }

    async fn set_keywords(&mut self, scale: &Scale) -> Result<Vec<f64>> {
        let mut ids = Vec::new();
        for position in [0, 500] {
            let answers = self
                .call(json!([["Email/query", {
                    "accountId": self.account, "limit": 500, "position": position,
                    "sort": [{"property": "receivedAt", "isAscending": false}],
                }, "0"]]))
                .await?;
            let some = answers[0][1]["ids"].as_array().context("no ids")?.clone();
            ids.extend(some.iter().filter_map(|id| id.as_str().map(str::to_owned)));
        }
        let mut times = Vec::new();
        for round in scale.rounds(10) {
            let value = if round % 2 == 0 { Value::Bool(true) } else { Value::Null };
            let update: Map<String, Value> = ids
                .iter()
                .map(|id| (id.clone(), json!({"keywords/$flagged": value.clone()})))
                .collect();
            let set = json!([["Email/set", {"accountId": self.account, "update": update}, "0"]]);
            let start = Instant::now();
            let answers = self.call(set).await?;
            times.push(milliseconds(start));
            let updated = answers[0][1]["updated"].as_object().map_or(0, Map::len);
            ensure!(updated == ids.len(), "{updated} of {} were updated", ids.len());
        }
        Ok(times)
    }

    /// Has calls done, and gives their answers.
    async fn call(&mut self, calls: Value) -> Result<Value> {
        let request = json!({
            "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:quota"],
            "methodCalls": calls,
        });
        let answer = self.exchange("POST", "/jmap/api", request.to_string().as_bytes()).await?;
        let answers = answer["methodResponses"].clone();
        for answered in answers.as_array().context("no answers")? {
            if answered[0] == "error" {
                bail!("{answered}");
            }
        }
        Ok(answers)
    }

    async fn exchange(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let (host, login, octets) = (&self.host, &self.login, body.len());
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n\
             Content-Type: application/json\r\nContent-Length: {octets}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request).await?;
        let mut status = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let line = line.trim_end();
            if status.is_empty() {
                status = line.to_owned();
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            } else if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await?;
        ensure!(status.contains(" 200 "), "{status}: {}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer)?)
    }
}
