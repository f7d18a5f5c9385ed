//! A message of which some recipients have no room: the others get it, and the sender is told of those who did not.

use std::sync::Arc;

use bytes::Bytes;
use queue::{
    Action, Notification, Postmaster as _, Report, Reported, Said, TextState, notification,
};
use smtp::Return;
use smtp::delivery::{Envelope, Recipient, Refused};

use super::{Deliveries, logged};
use crate::outbound::Notices;

/// How much of a message is kept to be returned, in octets: its header, as a rule.
const RETURNED_OCTETS_MAX: usize = 8 << 10;

/// The beginning of a message, behind the Return-Path field.
pub(super) struct Beginning {
    skipped: u64,
    octets: Vec<u8>,
}

impl Beginning {
    pub(super) fn new(envelope: &Envelope) -> Beginning {
        Beginning { skipped: envelope.return_path_octets, octets: Vec::new() }
    }

    pub(super) fn push(&mut self, octets: &[u8]) {
        let skipped = usize::try_from(self.skipped).unwrap_or(usize::MAX).min(octets.len());
        self.skipped = self.skipped.saturating_sub(u64::try_from(skipped).unwrap_or(u64::MAX));
        let room = RETURNED_OCTETS_MAX.saturating_sub(self.octets.len());
        let rest = octets.get(skipped..).unwrap_or_default();
        self.octets.extend_from_slice(rest.get(..room).unwrap_or(rest));
    }
}

impl Deliveries {
    /// Whether the sender of a message can be told of recipients who did not get it. A report has no sender, and none is
    /// sent about it (RFC 5321, 6.1).
    pub(super) fn can_tell(&self, envelope: &Envelope) -> Result<bool, Refused> {
        let Some(from) = &envelope.from else { return Ok(false) };
        Ok(self.settings().way_out.is_there() || self.is_local(from).map_err(logged)?)
    }

    /// Tells the sender that these had no room (RFC 3464). Once this is done, it is as durable as the message.
    pub(super) async fn tell_of_full(
        &self,
        envelope: &Envelope,
        full: &[&Recipient],
        beginning: &Beginning,
    ) -> Result<(), Refused> {
        let wanted = |recipient: &&&Recipient| {
            let notify = recipient.parameters.notify;
            notify.is_none_or(|notify| notify.failure == smtp::Wanted::Yes)
        };
        let now = self.people.accounts().clock().now();
        let said = Said::new(None, "5.2.2", "552 5.2.2 Mailbox full", now);
        let reported = |recipient: &&Recipient| Reported {
            address: recipient.address.to_string(),
            original: recipient.parameters.original.clone(),
            said: said.clone(),
        };
        let recipients: Vec<Reported> = full.iter().filter(wanted).map(reported).collect();
        let (Some(to), false) = (&envelope.from, recipients.is_empty()) else { return Ok(()) };
        let notices = Notices {
            people: Arc::clone(&self.people),
            hostname: self.settings().hostname.clone(),
            queue: Arc::clone(&self.queue),
        };
        let octets = notification(&Report {
            action: Action::Failed,
            to: &to.to_string(),
            hostname: &self.settings().hostname,
            name: &envelope.id,
            envelope_id: envelope.parameters.envelope_id.as_deref(),
            arrived: envelope.received_at,
            until: None,
            // Only the beginning was kept.
            ret: Some(Return::Header),
            utf8: envelope.parameters.utf8,
            recipients,
            text: &beginning.octets,
            state: TextState::Kept,
            now,
        });
        let notice = Notification { to: to.clone(), octets: Bytes::from(octets) };
        notices.notify(notice).await.map_err(logged)
    }
}
