//! Finding servers, with a network that knows a few of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use sasl::{Nonce, Ready, Secret};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::*;
use crate::network::{Certificate, Connection, NetworkFault, Server, Stream, Untrusted};

const PAGE: &str = r#"<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>
<incomingServer type="imap"><hostname>imap.example.org</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
<incomingServer type="pop3"><hostname>old.%EMAILDOMAIN%</hostname><port>110</port><socketType>STARTTLS</socketType>
<username>%EMAILLOCALPART%</username></incomingServer>
<incomingServer type="pop3"><hostname>pop.provider.net</hostname><port>1995</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></incomingServer>
<incomingServer type="pop3"><hostname>clear.example.org</hostname><port>110</port><socketType>plain</socketType></incomingServer>
<incomingServer type="pop3"><hostname>a b&#10;</hostname><port>110</port><socketType>SSL</socketType></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>
<outgoingServer type="smtp"><hostname>smtp.provider.net</hostname><port>465</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"#;

const ANA: Person<'static> =
    Person { address: "ana@example.org", local: "ana", domain: "example.org" };

fn shown(offers: Vec<Offer>) -> Vec<String> {
    let one = |it: Offer| format!("{} {}", it.endpoint, it.user.unwrap_or_default());
    offers.into_iter().map(one).collect()
}

#[test]
fn a_page_is_read_as_thunderbird_reads_it() {
    let found = offers(PAGE.as_bytes(), Service::Pop3, &ANA);
    assert_eq!(
        shown(found),
        ["pop3s://pop.provider.net:1995 ana@example.org", "pop3://old.example.org ana"]
    );
    assert_eq!(
        shown(offers(PAGE.as_bytes(), Service::Submission, &ANA)),
        ["submissions://smtp.provider.net ana@example.org", "submission://smtp.example.org "]
    );
    assert_eq!(shown(offers(PAGE.as_bytes(), Service::Imap, &ANA)), ["imaps://imap.example.org "]);
}

#[test]
fn a_hostile_page_is_no_work() {
    let deep = "<a>".repeat(100_000);
    let entities = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><clientConfig><incomingServer type="pop3"><hostname>&b;</hostname><port>1</port><socketType>SSL</socketType></incomingServer></clientConfig>"#;
    let long = format!("{PAGE}{}", " ".repeat(AUTOCONFIG_OCTETS_MAX));
    for page in [deep.as_str(), entities, &long, "", "<<<>>>", "\u{0}"] {
        assert!(offers(page.as_bytes(), Service::Pop3, &ANA).is_empty());
    }
}

proptest! {
    #[test]
    fn any_page_is_read_or_passed_over(page: Vec<u8>, cut in 0..PAGE.len()) {
        let _ = offers(&page, Service::Submission, &ANA);
        let _ = offers(&PAGE.as_bytes()[..cut], Service::Pop3, &ANA);
    }
}

use crate::limits::AUTOCONFIG_OCTETS_MAX;

/// A network of servers that greet and let one name in with the password `secret`.
#[derive(Default)]
struct Small {
    pages: BTreeMap<String, String>,
    names: BTreeMap<String, Vec<Server>>,
    /// Host and port; the name that is let in.
    servers: BTreeMap<(String, u16), &'static str>,
    untrusted: Vec<&'static str>,
    logins: Arc<Mutex<Vec<String>>>,
}

