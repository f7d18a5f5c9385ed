//! What is particular to mbox: the line that begins a message, quoting, the fields in which mail programs keep flags,
//! and the mark of our own export.

pub(crate) mod mark;
pub(crate) mod quoting;
pub(crate) mod separator;
pub(crate) mod status;
