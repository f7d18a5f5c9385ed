//! What the program may do: whose rights it has, and what of them it keeps. It binds its listeners, becomes its user, and
//! then gives up all that it does not need: capabilities, folders, system calls.
//!
//! `owner` says whose rights those are, `user` takes them on, `folder` gives the data folder to them; `confine` gives up
//! the rest. All of it is for a program that has one thread only: threads that come later inherit it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::disallowed_methods,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod calls;
mod capabilities;
mod confine;
mod folder;
mod paths;
mod user;

pub use confine::{ConfineFault, Confined, Demand, confine};
pub use folder::{FolderFault, Handed, hand_over, only_root_can_change, take_back};
pub use paths::{Enforced, Reach};
pub use user::{USUAL_USER, User, UserFault, Whose, group, is_root, owner_of, user_name, whose};
