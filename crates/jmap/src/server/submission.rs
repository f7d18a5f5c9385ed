//! Submissions: emails that are sent (RFC 8621, 7).

mod create;
mod envelope;
mod query;
mod query_changes;
mod set;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::drawer::{Drawer, Forgot, Object};
use super::listed::{self, Listed};
use super::ports::NoteKind;
use super::{Context, ids};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{HELD_MAX, HELD_OCTETS_MAX, HOLD_S_MAX, SUBMISSIONS_MAX};
use crate::mail::utc_date;
use crate::run::Row;
use mailbox::{EmailId, ThreadId};

pub(super) const CAPABILITY: &str = "urn:ietf:params:jmap:submission";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

/// RFC 8621, 7.1 and 7.2.
pub(super) const ROWS: &[Row<Context>] = &[
    Row {
        name: "EmailSubmission/get",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::get::<Submission>(call)),
    },
    Row {
        name: "EmailSubmission/changes",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::changes::<Submission>(call)),
    },
    query::ROW,
    query_changes::ROW,
    set::ROW,
];

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

/// An email that was sent, or is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Submission {
    identity: u64,
    email: u64,
    thread: u64,
    envelope: envelope::Envelope,
    /// How many octets the email has.
    octets: u64,
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
        forget(drawer, drawer.len().saturating_sub(SUBMISSIONS_MAX));
        Ok(())
    }

    fn forget(drawer: &mut Drawer<Submission>) -> Forgot {
        forget(drawer, (drawer.len() / 8).max(1))
    }
}

/// Forgets so many of the oldest that cannot be called back, but not the one that was made last.
fn forget(drawer: &mut Drawer<Submission>, count: usize) -> Forgot {
    let all_but_last = drawer.len().saturating_sub(1);
    let old: Vec<u64> = drawer
        .iter()
        .take(all_but_last)
        .filter(|(_, it)| it.undo != Undo::Pending)
        .map(|(number, _)| number)
        .take(count)
        .collect();
    old.iter().for_each(|number| drop(drawer.remove(*number)));
    if old.is_empty() { Forgot::Nothing } else { Forgot::Some }
}

/// Whether one more of so many octets may be held: what is held lies on the disk besides the mail.
fn may_hold(drawer: &Drawer<Submission>, octets: u64) -> bool {
    let held = || drawer.iter().filter(|(_, it)| it.undo == Undo::Pending);
    let all = held().map(|(_, it)| it.octets).fold(octets, u64::saturating_add);
    held().count() < HELD_MAX && all <= HELD_OCTETS_MAX
}

impl Listed for Submission {
    /// RFC 8621, 7.
    const PROPERTIES: &'static [&'static str] = &[
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

    fn id(number: u64) -> Id {
        ids::submission(number)
    }

    fn number(id: &Id) -> Option<u64> {
        ids::submission_of(id)
    }

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
        Self::PROPERTIES.iter().map(|name| (*name).to_owned()).zip(values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::envelope::{Address, Envelope};
    use super::{Submission, Undo, forget, may_hold};
    use crate::limits::{HELD_MAX, HELD_OCTETS_MAX};
    use crate::server::drawer::{Drawer, Forgot};

    fn submission(undo: Undo, octets: u64) -> Submission {
        let envelope = Envelope { mail_from: Address::plain("a@x"), rcpt_to: Vec::new() };
        let (identity, email, thread, send_at) = (1, 1, 1, 0);
        Submission { identity, email, thread, envelope, octets, send_at, held: None, undo }
    }

    #[test]
    fn what_is_held_is_bounded_in_number_and_octets() {
        let mut drawer = Drawer::default();
        assert!(may_hold(&drawer, HELD_OCTETS_MAX) && !may_hold(&drawer, HELD_OCTETS_MAX + 1));
        drawer.insert(submission(Undo::Final, HELD_OCTETS_MAX));
        drawer.insert(submission(Undo::Pending, 10));
        assert!(may_hold(&drawer, HELD_OCTETS_MAX - 10) && !may_hold(&drawer, HELD_OCTETS_MAX - 9));
        for _ in 1..HELD_MAX {
            assert!(may_hold(&drawer, 1));
            drawer.insert(submission(Undo::Pending, 0));
        }
        assert!(!may_hold(&drawer, 1));
    }

    #[test]
    fn the_oldest_that_are_over_are_forgotten_first() {
        let mut drawer = Drawer::default();
        for undo in [Undo::Final, Undo::Pending, Undo::Canceled, Undo::Final, Undo::Final] {
            drawer.insert(submission(undo, 0));
        }
        assert_eq!(forget(&mut drawer, 2), Forgot::Some);
        let left: Vec<u64> = drawer.iter().map(|(number, _)| number).collect();
        assert_eq!(left, [2, 4, 5]);
        assert_eq!(forget(&mut drawer, 9), Forgot::Some);
        assert_eq!(forget(&mut drawer, 9), Forgot::Nothing);
        let left: Vec<u64> = drawer.iter().map(|(number, _)| number).collect();
        assert_eq!(left, [2, 5]);
    }
}
