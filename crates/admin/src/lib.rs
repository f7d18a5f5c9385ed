//! Administration: one request, one answer, the same whether it goes through the socket of a running host or to a
//! store that was opened for it.
//!
//! `request` and `answer` are what is said, `desk` does it, `socket` and `client` carry it, and `reach` joins a client
//! to a desk; `keep` is the data folder, `upkeep` what is done with all of it. Nothing here knows a listener.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod account_copy;
pub mod answer;
mod asked;
mod blocking;
mod client;
mod companion;
mod copying;
mod desk;
pub mod keep;
mod outbox;
mod reach;
pub mod request;
pub mod room;
mod running;
mod settings;
pub mod socket;
mod transfers;
pub mod upkeep;
mod wire;

pub use account_copy::{AccountCopy, BodyPart, Listed};
pub use answer::{Answer, Event, Progress};
pub use asked::log_command;
pub use blocking::blocking;
pub use client::{AdminFault, Client};
pub use companion::CompanionMail;
pub use desk::Desk;
pub use outbox::{Outbox, OutboxFault, OutboxList, OutboxTurn};
pub use reach::{Missing, open, serve_desk};
pub use request::{Password, Request, Task};
pub use running::Running;
pub use settings::{QuotaOfNew, Settings};
pub use transfers::{Exporting, Importing};
