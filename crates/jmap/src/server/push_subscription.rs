//! PushSubscription: an address elsewhere that is told what changed (RFC 8620, 7.2). They are of what let the client in, not of an
//! account: nobody else sees them, and they go with it.

mod get;
mod set;

use mailbox::{AccountId, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::drawer::{self, Drawer, Object};
use super::ports::{NoteKind, Notes};
use super::{Context, ids};
use crate::error::MethodError;
use crate::mail::utc_date;
use crate::run::Row;

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, set::ROW];

/// All properties but `url` and `keys`, which nobody is shown.
const SHOWN: [&str; 5] = ["id", "deviceClientId", "verificationCode", "expires", "types"];

/// An address that is told what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSubscription {
    /// What the client calls itself and its device.
    pub device_client_id: String,
    /// Where to.
    pub url: String,
    /// By what pushes are encrypted; none: they are not.
    pub keys: Option<PushKeys>,
    /// What proves that the address is the client's.
    pub verification_code: String,
    /// Whether it was said.
    pub is_verified: bool,
    /// When it ends, in Unix seconds.
    pub expires_s: i64,
    /// The types that it is told of; none: all.
    pub types: Option<Vec<String>>,
    /// What let the client in.
    pub credential: String,
}

/// By what pushes are encrypted, in base64 for URLs (RFC 8291, 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushKeys {
    /// The public key of the client, a point of P-256.
    pub p256dh: String,
    /// The secret that it shares with us, of 16 octets.
    pub auth: String,
}

impl Object for PushSubscription {
    const NOTE: NoteKind = NoteKind::PushSubscriptions;

    /// What is over goes, address and keys with it.
    fn catch_up(
        context: &Context,
        drawer: &mut Drawer<PushSubscription>,
    ) -> Result<(), MethodError> {
        let now = context.ports.accounts.clock().now();
        drawer.retain(|_, subscription| subscription.expires_s > now.0);
        Ok(())
    }
}

impl PushSubscription {
    fn object(&self, number: u64) -> Map<String, Value> {
        // Before it was said the code is known only to whom it was sent.
        let code = self.is_verified.then_some(&self.verification_code);
        let values = [
            json!(ids::push_subscription(number)),
            json!(self.device_client_id),
            json!(code),
            json!(utc_date(self.expires_s)),
            json!(self.types),
        ];
        SHOWN.iter().map(|name| (*name).to_owned()).zip(values).collect()
    }
}

/// The subscriptions of a user, by their numbers.
pub fn push_subscriptions(
    notes: &dyn Notes,
    account: AccountId,
) -> Result<Vec<(u64, PushSubscription)>, Fault> {
    drawer::objects(notes, account)
}

/// Lets go of all subscriptions of a user but these.
pub async fn keep_push_subscriptions(
    notes: &dyn Notes,
    account: AccountId,
    keep: impl FnMut(u64, &PushSubscription) -> bool,
) -> Result<(), Fault> {
    drawer::retain(notes, account, keep).await
}
