//! RCPT: who receives (RFC 5321, 4.1.1.3).

use std::time::Duration;

use super::mail::after;
use super::{Command, CommandFault};
use crate::address::{Bare, Brackets, path};
use crate::delivery::{Asking, Envelope, Recipient, Refused, Target};
use crate::limits::{
    RECIPIENTS_MAX, STRANGER_RECIPIENTS_MAX, STRANGER_RECIPIENTS_OCTETS_MAX,
    UNKNOWN_RECIPIENT_DELAY_MS_MAX, UNKNOWN_RECIPIENTS_FREE,
};
use crate::server::{Service, Session, wording};
use crate::{Address, Domain, Flavour, RecipientParameters, Reply, Syntax, Utf8};

/// The arguments of RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    /// The forward-path (RFC 5321, 4.1.1.3).
    pub to: Address,
    /// What follows the path.
    pub parameters: RecipientParameters,
    /// How the path was written. Printed it has brackets.
    pub brackets: Brackets,
}

pub(super) fn parse(argument: &str, flavour: Flavour) -> Result<Command, CommandFault> {
    let text = after(argument, "TO:").ok_or(Syntax("RCPT TO:<address>"))?;
    let bare = match flavour {
        Flavour::Lmtp => Bare::Anybody,
        Flavour::Smtp | Flavour::Submission => Bare::Postmaster,
    };
    let (to, rest, brackets) = path(text, bare)?;
    Ok(Command::Rcpt(Rcpt { to, parameters: RecipientParameters::parse(rest)?, brackets }))
}

impl Rcpt {
    pub(super) fn print(&self) -> String {
        let mut line = format!("RCPT TO:<{}>", self.to);
        if let Some(notify) = self.parameters.notify {
            line.push_str(&format!(" NOTIFY={}", notify.print()));
        }
        if let Some(original) = &self.parameters.original {
            line.push_str(&format!(" ORCPT={}", original.print()));
        }
        line
    }
}

impl<S> Session<S> {
    /// Asks the host about the recipient, and answers.
    pub(crate) async fn rcpt(&mut self, rcpt: Rcpt) -> Reply {
        let Some(transaction) = &self.transaction else {
            return Reply::new(503, 5, 1, "Need MAIL command");
        };
        if transaction.has_chunks() {
            return Reply::new(503, 5, 1, "RCPT not allowed after BDAT");
        }
        let envelope = &transaction.envelope;
        let is_stranger = envelope.is_from_stranger();
        match self.service.may_receive(envelope, &rcpt).await {
            Ok(targets) => {
                let recipient =
                    Recipient { address: rcpt.to, parameters: rcpt.parameters, targets };
                if let Some(transaction) = &mut self.transaction {
                    let octets = transaction.recipients_octets.saturating_add(held(&recipient));
                    let is_first = transaction.envelope.recipients.is_empty();
                    if is_stranger && !is_first && octets > STRANGER_RECIPIENTS_OCTETS_MAX {
                        return too_many();
                    }
                    transaction.recipients_octets = octets;
                    transaction.envelope.recipients.push(recipient);
                    if rcpt.brackets == Brackets::Missing {
                        transaction.envelope.oddities.brackets = Brackets::Missing;
                    }
                }
                Reply::new(250, 1, 5, "Recipient OK")
            }
            Err(NotReceived::Reply(reply)) => reply,
            Err(NotReceived::Refused(refused)) => {
                if matches!(refused, Refused::UnknownUser | Refused::RelayDenied) {
                    self.slow_down_guessing().await;
                }
                wording::refused(&refused)
            }
        }
    }

    /// Makes it slow to try addresses out. Nothing is held meanwhile but this connection.
    async fn slow_down_guessing(&mut self) {
        self.unknown_recipients = self.unknown_recipients.saturating_add(1);
        let over = self.unknown_recipients.saturating_sub(UNKNOWN_RECIPIENTS_FREE);
        if over > 0 && self.service.flavour == Flavour::Smtp {
            let delay_ms = u64::from(over).saturating_mul(100).min(UNKNOWN_RECIPIENT_DELAY_MS_MAX);
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
    }
}

/// Why a recipient is not taken.
pub(crate) enum NotReceived {
    /// The session's own reasons.
    Reply(Reply),
    /// The host's.
    Refused(Refused),
}

impl Service {
    /// Where the mail for one more recipient goes.
    pub(crate) async fn may_receive(
        &self,
        envelope: &Envelope,
        rcpt: &Rcpt,
    ) -> Result<Vec<Target>, NotReceived> {
        if self.flavour != Flavour::Submission && rcpt.parameters.asks_for_notification() {
            return Err(NotReceived::Reply(wording::parameter()));
        }
        let is_stranger = envelope.is_from_stranger();
        let recipients_max = if is_stranger { STRANGER_RECIPIENTS_MAX } else { RECIPIENTS_MAX };
        if envelope.recipients.len() >= recipients_max {
            return Err(NotReceived::Reply(too_many()));
        }
        if !rcpt.to.is_ascii() && envelope.parameters.utf8 == Utf8::No {
            return Err(NotReceived::Reply(wording::needs_utf8()));
        }
        let asking = Asking { address: &rcpt.to, envelope };
        self.delivery.recipient(asking).await.map_err(NotReceived::Refused)
    }
}

/// The sender brings the others in another transaction (RFC 5321, 4.5.3.1.10).
fn too_many() -> Reply {
    Reply::new(452, 5, 3, "Too many recipients")
}

/// About how many octets a recipient takes in memory. It has no parameters when a stranger names it.
fn held(recipient: &Recipient) -> usize {
    let of_address = |address: &Address| {
        let domain = match address.domain() {
            Domain::Name(name) => name.len(),
            Domain::Literal(_) | Domain::Here => 0,
        };
        address.local().len().saturating_add(domain)
    };
    let of_target = |target: &Target| {
        let text = match target {
            Target::Account { detail, .. } => detail.as_ref().map_or(0, String::len),
            Target::Elsewhere(address) => of_address(address),
        };
        size_of::<Target>().saturating_add(text)
    };
    let targets = recipient.targets.iter().map(of_target);
    targets.fold(
        size_of::<Recipient>().saturating_add(of_address(&recipient.address)),
        usize::saturating_add,
    )
}
