//! Submissions: emails that are sent (RFC 8621, 7).

mod changes;
mod create;
mod envelope;
mod get;
mod query;
mod query_changes;
mod set;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::drawer::{Drawer, Object};
use super::ports::NoteKind;
use super::{Context, ids};
use crate::error::MethodError;
use crate::limits::{HOLD_S_MAX, SUBMISSIONS_MAX};
use crate::mail::utc_date;
use crate::run::Row;
use mailbox::{EmailId, ThreadId};

pub(super) const CAPABILITY: &str = "urn:ietf:params:jmap:submission";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] =
    &[get::ROW, changes::ROW, query::ROW, query_changes::ROW, set::ROW];

fn of_account(context: &Context) -> Value {
    let size = context.ports.accounts.policy().message_octets_max.to_string();
    json!({
        "maxDelayedSend": HOLD_S_MAX,
        "submissionExtensions": {
            "FUTURERELEASE": [HOLD_S_MAX.to_string()],
            "SIZE": [size],
            "DSN": [],
            "8BITMIME": [],
            "SMTPUTF8": [],
        },
    })
}

/// All properties (RFC 8621, 7).
const PROPERTIES: [&str; 10] = [
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
];

/// An email that was sent, or is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Submission {
    identity: u64,
    email: u64,
    thread: u64,
    envelope: envelope::Envelope,
    /// When it was or will be released, in seconds since 1970.
    send_at: i64,
    /// What the queue calls it, while it is held.
    held: Option<String>,
    undo: Undo,
}

/// Whether it can be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Undo {
    /// It may be.
    Pending,
    /// It is on its way.
    Final,
    /// It was.
    Canceled,
}

impl Undo {
    fn name(self) -> &'static str {
        match self {
            Undo::Pending => "pending",
            Undo::Final => "final",
            Undo::Canceled => "canceled",
        }
    }
}

impl Object for Submission {
    const NOTE: NoteKind = NoteKind::Submissions;

    /// What was held and has gone is final; of too many that are, the oldest are forgotten (RFC 8621, 7).
    fn catch_up(context: &Context, drawer: &mut Drawer<Submission>) -> Result<(), MethodError> {
        let now = context.ports.accounts.clock().now().0;
        let is_due = |it: &Submission| it.undo == Undo::Pending && it.send_at <= now;
        let due: Vec<(u64, Submission)> = drawer
            .iter()
            .filter(|(_, it)| is_due(it))
            .map(|(number, it)| (number, it.clone()))
            .collect();
        for (number, submission) in due {
            let is_held = match &submission.held {
                Some(name) => context.ports.outbox.is_held(name),
                None => Ok(false),
            };
            if !is_held.map_err(|fault| context.failed(&fault))? {
                drawer.replace(number, Submission { undo: Undo::Final, held: None, ..submission });
            }
        }
        let surplus = drawer.len().saturating_sub(SUBMISSIONS_MAX);
        let over = |it: &Submission| it.undo != Undo::Pending;
        let old: Vec<u64> = drawer
            .iter()
            .filter(|(_, it)| over(it))
            .map(|(number, _)| number)
            .take(surplus)
            .collect();
        for number in old {
            drawer.remove(number);
        }
        Ok(())
    }
}

impl Submission {
    fn object(&self, number: u64) -> Map<String, Value> {
        let values = [
            json!(ids::submission(number)),
            json!(ids::identity(self.identity)),
            json!(ids::email(EmailId(self.email))),
            json!(ids::thread(ThreadId(self.thread))),
            json!(self.envelope),
            json!(utc_date(self.send_at)),
            json!(self.undo.name()),
            Value::Null,
            json!([]),
            json!([]),
        ];
        PROPERTIES.iter().map(|name| (*name).to_owned()).zip(values).collect()
    }
}
