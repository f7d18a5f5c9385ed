//! Administration: one request, one answer, the same whether it goes through the socket of a running host or to a
//! store that was opened for it. `request` and `answer` are what is said, `desk` does it, `socket` and `client`
//! carry it.

pub mod answer;
pub mod client;
mod desk;
pub mod request;
pub mod socket;
mod wire;

pub use answer::{Answer, Event, Progress};
pub use client::{AdminFault, Client};
pub use desk::{Desk, DeskSettings};
pub use request::{Password, Request, Task};
