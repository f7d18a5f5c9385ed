//! What JMAP says of mail (RFC 8621), as far as it follows from the messages alone.

mod body;
mod date;
mod header;

pub use body::{Bodies, media_type};
pub use date::{local_date, utc_date};
pub use header::{Form, HeaderProperty, headers};
