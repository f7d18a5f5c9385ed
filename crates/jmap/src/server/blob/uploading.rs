//! An upload while it comes in, over HTTP or in a call (RFC 8620, 6.1).

use mailbox::{Error, Incoming};
use serde::Serialize;

use crate::error::MethodError;
use crate::id::Id;
use crate::server::{Context, ids};

/// An upload while it comes in. Dropped before its end, it leaves nothing behind.
pub struct Uploading {
    incoming: Incoming,
    octets: u64,
    octets_max: u64,
}

/// What became of it, as the answer over HTTP says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// In which account.
    pub account_id: Id,
    /// Its id.
    pub blob_id: Id,
    /// The type that the client says.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many octets it has.
    pub size: u64,
}

/// Why it was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotUploaded {
    /// It is larger than so many octets.
    TooLarge(u64),
    /// Something failed, and was noted in the log.
    Failed(MethodError),
}

impl Uploading {
    /// Begins one of at most so many octets. No message is larger than the host takes, and so is no upload.
    pub fn begin(context: &Context, octets_max: u64) -> Uploading {
        let most = context.ports.accounts.policy().message_octets_max;
        let incoming = context.ports.accounts.receive();
        Uploading { incoming, octets: 0, octets_max: octets_max.min(most) }
    }

    /// Takes more octets.
    pub async fn write(&mut self, context: &Context, octets: &[u8]) -> Result<(), NotUploaded> {
        let more = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(more);
        if self.octets > self.octets_max {
            return Err(NotUploaded::TooLarge(self.octets_max));
        }
        self.incoming.write(octets).await.map_err(|error| worded(context, &error))
    }

    /// Ends it: from now on it can be read.
    pub async fn finish(self, context: &Context, kind: String) -> Result<Uploaded, NotUploaded> {
        let size = self.octets;
        let kept = match self.incoming.finish().await {
            Ok(received) => context.account.keep_upload(received).await,
            Err(error) => Err(error),
        };
        let id = kept.map_err(|error| worded(context, &error))?;
        Ok(Uploaded { account_id: context.account_id(), blob_id: ids::upload(id), kind, size })
    }
}

fn worded(context: &Context, error: &Error) -> NotUploaded {
    NotUploaded::Failed(context.not_done(error))
}
