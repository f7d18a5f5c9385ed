//! One message on its way: taken in once, then appended to the Inbox of each recipient at the same time, so that all
//! of them share one sync.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use mailbox::{AccountId, Incoming, Received, Who};
use queue::{QueueError, Submission};
use sasl::Ready;
use smtp::delivery::{Envelope, Receipt, Recipient, Refused, Target};

use super::budget::Share;
use super::partly::Beginning;
use super::repeats::{Content, Key, Repeat, Sameness};
use super::{Deliveries, away, door, filing, sent};
use crate::metrics::Outcome;

/// A message that is being taken.
pub(super) struct Taking {
    deliveries: Arc<Deliveries>,
    envelope: Arc<Envelope>,
    incoming: Incoming,
    content: Content,
    beginning: Beginning,
    last: Repeat,
    heard: Arc<AtomicBool>,
    /// What the message has of the budget for strangers, if it is from one.
    share: Option<Share>,
}

/// What became of one copy.
type Stored = (AccountId, Key, Result<(), Refused>);

/// Stands for all recipients elsewhere: no account has this number.
const ELSEWHERE: AccountId = AccountId(u32::MAX);

/// What became of each account.
type Answers = BTreeMap<AccountId, Result<(), Refused>>;

impl Taking {
    pub(super) fn new(
        deliveries: Arc<Deliveries>,
        envelope: Arc<Envelope>,
        incoming: Incoming,
        last: Repeat,
        heard: Arc<AtomicBool>,
    ) -> Taking {
        let content = Content::new(envelope.return_path_octets);
        let share =
            envelope.is_from_stranger().then(|| deliveries.strangers.share(envelope.peer.address));
        let beginning = Beginning::new(&envelope);
        Taking { deliveries, envelope, incoming, content, beginning, last, heard, share }
    }

    fn accounts(&self) -> Vec<AccountId> {
        let targets = self.envelope.recipients.iter().flat_map(|recipient| &recipient.targets);
        let mut accounts: Vec<AccountId> =
            targets.map(account_of).filter(|account| *account != ELSEWHERE).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// Waits until a stranger's message may take so many octets more.
    async fn make_room(&mut self, more: usize) -> Result<(), Refused> {
        let Some(share) = &mut self.share else { return Ok(()) };
        // What is held needs more for the moment in which it grows.
        let growing = |held: usize| held.checked_div(2).unwrap_or(0).saturating_add(more);
        let with = |held: usize| held.saturating_add(more).saturating_add(growing(held));
        if !share.try_hold(with(self.incoming.held_octets())) {
            // Room on the disk costs less than making others wait.
            let passed_on = self.incoming.pass_on().await;
            passed_on.map_err(|error| self.deliveries.word(error))?;
        }
        share.hold(with(self.incoming.held_octets())).await
    }

    /// Stores the message for each account.
    async fn store(self, all_or_none: AllOrNone) -> Result<Answers, Refused> {
        let accounts = self.accounts();
        // The share is held until all is stored.
        let Taking {
            deliveries,
            envelope,
            incoming,
            content,
            beginning,
            last,
            heard,
            share: _share,
        } = self;
        let received = incoming.finish().await.map_err(|error| deliveries.word(error))?;
        if all_or_none == AllOrNone::Yes && !deliveries.can_tell(&envelope)? {
            for account in &accounts {
                deliveries.has_room(*account, received.body.octets)?;
            }
        }
        let same = Sameness::of(&content, &envelope, &received);
        let key = |account| {
            let named = envelope.recipients.iter().filter(|recipient| {
                recipient.targets.iter().any(|target| account_of(target) == account)
            });
            same.as_ref().map(|same| same.key(account, named.map(|recipient| &recipient.address)))
        };
        let outbound = outbound(&deliveries, &envelope).await?;
        let is_held = outbound.as_ref().is_some_and(|outbound| outbound.held_until.is_some());
        let here = if is_held { &[] } else { accounts.as_slice() };
        let mut copies: Vec<Ready<'static, Stored>> = Vec::new();
        for account in here.iter().copied() {
            let key = key(account);
            let one = One {
                deliveries: Arc::clone(&deliveries),
                envelope: Arc::clone(&envelope),
                received: received.clone(),
                account,
                key,
            };
            copies.push(Box::pin(async move { (account, key, one.append().await) }));
        }
        if let Some(submission) = outbound {
            // What is held for later is no repetition of what went before.
            let key = if is_held { None } else { key(ELSEWHERE) };
            copies.push(queued(&deliveries, submission, received.clone(), key));
        }
        let stored = join(copies).await;
        let mut keys: Vec<Key> = Vec::new();
        keys.extend(stored.iter().filter(|(_, _, answer)| answer.is_ok()).map(|(_, key, _)| *key));
        let mut answers: Answers =
            stored.into_iter().map(|(account, _, answer)| (account, answer)).collect();
        if let (true, Some(queued)) = (is_held, answers.get(&ELSEWHERE).cloned()) {
            // It waits for those who are here as well.
            answers.extend(accounts.iter().map(|account| (*account, queued.clone())));
        }
        let mut told = Ok(());
        if all_or_none == AllOrNone::Yes && is_partly_full(&answers) {
            told = tell_of_full(&deliveries, &envelope, &beginning, &mut answers).await;
        }
        if answers.values().all(Result::is_ok) {
            keys.push(sent::copy(&deliveries, &envelope, received, same.as_ref()).await);
        }
        last.note(keys);
        if all_or_none == AllOrNone::Yes && answers.values().any(Result::is_err) {
            // The sender is about to be refused and comes again; those who have the message must not get it twice.
            let now = deliveries.people.accounts().clock().now();
            deliveries.repeats.expect(&last, now);
            last.note(Vec::new());
        } else {
            heard.store(false, Ordering::Relaxed);
        }
        told.map(|()| answers)
    }
}

/// What the queue takes of a message: all of it while it is held, and else what goes to others.
async fn outbound(
    deliveries: &Deliveries,
    envelope: &Envelope,
) -> Result<Option<Submission>, Refused> {
    let now = deliveries.people.accounts().clock().now();
    if let Some(held) = Submission::held(envelope, now) {
        return Ok(Some(held));
    }
    let Some(mut submission) = Submission::of(envelope) else { return Ok(None) };
    submission.sent_as = deliveries.sent_as(envelope).await?;
    Ok(Some(submission))
}

/// The copy that the queue takes.
fn queued(
    deliveries: &Arc<Deliveries>,
    submission: Submission,
    received: Received,
    key: Key,
) -> Ready<'static, Stored> {
    let deliveries = Arc::clone(deliveries);
    Box::pin(async move {
        let queued = queue(&deliveries, &submission, received, &key).await;
        (ELSEWHERE, key, queued)
    })
}

