//! What a program has of the machine it runs on: the clock, randomness, plain files; and sizes and times as people
//! write them.
//!
//! Of our crates it knows `mailbox` alone, whose port [`mailbox::Clock`] it makes real.

mod clock;
pub mod files;
mod random;
mod size;
mod time;

pub use clock::SystemClock;
pub use random::{random, readable};
pub use size::{Size, SizeFault};
pub use time::{spoken_time, time_text};
