//! Takes a message off the wire: trace fields first, then its text, looked at as it goes by.

use std::sync::Arc;

use super::author::{Authors, authors, missing_fields};
use super::{Service, wording};
use crate::delivery::{Envelope, Owner, Receipt, Refused};
use crate::limits::{HEADER_OCTETS_MAX, HOPS_MAX};
use crate::trace::{self, Hops, Named};
use crate::wire::{Dots, Flaw, Taken, Text};
use crate::{Flavour, Reply};

/// A message on its way in. Once it is spoiled, what still comes is thrown away.
pub(crate) struct Intake {
    service: Arc<Service>,
    envelope: Arc<Envelope>,
    text: Text,
    hops: Hops,
    /// The first octets, until they tell whether the message has a header.
    beginning: Option<Vec<u8>>,
    /// The header of a submitted message, until it is whole and its authors are known.
    held: Option<Vec<u8>>,
    state: State,
    /// Octets of the wire.
    octets: u64,
    /// Octets of the message itself, without dots (RFC 1870, 5).
    size: u64,
    thrown_away: u64,
}

enum State {
    Taking(Box<dyn Receipt>),
    Spoiled(Spoiled),
}

/// Why the message will not be taken.
#[derive(Clone)]
enum Spoiled {
    Refused(Refused),
    Flaw(Flaw),
    Loop,
    HeaderTooLarge,
    NotTheirAuthor,
}

/// The answers for a message.
pub(crate) enum Outcome {
    /// One for all.
    Whole(Reply),
    /// One for each recipient.
    Each(Vec<Reply>),
    /// One for each of the first recipients; of the next nobody knows, and the connection ends.
    Broken(Vec<Reply>),
}

impl Intake {
    /// Begins a message: from here on its recipients are fixed.
    pub(crate) async fn begin(
        service: &Arc<Service>,
        envelope: Arc<Envelope>,
        dots: Dots,
    ) -> Result<Intake, Refused> {
        let return_path = trace::return_path(&envelope);
        let mut envelope = Arc::unwrap_or_clone(envelope);
        envelope.return_path_octets = u64::try_from(return_path.len()).unwrap_or_default();
        let envelope = Arc::new(envelope);
        let mut receipt = service.delivery.receive(envelope.clone()).await?;
        let held = (service.flavour == Flavour::Submission).then(Vec::new);
        if held.is_none() {
            let prefix = return_path
                + &trace::received(&envelope, &service.hostname, Named::No)
                + &trace::unproven_sender(&envelope);
            receipt.write(prefix.as_bytes()).await?;
        }
        Ok(Intake {
            service: service.clone(),
            text: Text::new(dots, service.flavour.line_ends()),
            hops: Hops::default(),
            beginning: Some(Vec::new()),
            held,
            state: State::Taking(receipt),
            envelope,
            octets: 0,
            size: 0,
            thrown_away: 0,
        })
    }

    /// How many octets came.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// How many came since the message was spoiled.
    pub(crate) fn thrown_away_octets(&self) -> u64 {
        self.thrown_away
    }

    /// The answer for a message that was spoiled already.
    pub(crate) fn spoiled(&self) -> Option<Reply> {
        match &self.state {
            State::Taking(_) => None,
            State::Spoiled(spoiled) => Some(word(spoiled)),
        }
    }

    /// Takes a piece from the wire.
    pub(crate) async fn take(&mut self, piece: &[u8]) -> Taken {
        let mut output = Vec::with_capacity(piece.len());
        let taken = self.text.take(piece, &mut output);
        let octets = u64::try_from(taken.octets).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(octets);
        if let State::Spoiled(_) = self.state {
            self.thrown_away = self.thrown_away.saturating_add(octets);
            return taken;
        }
        if let Err(spoiled) = self.keep(&output).await {
            // The receipt goes, and with it all that was written.
            self.state = State::Spoiled(spoiled);
        }
        taken
    }