/// Tells the sender whose mailboxes are full; where that could be done, nobody has to be refused.
async fn tell_of_full(
    deliveries: &Deliveries,
    envelope: &Envelope,
    beginning: &Beginning,
    answers: &mut Answers,
) -> Result<(), Refused> {
    let is_full = |recipient: &&Recipient| answer(answers, &recipient.targets).is_err();
    let full: Vec<&Recipient> = envelope.recipients.iter().filter(is_full).collect();
    deliveries.tell_of_full(envelope, &full, beginning).await?;
    answers.values_mut().for_each(|answer| *answer = Ok(()));
    Ok(())
}

/// Whether some have the message and all others had no room for it.
fn is_partly_full(answers: &Answers) -> bool {
    let full =
        |answer: &Result<(), Refused>| matches!(answer, Err(Refused::Full | Refused::FullForNow));
    answers.values().any(full)
        && answers.values().all(|answer| answer.is_ok() || full(answer))
        && answers.values().any(Result::is_ok)
}

/// Whether nothing may be stored unless everything is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AllOrNone {
    Yes,
    No,
}

/// One recipient's copy.
struct One {
    deliveries: Arc<Deliveries>,
    envelope: Arc<Envelope>,
    received: Received,
    account: AccountId,
    key: Key,
}

impl One {
    async fn append(self) -> Result<(), Refused> {
        let One { deliveries, envelope, received, account, key } = self;
        let octets = received.body.octets;
        let now = deliveries.people.accounts().clock().now();
        if deliveries.repeats.is_repeat(&key, now) {
            deliveries.log(&envelope, account, "ok", Some("it came again, and is there"), octets);
            deliveries.metrics.delivered(Outcome::Duplicate, 0);
            return Ok(());
        }
        let who = Who {
            device: envelope.login.as_ref().and_then(|login| login.device.clone()),
            address: envelope.peer.address,
            ..Who::at(door(&envelope))
        };
        match filing::file(&deliveries, account, who, &received).await {
            Ok(filed) => {
                let rules = (!filed.rules.is_empty())
                    .then(|| format!("by the rules {}", filed.rules.join(", ")));
                deliveries.log(&envelope, account, "ok", rules.as_deref(), octets);
                deliveries.metrics.delivered(Outcome::Stored, octets);
                if !filed.is_unwanted {
                    away::answer(&deliveries, &envelope, account, &received).await;
                }
                Ok(())
            }
            Err(error) => {
                let refused = deliveries.word(error);
                let reason = refused.to_string();
                deliveries.log(&envelope, account, "refused", Some(&reason), octets);
                deliveries.metrics.delivered(Outcome::Refused, 0);
                Err(refused)
            }
        }
    }
}

