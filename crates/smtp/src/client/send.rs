//! The client sends a message, pipelined where the other host allows it (RFC 2920), in one chunk after another where
//! it takes them (RFC 3030), else with DATA.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Body, Client, Fault};
use crate::command::{Bdat, ChunkPlace, Mail, Rcpt};
use crate::limits::{CHUNK_OCTETS, RECIPIENTS_AT_ONCE};
use crate::wire::{Stuffer, Text};
use crate::{BodyKind, Command, Flavour, RecipientParameters, Reply, Utf8};

/// How the text is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// In chunks where possible: they leave nothing to read in two ways.
    Best,
    /// With DATA and dots.
    Data,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends a message. Gives the last word on each recipient, in their order. After a fault nothing is known about
    /// the message.
    pub async fn send(
        &mut self,
        mail: &Mail,
        recipients: &[Rcpt],
        body: &mut dyn Body,
    ) -> Result<Vec<Reply>, Fault> {
        if let Some(reply) = self.beyond_it(mail, recipients, body.octets()) {
            return Ok(vec![reply; recipients.len()]);
        }
        let chunks = self.framing == Framing::Best && self.capabilities.has("CHUNKING");
        let (mail_reply, mut replies) = self.envelope(mail, recipients, body.octets()).await?;
        if !mail_reply.is_positive() {
            return Ok(vec![mail_reply; recipients.len()]);
        }
        if !replies.iter().any(Reply::is_positive) {
            self.command(&Command::Rset).await?;
            return Ok(replies);
        }
        let refusal = if chunks { self.chunks(body).await? } else { self.text(body).await? };
        let each = self.flavour == Flavour::Lmtp && refusal.is_none();
        let mut last = None;
        for reply in replies.iter_mut().filter(|reply| reply.is_positive()) {
            let word = match (&refusal, &last) {
                (Some(refusal), _) => refusal.clone(),
                // SMTP answers once for all, LMTP for each (RFC 2033, 4.2).
                (None, Some(word)) if !each => Reply::clone(word),
                (None, _) => self.last_reply().await?,
            };
            *reply = word.clone();
            last = Some(word);
        }
        if refusal.is_some() {
            self.command(&Command::Rset).await?;
        }
        Ok(replies)
    }

    /// What the other host cannot take, whatever it would answer.
    fn beyond_it(&self, mail: &Mail, recipients: &[Rcpt], octets: u64) -> Option<Reply> {
        let able = &self.capabilities;
        if able.message_octets_max().is_some_and(|most| octets > most) {
            return Some(Reply::new(552, 3, 4, "The message is too large for the next host"));
        }
        if mail.parameters.body == BodyKind::EightBit && !able.has("8BITMIME") {
            return Some(Reply::new(554, 6, 3, "The next host takes only ASCII"));
        }
        let ascii = mail.from.iter().chain(recipients.iter().map(|r| &r.to)).all(|a| a.is_ascii());
        if (mail.parameters.utf8 == Utf8::Yes || !ascii) && !able.has("SMTPUTF8") {
            return Some(Reply::new(553, 6, 7, "The next host takes no addresses beyond ASCII"));
        }
        None
    }

    /// Sends MAIL and RCPT; gives the answer to MAIL, and one for each recipient.
    async fn envelope(
        &mut self,
        mail: &Mail,
        recipients: &[Rcpt],
        octets: u64,
    ) -> Result<(Reply, Vec<Reply>), Fault> {
        let mut mail = mail.clone();
        mail.parameters.size = self.capabilities.has("SIZE").then_some(octets);
        let notifies = self.capabilities.has("DSN");
        if !notifies {
            mail.parameters.ret = None;
            mail.parameters.envelope_id = None;
        }
        let pipelining = self.capabilities.has("PIPELINING");
        let mut mail_reply = None;
        let mut replies = Vec::with_capacity(recipients.len());
        self.line(&Command::Mail(mail).print()).await?;
        if !pipelining {
            self.wire.flush().await?;
            mail_reply = Some(self.reply().await?);
        }
        let at_once = if pipelining { RECIPIENTS_AT_ONCE } else { 1 };
        for batch in recipients.chunks(at_once) {
            if mail_reply.as_ref().is_some_and(|reply| !reply.is_positive()) {
                break;
            }
            for recipient in batch {
                let mut recipient = recipient.clone();
                if !notifies {
                    recipient.parameters = RecipientParameters::default();
                }
                self.line(&Command::Rcpt(recipient).print()).await?;
            }
            self.wire.flush().await?;
            if mail_reply.is_none() {
                mail_reply = Some(self.reply().await?);
            }
            for _ in batch {
                replies.push(self.reply().await?);
            }
        }
        Ok((mail_reply.ok_or(Fault::Closed)?, replies))
    }

    /// Sends the text with DATA; gives the answer if DATA itself is refused.
    async fn text(&mut self, body: &mut dyn Body) -> Result<Option<Reply>, Fault> {
        let reply = self.command(&Command::Data).await?;
        if !reply.is_intermediate() {
            return Ok(Some(reply));
        }
        let mut stuffer = Stuffer::new();
        let mut output = Vec::new();
        while let Some(piece) = body.piece().await.map_err(Fault::Body)? {
            stuffer.take(&piece, &mut output);
            self.wire.write(&output).await?;
            output.clear();
        }
        stuffer.finish(&mut output);
        self.wire.write(&output).await?;
        Ok(None)
    }

    /// Sends the text in chunks, of which the last is not yet answered; gives the answer if one before it is refused.
    async fn chunks(&mut self, body: &mut dyn Body) -> Result<Option<Reply>, Fault> {
        let mut lines = Text::outgoing();
        let mut output = Vec::new();
        while let Some(piece) = body.piece().await.map_err(Fault::Body)? {
            for part in piece.chunks(CHUNK_OCTETS) {
                if output.len() >= CHUNK_OCTETS {
                    self.chunk(&output, ChunkPlace::Within).await?;
                    output.clear();
                    let reply = self.reply().await?;
                    if !reply.is_positive() {
                        return Ok(Some(reply));
                    }
                }
                lines.take(part, &mut output);
            }
        }
        lines.finish(&mut output);
        self.chunk(&output, ChunkPlace::Last).await?;
        Ok(None)
    }

    async fn chunk(&mut self, octets: &[u8], place: ChunkPlace) -> Result<(), Fault> {
        let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.line(&Command::Bdat(Bdat { octets: count, place }).print()).await?;
        Ok(self.wire.write(octets).await?)
    }
}
