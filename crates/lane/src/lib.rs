//! Two lanes for tasks, so that nobody waits for somebody else's work (docs/adr/0008-lanes.md).
//!
//! A task begins in the **quick** lane: it is polled by the runtime like any other. Before it computes for long, or
//! waits for the disk or the network inside a call that is not async, it changes to the **slow** lane: from then on
//! each of its polls is handed to a thread of its own, of low priority ([`Threads`]), which the operating system
//! interrupts as soon as something in the quick lane has to be done. However long such a poll takes, and whatever
//! it computes, it delays nobody in the quick lane, and those in the slow lane share the processors evenly.
//!
//! The code of the task stays as it is: it says [`slow`] before long work, [`breathe`] in loops that may become long,
//! [`give_way`] in those that are long because much is sent, and [`quick`] when it is done. Outside of [`run`] (in most
//! tests) there are no lanes, and `breathe` gives others their turn each time.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests may be blunt")
)]

mod apart;
mod change;
mod run;
mod state;
#[cfg(test)]
mod tests;
mod threads;

pub use apart::apart;
pub use change::{breathe, computed, give_way, quick, slow};
pub use run::{Reads, alike, run};
pub use threads::{CallingThread, Job, Threads};

use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many polls of one user may be computed in the slow lane at once. Further ones wait for their turn.
pub const TURNS_MAX: usize = 2;

/// The turns in the slow lane that one user's tasks take. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Turns {
        Turns(Arc::new(Semaphore::new(TURNS_MAX)))
    }
}