fn account_of(target: &Target) -> AccountId {
    match target {
        Target::Account { account, .. } => AccountId(*account),
        Target::Elsewhere(_) => ELSEWHERE,
    }
}

/// Puts the message into the outbound queue, once for all recipients elsewhere.
async fn queue(
    deliveries: &Deliveries,
    submission: &Submission,
    received: Received,
    key: &Key,
) -> Result<(), Refused> {
    let now = deliveries.people.accounts().clock().now();
    if deliveries.repeats.is_repeat(key, now) {
        deliveries.metrics.delivered(Outcome::Duplicate, 0);
        return Ok(());
    }
    match deliveries.queue.add(submission, received.body).await {
        Ok(id) => {
            tracing::info!(
                door = "queue",
                outcome = "ok",
                id = submission.name,
                number = id.0,
                "queued"
            );
            deliveries.metrics.delivered(Outcome::Queued, 0);
            Ok(())
        }
        Err(QueueError::NoSpace) => Err(Refused::NoSpace),
        Err(QueueError::Fault(fault)) => Err(super::logged(fault)),
    }
}

/// The answer for one recipient: the first refusal among its targets. Only where each target says that it has the
/// message is it yes; no answer is none.
fn answer(answers: &Answers, targets: &[Target]) -> Result<(), Refused> {
    if targets.is_empty() {
        return Err(unanswered());
    }
    targets
        .iter()
        .map(|target| {
            answers.get(&account_of(target)).cloned().unwrap_or_else(|| Err(unanswered()))
        })
        .find(Result::is_err)
        .unwrap_or(Ok(()))
}

fn unanswered() -> Refused {
    tracing::error!("nothing is known of a recipient's copy; the sender is told to try again");
    Refused::Fault
}

impl Receipt for Taking {
    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Ready<'a, Result<(), Refused>> {
        Box::pin(async move {
            self.content.push(octets);
            self.beginning.push(octets);
            self.make_room(octets.len()).await?;
            let written = self.incoming.write(octets).await;
            written.map_err(|error| self.deliveries.word(error))?;
            match &mut self.share {
                Some(share) => share.hold(self.incoming.held_octets()).await,
                None => Ok(()),
            }
        })
    }

    fn finish_whole(self: Box<Self>) -> Ready<'static, Result<(), Refused>> {
        Box::pin(async move {
            let envelope = Arc::clone(&self.envelope);
            let answers = self.store(AllOrNone::Yes).await?;
            // Room was there a moment ago. If it went in between, the sender is refused and tries again.
            let mut each = envelope.recipients.iter().map(|one| answer(&answers, &one.targets));
            each.find(Result::is_err).unwrap_or(Ok(()))
        })
    }

    fn finish_each(self: Box<Self>) -> Ready<'static, Vec<Result<(), Refused>>> {
        Box::pin(async move {
            let envelope = Arc::clone(&self.envelope);
            let answers = self.store(AllOrNone::No).await;
            let each = envelope.recipients.iter().map(|recipient| match &answers {
                Ok(answers) => answer(answers, &recipient.targets),
                Err(refused) => Err(refused.clone()),
            });
            each.collect()
        })
    }
}

/// Runs futures side by side, and gives what came of them in their order.
async fn join<T: Send>(mut running: Vec<Ready<'static, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (future, done) in running.iter_mut().zip(&mut done) {
            if done.is_some() {
                continue;
            }
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *done = Some(value),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use mailbox::AccountId;
    use smtp::delivery::{Refused, Target};

    use super::{Answers, ELSEWHERE, answer};

    fn account(account: u32) -> Target {
        Target::Account { account, detail: None }
    }

    #[test]
    fn no_answer_is_not_a_yes() {
        let elsewhere = Target::Elsewhere("x@example.net".parse().unwrap());
        let answers = Answers::from([
            (AccountId(1), Ok(())),
            (AccountId(2), Err(Refused::Full)),
            (ELSEWHERE, Err(Refused::NoSpace)),
        ]);
        for (targets, want) in [
            (vec![account(1)], Ok(())),
            (vec![account(1), account(2)], Err(Refused::Full)),
            (vec![account(1), account(3)], Err(Refused::Fault)),
            (vec![account(1), elsewhere], Err(Refused::NoSpace)),
            (vec![], Err(Refused::Fault)),
        ] {
            assert_eq!(answer(&answers, &targets), want, "{targets:?}");
        }
    }
}
