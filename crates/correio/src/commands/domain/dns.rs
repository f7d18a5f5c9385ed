//! `correio domain dns`: the records by which other hosts and mail programs find this host (RFC 5321, 5.1; RFC 6186; RFC 8314, 5.1;
//! RFC 8620, 2.2; RFC 6764, 3).

use anyhow::Result;
use directory::Domain;
use host::config::Config;
use host::listen::{BindAddress, Protocol};
use serde::Serialize;

use crate::context::Context;
use crate::output::{json, line};

/// One record.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Record {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    data: String,
}

/// Services that programs ask for by name, and how much each is preferred: TLS from the first octet comes first.
const SERVICES: [(&str, Protocol, u16); 8] = [
    ("_imaps", Protocol::Imaps, 0),
    ("_imap", Protocol::Imap, 10),
    ("_pop3s", Protocol::Pop3s, 20),
    ("_pop3", Protocol::Pop3, 30),
    ("_submissions", Protocol::Submissions, 0),
    ("_submission", Protocol::Submission, 10),
    ("_jmap", Protocol::Https, 0),
    ("_carddavs", Protocol::Https, 0),
];

pub(super) fn print(domain: &Domain, context: &Context) -> Result<()> {
    let records = records(domain, &context.config()?);
    if context.json {
        return json(&records);
    }
    let width = records.iter().map(|record| record.name.len()).max().unwrap_or(0);
    records.iter().try_for_each(|Record { name, kind, data }| {
        line(&format!("{name:<width$}  IN  {kind:<5}  {data}"))
    })
}

fn records(domain: &Domain, config: &Config) -> Vec<Record> {
    let host = config.hostname.clone().unwrap_or_else(|| domain.to_string());
    let record = |label: &str, kind, data: String| {
        let dot = if label.is_empty() { "" } else { "." };
        Record { name: format!("{label}{dot}{domain}."), kind, data }
    };
    let mut records = vec![record("", "MX", format!("10 {host}."))];
    for (service, protocol, priority) in SERVICES {
        let data = match port(protocol, config) {
            Some(port) => format!("{priority} 1 {port} {host}."),
            // RFC 6186, 3.4: it is not offered, and nobody has to try.
            None => "0 0 0 .".to_owned(),
        };
        records.push(record(&format!("{service}._tcp"), "SRV", data));
    }
    if let Some(port) = port(Protocol::Https, config) {
        records.push(record("_autodiscover._tcp", "SRV", format!("0 1 {port} {host}.")));
        for label in ["autoconfig", "autodiscover"] {
            records.push(record(label, "CNAME", format!("{host}.")));
        }
    }
    records
}

/// The port on which others reach a protocol; none if they do not.
fn port(protocol: Protocol, config: &Config) -> Option<u16> {
    let listeners = config.listeners();
    if listeners.is_empty() {
        return Some(protocol.usual_ports().0);
    }
    listeners.iter().filter(|listen| listen.protocol == protocol).find_map(|listen| {
        match &listen.address {
            BindAddress::Tcp(address) if address.ip().to_canonical().is_loopback() => None,
            BindAddress::Tcp(address) => Some(address.port()),
            BindAddress::Every(port) => Some(*port),
            BindAddress::Unix(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use host::config::Config;

    use super::records;

    fn told(config: &str) -> Vec<String> {
        let config = Config::parse(config, Path::new("c.toml")).unwrap();
        let records = records(&"example.org".parse().unwrap(), &config);
        records.iter().map(|it| format!("{} {} {}", it.name, it.kind, it.data)).collect()
    }

    #[test]
    fn each_service_is_found_on_its_port() {
        let all = told("hostname = \"mail.example.org\"");
        for record in [
            "example.org. MX 10 mail.example.org.",
            "_imaps._tcp.example.org. SRV 0 1 993 mail.example.org.",
            "_submissions._tcp.example.org. SRV 0 1 465 mail.example.org.",
            "_jmap._tcp.example.org. SRV 0 1 443 mail.example.org.",
            "_carddavs._tcp.example.org. SRV 0 1 443 mail.example.org.",
            "autoconfig.example.org. CNAME mail.example.org.",
        ] {
            assert!(all.iter().any(|it| it == record), "{record}: {all:?}");
        }
    }

    #[test]
    fn what_others_cannot_reach_is_not_offered() {
        let all = told("listen = [\"imaps=*:1993\", \"pop3s=127.0.0.1:995\", \"smtp=*:25\"]");
        for record in [
            "_imaps._tcp.example.org. SRV 0 1 1993 example.org.",
            "_pop3s._tcp.example.org. SRV 0 0 0 .",
            "_jmap._tcp.example.org. SRV 0 0 0 .",
        ] {
            assert!(all.iter().any(|it| it == record), "{record}: {all:?}");
        }
        assert!(!all.iter().any(|it| it.contains("CNAME")), "{all:?}");
    }
}
