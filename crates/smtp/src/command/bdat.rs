//! BDAT: the message in chunks of known size (RFC 3030, 2).

use std::sync::Arc;

use super::{Command, CommandFault};
use crate::limits::THROWN_AWAY_OCTETS_MAX;
use crate::server::{Chunks, Gone, Intake, Next, Session, wording};
use crate::wire::Dots;
use crate::{Flavour, Reply, Syntax};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

/// A chunk; its octets follow the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bdat {
    /// How many octets follow.
    pub octets: u64,
    /// Whether others come after it.
    pub place: ChunkPlace,
}

/// Whether the message goes on after a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkPlace {
    /// Others follow.
    Within,
    /// It is the last.
    Last,
}

pub(super) fn parse(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    let mut words = argument.trim_end_matches(' ').split(' ');
    let place = match (words.next(), words.next(), words.next()) {
        (Some(size), None, _) => (size, ChunkPlace::Within),
        (Some(size), Some(last), None) if last.eq_ignore_ascii_case("LAST") => {
            (size, ChunkPlace::Last)
        }
        _ => return Err(CommandFault::Chunk),
    };
    let (size, place) = place;
    let digits = (1..=20).contains(&size.len()) && size.bytes().all(|o| o.is_ascii_digit());
    match size.parse() {
        Ok(octets) if digits => Ok(Command::Bdat(Bdat { octets, place })),
        _ => Err(CommandFault::Chunk),
    }
}

/// Words a chunk size that is none. How much follows is unknown, so the session cannot go on.
pub(crate) fn unreadable() -> Reply {
    wording::syntax(Syntax("BDAT, the number of octets, and LAST on the last chunk"))
}

impl Bdat {
    pub(super) fn print(&self) -> String {
        match self.place {
            ChunkPlace::Within => format!("BDAT {}", self.octets),
            ChunkPlace::Last => format!("BDAT {} LAST", self.octets),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Runs it. Whatever is answered, the octets of the chunk are taken off the wire, so that none of them is read as
    /// a command.
    pub(crate) async fn bdat(&mut self, bdat: Bdat) -> Result<Next, Gone> {
        if bdat.octets > self.service.message_octets_max.saturating_add(THROWN_AWAY_OCTETS_MAX) {
            let octets_max = self.service.message_octets_max;
            let refused = crate::delivery::Refused::TooLarge { octets_max };
            return self.close(wording::refused(&refused)).await;
        }
        let mut intake = match self.chunk_intake().await {
            Ok(intake) => intake,
            Err(refusal) => {
                if let Some(next) = self.read_chunk(bdat.octets, None).await? {
                    return Ok(next);
                }
                return self.answer_error(refusal).await;
            }
        };
        if let Some(next) = self.read_chunk(bdat.octets, Some(&mut intake)).await? {
            return Ok(next);
        }
        match bdat.place {
            ChunkPlace::Last => {
                self.transaction = None;
                let outcome = intake.finish().await;
                self.answer_outcome(outcome).await
            }
            ChunkPlace::Within => match intake.spoiled() {
                None => {
                    if let Some(transaction) = &mut self.transaction {
                        transaction.chunks = Chunks::Some(intake);
                    }
                    let text = format!("{} octets received", bdat.octets);
                    self.answer(Reply::new(250, 0, 0, text)).await
                }
                Some(reply) => self.answer(reply).await,
            },
        }
    }

    /// The message that a chunk belongs to. While it is out, the chunks count as refused: only a chunk that came whole
    /// puts it back.
    async fn chunk_intake(&mut self) -> Result<Box<Intake>, Reply> {
        let Some(transaction) = &mut self.transaction else {
            return Err(Reply::new(503, 5, 1, "Need MAIL and RCPT commands"));
        };
        if transaction.envelope.recipients.is_empty() {
            return Err(Reply::new(503, 5, 1, "No valid recipients"));
        }
        match std::mem::replace(&mut transaction.chunks, Chunks::Refused) {
            Chunks::Some(intake) => Ok(intake),
            Chunks::Refused => {
                Err(Reply::new(503, 5, 1, "An earlier chunk was rejected; send RSET"))
            }
            Chunks::None => {
                let envelope = Arc::new(transaction.envelope.clone());
                match Intake::begin(&self.service, envelope, Dots::Plain).await {
                    Ok(intake) => Ok(Box::new(intake)),
                    Err(refused) => Err(wording::refused(&refused)),
                }
            }
        }
    }

    /// Reads a chunk into a message, or away.
    async fn read_chunk(
        &mut self,
        octets: u64,
        mut intake: Option<&mut Box<Intake>>,
    ) -> Result<Option<Next>, Gone> {
        let began = Instant::now();
        let mut left = octets;
        while left > 0 {
            let here = usize::try_from(left).unwrap_or(usize::MAX);
            let piece = self.wire.take(here);
            left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if let Some(intake) = &mut intake {
                intake.take(&piece).await;
            }
            if left > 0
                && let Some(next) = self.more_text(began, octets.saturating_sub(left)).await?
            {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }
}
