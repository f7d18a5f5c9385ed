//! DATA: the text of the message (RFC 5321, 4.1.1.4; RFC 2033, 4.2).

use std::sync::Arc;

use super::{Command, CommandFault, alone};
use crate::delivery::Envelope;
use crate::limits::{
    STOPPING_TEXT_S, TEXT_PAUSE_S_MAX, TEXT_RATE_OCTETS_MIN, TEXT_TIMEOUT_S, THROWN_AWAY_OCTETS_MAX,
};
use crate::server::{Gone, Intake, Next, Outcome, Phase, Session, deadline, wording};
use crate::wire::{Dots, Ending};
use crate::{Flavour, Reply};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout_at};

pub(super) fn parse(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    alone(argument, Command::Data)
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Runs it.
    pub(crate) async fn data(&mut self) -> Result<Next, Gone> {
        let envelope = match self.may_take_text() {
            Ok(envelope) => envelope,
            Err(refusal) => return self.answer_error(refusal).await,
        };
        let mut intake = match Intake::begin(&self.service, envelope, Dots::Stuffed).await {
            Ok(intake) => Box::new(intake),
            Err(refused) => return self.answer(wording::refused(&refused)).await,
        };
        self.answer(Reply::plain(354, "Start mail input; end with <CRLF>.<CRLF>")).await?;
        if self.wire.inbound().is_empty() {
            self.wire.flush().await?;
        }
        let began = Instant::now();
        loop {
            let taken = intake.take(self.wire.inbound()).await;
            self.wire.take(taken.octets);
            if taken.ended {
                break;
            }
            if intake.thrown_away_octets() > THROWN_AWAY_OCTETS_MAX {
                return self
                    .close(Reply::new(
                        421,
                        3,
                        4,
                        "Message far exceeds the size limit, closing connection",
                    ))
                    .await;
            }
            if let Some(next) = self.more_text(began, intake.octets()).await? {
                return Ok(next);
            }
        }
        let outcome = intake.finish().await;
        self.answer_outcome(outcome).await
    }

    /// Takes the transaction, if it is ready for the text.
    fn may_take_text(&mut self) -> Result<Arc<Envelope>, Reply> {
        let Some(transaction) = self.transaction.take() else {
            return Err(Reply::new(503, 5, 1, "Need MAIL and RCPT commands"));
        };
        if transaction.has_chunks() {
            self.transaction = Some(transaction);
            return Err(Reply::new(503, 5, 1, "DATA not allowed after BDAT"));
        }
        if transaction.envelope.recipients.is_empty() {
            self.transaction = Some(transaction);
            // RFC 2033, 4.2, wants 503; RFC 5321, 3.3, allows both.
            return Err(Reply::new(503, 5, 1, "No valid recipients"));
        }
        Ok(Arc::new(transaction.envelope))
    }

    /// Reads more of a message; `Some` if the session ends instead.
    pub(crate) async fn more_text(
        &mut self,
        began: Instant,
        octets: u64,
    ) -> Result<Option<Next>, Gone> {
        self.wire.flush().await?;
        let earned_s = octets.checked_div(TEXT_RATE_OCTETS_MIN).unwrap_or_default();
        let until = deadline(began, TEXT_TIMEOUT_S.saturating_add(earned_s))
            .min(deadline(Instant::now(), TEXT_PAUSE_S_MAX));
        let Session { wire, phase, stopping_since, .. } = self;
        let stopped = async {
            // That nobody is there to tell means the same.
            drop(phase.wait_for(|phase| *phase == Phase::Stopping).await);
            let since = *stopping_since.get_or_insert_with(Instant::now);
            sleep_until(deadline(since, STOPPING_TEXT_S)).await;
        };
        let read = tokio::select! {
            biased;
            () = stopped => return self.unheard(Ending::Stopping).await.map(Some),
            read = timeout_at(until, wire.fill()) => read,
        };
        match read {
            Ok(Ok(0)) => Ok(Some(Next::Close)),
            Ok(Ok(_)) => Ok(None),
            Ok(Err(error)) => Err(Gone(error)),
            Err(_) => self
                .close(Reply::new(
                    421,
                    4,
                    2,
                    "Timeout exceeded in message transfer, closing connection",
                ))
                .await
                .map(Some),
        }
    }

    /// Answers for a whole message: once, or once for each recipient (RFC 2033, 4.2).
    pub(crate) async fn answer_outcome(&mut self, outcome: Outcome) -> Result<Next, Gone> {
        match outcome {
            Outcome::Whole(reply) => {
                if reply.is_positive() {
                    self.forgive();
                }
                self.answer(reply).await
            }
            Outcome::Each(replies) => {
                self.forgive();
                for reply in replies {
                    self.answer(reply).await?;
                }
                Ok(Next::Go)
            }
            Outcome::Broken(replies) => {
                for reply in replies {
                    self.answer(reply).await?;
                }
                self.wire.flush().await?;
                Ok(Next::Close)
            }
        }
    }
}
