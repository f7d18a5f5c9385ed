//! The worker: tries what is due, notes what came of it, tells senders.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mailbox::{Fault, Timestamp};
use smtp::server::Phase;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits::{LIFE_S, LOOK_AGAIN_S, TRIES_AT_ONCE};
use crate::notification::{Action, Report, Reported, notification};
use crate::queue::{After, release};
use crate::stored::{Returnable, Stored};
use crate::transport::{Notification, Outcome, Parcel, Postmaster, Route, Transport};
use crate::{MessageId, OutboundQueue, Owed, Queued, Said, planner};

/// Works until the host ends: then what is being tried is finished, and nothing new begins.
pub async fn run(
    queue: Arc<OutboundQueue>,
    transport: Arc<dyn Transport>,
    postmaster: Arc<dyn Postmaster>,
    mut phase: watch::Receiver<Phase>,
) {
    let mut tries = JoinSet::new();
    loop {
        let room = TRIES_AT_ONCE.saturating_sub(tries.len());
        let pause = match queue.due(room) {
            Ok((due, next)) => {
                for id in due {
                    let (queue, transport) = (queue.clone(), transport.clone());
                    let postmaster = postmaster.clone();
                    tries.spawn(lane::alike(async move {
                        if let Err(fault) = queue.attempt(id, &*transport, &*postmaster).await {
                            tracing::error!(%id, %fault, "a message of the queue cannot be tried; it stays");
                            // The next look would find it at once; a sick disk needs a pause.
                            tokio::time::sleep(Duration::from_secs(LOOK_AGAIN_S)).await;
                        }
                    }));
                }
                pause_s(queue.now(), next)
            }
            Err(fault) => {
                tracing::error!(%fault, "the queue cannot be read");
                LOOK_AGAIN_S
            }
        };
        tokio::select! {
            _ = phase.wait_for(|phase| *phase == Phase::Stopping) => break,
            Some(_) = tries.join_next() => {}
            () = queue.bell.notified() => {}
            () = tokio::time::sleep(Duration::from_secs(pause)) => {}
        }
    }
    while tries.join_next().await.is_some() {}
}

fn pause_s(now: Timestamp, next: Option<Timestamp>) -> u64 {
    let until = next.map_or(i64::MAX, |next| next.0.saturating_sub(now.0));
    u64::try_from(until).unwrap_or_default().clamp(1, LOOK_AGAIN_S)
}

impl OutboundQueue {
    /// Tries one message, if it is due and nobody else has it.
    pub async fn attempt(
        &self,
        id: MessageId,
        transport: &dyn Transport,
        postmaster: &dyn Postmaster,
    ) -> Result<(), Fault> {
        let Some(queued) = self.lease(id).await? else { return Ok(()) };
        // Looked at before anybody is promised it: a message of which some octets are lost is never sent, however often
        // it is tried, and its sender should know while there is time to send it again.
        let tried = if Stored::of(self.engine(), &queued).is_damaged().await {
            let (name, from) = (&queued.name, queued.from.as_deref());
            tracing::error!(%id, name, from, "a message on its way out is damaged on the disk; its sender is told");
            self.note(id, &queued, planner::lost(&queued, self.now())).await?
        } else {
            self.try_parcels(id, queued, transport).await?
        };
        // None: taken out of the queue meanwhile.
        let Some(queued) = tried else { return Ok(()) };
        for owed in [Owed::Failed, Owed::Delayed, Owed::Relayed] {
            if queued.recipients.iter().any(|recipient| recipient.owed == Some(owed)) {
                self.tell(id, &queued, owed, postmaster).await?;
            }
        }
        let now = self.now();
        self.change(id, |queued| release(queued, now)).await?;
        Ok(())
    }

