//! How the host and its store are, for people and for programs that watch, and who is connected.

use std::sync::Arc;

use machine::time_text;
use mailbox::engine::Engine as _;
use mailbox::{Fault, Timestamp};
use queue::{OutboundQueue, Progress};

use super::{Desk, DeskFault};
use crate::answer::{
    Answer, BackupRow, HostStatus, QueueStatus, QueueTrouble, Status, StoreStatus,
};
use crate::upkeep::{Noted, NotedBackup, Scrub, recall_damaged};

/// So many messages of the queue are looked at for what was said last.
const QUEUE_LOOKED_AT_MAX: usize = 1_000;
/// Mail that waits for so long is trouble, in seconds: its sender has been told by then.
const WAITS_LONG_S: i64 = 4 * 3_600;
/// So many days before a certificate ends somebody should look after it.
const CERTIFICATE_DAYS_FEW: i64 = 14;

impl Desk {
    pub(super) async fn status(&self) -> Result<Answer, DeskFault> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let engine = Arc::clone(self.accounts().engine());
        let scrub = Scrub::read(&*engine)?;
        let counters = self.store.counters();
        if self.host.is_none() {
            // A host knows it since its start.
            recall_damaged(self.accounts())?;
        }
        let queue = Arc::clone(&self.queue);
        let queue = self.accounts().apart(move || queue_status(&queue)).await??;
        let (reserve_octets, reserve_held) = self.store.reserve();
        let mut status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: self.host.as_ref().map(|host| host.status()),
            users: count(self.people.users()?.len()),
            domains: count(self.people.domains()?.len()),
            store: StoreStatus {
                failure: self.store.failure().map(|fault| fault.to_string()),
                segments: counters.segments,
                octets: counters.segment_octets,
                live_octets: counters.live_octets,
                free_octets: self.store.space_left_octets(),
                reserve_octets,
                reserve_held,
            },
            queue,
            backup: NotedBackup::read(&*engine)?.last,
            damaged: count(self.accounts().known_damaged()),
            check: Noted::read(&*engine)?.check,
            scrub: scrub.last().cloned(),
            scrub_now: scrub.now().cloned(),
            trouble: Vec::new(),
        };
        status.trouble = trouble(&status, self.accounts().clock().now());
        Ok(Answer::Status(Box::new(status)))
    }

    pub(super) fn who(&self, most: usize) -> Result<Answer, DeskFault> {
        match &self.host {
            Some(host) => Ok(Answer::Sessions(host.sessions(most))),
            None => Err(DeskFault::Words("the host is not running, so nobody is connected".into())),
        }
    }

    pub(super) async fn reload(&self) -> Result<Answer, DeskFault> {
        let Some(host) = self.host.clone() else {
            let words = "the host is not running; it reads its settings when it starts";
            return Err(DeskFault::Words(words.to_owned()));
        };
        Ok(Answer::Reloaded(self.accounts().apart(move || host.reload()).await?))
    }

    /// Takes note of a backup. That it cannot be noted makes it no worse.
    pub(super) async fn note_backup(&self, folder: Option<String>) {
        let ended_s = self.accounts().clock().now().0;
        let noted = NotedBackup { last: Some(BackupRow { ended_s, folder }) };
        if let Err(fault) = noted.save(&**self.accounts().engine()).await {
            tracing::warn!(%fault, "a backup was made and cannot be noted");
        }
    }
}

fn queue_status(queue: &OutboundQueue) -> Result<QueueStatus, Fault> {
    let waiting = queue.waiting()?;
    let mut last: Option<(i64, QueueTrouble)> = None;
    for (_, queued) in queue.list(QUEUE_LOOKED_AT_MAX)? {
        for recipient in &queued.recipients {
            let (Progress::Waiting { .. }, Some(said)) = (recipient.progress, &recipient.last)
            else {
                continue;
            };
            if last.as_ref().is_none_or(|(at, _)| *at < said.at) {
                let time = time_text(Timestamp(said.at));
                let (to, said_text) = (recipient.address.clone(), said.text.clone());
                last = Some((said.at, QueueTrouble { time, to, said: said_text }));
            }
        }
    }
    let oldest = waiting.oldest.map(time_text);
    Ok(QueueStatus { waiting: waiting.messages, oldest, trouble: last.map(|(_, said)| said) })
}

