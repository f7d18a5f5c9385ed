//! Pulls a maildrop: takes what the person wants, removes from the server what is safe here and wanted there no longer.
//!
//! Call [`pull`] with a [`Client`] that has just logged in and a [`Keeper`]; it does the rest and ends the session. What
//! it guarantees, whatever the server, the network or the power do, provided that the keeper does what it promises:
//!
//! * **Nothing is lost.** DELE is sent only for a message of which the keeper has said, in this session or an earlier
//!   one, that it is durable ([`Durable`]); the types do not allow anything else. Where there is doubt whether the
//!   message listed is the one that is held (another size, an id that several messages share), its header is compared
//!   first. A message cut off in the middle is dropped.
//! * **Nothing comes twice.** A message becomes durable together with its identity. After a cut the next run asks the
//!   keeper what it has and fetches the rest. (Where a server reuses ids or has none, what comes again is recognised by
//!   its header or its content.)
//! * **Removed is what the server says is removed:** after the `+OK` to QUIT, not before.
//!   A server that announces `EXPIRE 0` is not even told QUIT when it might take that for consent to forget a message that
//!   was fetched and is not held.
//! * **Little is held:** a message passes through in pieces; of its header 256 KiB are kept while it does. The listing
//!   and everything else a server can make longer has a limit.
//!
//! It works on any server of RFC 1939, and the better the server, the quicker: with PIPELINING it asks for up to 64
//! messages ahead, 4 MiB of them; without UIDL it knows messages by header and size (TOP), without TOP by their content,
//! and removes them only if [`WithoutIds`] says so.
//!
//! To stop between two messages return [`Go::Stop`] from the watch; to stop at once, drop the future: that is a cut like
//! any other.

mod header;
mod identity;
mod keeper;
mod look;
mod plan;
mod policy;
mod remove;
mod rows;
mod summary;
mod take;

use std::collections::BTreeMap;

use mailbox::Timestamp;

use super::{Client, Durable, Stream};
use crate::MessageNumber;
use crate::limits::PULL_CHUNK;
pub use identity::{Identity, Name};
pub use keeper::{
    Again, Arrival, Extent, HeaderHeld, Held, Here, Keeper, KeeperFault, Known, Passed, Print,
    Whole,
};
pub use plan::{Plan, plan};
pub use policy::{DeletedHere, Larger, Leave, Order, Policy, Removal, WithoutIds};
pub use summary::{Ending, Go, Interrupted, Progress, PullFault, Refused, Summary, Watch};

use policy::{Date, Step};
use rows::{Row, State};

/// Pulls the maildrop of a client that has logged in, and ends its session. `now` is the time; days are counted to it.
pub async fn pull<S: Stream, K: Keeper>(
    mut client: Client<S>,
    keeper: &mut K,
    policy: &Policy,
    now: Timestamp,
    watch: &mut Watch<'_>,
) -> Result<Summary, Interrupted> {
    let mut run = Run::new(keeper, policy, now, watch);
    match run.all(&mut client).await {
        Ok(()) => Ok(run.summary),
        Err(fault) => {
            // What has come whole is not given up because the connection broke after it.
            if matches!(fault, PullFault::Server(_)) {
                drop(run.settle().await);
            }
            Err(Interrupted { fault, summary: Box::new(run.summary) })
        }
    }
}

/// One pull.
struct Run<'r, K> {
    keeper: &'r mut K,
    policy: &'r Policy,
    now: Timestamp,
    watch: &'r mut Watch<'r>,
    /// How many messages may still be taken; none: as many as there are.
    room: Option<u32>,
    top: Top,
    /// How many messages were fetched whole and are not held.
    fetched_in_vain: u32,
    /// How many messages of a name there were so far, where names are prints.
    copies: BTreeMap<Name, u32>,
    unsettled: Unsettled,
    /// What is to be removed: each with the keeper's word.
    removals: Vec<(MessageNumber, Identity, Durable)>,
    progress: Progress,
    summary: Summary,
}

/// Whether the server knows TOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Top {
    Untried,
    Works,
    Fails,
}

/// What was finished and may still be lost.
#[derive(Default)]
struct Unsettled {
    messages: u32,
    headers: u32,
    octets: u64,
    passes: u32,
    /// Those of them that are to be removed once they are safe.
    removals: Vec<(MessageNumber, Identity)>,
}