    /// Keeps what the text of a piece holds up to the first thing that is wrong, so that the answer does not depend on
    /// how the network cut it.
    async fn keep(&mut self, text: &[u8]) -> Result<(), Spoiled> {
        let octets_max = self.service.message_octets_max;
        let room = usize::try_from(octets_max.saturating_sub(self.size)).unwrap_or(usize::MAX);
        let (fits, beyond) = text.split_at_checked(room).unwrap_or((text, &[]));
        self.size = self.size.saturating_add(u64::try_from(fits.len()).unwrap_or(u64::MAX));
        self.look_and_write(fits).await?;
        if !beyond.is_empty() {
            return Err(Spoiled::Refused(Refused::TooLarge { octets_max }));
        }
        self.text.flaw().map_or(Ok(()), |flaw| Err(Spoiled::Flaw(flaw)))
    }

    async fn look_and_write(&mut self, text: &[u8]) -> Result<(), Spoiled> {
        let Some(mut beginning) = self.beginning.take() else { return self.write_on(text).await };
        beginning.extend_from_slice(text);
        match message::has_header(&beginning, false) {
            None => self.beginning = Some(beginning),
            Some(has_header) => self.write_beginning(&beginning, has_header).await?,
        }
        Ok(())
    }

    /// Writes the first octets. A text without a header must not be taken for the host's trace fields (RFC 5322, 2.1).
    async fn write_beginning(&mut self, octets: &[u8], has_header: bool) -> Result<(), Spoiled> {
        if !has_header {
            self.write_on(b"\r\n").await?;
        }
        self.write_on(octets).await
    }

    async fn write_on(&mut self, text: &[u8]) -> Result<(), Spoiled> {
        let in_header = self.hops.look(text);
        if self.hops.count() > HOPS_MAX {
            return Err(Spoiled::Loop);
        }
        let Some(held) = &mut self.held else { return self.write(text).await };
        let (header, body) = text.split_at_checked(in_header).unwrap_or((text, &[]));
        held.extend_from_slice(header);
        if held.len() > HEADER_OCTETS_MAX {
            return Err(Spoiled::HeaderTooLarge);
        }
        if self.hops.header_ended() {
            self.release_header().await?;
            self.write(body).await?;
        }
        Ok(())
    }

    async fn write(&mut self, text: &[u8]) -> Result<(), Spoiled> {
        match &mut self.state {
            State::Taking(receipt) if !text.is_empty() => {
                receipt.write(text).await.map_err(Spoiled::Refused)
            }
            State::Taking(_) | State::Spoiled(_) => Ok(()),
        }
    }

    /// Looks at the authors of a submitted message, and writes its header with what it lacks.
    async fn release_header(&mut self) -> Result<(), Spoiled> {
        let Some(header) = self.held.take() else { return Ok(()) };
        let named = look_at_authors(&self.service, &self.envelope, &header).await?;
        let trace = trace::return_path(&self.envelope)
            + &trace::received(&self.envelope, &self.service.hostname, named)
            + &missing_fields(&header, &self.envelope, &self.service.hostname);
        self.write(trace.as_bytes()).await?;
        self.write(&header).await
    }

    /// Ends the message, and gives the answers for it.
    pub(crate) async fn finish(mut self: Box<Self>) -> Outcome {
        let mut rest = Vec::new();
        self.text.finish(&mut rest);
        if let State::Taking(_) = self.state {
            let mut kept = self.keep(&rest).await;
            if kept.is_ok()
                && let Some(beginning) = self.beginning.take()
            {
                let has_header = message::has_header(&beginning, true).unwrap_or(true);
                kept = self.write_beginning(&beginning, has_header).await;
            }
            if kept.is_ok() {
                // A message that is all header.
                kept = self.release_header().await;
            }
            if let Err(spoiled) = kept {
                self.state = State::Spoiled(spoiled);
            }
        }
        let Intake { state, envelope, size: octets, .. } = *self;
        let receipt = match state {
            State::Taking(receipt) => receipt,
            State::Spoiled(spoiled) => return refused(&envelope, octets, &word(&spoiled)),
        };
        let id = &envelope.id;
        let taken = || Reply::new(250, 0, 0, format!("OK id={id}"));
        match envelope.flavour {
            Flavour::Smtp | Flavour::Submission => {
                let result = receipt.finish_whole().await;
                if result == Err(Refused::Unknown) {
                    return broken(&envelope, Vec::new());
                }
                let reply = result.map_or_else(|r| wording::refused(&r), |()| taken());
                log(&envelope, octets, &reply);
                Outcome::Whole(reply)
            }
            Flavour::Lmtp => {
                let mut results = receipt.finish_each().await;
                // Each recipient gets an answer, whatever the host counted.
                results.resize(envelope.recipients.len(), Err(Refused::Fault));
                let known = results.iter().take_while(|result| **result != Err(Refused::Unknown));
                let known = known.count();
                let replies = results.into_iter().zip(&envelope.recipients).take(known);
                let replies = replies.map(|(result, recipient)| {
                    let mut reply = result.map_or_else(|r| wording::refused(&r), |()| taken());
                    reply.text = format!("<{}> {}", recipient.address, reply.text).into();
                    log(&envelope, octets, &reply);
                    reply
                });
                let replies: Vec<Reply> = replies.collect();
                if known < envelope.recipients.len() {
                    return broken(&envelope, replies);
                }
                Outcome::Each(replies)
            }
        }
    }
}

