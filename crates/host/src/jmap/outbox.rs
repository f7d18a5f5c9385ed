//! Mail that is sent over JMAP: it goes the way of submission, with the checks, the trace and the limits of that door.

use std::sync::Arc;

use directory::{Logins, People};
use jmap::server::ports::{Envelope, NotSent, Outbox, Sender, Sending, Waiting};
use mailbox::{AccountId, Fault};
use queue::OutboundQueue;
use sasl::{Credential, Login, Peer, Security};
use serde_json::{Map, Value};
use smtp::command::{Mail, Rcpt};
use smtp::limits::RECIPIENTS_MAX;
use smtp::server::{Service, Submitting, Text, Tls};
use smtp::{
    Address, BodyKind, Brackets, Flavour, MailParameters, RecipientParameters, Reply, Utf8,
    to_xtext,
};
use tokio::sync::watch;

use crate::delivery::Deliveries;
use crate::serve::Phase;

/// The way out.
pub(crate) struct Submissions {
    pub(crate) people: Arc<People>,
    pub(crate) logins: Arc<Logins>,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) queue: Arc<OutboundQueue>,
    pub(crate) hostname: String,
    pub(crate) phase: watch::Receiver<Phase>,
}

/// What the trace says that the client is.
const HELLO: &str = "jmap";

impl Submissions {
    fn service(&self) -> Arc<Service> {
        Arc::new(Service {
            flavour: Flavour::Submission,
            hostname: self.hostname.clone(),
            message_octets_max: self.people.accounts().policy().message_octets_max,
            tls: Tls::NotOffered,
            directory: Arc::<Logins>::clone(&self.logins),
            delivery: self.deliveries.courier(),
            clock: Arc::clone(self.people.accounts().clock()),
            phase: self.phase.clone(),
        })
    }

    async fn submit(
        &self,
        sender: Sender<'_>,
        envelope: &Envelope,
    ) -> Result<Box<dyn Sending>, NotSent> {
        let octets_max = self.people.accounts().policy().message_octets_max;
        if envelope.recipients.len() > RECIPIENTS_MAX {
            return Err(NotSent::TooManyRecipients(RECIPIENTS_MAX.try_into().unwrap_or(u64::MAX)));
        }
        let (mail, recipients) = addressed(envelope)?;
        let login = Login {
            account: sender.account.0,
            address: sender.address.to_owned(),
            device: sender.device.map(str::to_owned),
            credential: Credential::Other,
        };
        let peer = Peer::new(sender.peer, Security::Clear);
        let submitting = Submitting::begin(&self.service(), login, peer, HELLO, mail).await;
        let mut submitting = submitting.map_err(|reply| match (reply.code, enhanced(&reply)) {
            (552, _) => NotSent::TooLarge(octets_max),
            (400..=499, _) => NotSent::Forbidden(reply.text.into_owned()),
            _ => NotSent::MailFrom(reply.text.into_owned()),
        })?;
        let mut wrong = Vec::new();
        for recipient in recipients {
            let address = recipient.to.to_string();
            match submitting.recipient(recipient).await {
                Ok(()) => {}
                Err(reply) if is_about_sender(&reply) => {
                    return Err(NotSent::Forbidden(format!("{address}: {}", reply.text)));
                }
                Err(_) => wrong.push(address),
            }
        }
        if !wrong.is_empty() {
            return Err(NotSent::Recipients(wrong));
        }
        let text = submitting.text().await;
        let text = text.map_err(|reply| NotSent::Failed(reply.text.into_owned()))?;
        Ok(Box::new(OnItsWay { text, octets_max }))
    }
}

/// Whether a recipient is refused for what others would be refused for as well: it may work later (the limit of a day, a full mailbox), or there
/// is no way to other hosts.
fn is_about_sender(reply: &Reply) -> bool {
    !reply.is_permanent() || matches!(enhanced(reply), (4, 4) | (7, 1))
}

fn enhanced(reply: &Reply) -> (u16, u16) {
    reply.enhanced.map_or((0, 0), |enhanced| (enhanced.subject, enhanced.detail))
}

