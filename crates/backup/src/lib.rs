//! Backups in repositories of restic's format, version 2: encrypted, compressed, deduplicated and incremental, so that plain
//! restic restores them too. `rustic_core` does the format; nothing outside this crate sees its types (ADR 38).
//!
//! A [`Repository`] is opened at a [`Place`]: [`Folder`] or whatever else keeps files. [`Repository::back_up`] takes files
//! by their paths and makes a [`Snapshot`] of them; [`Repository::read_in`] gives a [`Reading`], which walks and reads
//! snapshots; [`Repository::check`] finds what is damaged, and names the files that are hit; [`Repository::prune`] forgets
//! snapshots and gives their room back. All of it waits for the disk: call it on a thread that may.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        reason = "tests may be blunt"
    )
)]

mod bridge;
mod checking;
mod fault;
mod folder;
pub mod limits;
mod place;
mod pruning;
mod reading;
mod repository;
mod snapshots;
mod taking;
mod watch;

pub use checking::{Checked, Depth, Finding};
pub use fault::Fault;
pub use folder::Folder;
pub use place::{File, FileKind, Held, Place, Sharing};
pub use pruning::{Keep, Pruned, Pruning};
pub use reading::{Entry, Reading};
pub use repository::Repository;
pub use snapshots::{At, Snapshot};
pub use taking::{Content, Contents, FileTaken, LeftOut, NotRead, Taken, Taking, Writing};
pub use watch::{Step, Watch};
