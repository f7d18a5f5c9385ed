//! What `archive`, `migrate` and `restore --receipt` share: where mail lies and comes from, and the receipts that are kept of it.

mod local;
mod place;
mod record;
mod target;

pub(crate) use self::local::LocalSource;
pub(crate) use self::place::{Place, Storage};
pub(crate) use self::record::{Records, read_receipt};
pub(crate) use self::target::Target;
