//! A site over accounts in memory, and connections to it.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jmap::Limits;
use jmap::server::memory::Sent;
use mailbox::memory::MemoryEngine;
use mailbox::{AccountId, Accounts, Door, Policy, SetClock, Timestamp, Who};
use sasl::Security;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use web::{By, Connection, Oauth, Offer, SecuredBy, Service, Settings, Site};

use crate::notebook::Notebook;
use crate::people::People;

pub(crate) struct World {
    pub(crate) site: Arc<Site>,
    pub(crate) people: Arc<People>,
    pub(crate) accounts: Accounts,
    /// What was sent.
    pub(crate) sent: Arc<Sent>,
    stop: watch::Sender<bool>,
}

/// `ana@example.org:secret`.
pub(crate) const ANA: &str = "Authorization: Basic YW5hQGV4YW1wbGUub3JnOnNlY3JldA==\r\n";

/// What mail programs are offered.
const OFFERS: [Offer; 4] = [
    Offer { service: Service::Imap, by: SecuredBy::StartTls, port: 143 },
    Offer { service: Service::Imap, by: SecuredBy::Tls, port: 993 },
    Offer { service: Service::Pop3, by: SecuredBy::Tls, port: 995 },
    Offer { service: Service::Submission, by: SecuredBy::StartTls, port: 587 },
];

/// From afar, under TLS.
pub(crate) fn secured() -> Connection {
    let address = Some("192.0.2.7".parse().unwrap());
    Connection { address, security: Security::Tls, by: By::Client }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let field = |line: &'_ str| -> Option<(usize, usize)> {
            let (found, value) = line.split_once(':')?;
            let is_it = found.eq_ignore_ascii_case(name);
            is_it.then(|| (found.len() + 1, value.len()))
        };
        self.head.lines().find_map(|line| field(line).map(|(at, _)| line[at..].trim()))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(Limits::default(), "").await
    }

    pub(crate) async fn with(limits: Limits, base_path: &str) -> World {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let engine = Arc::new(MemoryEngine::new());
        let accounts = Accounts::new(engine, clock, Policy::default());
        for id in 1..=2 {
            accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap();
        }
        let people = Arc::new(People::default());
        let settings = Settings {
            hostname: "mail.example.org".to_owned(),
            base_path: base_path.to_owned(),
            limits,
            offers: OFFERS.to_vec(),
            key: [7; 32],
            is_proxy: Box::new(|address| address.to_string().starts_with("10.")),
            outside: None,
            oauth: Oauth::new(Box::new(Notebook::default()), [9; 32]),
        };
        let (ports, sent) = jmap::server::memory::ports(accounts.clone(), &["ana@example.org"]);
        let own = Router::new().route("/health", get(async || "ok\n"));
        let site = Site::new(ports, Arc::<People>::clone(&people), settings, own);
        World { site, people, accounts, sent, stop: watch::Sender::new(false) }
    }

    /// Connects; the task ends when the connection does.
    pub(crate) fn connect(&self, connection: Connection) -> (DuplexStream, JoinHandle<()>) {
        self.connect_by(connection, 64 << 10)
    }

    /// Connects by a pipe that holds so many octets.
    pub(crate) fn connect_by(
        &self,
        connection: Connection,
        octets: usize,
    ) -> (DuplexStream, JoinHandle<()>) {
        let (near, far) = duplex(octets);
        let mut stop = self.stop.subscribe();
        let stopping = async move { drop(stop.wait_for(|stop| *stop).await) };
        let serving = web::serve(far, Arc::clone(&self.site), connection, stopping);
        (near, tokio::spawn(serving))
    }

    /// The host stops.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Asks on a connection of its own, which ends then. Fields end in CR LF.
    pub(crate) async fn ask(&self, line: &str, fields: &str, body: &[u8]) -> Answer {
        self.ask_from(secured(), line, fields, body).await
    }

    pub(crate) async fn ask_from(
        &self,
        connection: Connection,
        line: &str,
        fields: &str,
        body: &[u8],
    ) -> Answer {
        let (mut stream, _) = self.connect(connection);
        let host = if fields.contains("Host:") { "" } else { "Host: mail.example.org\r\n" };
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let head = format!("{line} HTTP/1.1\r\n{host}Connection: close\r\n{length}{fields}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // That the answer comes before all was read is no fault.
        drop(stream.write_all(body).await);
        if line.starts_with("HEAD ") {
            return read_head(&mut stream).await;
        }
        read_answer(&mut stream).await
    }

    /// A request as Ana.
    pub(crate) async fn api(&self, body: &str) -> Answer {
        let fields = format!("{ANA}Content-Type: application/json\r\n");
        self.ask("POST /jmap/api", &fields, body.as_bytes()).await
    }
}

/// Reads the head of an answer.
async fn read_head(stream: &mut DuplexStream) -> Answer {
    let mut octets = Vec::new();
    let end = loop {
        if let Some(end) = octets.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut octet = [0];
        assert_eq!(
            stream.read(&mut octet).await.unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&octets)
        );
        octets.push(octet[0]);
    };
    let head = String::from_utf8(octets[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: Vec::new() }
}

/// Reads an answer whose end is that of the connection, or said by its head.
pub(crate) async fn read_answer(stream: &mut DuplexStream) -> Answer {
    let mut answer = read_head(stream).await;
    match answer.field("content-length").map(|length| length.parse::<usize>().unwrap()) {
        Some(length) => {
            answer.body = vec![0; length];
            stream.read_exact(&mut answer.body).await.unwrap();
        }
        None => drop(stream.read_to_end(&mut answer.body).await),
    }
    answer
}
