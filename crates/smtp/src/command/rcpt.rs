//! RCPT: who receives (RFC 5321, 4.1.1.3).

use std::time::Duration;

use super::mail::after;
use super::{Command, CommandFault};
use crate::address::{Bare, path};
use crate::delivery::{Asking, Recipient, Refused};
use crate::limits::{RECIPIENTS_MAX, UNKNOWN_RECIPIENT_DELAY_MS_MAX, UNKNOWN_RECIPIENTS_FREE};
use crate::server::{Session, wording};
use crate::{Address, Flavour, RecipientParameters, Reply, Syntax, Utf8};

/// The arguments of RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    /// The forward-path (RFC 5321, 4.1.1.3).
    pub to: Address,
    /// What follows the path.
    pub parameters: RecipientParameters,
}

pub(super) fn parse(argument: &str, flavour: Flavour) -> Result<Command, CommandFault> {
    let text = after(argument, "TO:").ok_or(Syntax("RCPT TO:<address>"))?;
    let bare = match flavour {
        Flavour::Lmtp => Bare::Anybody,
        Flavour::Smtp | Flavour::Submission => Bare::Postmaster,
    };
    let (to, rest) = path(text, bare)?;
    Ok(Command::Rcpt(Rcpt { to, parameters: RecipientParameters::parse(rest)? }))
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
        let envelope = &transaction.envelope;
        if transaction.has_chunks() {
            return Reply::new(503, 5, 1, "RCPT not allowed after BDAT");
        }
        if self.service.flavour != Flavour::Submission && rcpt.parameters.asks_for_notification() {
            return wording::parameter();
        }
        if envelope.recipients.len() >= RECIPIENTS_MAX {
            return Reply::new(452, 5, 3, "Too many recipients");
        }
        if !rcpt.to.is_ascii() && envelope.parameters.utf8 == Utf8::No {
            return wording::needs_utf8();
        }
        let asking = Asking { address: &rcpt.to, envelope };
        match self.service.delivery.recipient(asking).await {
            Ok(targets) => {
                let recipient =
                    Recipient { address: rcpt.to, parameters: rcpt.parameters, targets };
                if let Some(transaction) = &mut self.transaction {
                    transaction.envelope.recipients.push(recipient);
                }
                Reply::new(250, 1, 5, "Recipient OK")
            }
            Err(refused) => {
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
