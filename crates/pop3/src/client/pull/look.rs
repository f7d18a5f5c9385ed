//! Looks at headers: of messages without unique id, to know them; of those that may be too old; of those in doubt.

use super::header::{HeaderScan, header_name};
use super::policy::{Date, Left, Step};
use super::{Again, Keeper, Name, Passed, Print, PullFault, Row, Run, State, Top};
use crate::client::{Client, Part, Request, Stream};

/// How much of a header is reckoned with: most have less.
const HEADER_OCTETS: u64 = 4_096;

/// What was seen of a header.
struct Seen {
    print: Print,
    date: Date,
}

impl<K: Keeper> Run<'_, K> {
    /// Looks at the headers that must be looked at, and decides.
    pub(super) async fn look<S: Stream>(
        &mut self,
        client: &mut Client<S>,
        rows: &mut [Row],
    ) -> Result<(), PullFault> {
        let seen = self.headers(client, rows).await?;
        let mut dates = Vec::new();
        for (row, seen) in rows.iter_mut().zip(seen) {
            let Some(seen) = seen else { continue };
            dates.push((row.message, seen.date));
            match std::mem::replace(&mut row.state, State::Open) {
                State::Open => {
                    let name = Name::Header(header_name(seen.print, row.octets));
                    row.identity = Some(self.identify(name));
                }
                State::Decided(Step::Verify(held)) => {
                    let step = if held.header == seen.print {
                        self.verified(row, held).await?
                    } else {
                        row.again = Again::Yes;
                        Step::Take
                    };
                    row.state = State::Decided(step);
                }
                State::Decided(Step::LookAtDate(passed)) => {
                    row.state = State::Decided(self.dated(row, *passed, seen.date).await?);
                }
                other @ (State::Decided(_) | State::Taken | State::Refused | State::Waiting) => {
                    row.state = other;
                }
            }
        }
        let date = |message| {
            let at = dates.binary_search_by_key(&message, |(message, _)| *message).ok();
            at.and_then(|at| dates.get(at)).map_or(Date::Unknown, |(_, date)| *date)
        };
        self.decide(rows, date).await
    }

    /// What becomes of a message that is the one that is held after all.
    pub(super) async fn verified(
        &mut self,
        row: &Row,
        held: Box<super::Held>,
    ) -> Result<Step, PullFault> {
        if let (Some(identity), Some(octets)) = (&row.identity, row.octets)
            && held.listed_octets != row.octets
        {
            self.keeper.resized(identity, octets).await?;
            self.unsettled.passes = self.unsettled.passes.saturating_add(1);
        }
        let due = self.policy.is_due(held.since, held.here, self.now);
        Ok(if due { Step::Remove(held) } else { Step::Leave(Left::Held) })
    }

    /// What becomes of a message now that its date is known; the keeper remembers one that is too old.
    pub(super) async fn dated(
        &mut self,
        row: &Row,
        passed: Passed,
        date: Date,
    ) -> Result<Step, PullFault> {
        let step = self.policy.step(super::Known::Passed(passed), row.listed(date), self.now);
        if let (Step::Leave(Left::TooOld), Some(identity), Date::Seen(date)) =
            (&step, &row.identity, date)
        {
            self.keeper.pass(identity, Passed { date, ..passed }).await?;
            self.unsettled.passes = self.unsettled.passes.saturating_add(1);
        }
        Ok(step)
    }

    /// Fetches the headers that must be looked at; none for the others and for those that the server does not give.
    async fn headers<S: Stream>(
        &mut self,
        client: &mut Client<S>,
        rows: &[Row],
    ) -> Result<Vec<Option<Seen>>, PullFault> {
        let mut seen: Vec<Option<Seen>> = rows.iter().map(|_| None).collect();
        // A server that may not know TOP is asked for one header first.
        if self.top == Top::Untried {
            let first = rows.iter().zip(&mut seen).filter(|(row, _)| self.looks_at(row)).take(1);
            self.fetch_headers(client, first.collect()).await?;
        }
        let rest = rows
            .iter()
            .zip(&mut seen)
            .filter(|(row, seen)| seen.is_none() && self.looks_at(row))
            .collect();
        self.fetch_headers(client, rest).await?;
        Ok(seen)
    }

    async fn fetch_headers<S: Stream>(
        &mut self,
        client: &mut Client<S>,
        mut wanted: Vec<(&Row, &mut Option<Seen>)>,
    ) -> Result<(), PullFault> {
        if wanted.is_empty() {
            return Ok(());
        }
        let request = |row: &Row| Request {
            message: row.message,
            part: Part::Top(0),
            octets: row.octets.unwrap_or(HEADER_OCTETS).min(HEADER_OCTETS),
        };
        let requests: Vec<Request> = wanted.iter().map(|(row, _)| request(row)).collect();
        let mut headers = client.retrieve(requests, self.policy.octets_hard_max).await?;
        let mut wanted = wanted.iter_mut();
        while let Some((_, answer)) = headers.next().await? {
            let Some((_, seen)) = wanted.next() else { break };
            self.top = match (&answer, self.top) {
                (Ok(()), _) | (Err(_), Top::Works) => Top::Works,
                (Err(_), Top::Untried | Top::Fails) => Top::Fails,
            };
            if answer.is_ok() {
                let mut scan = HeaderScan::default();
                while let Some(octets) = headers.octets().await? {
                    scan.take(&octets);
                }
                **seen = Some(Seen { print: scan.print(), date: Date::Seen(scan.date()) });
            }
        }
        Ok(())
    }

    /// Whether the header of a message must be looked at.
    fn looks_at(&self, row: &Row) -> bool {
        if self.top == Top::Fails {
            return false;
        }
        let room = self.room != Some(0);
        match &row.state {
            State::Open => room && row.identity.is_none(),
            State::Decided(Step::LookAtDate(_)) => room,
            State::Decided(Step::Verify(_)) => true,
            State::Decided(Step::Leave(_) | Step::Remove(_) | Step::Take | Step::TakeHeader)
            | State::Taken
            | State::Refused
            | State::Waiting => false,
        }
    }
}