    /// Tries all recipients that are due. Gives what the record became; none if it is gone.
    async fn try_parcels(
        &self,
        id: MessageId,
        mut queued: Queued,
        transport: &dyn Transport,
    ) -> Result<Option<Queued>, Fault> {
        for parcel in planner::due_parcels(&queued, self.now()) {
            for (route, indexes) in by_route(&queued, &parcel, transport) {
                let outcomes = self.send(&queued, route, indexes, transport).await;
                // Noted at once, so that a failure of ours repeats this parcel at most.
                match self.note(id, &queued, outcomes).await? {
                    Some(noted) => queued = noted,
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(queued))
    }

    /// Notes what came of a try. Gives what the record became; none if it is gone.
    async fn note(
        &self,
        id: MessageId,
        queued: &Queued,
        outcomes: Vec<(usize, Outcome)>,
    ) -> Result<Option<Queued>, Fault> {
        log(queued, &outcomes);
        let now = self.now();
        self.change(id, |queued| {
            planner::settle(queued, &outcomes, now);
            After::Stays
        })
        .await
    }

    /// Sends to some recipients; gives an outcome for each.
    async fn send(
        &self,
        queued: &Queued,
        route: Option<Route>,
        indexes: Vec<usize>,
        transport: &dyn Transport,
    ) -> Vec<(usize, Outcome)> {
        let recipients: Option<Vec<_>> = indexes
            .iter()
            .map(|index| queued.recipients.get(*index).and_then(|recipient| recipient.rcpt()))
            .collect();
        let (Some(route), Some(mail), Some(recipients)) = (route, queued.mail(), recipients) else {
            let now = self.now();
            return indexes.into_iter().map(|index| (index, planner::broken(now))).collect();
        };
        let body = Box::new(Stored::of(self.engine(), queued));
        let parcel = Parcel { name: &queued.name, route, mail, recipients, body };
        let mut outcomes = transport.send(parcel).await;
        let silent = Said::new(None, "4.3.0", "no outcome was reported", self.now());
        outcomes.resize(indexes.len(), Outcome::Deferred { said: silent });
        indexes.into_iter().zip(outcomes).collect()
    }

    /// Tells the sender, then strikes it out: a failure of ours in between tells it twice rather than never.
    async fn tell(
        &self,
        id: MessageId,
        queued: &Queued,
        owed: Owed,
        postmaster: &dyn Postmaster,
    ) -> Result<(), Fault> {
        if let Some(to) = queued.from.as_deref().and_then(|from| from.parse().ok()) {
            let octets = Bytes::from(self.report(queued, owed, &postmaster.hostname())?);
            postmaster.notify(Notification { to, octets }).await?;
        }
        self.change(id, |queued| {
            planner::told(queued, owed);
            After::Stays
        })
        .await?;
        Ok(())
    }

    fn report(&self, queued: &Queued, owed: Owed, hostname: &str) -> Result<Vec<u8>, Fault> {
        let Returnable { text, state } = Stored::of(self.engine(), queued).returnable()?;
        let recipients = queued.recipients.iter().filter(|r| r.owed == Some(owed));
        let recipients = recipients.filter_map(|recipient| {
            Some(Reported {
                address: recipient.address.clone(),
                original: recipient.original(),
                said: recipient.last.clone()?,
            })
        });
        Ok(notification(&Report {
            action: match owed {
                Owed::Failed => Action::Failed,
                Owed::Delayed => Action::Delayed,
                Owed::Relayed => Action::Relayed,
            },
            to: queued.from.as_deref().unwrap_or_default(),
            hostname,
            name: &queued.name,
            envelope_id: queued.envelope_id.as_deref(),
            arrived: Timestamp(queued.queued_at),
            until: Some(Timestamp(queued.born_at().saturating_add(LIFE_S))),
            ret: queued.ret(),
            utf8: queued.utf8(),
            recipients: recipients.collect(),
            text: &text,
            state,
            now: self.now(),
        }))
    }
}

/// Puts recipients together that go the same way; `None` holds those whose record is broken.
fn by_route(
    queued: &Queued,
    parcel: &[usize],
    transport: &dyn Transport,
) -> HashMap<Option<Route>, Vec<usize>> {
    let mut routes: HashMap<Option<Route>, Vec<usize>> = HashMap::new();
    for index in parcel {
        let address = queued.recipients.get(*index).and_then(|r| r.address.parse().ok());
        routes.entry(address.map(|address| transport.route(&address))).or_default().push(*index);
    }
    routes
}

fn log(queued: &Queued, outcomes: &[(usize, Outcome)]) {
    for (index, outcome) in outcomes {
        let (outcome, said) = match outcome {
            Outcome::Sent { said, .. } => ("sent", said),
            Outcome::Refused { said } => ("refused", said),
            Outcome::Deferred { said } => ("deferred", said),
        };
        let to = queued.recipients.get(*index).map(|recipient| recipient.address.as_str());
        let (remote, status) = (said.remote.as_deref(), said.status.as_str());
        tracing::info!(
            door = "queue",
            remote,
            outcome,
            status,
            reason = said.text,
            id = queued.name,
            from = queued.from.as_deref().unwrap_or("<>"),
            to,
            "sending"
        );
    }
}
