//! What the host counts, as Prometheus reads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use admin::answer::Round;
use directory::Logins;
use pop3::server::Tally;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use store::Store;

use crate::listen::Protocol;
use crate::listen::connections::Connections;

/// The counts of the host.
#[derive(Default)]
pub struct Metrics {
    connections: Family<DoorLabel, Counter>,
    turned_away: Family<DoorLabel, Counter>,
    deliveries: Family<DeliveryLabel, Counter>,
    delivered_octets: Counter,
    /// What POP3 sessions come to.
    pub pop3: Arc<Tally>,
    /// What the last round of the scrub found.
    pub scrub: Arc<ScrubTally>,
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

    /// Makes the registry that is shown.
    pub fn registry(
        &self,
        store: &Store,
        connections: &Arc<Connections>,
        logins: &Arc<Logins>,
    ) -> Registry {
        let mut registry = Registry::with_prefix("correio");
        let counts = [
            ("connections", "Connections accepted", &self.connections),
            ("connections_refused", "Connections refused as too many", &self.turned_away),
        ];
        for (name, help, family) in counts {
            registry.register(name, help, family.clone());
        }
        let help = "Recipients of messages that came in, by what became of them";
        registry.register("deliveries", help, self.deliveries.clone());
        registry.register_with_unit(
            "delivered",
            "Octets of messages that came in, for each recipient",
            Unit::Bytes,
            self.delivered_octets.clone(),
        );
        registry.register_collector(Box::new(Read {
            store: store.clone(),
            connections: Arc::clone(connections),
            logins: Arc::clone(logins),
            pop3: Arc::clone(&self.pop3),
            scrub: Arc::clone(&self.scrub),
        }));
        registry
    }
}

/// Reads what others count, when asked.
struct Read {
    store: Store,
    connections: Arc<Connections>,
    logins: Arc<Logins>,
    pop3: Arc<Tally>,
    scrub: Arc<ScrubTally>,
}

impl std::fmt::Debug for Read {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Read")
    }
}

impl Collector for Read {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let logins = self.logins.counts();
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let store = self.store.counters();
        let counters = [
            ("logins_right", "Logins that succeeded", read(&logins.right)),
            ("logins_wrong", "Logins with a wrong name or password", read(&logins.wrong)),
            ("logins_refused", "Logins refused without looking", read(&logins.refused)),
            ("pop3_sessions", "POP3 sessions with a login", read(&self.pop3.sessions)),
            ("pop3_retrieved", "Messages sent whole over POP3", read(&self.pop3.retrieved)),
            ("pop3_removed", "Messages removed over POP3", read(&self.pop3.removed)),
            ("pop3_hidden", "Messages hidden from a POP3 device", read(&self.pop3.hidden)),
            ("pop3_moved", "Messages moved over POP3 instead", read(&self.pop3.moved)),
            ("store_commits", "Batches committed", store.commits),
            ("store_conflicts", "Batches refused because of another change", store.conflicts),
            ("store_refused_for_room", "Batches refused for lack of room", store.refused_for_room),
            ("store_groups", "Groups of batches written, with one sync each", store.groups),
            ("store_syncs", "Syncs of the journal", store.syncs),
            ("store_sync_microseconds", "Time of those syncs", store.sync_us),
            ("store_written_octets", "Octets written to the journal", store.octets_written),
            ("store_shared_octets", "Octets not written again", store.octets_shared),
            ("store_read_octets", "Octets of bodies read", store.octets_read),
            ("store_checkpoints", "Checkpoints of the index", store.checkpoints),
            (
                "store_recoveries",
                "Failures of the disk that writing went on after",
                store.recoveries,
            ),
            ("store_segments_rewritten", "Segments rewritten", store.segments_rewritten),
        ];
        for (name, help, count) in counters {
            let metric = ConstCounter::new(count);
            let one = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(one)?;
        }
        let open = u64::try_from(self.connections.count()).unwrap_or(u64::MAX);
        let gauges = [
            ("connections_open", "Connections open now", open),
            ("store_segments", "Segments of the journal", store.segments),
            ("store_segment_octets", "Octets of the segments", store.segment_octets),
            ("store_live_octets", "Octets of the segments that are in use", store.live_octets),
            ("store_failed", "1 while nothing can be written since the disk fails", store.failed),
        ];
        let scrub = [
            ("scrub_ended_seconds", "When the last scrub ended; 0: never", &self.scrub.ended_s),
            ("scrub_octets", "Octets that the last scrub read", &self.scrub.octets),
            ("scrub_damaged_bodies", "Damaged bodies that it found", &self.scrub.damaged),
            ("scrub_faults", "What else it found damaged", &self.scrub.faults),
        ];
        let scrub = scrub.map(|(name, help, value)| (name, help, read(value)));
        for (name, help, value) in gauges.into_iter().chain(scrub) {
            let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let one = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(one)?;
        }
        Ok(())
    }
}