/// What somebody should look after.
fn trouble(status: &Status, now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(failure) = &status.store.failure {
        all.push(format!("the mail store takes no changes: {failure}"));
    }
    if status.store.free_octets == Some(0) {
        all.push("the disk has no room for new mail".to_owned());
    } else if status.store.reserve_octets > 0 && !status.store.reserve_held {
        all.push("the disk is short: the reserve for deletions is not set aside".to_owned());
    }
    if status.damaged > 0 {
        all.push("messages are damaged; `correio check` names them".to_owned());
    }
    let rounds = [("check", &status.check), ("scrub", &status.scrub)];
    for (what, round) in rounds {
        if round.as_ref().is_some_and(|round| round.faults > 0) {
            all.push(format!("the last {what} found faults; `correio check` names them"));
        }
    }
    let oldest = status.queue.oldest.as_deref().and_then(machine::time_of);
    if oldest.is_some_and(|oldest| now.0.saturating_sub(oldest.0) > WAITS_LONG_S) {
        all.push(
            "mail waits in the queue for more than four hours; `correio queue list`".to_owned(),
        );
    }
    if let Some(host) = &status.host {
        all.extend(host_trouble(host));
    }
    all
}

fn host_trouble(host: &HostStatus) -> Vec<String> {
    let mut all = host.warnings.clone();
    if host.rights.root {
        all.push("the host works as root".to_owned());
    }
    match host.certificate.as_ref().map(|certificate| certificate.days) {
        Some(Some(days)) if days < 0 => all.push("the certificate has ended".to_owned()),
        Some(Some(days)) if days < CERTIFICATE_DAYS_FEW => {
            all.push(format!("the certificate ends in {days} days"));
        }
        Some(None) => all.push("when the certificate ends cannot be read".to_owned()),
        Some(Some(_)) | None => {}
    }
    let acme = host.certificate.as_ref().and_then(|certificate| certificate.acme.as_ref());
    if let Some(why) = acme.and_then(|acme| acme.why.as_ref()) {
        all.push(format!("no new certificate: {why}"));
    }
    all
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::trouble;
    use crate::answer::{CertificateRow, HostStatus, QueueStatus, RightsRow, Status, StoreStatus};

    fn status() -> Status {
        Status {
            version: String::new(),
            host: None,
            users: 1,
            domains: 1,
            store: StoreStatus {
                failure: None,
                segments: 1,
                octets: 1,
                live_octets: 1,
                free_octets: Some(1 << 30),
                reserve_octets: 1 << 20,
                reserve_held: true,
            },
            queue: QueueStatus::default(),
            backup: None,
            damaged: 0,
            check: None,
            scrub: None,
            scrub_now: None,
            trouble: Vec::new(),
        }
    }

    fn host(days: Option<i64>) -> HostStatus {
        HostStatus {
            since: String::new(),
            listeners: Vec::new(),
            warnings: Vec::new(),
            connections: 0,
            doors: Vec::new(),
            certificate: Some(CertificateRow {
                file: String::new(),
                until: None,
                days,
                acme: None,
            }),
            rights: RightsRow::default(),
        }
    }

    #[test]
    fn a_host_that_is_well_has_no_trouble_and_each_trouble_is_named() {
        let now = machine::time_of("2026-11-29T12:00:00Z").unwrap_or(Timestamp(0));
        let told = |change: &dyn Fn(&mut Status)| {
            let mut status = status();
            change(&mut status);
            trouble(&status, now).join("; ")
        };
        assert_eq!(told(&|_| ()), "");
        assert_eq!(told(&|status| status.host = Some(host(Some(15)))), "");
        for (change, want) in [
            (
                (&|status: &mut Status| status.host = Some(host(Some(13)))) as &dyn Fn(&mut Status),
                "ends in 13 days",
            ),
            (&|status| status.host = Some(host(Some(-1))), "has ended"),
            (&|status| status.host = Some(host(None)), "cannot be read"),
            (&|status| status.store.failure = Some("I/O error".into()), "no changes: I/O error"),
            (&|status| status.store.free_octets = Some(0), "no room"),
            (&|status| status.store.reserve_held = false, "reserve"),
            (&|status| status.damaged = 1, "correio check"),
            (&|status| status.queue.oldest = Some("2026-11-29T07:00:00Z".into()), "queue list"),
        ] {
            let told = told(change);
            assert!(told.contains(want), "{want}: {told}");
        }
    }
}