/// Whether the authors of a submitted message are the user's own, and whether the trace has to name the user.
async fn look_at_authors(
    service: &Service,
    envelope: &Envelope,
    header: &[u8],
) -> Result<Named, Spoiled> {
    let Some(login) = &envelope.login else { return Ok(Named::No) };
    let Authors { who, is_redirect } = authors(header);
    let mut named = if is_redirect { Named::Yes } else { Named::No };
    for author in who {
        let author = author.ok_or(Spoiled::NotTheirAuthor)?;
        match service.delivery.sender(login, &author).await {
            Ok(Owner::User) => {}
            Ok(Owner::Elsewhere) => named = Named::Yes,
            Err(Refused::NotYours) => return Err(Spoiled::NotTheirAuthor),
            Err(other) => return Err(Spoiled::Refused(other)),
        }
    }
    Ok(named)
}

fn broken(envelope: &Envelope, replies: Vec<Reply>) -> Outcome {
    let id = &envelope.id;
    tracing::error!(id, "a connection ends: it is not known whether a message was stored");
    Outcome::Broken(replies)
}

fn refused(envelope: &Envelope, octets: u64, reply: &Reply) -> Outcome {
    log(envelope, octets, reply);
    match envelope.flavour {
        Flavour::Smtp | Flavour::Submission => Outcome::Whole(reply.clone()),
        Flavour::Lmtp => Outcome::Each(envelope.recipients.iter().map(|_| reply.clone()).collect()),
    }
}

fn log(envelope: &Envelope, octets: u64, reply: &Reply) {
    let login = envelope.login.as_ref();
    let recipients: Vec<String> =
        envelope.recipients.iter().take(LOGGED_MAX).map(|one| one.address.to_string()).collect();
    tracing::info!(
        door = envelope.flavour.door(),
        address = envelope.peer.address.map(tracing::field::display),
        outcome = if reply.is_positive() { "ok" } else { "refused" },
        reason = %reply,
        id = envelope.id,
        octets,
        recipients = envelope.recipients.len(),
        user = login.map(|login| login.address.as_str()),
        device = login.and_then(|login| login.device.as_deref()),
        from = envelope.from.as_ref().map_or_else(|| "<>".to_owned(), ToString::to_string),
        to = recipients.join(" "),
        "message"
    );
}

/// So many recipients are named in one line of the log; all are counted.
const LOGGED_MAX: usize = 10;

fn word(spoiled: &Spoiled) -> Reply {
    match spoiled {
        Spoiled::Refused(refused) => wording::refused(refused),
        Spoiled::Flaw(Flaw::BareLineEnd) => {
            Reply::new(550, 6, 0, "Bare CR or LF received; lines must end with CRLF")
        }
        Spoiled::Flaw(Flaw::Nul) => Reply::new(
            550,
            6,
            0,
            "NUL octet received; a text must not hold one (RFC 2045, 2.8): encode it in base64",
        ),
        Spoiled::Flaw(Flaw::LongLine) => {
            Reply::new(552, 6, 0, "Line too long (limit: 1,048,576 octets)")
        }
        Spoiled::Loop => Reply::new(554, 4, 6, "Too many hops (limit: 50), possible mail loop"),
        Spoiled::HeaderTooLarge => {
            Reply::new(552, 3, 4, "Header too large (limit: 1,048,576 octets)")
        }
        Spoiled::NotTheirAuthor => {
            Reply::new(553, 7, 1, "From or Sender address rejected: not owned by user")
        }
    }
}
