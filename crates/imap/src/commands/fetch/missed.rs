//! What a FETCH could not serve, and how that is told at its end.

use mailbox::{Entry, UidSet};

use crate::response::Code;
use crate::server::limits::FETCH_FAULTS_MAX;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::words;

/// What could not be served.
#[derive(Default)]
pub(crate) struct Missed {
    gone: bool,
    pub(crate) unknown_encoding: bool,
    damaged: UidSet,
    faults: u32,
    last_fault: Option<Stop>,
}

impl Missed {
    /// Takes note of a message that others have removed for good.
    pub(super) fn gone(&mut self) {
        self.gone = true;
    }

    /// Takes note of a message that is damaged. The others are served, however many there are: trying again would not
    /// help any of them.
    pub(super) fn damaged(
        &mut self,
        session: &Session<'_>,
        entry: &Entry,
        stop: &Stop,
    ) -> Result<(), Stop> {
        let account = session.opened()?;
        // A message that was dropped for good while we read it has lost its octets too.
        if matches!(account.reader()?.email(entry.email), Ok(None)) {
            self.gone = true;
        } else if !self.damaged.contains(entry.uid) {
            self.damaged.insert(entry.uid);
            let (user, uid) = (account.name(), entry.uid.number());
            tracing::warn!(user, uid, %stop, "a message is damaged");
        }
        Ok(())
    }

    /// Takes note of a message that could not be read: the others can still be served, unless there are many.
    pub(super) fn fault(&mut self, stop: Stop) -> Result<(), Stop> {
        self.faults = self.faults.saturating_add(1);
        if matches!(stop, Stop::Gone(_)) || self.faults >= FETCH_FAULTS_MAX {
            return Err(stop);
        }
        self.last_fault = Some(stop);
        Ok(())
    }

    pub(super) fn end(self) -> Result<Done, Stop> {
        if let Some(fault) = self.last_fault {
            return Err(fault);
        }
        if !self.damaged.is_empty() {
            return Err(words::left_out(&self.damaged));
        }
        if self.unknown_encoding {
            // RFC 9051, 6.4.5 (BINARY)
            let text = "A part has a transfer encoding that this server does not know";
            return Err(Stop::No(Some(Code::UnknownCte), text.into()));
        }
        if self.gone {
            // RFC 2180, 4.1.2
            let text = "Some of the messages are gone";
            return Err(Stop::No(Some(Code::ExpungeIssued), text.into()));
        }
        Ok(Done::completed())
    }
}
