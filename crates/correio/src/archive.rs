//! What `archive` and `restore --receipt` share: where archived mail lies, and the receipts that are kept of it.

mod place;
mod record;
mod target;

pub(crate) use self::place::{Place, Storage};
pub(crate) use self::record::{Records, read_receipt};
pub(crate) use self::target::Target;
