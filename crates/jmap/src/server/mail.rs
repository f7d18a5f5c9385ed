//! The capability of mail (RFC 8621, 1.3.1).

use mailbox::limits::{MAILBOX_DEPTH_MAX, MAILBOX_LEVEL_OCTETS_MAX};
use serde_json::{Value, json};

use super::Context;
use super::capabilities::Capability;

/// Its name.
pub(super) const CAPABILITY: &str = "urn:ietf:params:jmap:mail";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

/// By what emails can be sorted (RFC 8621, 4.4.2).
pub(super) const SORTS: [&str; 9] = [
    "receivedAt",
    "sentAt",
    "size",
    "from",
    "to",
    "subject",
    "hasKeyword",
    "allInThreadHaveKeyword",
    "someInThreadHaveKeyword",
];

/// What a header may take of the largest message, and the boundaries between parts.
const BESIDE_ATTACHMENTS_OCTETS: u64 = 64 << 10;

fn of_account(context: &Context) -> Value {
    let message = context.ports.accounts.policy().message_octets_max;
    // Base64 makes 78 octets with their line end of 57.
    let attachments = (message.saturating_sub(BESIDE_ATTACHMENTS_OCTETS) / 78).saturating_mul(57);
    json!({
        "maxMailboxesPerEmail": null,
        "maxMailboxDepth": MAILBOX_DEPTH_MAX,
        "maxSizeMailboxName": MAILBOX_LEVEL_OCTETS_MAX,
        "maxSizeAttachmentsPerEmail": attachments,
        "emailQuerySortOptions": SORTS,
        "mayCreateTopLevelMailbox": true,
    })
}
