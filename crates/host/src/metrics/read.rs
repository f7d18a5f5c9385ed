//! Reads what others count or know, when Prometheus asks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mailbox::Timestamp;
use mailbox::engine::Engine as _;
use pop3::server::Tally;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use super::{QueueTally, ScrubTally, Sources};

/// What is read when Prometheus asks.
pub(super) struct Read {
    pub(super) sources: Sources,
    pub(super) pop3: Arc<Tally>,
    pub(super) scrub: Arc<ScrubTally>,
    pub(super) queue: Arc<QueueTally>,
    pub(super) backup_ended_s: Arc<AtomicU64>,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Read")
    }
}

impl Collector for Read {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, count) in self.counts() {
            let metric = ConstCounter::new(count);
            let one = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(one)?;
        }
        for (name, help, octets) in self.octets_so_far() {
            let metric = ConstCounter::new(octets);
            let unit = Some(&Unit::Bytes);
            let one = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
            metric.encode(one)?;
        }
        let store = self.sources.store.counters();
        for (name, help, microseconds) in [
            ("store_sync", "Time of the syncs of the journal", store.sync_us),
            ("store_checkpoint", "Time of the checkpoints of the index", store.checkpoint_us),
        ] {
            let metric = ConstCounter::new(seconds(microseconds));
            let unit = Some(&Unit::Seconds);
            let one = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
            metric.encode(one)?;
        }
        for (name, help, unit, value) in self.states().into_iter().chain(self.states_of_acme()) {
            let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let one = encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?;
            metric.encode(one)?;
        }
        Ok(())
    }
}

type Row = (&'static str, &'static str, u64);
type State = (&'static str, &'static str, Option<Unit>, u64);

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[expect(clippy::as_conversions, reason = "what is lost beyond 2^53 microseconds is no loss")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

impl Read {
    /// How often something happened.
    fn counts(&self) -> Vec<Row> {
        let (store, logins) = (self.sources.store.counters(), self.sources.logins.counts());
        let acme = self.sources.acme.standing();
        vec![
            ("logins_right", "Logins that succeeded", read(&logins.right)),
            ("logins_wrong", "Logins with a wrong name or password", read(&logins.wrong)),
            ("logins_refused", "Logins refused without looking", read(&logins.refused)),
            ("pop3_sessions", "POP3 sessions with a login", read(&self.pop3.sessions)),
            ("pop3_retrieved", "Messages sent whole over POP3", read(&self.pop3.retrieved)),
            ("pop3_removed", "Messages removed over POP3", read(&self.pop3.removed)),
            ("pop3_hidden", "Messages hidden from a POP3 device", read(&self.pop3.hidden)),
            ("pop3_moved", "Messages moved over POP3 instead", read(&self.pop3.moved)),
            ("acme_certificates", "Certificates fetched from the authority", acme.issued),
            ("acme_orders_failed", "Orders of a certificate that came to nothing", acme.failed),
            ("store_commits", "Batches committed", store.commits),
            ("store_conflicts", "Batches refused because of another change", store.conflicts),
            ("store_refused_for_room", "Batches refused for lack of room", store.refused_for_room),
            ("store_groups", "Groups of batches written, with one sync each", store.groups),
            ("store_syncs", "Syncs of the journal", store.syncs),
            ("store_checkpoints", "Checkpoints of the index", store.checkpoints),
            (
                "store_recoveries",
                "Failures of the disk that writing went on after",
                store.recoveries,
            ),
            ("store_segments_rewritten", "Segments rewritten", store.segments_rewritten),
        ]
    }

    /// How many octets went somewhere.
    fn octets_so_far(&self) -> Vec<Row> {
        let store = self.sources.store.counters();
        vec![
            ("store_written", "Octets written to the journal", store.octets_written),
            ("store_shared", "Octets not written since they were there", store.octets_shared),
            ("store_read", "Octets of bodies read", store.octets_read),
        ]
    }

    /// How it stands with the certificate that the host fetches.
    fn states_of_acme(&self) -> [State; 2] {
        let acme = self.sources.acme.standing();
        let next = acme.next.map_or(0, |Timestamp(at)| u64::try_from(at).unwrap_or(0));
        [
            (
                "acme_failures_in_a_row",
                "Orders of a certificate in a row that came to nothing",
                None,
                u64::from(acme.failures),
            ),
            (
                "acme_next_order_timestamp",
                "When the next certificate is ordered; 0: now, or never",
                Some(Unit::Seconds),
                next,
            ),
        ]
    }

    /// How it is now.
    fn states(&self) -> Vec<State> {
        let Sources { people, store, connections, tls, .. } = &self.sources;
        let counters = store.counters();
        let now = people.accounts().clock().now();
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let moment = |at: Timestamp| u64::try_from(at.0).unwrap_or(0);
        let since = |at: u64| if at == 0 { 0 } else { moment(now).saturating_sub(at) };
        let hot = number(people.accounts().hot_octets());
        let hot_max = number(people.accounts().policy().hot_octets_max);
        let until = tls.valid_until().map_or(0, moment);
        let room = store.space_left_octets().unwrap_or(u64::MAX);
        let (bytes, seconds) = (|| Some(Unit::Bytes), || Some(Unit::Seconds));
        vec![
            ("connections_open", "Connections open now", None, number(connections.count())),
            ("queue_messages", "Messages that wait to be sent", None, read(&self.queue.messages)),
            (
                "queue_oldest_age",
                "How long the oldest of them has waited",
                seconds(),
                since(read(&self.queue.oldest_at)),
            ),
            (
                "certificate_expiry_timestamp",
                "When the certificate ends; 0: it cannot be read",
                seconds(),
                until,
            ),
            (
                "backup_ended_timestamp",
                "When the last backup ended; 0: never",
                seconds(),
                read(&self.backup_ended_s),
            ),
            ("store_room", "Room on the disk for new mail", bytes(), room),
            ("store_segments", "Segments of the journal", None, counters.segments),
            ("store_segment", "Octets of the segments", bytes(), counters.segment_octets),
            ("store_live", "Octets of them that are in use", bytes(), counters.live_octets),
            (
                "store_failed",
                "1 while nothing can be written since the disk fails",
                None,
                counters.failed,
            ),
            ("hot_memory", "Memory of the mailboxes in use", bytes(), hot),
            ("hot_memory_max", "How much that may be", bytes(), hot_max),
            (
                "scrub_ended_timestamp",
                "When the last scrub ended; 0: never",
                seconds(),
                read(&self.scrub.ended_s),
            ),
            ("scrub_read", "Octets that the last scrub read", bytes(), read(&self.scrub.octets)),
            (
                "scrub_damaged_bodies",
                "Damaged bodies that it found",
                None,
                read(&self.scrub.damaged),
            ),
            ("scrub_faults", "What else it found damaged", None, read(&self.scrub.faults)),
        ]
    }
}
