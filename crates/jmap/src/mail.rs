//! What JMAP says of mail (RFC 8621), as far as it follows from the messages alone.

mod bcc;
mod body;
mod build;
mod date;
mod envelope;
mod header;
mod shown;
mod value;

pub use bcc::without_bcc;
pub use body::{Bodies, media_type};
pub use build::{BlobFacts, Draft, Look, Made, Piece};
pub use date::{local_date, read_date, read_utc_date, utc_date};
pub use header::{Form, HeaderProperty, headers};
pub(crate) use shown::numbers;
pub use shown::{BodyProperties, NotShown, Octets, Shown, Spent, Values};
pub use value::{BodyValue, ValueLimit};
