//! What a pull tells: while it goes on, and at the end.

use super::{Identity, KeeperFault, Row, State};
use crate::MessageNumber;
use crate::client::pull::policy::{Left, Step};
use crate::client::{Expire, Fault, Refusal};
use crate::limits::PULL_REFUSALS_TOLD;

/// What was done. Of a message that is not counted under `taken`, `headers` or `removed` nothing was changed anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many messages the server listed.
    pub listed: u32,
    /// How many were taken; all of them are durable.
    pub taken: u32,
    /// How many octets those have.
    pub taken_octets: u64,
    /// Of how many only the header was taken; durable as well.
    pub headers: u32,
    /// How many were held before, and are.
    pub held_before: u32,
    /// How many were removed from the server. It has said so.
    pub removed: u32,
    /// How many would have been removed if they had unique ids, see `WithoutIds`.
    pub kept_without_id: u32,
    /// How many were to be removed and were not, because what is held of them cannot be read.
    pub unreadable: u32,
    /// How many are not among the newest that the policy wants.
    pub not_newest: u32,
    /// How many are larger than the policy wants.
    pub too_large: u32,
    /// How many are older than the policy wants.
    pub too_old: u32,
    /// How many wait for the next run: there was no more room in this one, or it was stopped.
    pub waiting: u32,
    /// How many the server did not give, or not remove.
    pub refused: u32,
    /// The first of those, and why.
    pub refusals: Vec<Refused>,
    /// Whether the person stopped it.
    pub stopped: bool,
    /// How long the server keeps what is left on it, if it says so. A person who leaves mail there for longer should be
    /// told (RFC 2449, 6.7).
    pub expire: Option<Expire>,
    /// How the session ended.
    pub ending: Ending,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// With QUIT, as usual.
    #[default]
    Quit,
    /// Without: the server announces `EXPIRE 0`, so that QUIT could have removed whatever was fetched (RFC 2449, 6.7), and
    /// something was that is not held. What should have been removed goes with the next run.
    HungUp,
}

/// A message that the server did not give, or not remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number in that session.
    pub message: MessageNumber,
    /// Its identity, as far as that was known.
    pub identity: Option<Identity>,
    /// The server's answer.
    pub refusal: Refusal,
}

/// How far a pull has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many messages have come whole.
    pub messages: u32,
    /// How many will come, as far as that is known.
    pub messages_expected: u32,
    /// How many octets have come.
    pub octets: u64,
    /// How many will come, if the server's sizes are right.
    pub octets_expected: u64,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// Take the next message.
    On,
    /// No: no more messages are asked for. What is on its way still comes, and the session ends in good order.
    Stop,
}

/// Whom a pull tells how far it has come, and who may stop it.
pub type Watch<'w> = dyn FnMut(Progress) -> Go + Send + 'w;

/// Why a pull did not come to its end. What it has done so far stays done; the next one goes on from there.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Interrupted {
    /// What ended it.
    #[source]
    pub fault: PullFault,
    /// What was done before. Messages for which DELE was sent may be removed or not, and are not counted.
    pub summary: Box<Summary>,
}

/// Why a pull did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum PullFault {
    /// The server or the connection.
    #[error(transparent)]
    Server(#[from] Fault),
    /// The keeper: most likely its disk or quota is full.
    #[error("the messages could not be kept: {0}")]
    Keeper(#[source] KeeperFault),
}

impl From<KeeperFault> for PullFault {
    fn from(fault: KeeperFault) -> PullFault {
        PullFault::Keeper(fault)
    }
}

impl Summary {
    /// Notes a refusal.
    pub(super) fn refuse(&mut self, row: &Row, refusal: Refusal) {
        self.refused = self.refused.saturating_add(1);
        if self.refusals.len() < PULL_REFUSALS_TOLD {
            let identity = row.identity.clone();
            self.refusals.push(Refused { message: row.message, identity, refusal });
        }
    }

    /// Counts what was left.
    pub(super) fn count(&mut self, rows: &[Row]) {
        for row in rows {
            let counted = match &row.state {
                State::Taken | State::Refused => continue,
                State::Open | State::Waiting => &mut self.waiting,
                State::Decided(step) => match step {
                    Step::Leave(Left::Held) | Step::Remove(_) => &mut self.held_before,
                    Step::Leave(Left::NotNewest) => &mut self.not_newest,
                    Step::Leave(Left::TooLarge) => &mut self.too_large,
                    Step::Leave(Left::TooOld) => &mut self.too_old,
                    Step::Take | Step::TakeHeader | Step::LookAtDate(_) | Step::Verify(_) => {
                        &mut self.waiting
                    }
                },
            };
            *counted = counted.saturating_add(1);
        }
    }
}