impl<'r, K: Keeper> Run<'r, K> {
    fn new(
        keeper: &'r mut K,
        policy: &'r Policy,
        now: Timestamp,
        watch: &'r mut Watch<'r>,
    ) -> Run<'r, K> {
        Run {
            keeper,
            policy,
            now,
            watch,
            room: policy.messages_max,
            top: Top::Untried,
            fetched_in_vain: 0,
            copies: BTreeMap::new(),
            unsettled: Unsettled::default(),
            removals: Vec::new(),
            progress: Progress::default(),
            summary: Summary::default(),
        }
    }

    /// Lists the maildrop, and decides what can be decided by that.
    async fn listed<S: Stream>(&mut self, client: &mut Client<S>) -> Result<Vec<Row>, PullFault> {
        let listing = client.listing().await?;
        let capabilities = client.capabilities().await?;
        if capabilities.answered && !capabilities.top {
            self.top = Top::Fails;
        }
        self.summary.expire = capabilities.expire.map(|expire| expire.term);
        let mut rows = rows::merged(listing, self.policy.newest);
        self.summary.listed = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        for chunk in rows.chunks_mut(PULL_CHUNK) {
            self.decide(chunk, |_| Date::Unknown).await?;
        }
        Ok(rows)
    }

    async fn all<S: Stream>(&mut self, client: &mut Client<S>) -> Result<(), PullFault> {
        let mut rows = self.listed(client).await?;
        self.expect(&rows);
        let mut chunks: Vec<&mut [Row]> = rows.chunks_mut(PULL_CHUNK).collect();
        if self.policy.order == Order::Newest {
            chunks.reverse();
        }
        for chunk in chunks {
            if !self.summary.stopped {
                self.look(client, chunk).await?;
                self.take(client, chunk).await?;
            }
            self.collect(chunk);
        }
        self.settle().await?;
        if rows.iter().all(|row| row.identity.is_some()) {
            self.keeper.asked_about_all().await?;
        }
        self.summary.count(&rows);
        self.remove(client, &rows).await
    }

    /// Asks the keeper about those that have an identity and are not decided, and decides.
    async fn decide(
        &mut self,
        rows: &mut [Row],
        date: impl Fn(MessageNumber) -> Date,
    ) -> Result<(), PullFault> {
        let open = |row: &Row| row.state == State::Open && row.identity.is_some();
        let identities: Vec<Identity> =
            rows.iter().filter(|row| open(row)).filter_map(|row| row.identity.clone()).collect();
        if identities.is_empty() {
            return Ok(());
        }
        let known = self.keeper.known(&identities).await?;
        if known.len() != identities.len() {
            return Err(PullFault::Keeper("it knows another number of messages than asked".into()));
        }
        for (row, known) in rows.iter_mut().filter(|row| open(row)).zip(known) {
            let step = self.policy.step(known, row.listed(date(row.message)), self.now);
            row.state = State::Decided(step);
        }
        Ok(())
    }

    /// Gathers what is to be removed, of a chunk that is done with.
    fn collect(&mut self, rows: &mut [Row]) {
        for row in rows {
            if let (State::Decided(Step::Remove(held)), Some(identity)) =
                (&row.state, &row.identity)
            {
                if self.may_remove(identity) {
                    let removal = (row.message, identity.clone(), held.durable.clone());
                    self.removals.push(removal);
                } else {
                    self.summary.kept_without_id = self.summary.kept_without_id.saturating_add(1);
                }
            }
        }
    }

    /// Whether the identity is good enough to remove a message by it.
    fn may_remove(&self, identity: &Identity) -> bool {
        match identity.name {
            Name::Unique(_) => true,
            Name::Header(_) | Name::Content(_) => self.policy.without_ids == WithoutIds::Remove,
        }
    }

    /// Gives the next identity of a name.
    fn identify(&mut self, name: Name) -> Identity {
        let copies = self.copies.entry(name.clone()).or_default();
        let identity = Identity { name, copy: *copies };
        *copies = copies.saturating_add(1);
        identity
    }

    /// Reckons how much will come.
    fn expect(&mut self, rows: &[Row]) {
        let mut left = self.room.unwrap_or(u32::MAX);
        for row in rows {
            let comes = match &row.state {
                State::Open => row.newest,
                State::Decided(Step::Take | Step::LookAtDate(_)) => true,
                State::Decided(_) | State::Taken | State::Refused | State::Waiting => false,
            };
            if comes && left > 0 {
                left = left.saturating_sub(1);
                let progress = &mut self.progress;
                progress.messages_expected = progress.messages_expected.saturating_add(1);
                let octets = row.octets.unwrap_or(0);
                progress.octets_expected = progress.octets_expected.saturating_add(octets);
            }
        }
    }

    /// Tells how far it has come.
    fn tell(&mut self) {
        if (self.watch)(self.progress) == Go::Stop {
            self.summary.stopped = true;
        }
    }

    /// Has the keeper make durable what it took, and counts it only then.
    async fn settle(&mut self) -> Result<(), PullFault> {
        let unsettled = std::mem::take(&mut self.unsettled);
        if unsettled.messages == 0 && unsettled.headers == 0 && unsettled.passes == 0 {
            return Ok(());
        }
        let durable = self.keeper.settle().await?;
        let summary = &mut self.summary;
        summary.taken = summary.taken.saturating_add(unsettled.messages);
        summary.taken_octets = summary.taken_octets.saturating_add(unsettled.octets);
        summary.headers = summary.headers.saturating_add(unsettled.headers);
        let safe = unsettled.removals.into_iter();
        self.removals.extend(safe.map(|(message, identity)| (message, identity, durable.clone())));
        Ok(())
    }
}
