//! Hostile mail in real browsers: a stage of pages that show bodies, a tracker that must hear nothing, and a browser without a
//! window that goes through them.
//!
//! The stage hands what lies below `/body/` on to the host, so that pages and bodies have one origin, as with a webmail. A page tells
//! it at the end which scripts ran (they post their name to it) and how many bodies were measured.

mod browser;
mod http;
mod stage;

pub use browser::Browser;
pub use http::{Answer, ask};
pub use stage::{Frame, Report, Stage};
