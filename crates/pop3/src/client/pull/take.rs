//! Takes messages: each streams to the keeper in pieces, and what is cut off is dropped.

use super::header::HeaderScan;
use super::policy::{Date, Left, Order, Step};
use super::{
    Again, Arrival, Extent, Identity, Keeper, Known, Name, Passed, Print, PullFault, Row, Run,
    State, Top, Whole,
};
use crate::client::{Client, Fault, Part, Request, Retrieval, Stream};
use crate::limits::{PULL_SETTLE_MESSAGES, PULL_SETTLE_OCTETS};

/// A message on its way to the keeper.
struct Taking<I> {
    /// None when it turned out not to be wanted; the rest of it is still read.
    incoming: Option<I>,
    header: HeaderScan,
    /// Of the whole message, when it has no other name.
    content: Option<blake3::Hasher>,
    /// Whether its date is still to be looked at.
    date: Date,
}

impl<K: Keeper> Run<'_, K> {
    /// Takes what is to be taken of these.
    pub(super) async fn take<S: Stream>(
        &mut self,
        client: &mut Client<S>,
        rows: &mut [Row],
    ) -> Result<(), PullFault> {
        let wanted = self.wanted(rows);
        if wanted.is_empty() {
            return Ok(());
        }
        let requests: Vec<Request> = wanted.iter().map(|row| request(row)).collect();
        let mut retrieval = client.retrieve(requests, self.policy.octets_hard_max).await?;
        let mut wanted = wanted.into_iter();
        while let Some((_, answer)) = retrieval.next().await? {
            let Some(row) = wanted.next() else { break };
            match answer {
                Err(refusal) => {
                    self.summary.refuse(row, refusal);
                    row.state = State::Refused;
                }
                Ok(()) if self.room == Some(0) && uses_room(row) => {
                    row.state = State::Waiting;
                    retrieval.stop();
                }
                Ok(()) => self.take_one(&mut retrieval, row).await?,
            }
            if !is_safe(row) {
                self.fetched_in_vain = self.fetched_in_vain.saturating_add(1);
            }
            self.tell();
            if self.summary.stopped {
                retrieval.stop();
            }
            if self.unsettled.messages >= PULL_SETTLE_MESSAGES
                || self.unsettled.octets >= PULL_SETTLE_OCTETS
            {
                self.settle().await?;
            }
        }
        Ok(())
    }

    /// Chooses the rows to fetch; what has no room waits.
    fn wanted<'w>(&self, rows: &'w mut [Row]) -> Vec<&'w mut Row> {
        let mut room = self.room.unwrap_or(u32::MAX);
        let mut wanted = Vec::new();
        let mut rows: Vec<&mut Row> = rows.iter_mut().collect();
        if self.policy.order == Order::Newest {
            rows.reverse();
        }
        for row in rows {
            if row.state == State::Open && row.identity.is_none() {
                // As long as it has no name, the keeper knows nothing of it; its size and place are known.
                let step = self.policy.step(Known::New, row.listed(Date::Unknown), self.now);
                if matches!(step, Step::Leave(_) | Step::TakeHeader) {
                    row.state = State::Decided(step);
                }
            }
            if self.top == Top::Fails && row.state == State::Decided(Step::TakeHeader) {
                row.state = State::Decided(Step::Leave(Left::TooLarge));
            }
            match &row.state {
                State::Decided(Step::Take | Step::LookAtDate(_)) => match room.checked_sub(1) {
                    Some(left) => room = left,
                    None => {
                        row.state = State::Waiting;
                        continue;
                    }
                },
                State::Decided(Step::Verify(_) | Step::TakeHeader) => {}
                // Whether it is new, and uses room, is only known when it has come.
                State::Open if self.room != Some(0) => {}
                State::Open
                | State::Decided(Step::Leave(_) | Step::Remove(_))
                | State::Taken
                | State::Refused
                | State::Waiting => continue,
            }
            wanted.push(row);
        }
        wanted
    }

    async fn take_one<S: Stream, I: Iterator<Item: Into<Request>>>(
        &mut self,
        retrieval: &mut Retrieval<'_, S, I>,
        row: &mut Row,
    ) -> Result<(), PullFault> {
        let arrival = Arrival {
            message: row.message,
            identity: row.identity.clone(),
            listed_octets: row.octets,
            extent: extent(row),
        };
        let unnamed = row.identity.is_none();
        let dated = self.policy.since.is_some()
            && (unnamed || matches!(row.state, State::Decided(Step::LookAtDate(_))));
        let mut taking = Taking {
            incoming: Some(self.keeper.begin(&arrival).await?),
            header: HeaderScan::default(),
            content: unnamed.then(blake3::Hasher::new),
            date: if dated { Date::Unknown } else { Date::Seen(None) },
        };
        loop {
            let octets = match retrieval.octets().await {
                Ok(Some(octets)) => octets,
                Ok(None) => break,
                Err(Fault::TooMuch { what, max }) => {
                    drop(taking);
                    self.pass_endless(row, max).await?;
                    return Err(Fault::TooMuch { what, max }.into());
                }
                Err(fault) => return Err(fault.into()),
            };
            taking.header.take(&octets);
            if let Some(content) = &mut taking.content {
                content.update(&octets);
            }
            if let Some(incoming) = &mut taking.incoming {
                self.keeper.write(incoming, &octets).await?;
            }
            let octets = u64::try_from(octets.len()).unwrap_or(u64::MAX);
            self.progress.octets = self.progress.octets.saturating_add(octets);
            self.tell();
            if taking.header.is_over() {
                self.look_at_date(&mut taking, row).await?;
            }
        }
        self.look_at_date(&mut taking, row).await?;
        self.finish(taking, row).await
    }

    /// Drops a message as soon as it is seen to be too old.
    async fn look_at_date(
        &mut self,
        taking: &mut Taking<K::Incoming>,
        row: &mut Row,
    ) -> Result<(), PullFault> {
        if taking.date != Date::Unknown {
            return Ok(());
        }
        taking.date = Date::Seen(taking.header.date());
        let passed = match &row.state {
            State::Decided(Step::LookAtDate(passed)) => **passed,
            State::Open | State::Decided(_) | State::Taken | State::Refused | State::Waiting => {
                Passed::default()
            }
        };
        let step = self.dated(row, passed, taking.date).await?;
        if matches!(step, Step::Leave(_)) {
            taking.incoming = None;
            row.state = State::Decided(step);
        }
        Ok(())
    }

    /// A message has come to its end: hands it over, unless it turns out to be held or not wanted.
    async fn finish(
        &mut self,
        taking: Taking<K::Incoming>,
        row: &mut Row,
    ) -> Result<(), PullFault> {
        let Some(incoming) = taking.incoming else { return Ok(()) };
        let header = taking.header.print();
        if let Some(content) = taking.content {
            let identity = self.identify(Name::Content(Print(content.finalize().into())));
            row.identity = Some(identity);
            self.decide(std::slice::from_mut(row), |_| taking.date).await?;
            if matches!(row.state, State::Decided(Step::Leave(_) | Step::Remove(_))) {
                return Ok(());
            }
        }
        if let State::Decided(Step::Verify(held)) = &row.state {
            let held = held.clone();
            if held.header == header {
                row.state = State::Decided(self.verified(row, held).await?);
                return Ok(());
            }
            row.again = Again::Yes;
        }
        let Some(identity) = row.identity.clone() else { return Ok(()) };
        let (octets, extent) = (taking.header.octets(), extent(row));
        let date = taking.header.date();
        let again = row.again;
        let whole = Whole { octets, listed_octets: row.octets, header, date, extent, again };
        self.keeper.finish(incoming, &identity, whole).await?;
        match extent {
            Extent::Header => self.unsettled.headers = self.unsettled.headers.saturating_add(1),
            Extent::Whole => self.taken(row, identity, octets),
        }
        row.state = State::Taken;
        Ok(())
    }

    fn taken(&mut self, row: &Row, identity: Identity, octets: u64) {
        self.unsettled.messages = self.unsettled.messages.saturating_add(1);
        self.unsettled.octets = self.unsettled.octets.saturating_add(octets);
        self.progress.messages = self.progress.messages.saturating_add(1);
        self.room = self.room.map(|room| room.saturating_sub(1));
        if self.policy.is_due(self.now, super::Here::Kept, self.now) {
            if self.may_remove(&identity) {
                self.unsettled.removals.push((row.message, identity));
            } else {
                self.summary.kept_without_id = self.summary.kept_without_id.saturating_add(1);
            }
        }
    }

    /// A message without end is passed over from now on, or no run would ever come past it.
    async fn pass_endless(&mut self, row: &Row, octets_max: u64) -> Result<(), PullFault> {
        if let Some(identity) = &row.identity {
            let octets_min = Some(octets_max.saturating_add(1));
            self.keeper.pass(identity, Passed { octets_min, ..Passed::default() }).await?;
            self.unsettled.passes = self.unsettled.passes.saturating_add(1);
        }
        Ok(())
    }
}

fn request(row: &Row) -> Request {
    let octets = row.octets.unwrap_or(0);
    let part = match extent(row) {
        Extent::Whole => Part::Whole,
        Extent::Header => Part::Top(0),
    };
    Request { message: row.message, part, octets }
}

fn extent(row: &Row) -> Extent {
    if row.state == State::Decided(Step::TakeHeader) { Extent::Header } else { Extent::Whole }
}

/// Whether it does no harm if the server now forgets the message.
fn is_safe(row: &Row) -> bool {
    matches!(
        row.state,
        State::Taken | State::Refused | State::Decided(Step::Leave(Left::Held) | Step::Remove(_))
    )
}

/// Whether a message counts against what may be taken in one run.
fn uses_room(row: &Row) -> bool {
    !matches!(row.state, State::Decided(Step::Verify(_) | Step::TakeHeader))
}
