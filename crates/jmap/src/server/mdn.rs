//! Message disposition notifications: that a message was read, or what else became of it (RFC 9007, RFC 8098).

mod parse;
mod send;
mod write;

use message::{DispositionNotification, NotifiedDisposition};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Context;
use super::capabilities::Capability;
use crate::run::Row;

const CAPABILITY: &str = "urn:ietf:params:jmap:mdn";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account: |_| json!({}) };

pub(super) const ROWS: &[Row<Context>] = &[parse::ROW, send::ROW];

/// What is set on an email once such a notification was sent for it (RFC 3503, 3).
const SENT: &str = "$mdnsent";

/// What became of a message (RFC 9007, 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Disposition {
    action_mode: ActionMode,
    sending_mode: SendingMode,
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ActionMode {
    ManualAction,
    AutomaticAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SendingMode {
    MdnSentManually,
    MdnSentAutomatically,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Deleted,
    Dispatched,
    Displayed,
    Processed,
}

impl Disposition {
    fn written(&self) -> NotifiedDisposition {
        let action_mode = match self.action_mode {
            ActionMode::ManualAction => "manual-action",
            ActionMode::AutomaticAction => "automatic-action",
        };
        let sending_mode = match self.sending_mode {
            SendingMode::MdnSentManually => "mdn-sent-manually",
            SendingMode::MdnSentAutomatically => "mdn-sent-automatically",
        };
        let kind = match self.kind {
            Kind::Deleted => "deleted",
            Kind::Dispatched => "dispatched",
            Kind::Displayed => "displayed",
            Kind::Processed => "processed",
        };
        NotifiedDisposition {
            action_mode: action_mode.to_owned(),
            sending_mode: sending_mode.to_owned(),
            kind: kind.to_owned(),
        }
    }
}

/// What one that was read says (RFC 9007, 2). None of it may be there.
fn object(read: DispositionNotification) -> Map<String, Value> {
    let DispositionNotification {
        reporting_ua,
        mdn_gateway,
        original_recipient,
        final_recipient,
        original_message_id,
        disposition,
        errors,
        extensions,
    } = read;
    let disposition = disposition.map(
        |it| json!({"actionMode": it.action_mode, "sendingMode": it.sending_mode, "type": it.kind}),
    );
    let errors = Some(errors).filter(|errors| !errors.is_empty());
    let extensions: Map<String, Value> =
        extensions.into_iter().map(|(name, value)| (name, value.into())).collect();
    let values = [
        // Which email it is about would have to be looked for in all of them.
        ("forEmailId", Value::Null),
        ("reportingUA", json!(reporting_ua)),
        ("mdnGateway", json!(mdn_gateway)),
        ("originalRecipient", json!(original_recipient)),
        ("finalRecipient", json!(final_recipient)),
        ("originalMessageId", json!(original_message_id)),
        ("disposition", json!(disposition)),
        ("error", json!(errors)),
        ("extensionFields", if extensions.is_empty() { Value::Null } else { extensions.into() }),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
