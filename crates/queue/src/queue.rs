//! The queue on disk: adds, lists, leases, settles and removes messages. All changes are atomic batches of the engine
//! that check the record they are based on.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, CommitError, Engine, Snapshot, StagedBody};
use mailbox::{Clock, Fault, Timestamp};
use tokio::sync::Notify;

use crate::record::Submission;
use crate::{MessageId, Progress, Queued, layout, planner};

/// The outbound queue. One for each engine; share it in an `Arc`.
pub struct OutboundQueue {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    pub(crate) bell: Notify,
}

/// Why a message was not queued. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The disk is full.
    #[error("the disk is full")]
    NoSpace,
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What waits in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many messages.
    pub messages: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
}

/// What is left of a message after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It stays in the queue.
    Stays,
    /// It is over, and its record and its body go.
    Goes,
}

impl OutboundQueue {
    /// Opens the queue. No worker may be running yet: what an earlier one held when it ended is given free.
    pub async fn open(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
    ) -> Result<OutboundQueue, Fault> {
        let queue = OutboundQueue { engine, clock, bell: Notify::new() };
        for (id, queued) in queue.list(usize::MAX)? {
            if queued.leased_until.is_some() {
                let now = queue.now();
                queue.change(id, |queued| release(queued, now)).await?;
            }
        }
        Ok(queue)
    }

    /// Adds a message. `Ok` means durable.
    pub async fn add(
        &self,
        submission: &Submission,
        body: StagedBody,
    ) -> Result<MessageId, QueueError> {
        let queued = Queued::new(submission, body.hash, body.octets, self.now());
        let record = encode(&queued)?;
        loop {
            let last = self.engine.snapshot()?.get(&layout::last_id())?;
            let id = MessageId(number(last.as_ref()).saturating_add(1));
            let mut batch = Batch {
                checks: vec![(layout::last_id(), last)],
                puts: vec![
                    (layout::last_id(), Bytes::copy_from_slice(&id.0.to_be_bytes())),
                    (layout::message(id), record.clone()),
                    (layout::schedule(Timestamp(queued.due), id), Bytes::new()),
                    (layout::body_reference(&body.hash, id), Bytes::new()),
                ],
                deletes: Vec::new(),
                bodies: vec![body.clone()],
            };
            if queued.held_until.is_some() {
                let id = Bytes::copy_from_slice(&id.0.to_be_bytes());
                batch.puts.push((layout::held(&queued.name), id));
            }
            match self.engine.commit(batch).await {
                Ok(()) => {
                    self.bell.notify_one();
                    return Ok(id);
                }
                // Somebody else took the number; the next one is as good.
                Err(CommitError::Conflict) => {}
                Err(CommitError::NoSpace) => return Err(QueueError::NoSpace),
                Err(CommitError::Fault(fault)) => return Err(QueueError::Fault(fault)),
            }
        }
    }

    /// Lists messages, the oldest first.
    pub fn list(&self, most: usize) -> Result<Vec<(MessageId, Queued)>, Fault> {
        let mut list = Vec::new();
        let mut broken = None;
        let keys = layout::all_messages();
        self.engine.snapshot()?.range(&keys.start..&keys.end, &mut |key, value| {
            if list.len() >= most {
                return ControlFlow::Break(());
            }
            match (layout::message_id(key), decode(value)) {
                (Some(id), Ok(queued)) => list.push((id, queued)),
                (None, _) => {}
                (Some(_), Err(fault)) => broken = Some(fault),
            }
            ControlFlow::Continue(())
        })?;
        if let Some(fault) = broken {
            tracing::error!(%fault, "a message of the queue cannot be read");
        }
        Ok(list)
    }

    /// Counts what waits, for the metrics. Looks at each message's key, and reads the oldest one.
    pub fn waiting(&self) -> Result<Waiting, Fault> {
        let mut waiting = Waiting::default();
        let keys = layout::all_messages();
        self.engine.snapshot()?.range(&keys.start..&keys.end, &mut |_, value| {
            if waiting.messages == 0 {
                waiting.oldest = decode(value).ok().map(|queued| Timestamp(queued.queued_at));
            }
            waiting.messages = waiting.messages.saturating_add(1);
            ControlFlow::Continue(())
        })?;
        Ok(waiting)
    }

    /// Reads a message; none if it is gone.
    pub fn find(&self, id: MessageId) -> Result<Option<Queued>, Fault> {
        find(&*self.engine.snapshot()?, id).map(|found| found.map(|(_, queued)| queued))
    }

    /// Takes a message out of the queue; its sender is not told. Gives whether it was there.
    pub async fn remove(&self, id: MessageId) -> Result<Option<Queued>, Fault> {
        self.change(id, |_| After::Goes).await
    }

