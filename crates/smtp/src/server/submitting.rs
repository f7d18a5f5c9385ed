//! Mail that comes in through another door of the host than SMTP, from somebody who is logged in there: the same checks, fields and
//! answers as over the wire.

use std::sync::Arc;

use sasl::{Login, Peer};

use super::{Intake, Outcome, Service, wording};
use crate::Reply;
use crate::command::{Mail, NotReceived, Rcpt};
use crate::delivery::{Envelope, Oddities, Recipient};
use crate::wire::Dots;

/// A message before its text. What is refused is said as it would be over SMTP, and nothing is stored then.
pub struct Submitting {
    service: Arc<Service>,
    envelope: Envelope,
}

/// The text of a message on its way in.
pub struct Text {
    name: String,
    intake: Box<Intake>,
}

impl Submitting {
    /// Begins one, as MAIL does. `hello` is what the client calls itself, for the trace.
    pub async fn begin(
        service: &Arc<Service>,
        login: Login,
        peer: Peer,
        hello: &str,
        mail: Mail,
    ) -> Result<Submitting, Reply> {
        let claim = service.may_send(Some(&login), &mail).await?;
        let envelope = Envelope {
            id: service.delivery.fresh_id(),
            flavour: service.flavour,
            peer,
            hello: hello.to_owned(),
            oddities: Oddities::default(),
            login: Some(login),
            from: mail.from,
            claim,
            parameters: mail.parameters,
            recipients: Vec::new(),
            received_at: service.clock.now(),
            return_path_octets: 0,
        };
        Ok(Submitting { service: Arc::clone(service), envelope })
    }

    /// Adds a recipient, as RCPT does.
    pub async fn recipient(&mut self, rcpt: Rcpt) -> Result<(), Reply> {
        match self.service.may_receive(&self.envelope, &rcpt).await {
            Ok(targets) => {
                let Rcpt { to: address, parameters, .. } = rcpt;
                self.envelope.recipients.push(Recipient { address, parameters, targets });
                Ok(())
            }
            Err(NotReceived::Reply(reply)) => Err(reply),
            Err(NotReceived::Refused(refused)) => Err(wording::refused(&refused)),
        }
    }

    /// Begins the text.
    pub async fn text(self) -> Result<Text, Reply> {
        let name = self.envelope.id.clone();
        let intake = Intake::begin(&self.service, Arc::new(self.envelope), Dots::Plain).await;
        let intake = intake.map_err(|refused| wording::refused(&refused))?;
        Ok(Text { name, intake: Box::new(intake) })
    }
}

impl Text {
    /// What the message is called in the log and in the queue.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes more octets. What is wrong with them is said at the end.
    pub async fn write(&mut self, octets: &[u8]) {
        self.intake.take(octets).await;
    }

    /// Ends it: `Ok` means that it is durable, and that each recipient gets it or its sender a notification. No reply: nobody knows
    /// whether it was stored.
    pub async fn finish(self) -> Result<(), Option<Reply>> {
        match self.intake.finish().await {
            Outcome::Whole(reply) if reply.is_positive() => Ok(()),
            Outcome::Whole(reply) => Err(Some(reply)),
            Outcome::Each(_) | Outcome::Broken(_) => Err(None),
        }
    }
}
