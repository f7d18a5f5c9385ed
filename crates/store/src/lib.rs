//! The embedded engine: a journal of segments that is the truth, and an index derived from it. See `Store`.
//!
//! What is where: `disk` the port to the disk, `record`, `change`, `scan` the journal's format, `journal` its end,
//! `index` and `changes` what is derived from it, `committer` and `group` the one thread that writes, `large` what is
//! made ready beside it, `recovery` what it does when the disk fails, `open` and `replay` the way back from a crash.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod along;
mod aside;
mod backend;
mod backup;
mod base;
mod body;
mod change;
mod changes;
mod check;
mod checkpoint;
mod committer;
mod compact;
mod counters;
pub mod disk;
mod encoding;
mod entry;
mod fault;
mod finding;
mod freeing;
mod group;
mod index;
mod journal;
mod large;
mod layers;
pub mod limits;
mod location;
mod locations;
mod mark;
mod memtable;
mod mend;
mod moves;
mod open;
mod options;
mod overlay;
mod place;
mod plain;
mod queue;
mod real_disk;
mod recent;
mod record;
mod recovery;
mod repair;
mod replay;
mod reserve;
mod rewrite;
mod salvage;
mod scan;
mod scrub;
mod seal;
mod segment;
mod shared;
mod sharing;
mod shelf;
pub mod sim;
mod since;
mod stage;
mod store;
mod stream;
mod suspicion;
mod take_in;
mod unfinished;
mod view;
mod visible;
mod whole;
mod witness;

pub use backup::Copied;
pub use check::{Checked, check};
pub use compact::Compacting;
pub use counters::Counters;
pub use disk::{Disk, DiskFile, Linked};
pub use fault::OpenError;
pub use finding::{Finding, Report};
pub use open::Started;
pub use options::{Checkpoints, Options};
pub use real_disk::RealDisk;
pub use repair::{Repaired, repair};
pub use rewrite::Rewriting;
pub use scrub::{ScrubPlace, Scrubbed};
pub use shelf::{Aside, EachBody, bodies_aside, list_aside, restore_aside};
pub use since::{JournalPlace, NoPlace, Since};
pub use store::{Hold, Store};
pub use stream::{Part, Taking};
pub use unfinished::clear_unfinished_copy;
