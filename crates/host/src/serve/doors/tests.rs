//! The doors over pipes: who is let in before a word is said.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use admin::keep::Folder;
use directory::{Domain, LoginSettings, Logins, People};
use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use queue::OutboundQueue;
use tokio::io::AsyncReadExt as _;
use tokio::sync::watch;

use super::{DoorSettings, Doors, Phase};
use crate::config::Config;
use crate::delivery::{Deliveries, DeliverySettings, WayOut};
use crate::listen::Protocol;
use crate::listen::connections::Connections;
use crate::metrics::Metrics;
use crate::tls::Tls;
use crate::varying::Varying;

/// The doors of a host of nobody, with this configuration.
async fn doors(config: &str) -> (watch::Sender<Phase>, Arc<Doors>) {
    let config = Config::parse(config, "correio.toml".as_ref()).unwrap();
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, Policy::default());
    let people = Arc::new(People::new(accounts.clone()));
    let domain: Domain = "example.org".parse().unwrap();
    people.add_domain(&domain).await.unwrap();
    let (engine, clock) = (Arc::clone(accounts.engine()), Arc::clone(accounts.clock()));
    let queue = Arc::new(OutboundQueue::open(engine, clock).await.unwrap());
    let metrics = Arc::new(Metrics::default());
    let settings = DeliverySettings::of(&config, domain.clone(), "example.org", WayOut::None);
    let deliveries =
        Deliveries::new(Arc::clone(&people), queue, Arc::clone(&metrics), settings).unwrap();
    let login = LoginSettings { domain, scram: config.scram_keys(), oauth: None };
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::of_folder(&Folder(folder.path().into()), &["example.org".to_owned()]).unwrap();
    let (phase, phases) = watch::channel(Phase::Serving);
    let doors = Doors {
        accounts,
        logins: Arc::new(Logins::new(people, login).await.unwrap()),
        connections: Connections::new(config.limits),
        live: Arc::default(),
        deliveries: Arc::new(deliveries),
        metrics,
        settings: Varying::new(DoorSettings::of(&config)),
        tls,
        jmap_url: OnceLock::new(),
        pending: Arc::default(),
        acme: Arc::default(),
        hostname: "example.org".into(),
        version: "0".into(),
        phase: phases,
    };
    (phase, Arc::new(doors))
}

/// All that a client hears which connects and says nothing.
async fn heard(doors: &Arc<Doors>, protocol: Protocol, from: Option<&str>) -> String {
    let (mut near, far) = tokio::io::duplex(4_096);
    let from = from.map(|from| from.parse::<IpAddr>().unwrap());
    let connection = tokio::spawn(Arc::clone(doors).connect(protocol, far, from));
    let mut heard = vec![0; 4_096];
    let octets = near.read(&mut heard).await.unwrap();
    heard.truncate(octets);
    drop(near);
    connection.await.unwrap();
    String::from_utf8(heard).unwrap()
}

#[tokio::test]
async fn lmtp_is_refused_to_an_address_that_is_not_listed() {
    let (_phase, listed) = doors("[lmtp]\nallow = [\"192.0.2.0/28\"]").await;
    let (_phase, unlisted) = doors("listen = [\"lmtp=0.0.0.0:24\"]").await;
    for (doors, from, may) in [
        (&listed, Some("192.0.2.7"), true),
        (&listed, Some("192.0.2.77"), false),
        (&listed, Some("2001:db8::1"), false),
        (&listed, Some("127.0.0.1"), true),
        (&listed, None, true),
        (&unlisted, Some("192.0.2.7"), false),
        (&unlisted, Some("::ffff:127.0.0.1"), true),
        (&unlisted, Some("::1"), true),
        (&unlisted, None, true),
    ] {
        let words = heard(doors, Protocol::Lmtp, from).await;
        let begins = if may { "220 example.org LMTP" } else { "554 5.7.1 Your address may not" };
        assert!(words.starts_with(begins), "{from:?}: {words}");
    }
    // The list is for LMTP alone.
    let words = heard(&unlisted, Protocol::Smtp, Some("192.0.2.7")).await;
    assert!(words.starts_with("220 example.org ESMTP"), "{words}");
}
