//! What FETCH can ask for and answer (RFC 9051, 6.4.5 and 7.5.2).

pub(crate) mod answer;
pub(crate) mod envelope;
pub(crate) mod item;
pub mod items;
mod line;
mod section;
pub(crate) mod structure;

pub use answer::{Fetched, Octets};
pub use envelope::{Address, Envelope};
pub use item::{Item, See};
pub use items::Answer;
pub use line::{FetchLine, Nul, OldName, Recent, print_flags};
pub use section::{Part, Partial, Section, SectionText};
pub use structure::{Extensions, PartStructure, Structure};