/// The envelope as SMTP has it.
fn addressed(envelope: &Envelope) -> Result<(Mail, Vec<Rcpt>), NotSent> {
    let from: Option<Address> = match &envelope.from {
        None => None,
        Some(from) => {
            Some(from.parse().map_err(|_| NotSent::MailFrom(format!("{from} is no address")))?)
        }
    };
    let mut wrong = Vec::new();
    let mut recipients = Vec::new();
    let mut is_ascii = from.as_ref().is_none_or(Address::is_ascii);
    for (to, parameters) in &envelope.recipients {
        let text = words(parameters)?;
        let parameters = RecipientParameters::parse(&text);
        let parameters = parameters.map_err(|_| NotSent::Parameters(format!("of {to}:{text}")))?;
        match to.parse::<Address>() {
            Ok(to) => {
                is_ascii &= to.is_ascii();
                recipients.push(Rcpt { to, parameters, brackets: Brackets::There });
            }
            Err(_) => wrong.push(to.clone()),
        }
    }
    if !wrong.is_empty() {
        return Err(NotSent::Recipients(wrong));
    }
    let text = words(&envelope.parameters)?;
    let parameters = MailParameters::parse(&text);
    let mut parameters =
        parameters.map_err(|_| NotSent::Parameters(format!("of the sender:{text}")))?;
    // Messages in messages are not encoded.
    parameters.body = BodyKind::EightBit;
    if !is_ascii {
        parameters.utf8 = Utf8::Yes;
    }
    parameters.hold_until = envelope.hold_until;
    Ok((Mail { from, parameters, brackets: Brackets::There }, recipients))
}

/// Parameters as they stand behind an address (RFC 8621, 7: without their encoding).
fn words(parameters: &Map<String, Value>) -> Result<String, NotSent> {
    let mut text = String::new();
    for (name, value) in parameters {
        let is_name = !name.is_empty()
            && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        match value {
            Value::Null if is_name => text.push_str(&format!(" {name}")),
            Value::String(value) if is_name => {
                text.push_str(&format!(" {name}={}", to_xtext(value)));
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                return Err(NotSent::Parameters("a parameter is a name with a text".to_owned()));
            }
        }
    }
    Ok(text)
}

/// A message that is being handed in.
struct OnItsWay {
    text: Text,
    octets_max: u64,
}

impl Sending for OnItsWay {
    fn name(&self) -> String {
        self.text.name().to_owned()
    }

    fn write<'a>(&'a mut self, octets: &'a [u8]) -> Waiting<'a, Result<(), NotSent>> {
        Box::pin(async {
            self.text.write(octets).await;
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> Waiting<'static, Result<(), NotSent>> {
        let OnItsWay { text, octets_max } = *self;
        Box::pin(async move {
            let reply = match text.finish().await {
                Ok(()) => return Ok(()),
                Err(None) => return Err(NotSent::Unknown),
                Err(Some(reply)) => reply,
            };
            Err(match (reply.code, enhanced(&reply)) {
                (553, (7, 1)) => NotSent::From(reply.text.into_owned()),
                (552, (3, 4)) => NotSent::TooLarge(octets_max),
                (500..=599, (6, _) | (4, 6)) => NotSent::Message(reply.text.into_owned()),
                (500..=599, (7, _)) => NotSent::Forbidden(reply.text.into_owned()),
                _ => NotSent::Failed(reply.text.into_owned()),
            })
        })
    }
}

impl Outbox for Submissions {
    fn may_send_as(&self, account: AccountId, address: &str) -> Result<bool, Fault> {
        let Ok(address) = address.parse::<Address>() else { return Ok(false) };
        self.deliveries.may_send_from(account, &address)
    }

    fn begin<'a>(
        &'a self,
        sender: Sender<'a>,
        envelope: &'a Envelope,
    ) -> Waiting<'a, Result<Box<dyn Sending>, NotSent>> {
        Box::pin(self.submit(sender, envelope))
    }

    fn is_held(&self, name: &str) -> Result<bool, Fault> {
        self.queue.is_held(name)
    }

    fn call_back<'a>(&'a self, name: &'a str) -> Waiting<'a, Result<bool, Fault>> {
        Box::pin(self.queue.call_back(name))
    }
}

#[cfg(test)]
mod tests {
    use super::is_about_sender;
    use smtp::Reply;

    #[test]
    fn a_recipient_is_wrong_only_where_it_is_the_recipient() {
        for (reply, want) in [
            (Reply::new(550, 1, 1, "User unknown"), false),
            (Reply::new(552, 2, 2, "Mailbox full"), false),
            (Reply::new(450, 7, 1, "Sending limit exceeded"), true),
            (Reply::new(550, 4, 4, "Relaying to other hosts is not configured"), true),
            (Reply::new(550, 7, 1, "only read here"), true),
        ] {
            assert_eq!(is_about_sender(&reply), want, "{reply}");
        }
    }
}
