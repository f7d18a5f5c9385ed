//! What the host counts, as Prometheus reads it: names, units and labels by its conventions.

mod read;
mod sent;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use admin::answer::Round;
use directory::{Logins, People};
use mailbox::Timestamp;
use pop3::server::Tally;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use queue::Waiting;

use self::read::Read;
pub use self::sent::CountedTransport;
use crate::acme::Told;
use crate::listen::Protocol;
use crate::listen::connections::Connections;
use crate::tls::Tls;

/// The counts of the host.
#[derive(Default)]
pub struct Metrics {
    connections: Family<DoorLabel, Counter>,
    turned_away: Family<DoorLabel, Counter>,
    deliveries: Family<DeliveryLabel, Counter>,
    delivered_octets: Counter,
    sent: Family<SentLabel, Counter>,
    /// What POP3 sessions come to.
    pub pop3: Arc<Tally>,
    /// What the last round of the scrub found.
    pub scrub: Arc<ScrubTally>,
    /// What waits in the queue.
    pub queue: Arc<QueueTally>,
    /// When the last backup ended; 0: never.
    pub backup_ended_s: Arc<AtomicU64>,
}

/// What waited in the queue when it was last looked at.
#[derive(Debug, Default)]
pub struct QueueTally {
    messages: AtomicU64,
    oldest_at: AtomicU64,
}

impl QueueTally {
    /// Takes over what waits.
    pub fn set(&self, waiting: Waiting) {
        let oldest_at = waiting.oldest.map_or(0, |Timestamp(at)| u64::try_from(at).unwrap_or(0));
        self.messages.store(waiting.messages, Ordering::Relaxed);
        self.oldest_at.store(oldest_at, Ordering::Relaxed);
    }
}

/// What the last round of the scrub found.
#[derive(Debug, Default)]
pub struct ScrubTally {
    ended_s: AtomicU64,
    octets: AtomicU64,
    damaged: AtomicU64,
    faults: AtomicU64,
}

impl ScrubTally {
    /// Takes over the last round; there may be none yet.
    pub fn set(&self, last: Option<&Round>) {
        let Some(last) = last else { return };
        let ended_s = u64::try_from(last.ended_s).unwrap_or(0);
        self.ended_s.store(ended_s, Ordering::Relaxed);
        self.octets.store(last.octets, Ordering::Relaxed);
        self.damaged.store(last.damaged, Ordering::Relaxed);
        self.faults.store(last.faults, Ordering::Relaxed);
    }
}

/// Which listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DoorLabel {
    protocol: ProtocolLabel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ProtocolLabel(Protocol);

impl EncodeLabelValue for ProtocolLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.name().encode(encoder)
    }
}

/// What came of sending to a recipient elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SentLabel {
    outcome: SentOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum SentOutcome {
    Sent,
    Deferred,
    Refused,
}

/// What became of a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabel {
    outcome: Outcome,
}

/// What became of a recipient of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// The message is in the mailbox.
    Stored,
    /// It was there already.
    Duplicate,
    /// It is in the outbound queue.
    Queued,
    /// It was refused.
    Refused,
}

impl Metrics {
    /// Counts a connection.
    pub fn connected(&self, protocol: Protocol) {
        self.connections.get_or_create(&DoorLabel { protocol: ProtocolLabel(protocol) }).inc();
    }

    /// Counts a connection that was one too many.
    pub fn turned_away(&self, protocol: Protocol) {
        self.turned_away.get_or_create(&DoorLabel { protocol: ProtocolLabel(protocol) }).inc();
    }

    /// Counts a recipient of a message.
    pub fn delivered(&self, outcome: Outcome, octets: u64) {
        self.deliveries.get_or_create(&DeliveryLabel { outcome }).inc();
        self.delivered_octets.inc_by(octets);
    }

    /// Counts a try to send to a recipient elsewhere.
    fn tried(&self, outcome: &queue::Outcome) {
        let outcome = match outcome {
            queue::Outcome::Sent { .. } => SentOutcome::Sent,
            queue::Outcome::Deferred { .. } => SentOutcome::Deferred,
            queue::Outcome::Refused { .. } => SentOutcome::Refused,
        };
        self.sent.get_or_create(&SentLabel { outcome }).inc();
    }

    /// Has every label shown from the start: what never happened is 0, and not missing.
    fn begin(&self) {
        for protocol in Protocol::ALL {
            let label = DoorLabel { protocol: ProtocolLabel(protocol) };
            drop(self.connections.get_or_create(&label));
            drop(self.turned_away.get_or_create(&label));
        }
        for outcome in [Outcome::Stored, Outcome::Duplicate, Outcome::Queued, Outcome::Refused] {
            drop(self.deliveries.get_or_create(&DeliveryLabel { outcome }));
        }
        for outcome in [SentOutcome::Sent, SentOutcome::Deferred, SentOutcome::Refused] {
            drop(self.sent.get_or_create(&SentLabel { outcome }));
        }
    }

    /// Makes the registry that is shown.
    pub fn registry(&self, sources: Sources) -> Registry {
        self.begin();
        let mut registry = Registry::with_prefix("correio");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which correio this is", version);
        let counts = [
            ("connections", "Connections accepted", &self.connections),
            ("connections_refused", "Connections refused as too many", &self.turned_away),
        ];
        for (name, help, family) in counts {
            registry.register(name, help, family.clone());
        }
        let help = "Recipients of messages that came in, by what became of them";
        registry.register("deliveries", help, self.deliveries.clone());
        let help = "Tries to send to recipients elsewhere, by what came of them";
        registry.register("queue_tries", help, self.sent.clone());
        registry.register_with_unit(
            "delivered",
            "Octets of messages that came in, for each recipient",
            Unit::Bytes,
            self.delivered_octets.clone(),
        );
        let (pop3, scrub) = (Arc::clone(&self.pop3), Arc::clone(&self.scrub));
        let (queue, backup_ended_s) = (Arc::clone(&self.queue), Arc::clone(&self.backup_ended_s));
        let read = Read { sources, pop3, scrub, queue, backup_ended_s };
        registry.register_collector(Box::new(read));
        registry
    }
}

/// What others count, or know.
pub struct Sources {
    /// The store, the accounts and the clock.
    pub people: Arc<People>,
    /// The store.
    pub store: store::Store,
    /// The connections.
    pub connections: Arc<Connections>,
    /// The logins.
    pub logins: Arc<Logins>,
    /// The certificate.
    pub tls: Tls,
    /// How things stand with the certificate that the host fetches.
    pub acme: Arc<Told>,
}