    /// Whether a message of that name is held still.
    pub fn is_held(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.engine.snapshot()?.get(&layout::held(name))?.is_some())
    }

    /// Calls a message back that is held: nobody gets it, and nobody is told. Gives whether that could be done; it cannot be once a
    /// try began.
    pub async fn call_back(&self, name: &str) -> Result<bool, Fault> {
        let id = self.engine.snapshot()?.get(&layout::held(name))?;
        let Some(id) = id.map(|id| MessageId(number(Some(&id)))) else { return Ok(false) };
        let mut was_held = false;
        self.change(id, |queued| {
            was_held = queued.held_until.is_some() && queued.name == name;
            if was_held { After::Goes } else { After::Stays }
        })
        .await?;
        Ok(was_held)
    }

    /// Has a message tried at once, unless it is being tried just now.
    pub async fn try_now(&self, id: MessageId) -> Result<Option<Queued>, Fault> {
        let now = self.now();
        let found = self
            .change(id, |queued| {
                for recipient in &mut queued.recipients {
                    if let Progress::Waiting { next_at, .. } = &mut recipient.progress {
                        *next_at = now.0;
                    }
                }
                if queued.leased_until.is_none() { release(queued, now) } else { After::Stays }
            })
            .await?;
        self.bell.notify_one();
        Ok(found)
    }

    /// What is due, and when the next one is.
    pub(crate) fn due(&self, most: usize) -> Result<(Vec<MessageId>, Option<Timestamp>), Fault> {
        let now = self.now();
        let mut due = Vec::new();
        let mut next = None;
        let keys = layout::whole_schedule();
        self.engine.snapshot()?.range(&keys.start..&keys.end, &mut |key, _| {
            match layout::scheduled(key) {
                Some((at, id)) if at <= now && due.len() < most => due.push(id),
                Some((at, _)) => {
                    next = Some(at);
                    return ControlFlow::Break(());
                }
                None => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok((due, next))
    }

    /// Takes a message for a try; none if it is gone, not due, or taken by somebody else.
    pub(crate) async fn lease(&self, id: MessageId) -> Result<Option<Queued>, Fault> {
        let now = self.now();
        let snapshot = self.engine.snapshot()?;
        let Some((record, mut queued)) = find(&*snapshot, id)? else { return Ok(None) };
        if queued.due > now.0 {
            return Ok(None);
        }
        let before = queued.clone();
        planner::lease(&mut queued, now);
        match self.engine.commit(replacing(id, record, &before, &queued)?).await {
            Ok(()) => Ok(Some(queued)),
            Err(CommitError::Conflict) => Ok(None),
            Err(CommitError::NoSpace) => Err(Fault::new("the disk is full")),
            Err(CommitError::Fault(fault)) => Err(fault),
        }
    }

    /// Changes a record and gives what it became; reads it again when somebody else was faster. None if it is gone.
    pub(crate) async fn change(
        &self,
        id: MessageId,
        mut change: impl FnMut(&mut Queued) -> After,
    ) -> Result<Option<Queued>, Fault> {
        loop {
            let snapshot = self.engine.snapshot()?;
            let Some((record, mut queued)) = find(&*snapshot, id)? else { return Ok(None) };
            let before = queued.clone();
            let batch = match change(&mut queued) {
                After::Stays => replacing(id, record, &before, &queued)?,
                After::Goes => Batch {
                    checks: vec![(layout::message(id), Some(record))],
                    puts: Vec::new(),
                    deletes: [
                        layout::message(id),
                        layout::schedule(Timestamp(before.due), id),
                        layout::body_reference(&before.body(), id),
                    ]
                    .into_iter()
                    .chain(before.held_until.map(|_| layout::held(&before.name)))
                    .collect(),
                    bodies: Vec::new(),
                },
            };
            match self.engine.commit(batch).await {
                Ok(()) => return Ok(Some(queued)),
                Err(CommitError::Conflict) => {}
                Err(CommitError::NoSpace) => return Err(Fault::new("the disk is full")),
                Err(CommitError::Fault(fault)) => return Err(fault),
            }
        }
    }

    pub(crate) fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Gives a message back, or lets it go when nothing is left to do.
pub(crate) fn release(queued: &mut Queued, now: Timestamp) -> After {
    match planner::release(queued, now) {
        Some(()) => After::Stays,
        None => After::Goes,
    }
}

/// The batch that puts a record in the place of another.
fn replacing(
    id: MessageId,
    record: Bytes,
    before: &Queued,
    after: &Queued,
) -> Result<Batch, Fault> {
    let mut puts = vec![(layout::message(id), encode(after)?)];
    let mut deletes = Vec::new();
    if before.due != after.due {
        puts.push((layout::schedule(Timestamp(after.due), id), Bytes::new()));
        deletes.push(layout::schedule(Timestamp(before.due), id));
    }
    if before.held_until.is_some() && after.held_until.is_none() {
        deletes.push(layout::held(&before.name));
    }
    let checks = vec![(layout::message(id), Some(record))];
    Ok(Batch { checks, puts, deletes, bodies: Vec::new() })
}

fn find(snapshot: &dyn Snapshot, id: MessageId) -> Result<Option<(Bytes, Queued)>, Fault> {
    match snapshot.get(&layout::message(id))? {
        Some(record) => decode(&record).map(|queued| Some((record, queued))),
        None => Ok(None),
    }
}

fn encode(queued: &Queued) -> Result<Bytes, Fault> {
    serde_json::to_vec(queued)
        .map(Bytes::from)
        .map_err(|error| Fault::caused("writing a record of the queue", error))
}

fn decode(record: &[u8]) -> Result<Queued, Fault> {
    serde_json::from_slice(record)
        .map_err(|error| Fault::caused("reading a record of the queue", error))
}

fn number(octets: Option<&Bytes>) -> u64 {
    let octets = octets.and_then(|octets| octets.as_ref().try_into().ok());
    octets.map(u64::from_be_bytes).unwrap_or_default()
}
