//! What a program has of the machine it runs on: the clock, randomness, plain files; and sizes and times as people
//! write them.
//!
//! Of our crates it knows `mailbox` alone, whose port [`mailbox::Clock`] it makes real.

pub mod files;
pub mod size;
pub mod system;
