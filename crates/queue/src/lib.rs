//! Outbound mail: a durable queue, what to try and when, and what senders are told.
//!
//! `OutboundQueue::add` keeps a message; `run` tries what is due through the [`Transport`] port and tells senders through the
//! [`Postmaster`] port. Each accepted recipient ends sent, or in a notification, or is still queued: never lost, and
//! sent twice at most when the host fails between the other host's 250 and our note of it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod layout;
pub mod limits;
mod notification;
mod planner;
mod queue;
mod record;
mod relay;
mod stored;
mod transport;
mod vacation;
mod worker;

pub use layout::MessageId;
pub use notification::{Action, Report, Reported, TextState, notification};
pub use planner::{pause_s, settle};
pub use queue::{OutboundQueue, QueueError, Waiting};
pub use record::{Owed, Progress, Queued, QueuedRecipient, Said, Submission};
pub use relay::{Connection, Connector, Relay, RelaySecurity, RelayTransport, Stream, outcome};
pub use transport::{Notification, Notifies, Outcome, Parcel, Postmaster, Route, Transport};
pub use vacation::{Absence, Answering, Arrived};
pub use worker::run;
