//! The outbox: what a person sends through the provider of an account (RFC 6409), and how far each message is. A message is durable
//! here before it is tried, and goes out of here when everybody has it and its copy is in Sent, or when a person says so.
//!
//! `draft` makes a message fit; `parcel` is what is kept of it and `planner` what comes of what happens; `shelf` is the port to where
//! it lies; `posting` sends it, `filing` and `local` put its copy into Sent, and `run` is one run over all.

mod draft;
mod filing;
mod local;
mod parcel;
mod planner;
mod posting;
mod run;
mod shelf;
mod words;

pub use queue::{Progress, Said};
pub use smtp::{Address, Notify, Return};

pub use draft::{CopyBy, Draft, Manner, Notices, Sender, Taking, Unfit, Whom, authors};
pub use local::LocalFault;
pub use parcel::{AskedCopy, Copy, Envelope, Held, PARCEL_VERSION, Recipient, State};
pub use planner::Waits;
pub use posting::PostWatch;
pub use run::{OutboxRun, WhichParcels};
pub use shelf::{NotAnId, OutboxShelf, Parcel, ParcelId};
