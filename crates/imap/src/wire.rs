//! What commands and responses are made of (RFC 9051, 4 and 9).

mod args;
mod command_writer;
mod date;
mod flag;
mod name;
pub mod object_id;
mod partial_range;
pub mod print;
mod set;
pub mod special_use;
mod tag;
pub mod utf7;

pub use args::{Args, Text};
pub use command_writer::{CommandOctets, CommandWriter, Literals};
pub use date::{Date, DateTime};
pub use flag::{Flag, FlagList};
pub(crate) use flag::{flag_list, flags_bare_or_list, print_flag_list};
pub use name::{Name, Pattern};
pub use partial_range::{End, PartialRange};
pub use set::{By, Messages, Point, SequenceSet};
pub use tag::Tag;
