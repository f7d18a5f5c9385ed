//! What a program has of the machine it runs on: the clock, randomness, threads, descriptors, plain files; and sizes and times as people
//! write them.
//!
//! It makes real the ports [`mailbox::Clock`] and [`lane::Threads`].

mod clock;
mod descriptors;
pub mod files;
mod random;
mod size;
mod threads;
mod time;

pub use clock::SystemClock;
pub use descriptors::Descriptors;
pub use random::{random, readable};
pub use size::{Size, SizeFault};
pub use threads::SlowThreads;
pub use time::{seconds_text, spoken_time, time_of, time_text};
