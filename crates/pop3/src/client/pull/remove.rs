//! The end of a pull: names what is safe, and believes that it is removed when the server says so.

use super::{Ending, Identity, Keeper, PullFault, Row, Run};
use crate::MessageNumber;
use crate::client::{Client, Durable, Expire, Stream};
use crate::limits::PULL_CHUNK;

impl<K: Keeper> Run<'_, K> {
    /// Removes what is to be removed, and ends the session.
    pub(super) async fn remove<S: Stream>(
        &mut self,
        client: &mut Client<S>,
        rows: &[Row],
    ) -> Result<(), PullFault> {
        if self.summary.expire == Some(Expire::AfterDays(0)) && self.fetched_in_vain > 0 {
            self.summary.ending = Ending::HungUp;
            client.hang_up().await;
            return Ok(());
        }
        let removals = std::mem::take(&mut self.removals);
        let (mut safe, mut leaving): (Vec<(MessageNumber, Durable)>, Vec<Identity>) =
            (Vec::new(), Vec::new());
        for removals in removals.chunks(PULL_CHUNK) {
            let identities: Vec<Identity> =
                removals.iter().map(|(_, identity, _)| identity.clone()).collect();
            let words = self.keeper.leaving(&identities).await?;
            if words.len() != identities.len() {
                return Err(PullFault::Keeper("it vouches for others than asked".into()));
            }
            for (((message, ..), identity), word) in removals.iter().zip(identities).zip(words) {
                match word {
                    Some(durable) => {
                        safe.push((*message, durable));
                        leaving.push(identity);
                    }
                    None => self.summary.unreadable = self.summary.unreadable.saturating_add(1),
                }
            }
        }
        let refused = client.delete_and_quit(&safe).await?;
        let mut refusals = refused.into_iter().peekable();
        let mut gone = Vec::new();
        for ((message, _), identity) in safe.into_iter().zip(leaving) {
            // In the order in which they were asked for.
            match refusals.next_if(|(refused, _)| *refused == message) {
                None => gone.push(identity),
                Some((_, refusal)) => {
                    let at = rows.binary_search_by_key(&message, |row| row.message).ok();
                    if let Some(row) = at.and_then(|at| rows.get(at)) {
                        self.summary.refuse(row, refusal);
                    }
                }
            }
        }
        self.summary.removed = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        for identities in gone.chunks(PULL_CHUNK) {
            self.keeper.gone(identities).await?;
        }
        Ok(())
    }
}
