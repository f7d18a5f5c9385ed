//! Mail that was held comes to its recipients here, as it comes to those elsewhere: out of the queue.

use std::sync::Arc;

use mailbox::Clock;
use queue::{Notifies, Outcome, Parcel, Route, Said, Transport};
use sasl::{Peer, Ready, Security};
use smtp::delivery::{
    Asking, Claim, Delivery as _, Envelope, Oddities, Receipt, Recipient, Refused,
};
use smtp::{Address, Flavour};

use super::Deliveries;

/// The ways of a host: to its own people, and through whatever leads to others, if anything does.
pub(crate) struct Ways<T> {
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) elsewhere: Option<T>,
}

impl<T: Transport> Transport for Ways<T> {
    fn route(&self, recipient: &Address) -> Route {
        match (self.deliveries.is_local(recipient), &self.elsewhere) {
            (Ok(false), Some(elsewhere)) => elsewhere.route(recipient),
            (Ok(false), None) => Route::Relay,
            // Where the directory cannot be read now, it is asked again at the try.
            (Ok(true) | Err(_), _) => Route::Here,
        }
    }

    fn send<'a>(&'a self, parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>> {
        match (&parcel.route, &self.elsewhere) {
            (Route::Here, _) => Box::pin(self.deliver(parcel)),
            (Route::Relay, Some(elsewhere)) => elsewhere.send(parcel),
            (Route::Relay, None) => {
                let said = Said::new(None, "4.4.4", "no relay is configured", self.clock.now());
                let outcomes = vec![Outcome::Deferred { said }; parcel.recipients.len()];
                Box::pin(async { outcomes })
            }
        }
    }
}

impl<T: Transport> Ways<T> {
    /// Delivers here. A recipient who is not taken has an outcome of their own.
    async fn deliver(&self, parcel: Parcel<'_>) -> Vec<Outcome> {
        let courier = self.deliveries.courier();
        let return_path = match &parcel.mail.from {
            Some(from) => format!("Return-Path: <{from}>\r\n"),
            None => "Return-Path: <>\r\n".to_owned(),
        };
        let mut envelope = Envelope {
            id: parcel.name.to_owned(),
            flavour: Flavour::Submission,
            peer: Peer::new(None, Security::Loopback),
            hello: String::new(),
            oddities: Oddities::default(),
            login: None,
            from: parcel.mail.from.clone(),
            claim: Claim::Nothing,
            parameters: parcel.mail.parameters.clone(),
            recipients: Vec::new(),
            received_at: self.clock.now(),
            return_path_octets: u64::try_from(return_path.len()).unwrap_or_default(),
        };
        let mut answers: Vec<Option<Refused>> = Vec::with_capacity(parcel.recipients.len());
        for to in &parcel.recipients {
            let asking = Asking { address: &to.to, envelope: &envelope };
            match courier.recipient(asking).await {
                Ok(targets) => {
                    let (address, parameters) = (to.to.clone(), to.parameters.clone());
                    envelope.recipients.push(Recipient { address, parameters, targets });
                    answers.push(None);
                }
                Err(refused) => answers.push(Some(refused)),
            }
        }
        let taken = envelope.recipients.len();
        let mut each = if taken == 0 {
            Vec::new()
        } else {
            match courier.receive(Arc::new(envelope)).await {
                Ok(receipt) => write(receipt, &return_path, parcel).await,
                Err(refused) => vec![Err(refused)],
            }
        };
        each.resize(taken, Err(Refused::Fault));
        let mut each = each.into_iter();
        let answers = answers.into_iter().map(|refused| match refused {
            Some(refused) => Err(refused),
            None => each.next().unwrap_or(Err(Refused::Fault)),
        });
        answers.map(|answer| self.outcome(answer)).collect()
    }

    fn outcome(&self, answer: Result<(), Refused>) -> Outcome {
        let now = self.clock.now();
        // A notification of success is not sent for mail that comes here at once either.
        let notifies = Notifies::Yes;
        let Err(refused) = answer else {
            return Outcome::Sent { said: Said::new(None, "2.0.0", "250 2.0.0 OK", now), notifies };
        };
        // The words that a client would hear: a code, and an enhanced code.
        let text = refused.to_string();
        let status = text.split(' ').nth(1).unwrap_or("4.3.0");
        let said = Said::new(None, status, &text, now);
        if text.starts_with('5') { Outcome::Refused { said } } else { Outcome::Deferred { said } }
    }
}

/// Hands the message over. What cannot be read leaves nothing behind, and is tried again.
async fn write(
    mut receipt: Box<dyn Receipt>,
    return_path: &str,
    mut parcel: Parcel<'_>,
) -> Vec<Result<(), Refused>> {
    let mut written = receipt.write(return_path.as_bytes()).await;
    while written.is_ok() {
        written = match parcel.body.piece().await {
            Ok(Some(piece)) => receipt.write(&piece).await,
            Ok(None) => break,
            Err(error) => {
                tracing::error!(%error, id = parcel.name, "mail that was held cannot be read");
                Err(Refused::Fault)
            }
        };
    }
    match written {
        Ok(()) => receipt.finish_each().await,
        Err(refused) => vec![Err(refused); parcel.recipients.len()],
    }
}