/// A server for sending that lets one name in.
async fn greet_sender(
    stream: tokio::io::DuplexStream,
    name: &'static str,
    logins: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 hello\r\n").await.unwrap();
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|octets| octets > 0) {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer = if said.starts_with("EHLO") {
            "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
        } else if let Some(initial) = said.strip_prefix("AUTH PLAIN ") {
            let plain = String::from_utf8(sasl::decode(initial.as_bytes()).unwrap()).unwrap();
            let parts: Vec<&str> = plain.split('\0').collect();
            logins.lock().unwrap().push(parts[1].to_owned());
            let is_right = parts[1] == name && parts[2] == "secret";
            if is_right { "235 in\r\n" } else { "535 no\r\n" }
        } else {
            "220 fine\r\n"
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn greet(
    stream: tokio::io::DuplexStream,
    name: &'static str,
    logins: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"+OK hello\r\n").await.unwrap();
    let (mut line, mut user) = (String::new(), String::new());
    while stream.read_line(&mut line).await.is_ok_and(|octets| octets > 0) {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer = match said.split_once(' ').unwrap_or((&said, "")) {
            ("USER", who) => {
                user = who.to_owned();
                "+OK\r\n"
            }
            ("PASS", password) => {
                logins.lock().unwrap().push(user.clone());
                if user == name && password == "secret" { "+OK\r\n" } else { "-ERR no\r\n" }
            }
            ("QUIT", _) => "+OK\r\n",
            _ => "-ERR what?\r\n",
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Network for Small {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Ready<'a, Result<Connection, NetworkFault>> {
        Box::pin(async move {
            let name =
                self.servers.get(&(host.to_owned(), port)).ok_or(NetworkFault::NoSuchName)?;
            let (here, there) = tokio::io::duplex(4_096);
            let logins = Arc::clone(&self.logins);
            match port {
                465 | 587 => drop(tokio::spawn(greet_sender(there, name, logins))),
                _ => drop(tokio::spawn(greet(there, name, logins))),
            }
            Ok(Connection { stream: Box::new(here), is_loopback: false })
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
        _: &'a Trust,
    ) -> Ready<'a, Result<Box<dyn Stream>, NetworkFault>> {
        Box::pin(async move {
            if self.untrusted.contains(&host) {
                let why = Untrusted::UnknownIssuer;
                return Err(NetworkFault::Certificate(Certificate { sha256: [7; 32], why }));
            }
            Ok(stream)
        })
    }

    fn servers<'a>(&'a self, name: &'a str) -> Ready<'a, Result<Vec<Server>, NetworkFault>> {
        Box::pin(async move { Ok(self.names.get(name).cloned().unwrap_or_default()) })
    }

    fn page<'a>(
        &'a self,
        host: &'a str,
        path: &'a str,
    ) -> Ready<'a, Result<Option<Vec<u8>>, NetworkFault>> {
        Box::pin(async move {
            Ok(self.pages.get(&format!("{host}{path}")).map(|page| page.clone().into_bytes()))
        })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([5; 18])
    }
}

async fn found(network: &Small, password: &str) -> Result<String, Trouble> {
    let (service, pass) = (Service::Pop3, sasl::Pass::Password(Secret::new(password)));
    let found = discover(network, service, "ana@example.org", None, &pass, &Trust::Usual).await?;
    Ok(format!("{} {}", found.endpoint, found.user))
}

fn served(host: &str, port: u16, name: &'static str) -> Small {
    Small { servers: [((host.to_owned(), port), name)].into(), ..Small::default() }
}

#[tokio::test(start_paused = true)]
async fn the_page_of_the_domain_goes_first() {
    let network = Small {
        pages: [(
            "example.org/.well-known/autoconfig/mail/config-v1.1.xml".to_owned(),
            PAGE.to_owned(),
        )]
        .into(),
        ..served("pop.provider.net", 1995, "ana@example.org")
    };
    assert_eq!(
        found(&network, "secret").await.unwrap(),
        "pop3s://pop.provider.net:1995 ana@example.org"
    );
    let path = "/mail/config-v1.1.xml?emailaddress=ana@example.org";
    let network = Small {
        pages: [(format!("autoconfig.example.org{path}"), PAGE.to_owned())].into(),
        ..served("pop.provider.net", 1995, "ana@example.org")
    };
    assert!(found(&network, "secret").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_names_of_the_domain_are_next_but_lead_nowhere_else() {
    let server = |host: &str, priority| Server { priority, host: host.to_owned(), port: 1_995 };
    let names = |host: &str| {
        [("_pop3s._tcp.example.org".to_owned(), vec![server("", 0), server(host, 1)])].into()
    };
    let network = Small {
        names: names("deep.in.example.org"),
        ..served("deep.in.example.org", 1_995, "ana")
    };
    assert_eq!(found(&network, "secret").await.unwrap(), "pop3s://deep.in.example.org:1995 ana");
    for elsewhere in ["pop.provider.net", "pop.badexample.org"] {
        let network = Small { names: names(elsewhere), ..served(elsewhere, 1_995, "ana") };
        assert!(matches!(found(&network, "secret").await, Err(Trouble::Elsewhere { .. })));
        assert!(network.logins.lock().unwrap().is_empty(), "the password was not sent");
    }
}

#[tokio::test(start_paused = true)]
async fn usual_names_are_tried_and_the_password_is_not_tried_everywhere() {
    let mut network = served("mail.example.org", 995, "ana");
    assert_eq!(found(&network, "secret").await.unwrap(), "pop3s://mail.example.org ana");
    network.servers.insert(("pop3.example.org".to_owned(), 995), "ana");
    network.logins.lock().unwrap().clear();
    let wrong = found(&network, "wrong").await;
    assert!(matches!(wrong, Err(Trouble::WrongPassword { .. })), "{wrong:?}");
    assert_eq!(*network.logins.lock().unwrap(), ["ana@example.org", "ana"]);
    let nothing = found(&Small::default(), "secret").await.unwrap_err();
    let Trouble::NothingFound { tried, .. } = &nothing else { panic!("{nothing:?}") };
    assert_eq!(tried.len(), 8);
    assert!(
        nothing.tell(crate::Words::English).contains("pop3s://pop.example.org: there is no server")
    );
    let network =
        Small { untrusted: vec!["mail.example.org"], ..served("mail.example.org", 995, "ana") };
    let trouble = found(&network, "secret").await.unwrap_err();
    assert!(trouble.tell(crate::Words::English).contains(&"07".repeat(32)), "{trouble:?}");
}

async fn sender(network: &Small, password: &str) -> Result<String, Trouble> {
    let (service, pass) = (Service::Submission, sasl::Pass::Password(Secret::new(password)));
    let found = discover(network, service, "ana@example.org", None, &pass, &Trust::Usual);
    found.await.map(|found| format!("{} {}", found.endpoint, found.user))
}

#[tokio::test(start_paused = true)]
async fn a_server_for_sending_is_found_in_the_same_ways() {
    let network = Small {
        pages: [(
            "example.org/.well-known/autoconfig/mail/config-v1.1.xml".to_owned(),
            PAGE.to_owned(),
        )]
        .into(),
        ..served("smtp.example.org", 587, "ana")
    };
    // The first one that the page names is not there; the second wants the name without its domain.
    assert_eq!(sender(&network, "secret").await.unwrap(), "submission://smtp.example.org ana");
    let server = Server { priority: 0, host: "out.example.org".to_owned(), port: 465 };
    for label in ["_submissions", "_submission"] {
        let names = [(format!("{label}._tcp.example.org"), vec![server.clone()])].into();
        let network = Small { names, ..served("out.example.org", 465, "ana@example.org") };
        let found = sender(&network, "secret").await.unwrap();
        assert!(
            found.contains("out.example.org") && found.ends_with(" ana@example.org"),
            "{found}"
        );
    }
    let network = served("mail.example.org", 587, "ana");
    assert_eq!(sender(&network, "secret").await.unwrap(), "submission://mail.example.org ana");
    let wrong = sender(&network, "wrong").await;
    assert!(matches!(wrong, Err(Trouble::WrongPassword { .. })), "{wrong:?}");
    let nothing = sender(&Small::default(), "secret").await.unwrap_err();
    let told = nothing.tell(crate::Words::English);
    assert!(
        told.contains("no SMTP server of example.org")
            && told.contains("--submission submissions://NAME"),
        "{told}"
    );
}
